"""AWS::ECS::Service: a stack waits until a service is steady, and fails with it when its circuit breaker trips."""

from __future__ import annotations

import time

from ministack.services import ecs
from ministack.services.cloudformation import provisioners, stacks

TYPE = "AWS::ECS::Service"
PATIENCE_S = 120
NUMBERS = ("DesiredCount", "HealthCheckGracePeriodSeconds")
"""A parameter of type Number arrives as text."""
KEPT = ("HealthCheckGracePeriodSeconds", "EnableExecuteCommand", "PlatformVersion", "PropagateTags")
"""Properties that ministack forgets when a stack makes the service."""


def apply() -> None:
    handlers = provisioners._RESOURCE_HANDLERS[TYPE]
    make, change = handlers["create"], handlers["update"]

    def create(logical_id, properties, stack):
        properties = _typed(properties)
        arn, attributes = make(logical_id, properties, stack)
        service = ecs._services[_key(arn)]
        service.update({name[0].lower() + name[1:]: properties[name] for name in KEPT if name in properties})
        first = ecs._primary_deployment(service)
        if first and service["desiredCount"]:
            # Otherwise it counts as completed from the start, and its failures never trip the breaker.
            first.update(rolloutState="IN_PROGRESS", rolloutStateReason="")
        try:
            _wait_until_steady(_key(arn))
        except ValueError:
            provisioners._ecs_service_delete(arn, properties)  # the engine never learns the name of what failed
            raise
        return arn, attributes

    def update(physical_id, old, new, stack):
        known = dict(ecs._services.get(_key(physical_id)) or {})
        new = _typed(new)
        if "DesiredCount" not in new:  # the live count stays
            old = {**old, "DesiredCount": None}
            new["DesiredCount"] = known.get("desiredCount", 1)
        result = change(physical_id, _typed(old), new, stack)
        _wait_until_steady(_key(physical_id))
        return result

    handlers.update(create=create, update=update)
    blocking = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda kind: kind == TYPE or blocking(kind)


def _typed(properties):
    return {
        name: int(value) if name in NUMBERS and value not in (None, "") else value for name, value in properties.items()
    }


def _key(arn):
    """Cluster and name, as the service is known by."""
    cluster, name = arn.split(":service/")[1].rsplit("/", 1)
    return f"{ecs._resolve_cluster_name(cluster)}/{name}"


def _wait_until_steady(key):
    """Until the wanted tasks run and those of before are gone. Raises ValueError in CloudFormation's words."""
    wanted = (ecs._primary_deployment(ecs._services.get(key) or {}) or {}).get("id")
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        service = ecs._services.get(key)
        if service is None:
            return
        mine = next((each for each in service["deployments"] if each["id"] == wanted), None)
        if mine is None or mine["rolloutState"] == "FAILED":
            raise ValueError(
                "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'. "
                f"(Service: {service['serviceName']}, HandlerErrorCode: GeneralServiceException)"
            )
        others = [each for each in service["deployments"] if each["id"] != wanted]
        left = sum(each["runningCount"] + each["pendingCount"] for each in others)
        steady = service["runningCount"] == service["desiredCount"]
        if mine["rolloutState"] == "COMPLETED" and steady and not left:
            return
        time.sleep(0.05)
    raise ValueError(f"Resource of type '{TYPE}' did not stabilize.")
