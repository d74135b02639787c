"""What AWS shows becomes events and one cause; no AWS is needed for that."""

from __future__ import annotations

import pytest

from beanstalk.model import Outcome
from beanstalk.records import Severity
from beanstalk.targets.aws.stack_state import StackEvent
from beanstalk.targets.aws.watch import (
    Look,
    Memory,
    NativeDeployment,
    Rank,
    ServiceEvent,
    ServiceView,
    StoppedContainer,
    StoppedTask,
    Target,
    cause_of_task,
    is_stalled,
    outcome_of,
    plain_name,
    plain_reason,
    tell,
)

SERVICE, STACK = "AWS::ECS::Service", "AWS::CloudFormation::Stack"
NO_SECRET = "ResourceInitializationError: unable to pull secrets"
NOT_ALLOWED = "User: arn:aws:iam::1:user/x is not authorized to perform: iam:PassRole"
WRONG_CODE = "Health checks failed with these codes: [500]"


def stack_event(status, kind="AWS::SQS::Queue", reason="", name="WorkerQueue", at=10.0, event_id=None):
    return StackEvent(event_id or f"{name} {status} {at}", at, name, kind, status, reason, f"{name}-1")


def look(*stack_events, events=(), **more):
    service = ServiceView(1, 1, 0, (), tuple(events)) if events else None
    return Look(20.0, None, tuple(stack_events), service, **more)


def texts(*arguments, **more):
    said, memory = tell(look(*arguments, **more), Memory(0.0))
    return [each.message for each in said if each.severity is not Severity.DEBUG], memory.cause


def exited(code, *log, reason="Essential container in task exited", stop="EssentialContainerExited", **more):
    return StoppedTask("t1", 5.0, stop, reason, (StoppedContainer("web", code, log=log, **more),))


@pytest.mark.parametrize(
    ("task", "rank", "text"),
    [
        (exited(3, "one", "two"), Rank.EXIT, "web exits with code 3; its last lines: one | two"),
        (exited(0), Rank.EXIT, "web exits with code 0"),
        (
            exited(137, reason="OutOfMemoryError: Container killed due to memory usage"),
            Rank.EXIT,
            "web was killed because it used more memory than it may",
        ),
        (
            StoppedTask("t1", 5.0, "TaskFailedToStart", "CannotPullContainerError: pull access denied for shop"),
            Rank.IMAGE,
            "the image cannot be pulled: CannotPullContainerError: pull access denied for shop",
        ),
        (
            StoppedTask(
                "t1", 5.0, "TaskFailedToStart", "Task failed to start",
                (StoppedContainer("web", None, "CannotPullContainerError: manifest unknown", "shop:v2"),),
            ),
            Rank.IMAGE,
            "the image shop:v2 cannot be pulled: CannotPullContainerError: manifest unknown",
        ),
        (
            StoppedTask("t1", 5.0, "TaskFailedToStart", NO_SECRET),
            Rank.SECRET,
            f"a task cannot be prepared: {NO_SECRET}",
        ),
        (
            StoppedTask(
                "t1", 5.0, "TaskFailedToStart",
                f"{NO_SECRET}: AccessDeniedException: not authorized to perform ssm:GetParameters.",
            ),
            Rank.DENIED,
            f"AWS denies it: {NO_SECRET}: AccessDeniedException: not authorized to perform ssm:GetParameters",
        ),
        (
            StoppedTask("t1", 5.0, "ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group x)"),
            Rank.HEALTH,
            "the new instances fail their health checks",
        ),
    ],
)  # fmt: skip
def test_why_a_task_stopped(task, rank, text):
    found = cause_of_task(task)
    assert (found.rank, found.text) == (rank, text)


@pytest.mark.parametrize(
    "reason",
    ["Scaling activity initiated by (deployment ecs-svc/123)", "Task stopped by user", "Service was rolled back"],
)
def test_a_task_that_was_told_to_stop_is_no_cause(reason):
    assert (
        cause_of_task(StoppedTask("t1", 5.0, "ServiceSchedulerInitiated", reason, (StoppedContainer("web", 143),)))
        is None
    )


def test_what_is_created_is_told_as_elastic_beanstalk_does():
    told, cause = texts(
        stack_event("CREATE_IN_PROGRESS"),
        stack_event("CREATE_COMPLETE"),
        stack_event("DELETE_COMPLETE", "AWS::RDS::DBInstance"),
    )
    assert told == ["Created SQS queue named: WorkerQueue-1", "Deleted RDS database named: WorkerQueue-1"]
    assert cause == ""


def test_a_resource_that_fails_is_the_cause_and_those_cancelled_after_it_are_not():
    failed = stack_event(
        "CREATE_FAILED", "AWS::RDS::DBInstance", "The parameter MasterUserPassword is too short.", "Database"
    )
    cancelled = stack_event("CREATE_FAILED", "AWS::SQS::Queue", "Resource creation cancelled")
    whole = stack_event("ROLLBACK_IN_PROGRESS", STACK, "The following resource(s) failed to create: [Database]", "shop")
    told, cause = texts(cancelled, failed, whole)
    assert told[0].startswith("Creating RDS database named: Database-1 failed Reason: The parameter")
    assert told[1].startswith("Stack named 'shop' aborted operation and goes back.")
    assert cause == "database Database: The parameter MasterUserPassword is too short"


def test_what_a_container_says_explains_a_service_that_does_not_settle():
    breaker = stack_event("UPDATE_FAILED", SERVICE, "ECS Deployment Circuit Breaker was triggered.", "Service")
    told, cause = texts(breaker, stopped=(exited(1, "KeyError: 'DATABASE'"),))
    assert cause == "web exits with code 1; its last lines: KeyError: 'DATABASE'"
    assert "Instance t1 failed: web exits with code 1; its last lines: KeyError: 'DATABASE'." in told


def test_a_denied_call_explains_everything_else():
    denied = f'Resource handler returned message: "{NOT_ALLOWED}" (RequestToken: 1, HandlerErrorCode: AccessDenied)'
    _, cause = texts(stack_event("CREATE_FAILED", SERVICE, denied, "Service"), stopped=(exited(1),))
    assert cause == f"AWS denies it: {NOT_ALLOWED}"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("(service shop) has started 2 tasks: (task a1) (task b2).", "Added instances [a1, b2] to your environment."),
        ("(service shop) has stopped 1 running tasks: (task a1).", "Removed instance [a1] from your environment."),
        (
            "(service shop) was unable to place a task because no container instance met all of its requirements.",
            "The service was unable to place a task because no container instance met all of its requirements.",
        ),
    ],
)
def test_events_of_the_service(message, told):
    assert texts(events=[ServiceEvent("1", 5.0, message)])[0] == [told]


def test_the_reason_of_an_unhealthy_target_is_kept():
    message = f"(service shop) (port 80) is unhealthy in (target-group x) due to (reason {WRONG_CODE})."
    _, cause = texts(events=[ServiceEvent("1", 5.0, message)])
    assert cause == f"the new instances are unhealthy: {WRONG_CODE}"
    told, cause = texts(targets=(Target("10.0.0.1", "unhealthy", "Target.Timeout"),))
    assert told == ["Instance at 10.0.0.1 is unhealthy: it does not answer the health check in time."]
    assert cause == "the new instances are unhealthy: it does not answer the health check in time"


def test_an_alarm_that_goes_off_is_the_cause_of_going_back():
    back = NativeDeployment("arn:1", "ROLLBACK_IN_PROGRESS", reason="Alarm detected", alarms=("shop-5xx",))
    told, cause = texts(deployments=(back,))
    assert told == ["The deployment goes back (ROLLBACK_IN_PROGRESS): Alarm detected."]
    assert cause == "the alarm shop-5xx went off"


def test_a_canary_tells_how_much_traffic_it_gets():
    told, _ = texts(deployments=(NativeDeployment("arn:1", "IN_PROGRESS", "PRODUCTION_TRAFFIC_SHIFT", weight=10.0),))
    assert told == ["10 % of the traffic goes to the new version."]


def test_nothing_is_told_twice_and_nothing_from_before():
    first, memory = tell(
        look(
            stack_event("CREATE_COMPLETE"), events=[ServiceEvent("1", 5.0, "(service s) has started 1 tasks: (task a)")]
        ),
        Memory(8.0),
    )
    assert [each.message for each in first] == ["Created SQS queue named: WorkerQueue-1"]
    assert tell(look(stack_event("CREATE_COMPLETE"), stopped=(exited(1),)), memory)[0] == ()


def test_an_operation_in_which_nothing_moves_is_stalled():
    _, memory = tell(look(stack_event("CREATE_COMPLETE")), Memory(0.0))
    _, memory = tell(Look(500.0, None, (stack_event("CREATE_COMPLETE"),)), memory)
    assert memory.moved == 20.0
    assert not is_stalled(memory, 600.0, 600.0)
    assert is_stalled(memory, 621.0, 600.0)


@pytest.mark.parametrize(
    ("physical_id", "name"),
    [
        ("sg-1", "sg-1"),
        ("arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/shop/50dc", "shop"),
        ("arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/shop-web/50dc", "shop-web"),
        ("arn:aws:ecs:us-east-1:1:service/cluster/shop", "shop"),
        ("arn:aws:sns:us-east-1:1:topic", "topic"),
    ],
)
def test_of_an_arn_a_person_sees_the_name(physical_id, name):
    assert plain_name(physical_id) == name


@pytest.mark.parametrize(
    ("status", "aborted", "outcome"),
    [
        ("UPDATE_COMPLETE", False, Outcome.SUCCEEDED),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", False, None),
        ("UPDATE_ROLLBACK_COMPLETE", False, Outcome.ROLLED_BACK),
        ("UPDATE_ROLLBACK_COMPLETE", True, Outcome.ABORTED),
        ("ROLLBACK_COMPLETE", False, Outcome.ROLLED_BACK),
        ("UPDATE_ROLLBACK_FAILED", False, Outcome.FAILED),
        ("DELETE_COMPLETE", False, Outcome.SUCCEEDED),
        ("DELETE_FAILED", False, Outcome.FAILED),
        (None, False, Outcome.SUCCEEDED),
        ("CREATE_IN_PROGRESS", False, None),
    ],
)
def test_how_it_ended(status, aborted, outcome):
    assert outcome_of(status, aborted) is outcome


def test_a_handlers_wrapping_is_taken_off():
    text = "No such role (Service: AmazonECS; Status Code: 400; Error Code: X; Request ID: 1; Proxy: null)"
    assert plain_reason(text) == "No such role"
