"""What a change would do, without doing it: the differences of the stack, capacity on the way, what it consumes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from beanstalk.errors import Problem
from beanstalk.service.aws.counts import is_service_replaced, new_service_words
from beanstalk.service.aws.deploying import refused
from beanstalk.service.aws.network import network_values
from beanstalk.service.aws.place import CloudService
from beanstalk.service.aws.planning import CloudChange, parameter_values
from beanstalk.targets.aws.change_set import ChangeSet
from beanstalk.targets.aws.consumption import Consumption, consumption_of
from beanstalk.targets.aws.plan_words import Line, changes_in_words, type_in_words
from beanstalk.targets.aws.scheduler import Course, course
from beanstalk.targets.aws.stack import LARGEST_INLINE_BYTES, Proposal, Stack, template_text
from beanstalk.targets.aws.stack_state import StackState


@dataclass(frozen=True, slots=True)
class CloudPlan:
    """lines: resources that change.  refused: what would not be done unless it is allowed.  course: how the tasks are
    replaced, None when none are.  before, after: what it consumes.
    """

    change: CloudChange
    lines: tuple[Line, ...]
    refused: tuple[Problem, ...]
    course: Course | None
    before: Consumption
    after: Consumption


def plan_on_aws(service: CloudService, change: CloudChange) -> CloudPlan:
    """Nothing runs differently afterwards: a change set is made, read and deleted, and none for a new environment."""
    after = consumption_of(change.template.body, change.size)
    if change.new:
        resources = change.template.body["Resources"].items()
        added = tuple(Line("add", name, type_in_words(each["Type"]), "") for name, each in sorted(resources))
        return CloudPlan(change, added, (), None, Consumption(0, 0, 0), after)
    stack = Stack(service.cloud, change.environment.stack, service.sleep)
    state = stack.look()
    proposed = _proposed(service, change, stack, state)
    lines = tuple(changes_in_words(proposed.changes))
    not_unasked = tuple(refused(service, change.environment, proposed.changes, change.template.body))
    if change.keeps_count and is_service_replaced(proposed.changes):
        change = replace(change, warnings=(*change.warnings, Problem(new_service_words(change.size))))
    before = consumption_of(stack.template(), change.rollout.old_size) if state else Consumption(0, 0, 0)
    replaces = change.force or any(line.logical_id == "TaskDefinition" for line in lines)
    on_the_way = course(change.strategy, change.size) if replaces else None
    return CloudPlan(change, lines, not_unasked, on_the_way, before, after)


def _proposed(service: CloudService, change: CloudChange, stack: Stack, state: StackState | None) -> ChangeSet:
    """What CloudFormation would do to the stack."""
    network = network_values(service.cloud, change.configuration, change.template.parameters)
    values = parameter_values(change, network, _images(change, state.parameters if state else {}))
    name = f"beanstalk-plan-{uuid.uuid4()}"
    text = template_text(change.template.body)
    large = len(text.encode()) > LARGEST_INLINE_BYTES
    url = service.store.put_text(f"plans/{change.environment.id}.json", text) if large else None
    tags = dict(state.tags) if state else {}
    proposed = stack.propose(Proposal(name, change.template.body, url, values, tags))
    stack.discard(name)
    return proposed


def _images(change: CloudChange, running: Mapping[str, str]) -> dict[str, str]:
    """Container → image: the one that runs when the version stays, else a name that stands for the one to be built."""
    same = change.version.label == change.environment.version_label
    return {
        container: running[parameter] if same and parameter in running else f"image-of-{change.version.digest[:12]}"
        for container, parameter in change.template.image_parameters.items()
    }
