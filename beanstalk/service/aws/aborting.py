"""AbortEnvironmentUpdate on AWS: what goes on is told to go back, by whoever can make it do so first."""

from __future__ import annotations

from dataclasses import replace

from beanstalk.errors import BeanstalkError
from beanstalk.records import Kind, Severity
from beanstalk.service.aws.operations import Running, Tell, ended, observer, opened, remembered, settle, take_over
from beanstalk.service.aws.place import CloudService, find_cloud_environment
from beanstalk.service.aws.state import Stage
from beanstalk.targets.aws.cloud import error_code
from beanstalk.targets.aws.observing import coordinates_of, unless_absent

_GOING_BACK = ("ROLLBACK",)


def abort_on_aws(service: CloudService, name: str, tell: Tell) -> Running:
    """Ask the operation that holds an environment to go back. Raises BeanstalkError when nothing can be aborted."""
    environment = find_cloud_environment(service, name)
    running = opened(service, environment, tell)
    if running is None:
        raise BeanstalkError(f"nothing goes on in {name} that could be aborted", hint="beanstalk rollback goes back")
    if running.operation.kind is Kind.TERMINATE:
        raise BeanstalkError(f"{running.operation.kind} of {name} cannot be aborted")
    running.operation = replace(running.operation, abort=True)
    running.say("The operation is being aborted.", Severity.WARN)
    running.save()
    if running.operation.stage is Stage.PREPARING:
        if not service.memory.holder(environment):
            take_over(running)
        return running  # whoever prepares it looks before AWS is told
    look = observer(running).look()
    if ended(running, look):
        running.operation = replace(running.operation, abort=False)
        settle(running, look, remembered(running, look))
        return running
    stop_on_aws(running)
    return running


def wait_for_preparation(running: Running) -> None:
    """Until whoever prepares an operation has noticed that it is to end, or AWS was told all the same."""
    service = running.service
    while running.operation.stage is Stage.PREPARING:
        service.sleep(0.3)
        found = service.memory.operation(running.environment.id, running.operation.number)
        assert found is not None
        running.operation = found
        if found.stage is Stage.PREPARING and not service.memory.holder(running.environment):
            take_over(running)
    if running.operation.stage is Stage.EXECUTING:
        stop_on_aws(running)


def stop_on_aws(running: Running) -> None:
    """Make what AWS does for an operation go back. A service that is being changed goes back by itself, and its stack
    with it; a stack that has not come that far is told to cancel; one that is being created is deleted."""
    stack = running.stack
    state = stack.look()
    if state is None or any(word in state.status for word in _GOING_BACK):
        return
    if state.status == "CREATE_IN_PROGRESS":
        stack.delete(f"{running.operation.token}-abort")
        return
    if _stop_service_deployment(running) or not running.operation.by_stack:
        return
    try:
        stack.cancel_update(f"{running.operation.token}-abort")
    except BeanstalkError as error:
        if error_code(error) != "ValidationError":  # it has ended, or goes back already
            raise


def _stop_service_deployment(running: Running) -> bool:
    """Whether there was a service deployment that could be told to go back."""
    places = coordinates_of(running.stack.resources())
    ecs = running.service.cloud.client("ecs")
    if not places.service:
        return False
    going = ["PENDING", "IN_PROGRESS"]
    rows = unless_absent(
        lambda: ecs.list_service_deployments(cluster=places.cluster, service=places.service, status=going), {}
    ).get("serviceDeployments", [])
    for row in rows:
        ecs.stop_service_deployment(serviceDeploymentArn=row["serviceDeploymentArn"], stopType="ROLLBACK")
    return bool(rows)
