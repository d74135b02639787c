"""What AWS shows of a running operation, in Elastic Beanstalk's words, and the one cause that matters when it fails.

Pure: `look` (observing.py) asks AWS, `tell` says what is new in it. The same looks give the same events, so whoever
comes later, from another machine, tells the same story.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from beanstalk.model import Outcome
from beanstalk.records import Severity
from beanstalk.targets.aws.plan_words import type_in_words
from beanstalk.targets.aws.stack_state import StackEvent, StackState

SERVICE = "AWS::ECS::Service"
STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One of a service's deployments. rollout: "IN_PROGRESS", "COMPLETED" or "FAILED".  created: seconds since the
    epoch, 0 when it is not known."""

    id: str
    status: str
    task_definition: str
    desired: int
    running: int
    pending: int
    failed: int
    rollout: str
    reason: str = ""
    created: float = 0.0


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    id: str
    at: float
    message: str


@dataclass(frozen=True, slots=True)
class ServiceView:
    """events: oldest first."""

    desired: int
    running: int
    pending: int
    deployments: tuple[Deployment, ...] = ()
    events: tuple[ServiceEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class NativeDeployment:
    """A service deployment. stage: of a traffic shift, "" for a rolling one.  reason: why it stops or goes back."""

    arn: str
    status: str
    stage: str = ""
    reason: str = ""
    alarms: tuple[str, ...] = ()
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class StoppedContainer:
    """log: its last lines, () when they are not known.  image: as its task definition names it."""

    name: str
    exit_code: int | None
    reason: str = ""
    image: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoppedTask:
    id: str
    at: float
    code: str
    reason: str
    containers: tuple[StoppedContainer, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A registered target. state: "initial", "healthy", "unhealthy", "draining", "unused"."""

    id: str
    state: str
    reason: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What AWS shows now. stack_events: those of this operation after the last look's, oldest first.  stack: None when
    there is none any more.  service: None when there is none (yet).  What could not be seen is empty.
    """

    at: float
    stack: StackState | None
    stack_events: tuple[StackEvent, ...] = ()
    service: ServiceView | None = None
    deployments: tuple[NativeDeployment, ...] = ()
    stopped: tuple[StoppedTask, ...] = ()
    targets: tuple[Target, ...] = ()


class Rank(IntEnum):
    """Of causes, the one that explains the others first."""

    DENIED = 0
    RESOURCE = 1
    IMAGE = 2
    SECRET = 3
    EXIT = 4
    PLACE = 5
    HEALTH = 6
    ALARM = 7
    BREAKER = 8
    STACK = 9


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """text: one sentence, without its stop."""

    rank: Rank
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Said:
    """at: seconds since the epoch."""

    at: float
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What was told, and what explains a failure. since: when the operation began; what is older is no part of it.
    moved: when anything was last seen to move, None: nothing yet.
    """

    since: float
    seen: frozenset[str] = frozenset()
    causes: tuple[Cause, ...] = ()
    moved: float | None = None
    last_stack_event: str = ""

    @property
    def cause(self) -> str:
        """The one cause that matters, of the same kind the first; "" when nothing is known."""
        return min(self.causes).text if self.causes else ""


def tell(look: Look, memory: Memory) -> tuple[tuple[Said, ...], Memory]:
    """(what is new, in order of time; what is known now)"""
    said: list[Said] = []
    causes = list(memory.causes)
    fresh: set[str] = set()

    def once(key: str) -> bool:
        """Whether this is seen for the first time."""
        new = key not in memory.seen and key not in fresh
        fresh.add(key)
        return new

    for event in look.stack_events:
        if once(event.id):
            said += _of_stack_event(event)
            causes += _causes_of_stack_event(event)
    for service_event in look.service.events if look.service else ():
        if service_event.at >= memory.since and once(service_event.id):
            said += _of_service_event(service_event)
            causes += _causes_of_service_event(service_event)
    for deployment in look.deployments:
        if once(f"{deployment.arn} {deployment.status} {deployment.stage} {deployment.weight}"):
            said += _of_deployment(deployment, look.at)
            causes += _causes_of_deployment(deployment)
    for task in look.stopped:
        if task.at >= memory.since and once(task.id):
            found = cause_of_task(task)
            said += [Said(task.at, Severity.WARN, f"Instance {task.id} failed: {found.text}.")] if found else []
            causes += [found] if found else []
    for target in look.targets:
        if target.state == "unhealthy" and once(f"unhealthy {target.id}"):
            text = f"{target.id} is unhealthy{_detail(target)}"
            said.append(Said(look.at, Severity.WARN, f"Instance at {text}."))
            causes.append(Cause(Rank.HEALTH, f"the new instances are unhealthy{_detail(target)}"))
        elif once(f"{target.id} {target.state}"):
            pass  # a change of state is a sign of life
    last = look.stack_events[-1].id if look.stack_events else memory.last_stack_event
    is_new = bool(fresh - memory.seen) or memory.moved is None
    known = replace(
        memory, seen=memory.seen | fresh, causes=tuple(causes), moved=look.at if is_new else memory.moved,
        last_stack_event=last,
    )  # fmt: skip
    return tuple(sorted(said, key=lambda each: each.at)), known


def is_stalled(memory: Memory, now: float, timeout_s: float) -> bool:
    """Whether nothing has moved for longer than a command may take (`Timeout`)."""
    return memory.moved is not None and now - memory.moved > timeout_s


def outcome_of(status: str | None, aborted: bool = False) -> Outcome | None:
    """How an operation ended, by the status of its stack; None while it goes on. status: None: there is no stack."""
    back = Outcome.ABORTED if aborted else Outcome.ROLLED_BACK
    match status:
        case "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE":
            return Outcome.SUCCEEDED
        case "UPDATE_ROLLBACK_COMPLETE" | "ROLLBACK_COMPLETE":
            return back
        case None | "DELETE_COMPLETE":
            return Outcome.SUCCEEDED
        case _ if status.endswith("_FAILED"):
            return Outcome.FAILED
        case _:
            return None


# stack events

_NAMED = {
    "AWS::EC2::SecurityGroup": "security group",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "target group",
    "AWS::ElasticLoadBalancingV2::Listener": "Load Balancer listener",
    "AWS::AutoScaling::AutoScalingGroup": "Auto Scaling group",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "Auto Scaling group policy",
    "AWS::AutoScaling::ScalingPolicy": "Auto Scaling group policy",
    "AWS::CloudWatch::Alarm": "CloudWatch alarm",
    "AWS::SQS::Queue": "SQS queue",
    "AWS::RDS::DBInstance": "RDS database",
}
"""What Elastic Beanstalk calls resources in its events; all others as in a plan."""
_CANCELLED = re.compile(r"(?:creation|update|[Rr]esource.*) cancelled", re.IGNORECASE)
_DENIED = re.compile(
    r"AccessDenied|is not authorized to perform|UnauthorizedOperation|User: arn:\S+ is not", re.IGNORECASE
)
_VERBS = {"CREATE": ("Created", "Creating"), "UPDATE": ("Updated", "Updating"), "DELETE": ("Deleted", "Deleting")}


def _of_stack_event(event: StackEvent) -> list[Said]:
    if event.type == STACK:
        return _of_whole_stack(event)
    verb, _, end = event.status.partition("_")
    if verb not in _VERBS or end not in ("COMPLETE", "FAILED"):
        return []
    name = plain_name(event.physical_id) or event.logical_id
    what = f"{_NAMED.get(event.type) or type_in_words(event.type)} named: {name}"
    if end == "COMPLETE":
        told = event.type == SERVICE or (event.type in _NAMED and verb != "UPDATE")
        severity = Severity.INFO if told else Severity.DEBUG
        return [Said(event.at, severity, f"{_VERBS[verb][0]} {what}")]
    if _CANCELLED.search(event.reason):
        return []
    return [Said(event.at, Severity.ERROR, f"{_VERBS[verb][1]} {what} failed Reason: {plain_reason(event.reason)}")]


def _of_whole_stack(event: StackEvent) -> list[Said]:
    if event.status == "DELETE_FAILED" or event.status.endswith("ROLLBACK_FAILED"):
        text = f"Stack named '{event.logical_id}' aborted operation. Current state: '{event.status}'"
        return [Said(event.at, Severity.ERROR, f"{text}  Reason: {event.reason}")]
    if event.status in ("ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"):
        reason = f" Reason: {event.reason}" if event.reason else ""
        text = f"Stack named '{event.logical_id}' aborted operation and goes back. Current state: '{event.status}'"
        return [Said(event.at, Severity.ERROR, text + reason)]
    return []


def plain_name(physical_id: str) -> str:
    """What a person calls it: of an ARN the name in it."""
    if not physical_id.startswith("arn:"):
        return physical_id
    kind, *names = physical_id.split(":", 5)[-1].split("/")
    if kind == "service" and names:
        return names[-1]
    if kind in ("loadbalancer", "listener", "listener-rule") and len(names) > 1:
        return names[1]
    return names[0] if names else kind.rpartition(":")[2]


def plain_reason(reason: str) -> str:
    """What CloudFormation's handlers say, without their wrapping and request numbers."""
    found = re.search(r'(?:Resource handler returned message: )"(.*?)"(?: \(RequestToken:.*)?$', reason, re.DOTALL)
    text = found[1] if found else reason
    return re.sub(r"\s*\((?:Service: [^()]*|SDK Attempt Count: \d+|RequestToken: [^()]*)\)", "", text).strip()


def _causes_of_stack_event(event: StackEvent) -> list[Cause]:
    if not event.status.endswith("_FAILED") or _CANCELLED.search(event.reason):
        return []
    reason = plain_reason(event.reason).rstrip(".")
    if _DENIED.search(reason):
        return [Cause(Rank.DENIED, f"AWS denies it: {reason}")]
    if event.type == SERVICE:
        return [Cause(Rank.BREAKER, reason)] if reason else []
    if event.type == STACK:
        return [Cause(Rank.STACK, reason)] if reason else []
    return [Cause(Rank.RESOURCE, f"{type_in_words(event.type)} {event.logical_id}: {reason or event.status}")]


# service events

_TASK = re.compile(r"\(task ([0-9a-f-]+)\)")
_NO_PLACE = re.compile(r"was unable to place a task|unable to run any tasks|is unable to consistently start tasks")


def _of_service_event(event: ServiceEvent) -> list[Said]:
    text = event.message
    tasks = ", ".join(_TASK.findall(text))
    noun = "instances" if "," in tasks else "instance"
    if "has started" in text and tasks:
        return [Said(event.at, Severity.INFO, f"Added {noun} [{tasks}] to your environment.")]
    if "has stopped" in text and tasks:
        return [Said(event.at, Severity.INFO, f"Removed {noun} [{tasks}] from your environment.")]
    if _is_trouble(text):
        return [Said(event.at, Severity.WARN, _without_service(text))]
    return [Said(event.at, Severity.DEBUG, _without_service(text))]


def _is_trouble(text: str) -> bool:
    return bool(_NO_PLACE.search(text)) or any(
        words in text
        for words in ("failed", "is unhealthy", "rolled back", "rolling back", "circuit breaker", "unable to")
    )


def _without_service(text: str) -> str:
    """Without the service's name, which is on every line."""
    text = re.sub(r"^\(service [^()]*\)[,:]?\s*", "The service ", text.strip())
    return text if text.endswith(".") else text + "."


def _causes_of_service_event(event: ServiceEvent) -> list[Cause]:
    text = event.message
    if _DENIED.search(text):
        return [Cause(Rank.DENIED, _without_service(text).rstrip("."))]
    if _NO_PLACE.search(text):
        return [Cause(Rank.PLACE, _without_service(text).rstrip("."))]
    if "is unhealthy in" in text or "failed container health checks" in text or "failed ELB health checks" in text:
        found = re.search(r"due to \(reason (.*?)\)", text)
        detail = f": {found[1].rstrip('.')}" if found else ""
        return [Cause(Rank.HEALTH, f"the new instances are unhealthy{detail}")]
    if "circuit breaker" in text:
        return [Cause(Rank.BREAKER, "the tasks of the new version failed again and again (deployment circuit breaker)")]
    return []


# service deployments

_STAGES = {
    "SCALE_UP": "The instances of the new version start beside those of the old one.",
    "TEST_TRAFFIC_SHIFT": "Test requests go to the new version.",
    "PRODUCTION_TRAFFIC_SHIFT": "Requests begin to go to the new version.",
    "BAKE_TIME": "The new version gets all requests; the old one is kept while it is watched.",
    "CLEAN_UP": "The instances of the old version leave.",
}
_BACK = ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED")


def _of_deployment(deployment: NativeDeployment, at: float) -> list[Said]:
    if deployment.status in _BACK:
        because = f": {deployment.reason}" if deployment.reason else ""
        return [Said(at, Severity.WARN, f"The deployment goes back ({deployment.status}){because}.")]
    if deployment.weight and 0 < deployment.weight < 100:
        return [Said(at, Severity.INFO, f"{deployment.weight:g} % of the traffic goes to the new version.")]
    if deployment.stage in _STAGES:
        return [Said(at, Severity.INFO, _STAGES[deployment.stage])]
    return []


def _causes_of_deployment(deployment: NativeDeployment) -> list[Cause]:
    if deployment.alarms:
        return [Cause(Rank.ALARM, f"the alarm {', '.join(deployment.alarms)} went off")]
    if deployment.status in _BACK and deployment.reason:
        return [Cause(Rank.BREAKER, deployment.reason.rstrip("."))]
    return []


# stopped tasks

_PULL = re.compile(
    r"CannotPull\w*|image .* not found|pull access denied|manifest .* unknown|ImageNotFound", re.IGNORECASE
)
_SECRET = re.compile(r"ResourceInitializationError|unable to (?:pull|retrieve) secret", re.IGNORECASE)
_KILLED = 137
"""Exit code of what got SIGKILL."""
_USUAL = re.compile(
    r"Scaling activity initiated|deployment ecs-svc|Task stopped by|rolled? back|UserInitiated|scale in"
)


def cause_of_task(task: StoppedTask) -> Cause | None:
    """Why a task stopped, None when it was told to."""
    texts = [task.reason, *(each.reason for each in task.containers)]
    joined = "; ".join(text.rstrip(".") for text in texts if text)
    if _PULL.search(joined):
        which = next((each for each in task.containers if each.reason and _PULL.search(each.reason)), None)
        image = f" {which.image}" if which and which.image else ""
        return Cause(Rank.IMAGE, f"the image{image} cannot be pulled: {_shortest(texts, _PULL)}")
    if _DENIED.search(joined):
        return Cause(Rank.DENIED, f"AWS denies it: {_shortest(texts, _DENIED)}")
    if _SECRET.search(joined):
        return Cause(Rank.SECRET, f"a task cannot be prepared: {_shortest(texts, _SECRET)}")
    if any("OutOfMemory" in text for text in texts):
        killed = (each for each in task.containers if "OutOfMemory" in each.reason or each.exit_code == _KILLED)
        which = next(killed, None)
        name = which.name if which else "a container"
        return Cause(Rank.EXIT, f"{name} was killed because it used more memory than it may{_log(which)}")
    if "health check" in joined:
        return Cause(Rank.HEALTH, "the new instances fail their health checks")
    if task.code == "UserInitiated" or (_USUAL.search(task.reason) and task.code != "EssentialContainerExited"):
        return None
    exited = [each for each in task.containers if each.exit_code is not None]
    if exited and task.code in ("EssentialContainerExited", "", "TaskFailedToStart"):
        which = next((each for each in exited if each.exit_code), exited[0])
        return Cause(Rank.EXIT, f"{which.name} exits with code {which.exit_code}{_log(which)}")
    return Cause(Rank.EXIT, f"a task stopped: {joined}") if joined and task.code == "TaskFailedToStart" else None


def _shortest(texts: Sequence[str], pattern: re.Pattern[str]) -> str:
    return min((text for text in texts if pattern.search(text)), key=len).strip().rstrip(".")


def _log(container: StoppedContainer | None) -> str:
    lines = [line.strip() for line in (container.log if container else ()) if line.strip()]
    return f"; its last lines: {' | '.join(lines)}" if lines else ""


# targets

_TARGET_REASONS: Mapping[str, str] = {
    "Target.ResponseCodeMismatch": "its answer has another status code than the health check wants",
    "Target.Timeout": "it does not answer the health check in time",
    "Target.FailedHealthChecks": "it fails its health checks",
    "Target.NotInUse": "no listener leads to it",
    "Target.IpUnusable": "its address cannot be used",
    "Elb.InternalError": "the load balancer has an internal error",
}


def _detail(target: Target) -> str:
    text = target.description or _TARGET_REASONS.get(target.reason, target.reason)
    return f": {text.rstrip('.')}" if text else ""
