"""Carry a change out: version, images, what runs once, change set; at the end AWS has been told.

Every step can be done again: bundles and images are known by their content, the change set and the task that runs once
by the operation. Nothing that runs is touched before the last step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from beanstalk.errors import BeanstalkError, InvalidInput, Problem
from beanstalk.model import Outcome
from beanstalk.options.configuration import Configuration
from beanstalk.options.updates import Changed
from beanstalk.records import Kind, Severity
from beanstalk.service.aws.counts import is_service_replaced, keep_live_count, new_service_words
from beanstalk.service.aws.images import images_of
from beanstalk.service.aws.leader import leader_scripts, run_leader
from beanstalk.service.aws.lifecycle import apply_after, note_images
from beanstalk.service.aws.memory import template_key
from beanstalk.service.aws.network import network_values
from beanstalk.service.aws.operations import Running, Tell, begun, end, end_as_it_is
from beanstalk.service.aws.place import CloudService
from beanstalk.service.aws.planning import CloudChange, parameter_values
from beanstalk.service.aws.prepare import live_count
from beanstalk.service.aws.state import CloudEnvironment, Stage
from beanstalk.service.aws.versions import kept_version
from beanstalk.service.consequences import consequences
from beanstalk.targets.aws.blueprint import Json, Parameter
from beanstalk.targets.aws.change_set import (
    ChangeSet,
    ResourceChange,
    listener_weights,
    production_of,
    refusals,
    rule_weights,
)
from beanstalk.targets.aws.stack import LARGEST_INLINE_BYTES, Proposal, template_text
from beanstalk.workload import OURS

COMMAND = "aws:elasticbeanstalk:command"
ALLOW = "--allow-replace"


def carry_out_on_aws(service: CloudService, change: CloudChange, tell: Tell, allow_replace: bool = False) -> Running:
    """Begin a change; afterwards AWS works on it, or nothing was to be done and it has ended.

    Raises BeanstalkError when it cannot be done, with nothing changed; EnvironmentBusy.
    """
    with begun(service, change.environment, change.kind, change.becomes, tell, change.new) as running:
        _first_words(running, change)
        running.save(workload=change.workload_digest, timeout_s=change.rollout.timeout_s)
        if change.kind is Kind.RESTART:
            _restart(running)
        else:
            _prepare(running, change, allow_replace)
    return running


def _prepare(running: Running, change: CloudChange, allow_replace: bool) -> None:
    service = running.service
    with kept_version(service, change.version, change.bundle):
        network = network_values(service.cloud, change.configuration, change.template.parameters)
        images = images_of(running, change)
        note_images(service, change)
        values = parameter_values(change, network, images)
        running.check_wanted()
        _tell_aws(running, change, values, images, allow_replace)
    apply_after(running, change)


def _tell_aws(
    running: Running, change: CloudChange, values: Mapping[str, str], images: Mapping[str, str], allow_replace: bool
) -> None:
    has_leader = bool(leader_scripts(change.blueprint.workload))
    if has_leader and change.new:
        _create_with_leader(running, change, values, images)
        return
    proposed = _propose(running, change, values, allow_replace)
    begins = change.kind is not Kind.SCALE and (change.force or not proposed.is_empty)
    if not (has_leader and begins) or run_leader(running, change, images):
        _execute(running, change, proposed)


def _create_with_leader(
    running: Running, change: CloudChange, values: Mapping[str, str], images: Mapping[str, str]
) -> None:
    """What runs once needs the cluster and the roles, and comes before every task of the service: so the stack is made
    with none, and the second change set asks for the tasks."""
    from beanstalk.service.aws.operations import stack_is_made

    none = {**values, Parameter.DESIRED_COUNT: "0", Parameter.KEEP_COUNT: "false"}
    first = _proposal(running, change, none, f"{running.operation.token}-empty")
    running.stack.make_room(running.say)
    running.stack.propose(first)
    running.save()
    running.stack.execute(first.name)
    if stack_is_made(running) and run_leader(running, change, images):
        running.check_wanted()
        _execute(running, change, running.stack.propose(_proposal(running, change, values, running.operation.token)))


def _propose(running: Running, change: CloudChange, values: Mapping[str, str], allow_replace: bool) -> ChangeSet:
    """The change set, once it is found harmless."""
    stack = running.stack
    state = stack.make_room(running.say)
    if state is not None:
        keep_live_count(running, state, live_count(running.service, running.environment))
    proposed = stack.propose(_proposal(running, change, values, running.operation.token))
    if change.keeps_count and is_service_replaced(proposed.changes):
        proposed = _propose_with_count(running, change, values)
    if not proposed.creates and not allow_replace:
        check_changes(running, proposed.changes, change.template.body)
    return proposed


def _propose_with_count(running: Running, change: CloudChange, values: Mapping[str, str]) -> ChangeSet:
    """Instead of one that leaves the number alone."""
    token, live = running.operation.token, live_count(running.service, running.environment)
    running.stack.discard(token)
    running.say(new_service_words(live), Severity.WARN)
    wanted = {**values, Parameter.DESIRED_COUNT: str(live), Parameter.KEEP_COUNT: "false"}
    return running.stack.propose(replace(_proposal(running, change, wanted, token), again=True))


def _proposal(running: Running, change: CloudChange, values: Mapping[str, str], name: str) -> Proposal:
    """Its template is kept in S3, too: for those who ask later, and for CloudFormation when it is large."""
    text = template_text(change.template.body)
    key = template_key(running.operation)
    url = running.service.store.put_text(key, text)
    running.operation = replace(running.operation, template=key, parameters=dict(values))
    large = len(text.encode()) > LARGEST_INLINE_BYTES
    tags = change.environment.all_tags
    return Proposal(name, change.template.body, url if large else None, values, tags, _stops(change.configuration))


def _stops(configuration: Configuration) -> bool:
    return configuration.text(OURS, "OnFailure") == "stop"


def check_changes(running: Running, changes: tuple[ResourceChange, ...], body: Json) -> None:
    """Raises InvalidInput with everything that would lose data or requests."""
    found = refused(running.service, running.environment, changes, body)
    if found:
        hint = f"nothing was changed; {ALLOW} does it all the same"
        raise InvalidInput([Problem(each.text, each.at, each.hint or hint) for each in found])


def refused(
    service: CloudService, environment: CloudEnvironment, changes: Sequence[ResourceChange], body: Json
) -> list[Problem]:
    """What of a change set must not happen unasked, as things are now."""
    production = production_of(body)
    properties = body["Resources"].get(production, {}).get("Properties", {})
    if "DefaultActions" in properties:  # a listener of a Network Load Balancer, which has no rules
        groups = environment.places.target_groups
        template = (100, *[0 for _ in groups[1:]])
        arn = environment.outputs.get("ProductionRuleArn", "")
        return refusals(changes, template, live_listener_weights(service, arn, groups) or template, production)
    return refusals(changes, rule_weights(properties), live_weights(service, environment.places.rule))


def live_weights(service: CloudService, rule: str) -> tuple[int, ...]:
    """Of the production rule now; () when there is none."""
    if ":listener-rule/" not in rule:
        return ()
    rows = service.cloud.client("elbv2").describe_rules(RuleArns=[rule])["Rules"]
    return rule_weights(rows[0]) if rows else ()


def live_listener_weights(service: CloudService, listener: str, groups: Sequence[str]) -> tuple[int, ...]:
    """Of a listener's default action now; () when there is none."""
    if ":listener/" not in listener:
        return ()
    rows = service.cloud.client("elbv2").describe_listeners(ListenerArns=[listener])["Listeners"]
    return listener_weights(rows[0], groups) if rows else ()


def _execute(running: Running, change: CloudChange, proposed: ChangeSet) -> None:
    """Tell AWS, unless nothing would change. Intent first: should this client die now, the next one sees by the events
    of the stack whether AWS was told."""
    running.check_wanted()
    if proposed.is_empty and change.new:
        end_as_it_is(running)
        return
    if proposed.is_empty and not change.force:
        running.say("Nothing changes: the environment is like this already.")
        end(running, Outcome.SUCCEEDED, "")
        return
    if proposed.is_empty or (change.force and only_restarts(change.changed, proposed)):
        running.stack.discard(running.operation.token)
        _restart(running)
        return
    if change.force and all(each.logical_id != "TaskDefinition" for each in proposed.changes):
        text = "The settings change, and no instance is replaced by that; beanstalk restart does it afterwards."
        running.say(text, Severity.WARN)
    running.save()
    running.stack.execute(running.operation.token)
    running.save(stage=Stage.EXECUTING, executed=running.service.now())


def only_restarts(changed: Sequence[Changed], proposed: ChangeSet) -> bool:
    """Whether a change set says nothing but how many tasks there are and how they are replaced: who wants new tasks all
    the same gets them without it. changed: options that get another value, which must not be forgotten."""
    return not changed and all(each.logical_id == "Service" or _follows_service(each) for each in proposed.changes)


def _follows_service(change: ResourceChange) -> bool:
    """Whether it is only looked at because it refers to the service."""
    return bool(change.because) and all(each.cause.partition(".")[0] == "Service" for each in change.because)


def _restart(running: Running) -> None:
    """New tasks of the same version, by the service's own policy. Written down first: should this client die before AWS
    is told, the next one sees by the deployments of the service that none was begun."""
    places = running.environment.places
    if not places.service:
        raise BeanstalkError(f"{running.environment.name} has no service that could be restarted")
    running.save(by_stack=False, stage=Stage.EXECUTING, executed=running.service.now())
    ecs = running.service.cloud.client("ecs")
    try:
        ecs.update_service(cluster=places.cluster, service=places.service, forceNewDeployment=True)
    except BeanstalkError:
        running.save(stage=Stage.PREPARING)  # AWS has refused: nothing was begun
        raise


def _first_words(running: Running, change: CloudChange) -> None:
    """The events that begin an operation, as Elastic Beanstalk's clients know them."""
    name = change.environment.name
    if change.kind is Kind.CREATE:
        running.say("createEnvironment is starting.")
        bucket = running.service.store.bucket
        running.say(f"Using {bucket} as Amazon S3 storage bucket for environment data.")
    else:
        running.say("Environment update is starting.")
        if change.kind in (Kind.CONFIGURE, Kind.SCALE):
            running.say(f"Updating environment {name}'s configuration settings.")
    told = consequences(change.changed, ())
    if told:
        running.say(f"Settings: {'; '.join(told)}.")
    for warning in change.warnings:
        running.say(str(warning).replace("\n  hint: ", "; "), Severity.WARN)
