"""TerminateEnvironment on AWS: the stack is deleted; what holds data is told first, and stays when that is wanted."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from beanstalk.errors import BeanstalkError
from beanstalk.model import Outcome
from beanstalk.records import Kind
from beanstalk.service.aws.counts import update_beforehand
from beanstalk.service.aws.names import unpublish, wait_until_forgotten
from beanstalk.service.aws.operations import Running, Tell, begun, end
from beanstalk.service.aws.place import CloudService, find_cloud_environment
from beanstalk.service.aws.state import Stage
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.change_set import is_stateful
from beanstalk.targets.aws.observing import unless_absent
from beanstalk.targets.aws.plan_words import type_in_words
from beanstalk.targets.aws.stack import Stack
from beanstalk.targets.aws.template.aliases import used
from beanstalk.targets.aws.watch import plain_name

_STAY = ("Retain", "RetainExceptOnCreate")
_IN_USE = ("SubnetGroup", "ParameterGroup", "OptionGroup", "::SecurityGroup", "AWS::KMS::Key")
"""Ends of types of what cannot be deleted while something with data uses it."""


@dataclass(frozen=True, slots=True)
class Data:
    """A resource with data. fate: "dies", "stays" or "leaves a snapshot"."""

    logical_id: str
    physical_id: str
    type: str
    fate: str

    @property
    def text(self) -> str:
        name = self.physical_id.rpartition("/")[2] if "://" in self.physical_id else plain_name(self.physical_id)
        return f"{type_in_words(self.type)} {name} ({self.logical_id})"


def data_of(service: CloudService, name: str) -> tuple[Data, ...]:
    """What of an environment holds data, and what becomes of it when the environment is terminated."""
    stack = Stack(service.cloud, find_cloud_environment(service, name).stack)
    resources = unless_absent(stack.resources, {})
    stateful = {key: each for key, each in resources.items() if is_stateful(each.type)}
    if not stateful:
        return ()
    written = stack.template().get("Resources", {})
    return tuple(
        Data(key, each.physical_id, each.type, _fate(written.get(key, {}), each.type))
        for key, each in sorted(stateful.items())
    )


def terminate_on_aws(service: CloudService, name: str, tell: Tell, keep_data: bool = False) -> Running:
    """Begin to remove an environment. keep_data: what holds data is left in the account, by its own name.

    Raises EnvironmentBusy, NotFound, BeanstalkError.
    """
    environment = find_cloud_environment(service, name)
    with begun(service, environment, Kind.TERMINATE, environment.as_it_is(), tell) as running:
        running.say("terminateEnvironment is starting.")
        state = running.stack.look()
        if state is None:
            unpublish(running)
            end(running, Outcome.SUCCEEDED, "")
            return running
        wait_until_forgotten(running)
        if keep_data and state.is_there:
            _keep(running)
        running.check_wanted()
        running.save_environment(stack_id=state.id)  # a stack that is gone is found by its ARN alone
        running.save()
        running.stack.delete(running.operation.token)
        running.save(stage=Stage.EXECUTING, executed=service.now())
        unpublish(running)
        running.save()
    return running


def _fate(resource: Json, kind: str) -> str:
    policy = resource.get("DeletionPolicy") or ("Snapshot" if kind == "AWS::RDS::DBInstance" else "Delete")
    return "stays" if policy in _STAY else "leaves a snapshot" if policy == "Snapshot" else "dies"


def _keep(running: Running) -> None:
    """Have everything with data stay: its deletion policy becomes Retain, which a change set can only do together with
    another change of the same resource, so a word of ours goes into its metadata."""
    state = running.stack.look()
    assert state is not None
    stack = Stack(running.service.cloud, state.name, running.service.sleep)
    body = stack.template()
    kept = retained(body)
    if kept == body:
        return
    running.say("What holds data is kept: its deletion policy becomes Retain.")
    if not update_beforehand(running, stack, state, kept, "keep"):
        raise BeanstalkError("the data could not be kept, so nothing was terminated", hint="see: beanstalk events")


def retained(body: Json) -> Json:
    """A template in which everything with data outlives its stack, and so does what it cannot be without: AWS deletes
    no group of subnets, security group or key that something uses."""
    changed = copy.deepcopy(body)
    resources = changed.get("Resources", {})
    with_data = [name for name, each in resources.items() if is_stateful(each["Type"])]
    for name in [*with_data, *_needed(resources, with_data)]:
        if resources[name].get("DeletionPolicy") not in _STAY:
            resources[name]["DeletionPolicy"] = "Retain"
            resources[name]["Metadata"] = {**resources[name].get("Metadata", {}), "beanstalk:kept": "when terminated"}
    return changed


def _needed(resources: Mapping[str, Json], names: Sequence[str]) -> list[str]:
    """What these refer to, and what that refers to, of the things that stay in use by what is kept."""
    found: list[str] = []
    ahead = list(names)
    while ahead:
        for name in sorted(used(resources[ahead.pop()])):
            kind = resources.get(name, {}).get("Type", "")
            if kind.endswith(_IN_USE) and name not in (*names, *found):
                found.append(name)
                ahead.append(name)
    return found
