"""Operations that are no walk of two groups: terminate, swap, and what follows a blue/green deployment."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import uuid4

from beanstalk.agent.housekeeping import keep_logs
from beanstalk.agent.instances import Instances
from beanstalk.agent.pools import host_of
from beanstalk.agent.world import World
from beanstalk.model import Outcome
from beanstalk.records import RUNNING, Environment, Health, Kind, Operation, Severity, Status
from beanstalk.targets.local.trees import remove_tree
from beanstalk.workload import Workload


class Operations:
    """Carries out what is open; every method may be called again after a crash at any point."""

    def __init__(self, world: World, instances: Instances, publish: Callable[[float], bool]) -> None:
        """publish: tells the balancer what the store says now; False when it does not answer. An operation ends only
        after that: whoever reads that it is done may send a request at once."""
        self._world, self._instances, self._publish = world, instances, publish

    def advance(self, operation: Operation, now: float) -> None:
        """Do what can be done now. Operations that deploy are carried out by `rollouts.py`."""
        match operation.kind:
            case Kind.TERMINATE:
                self._terminate(operation, now)
            case Kind.SWAP:
                self._swap(operation, json.loads(operation.arguments_json)["with"], now)
            case Kind.BLUE_GREEN:
                deployment = self._world.store.deployment_of(operation.id)
                if deployment is not None and deployment.outcome is Outcome.SUCCEEDED:
                    self._swap(operation, deployment.environment_id, now)

    def _terminate(self, operation: Operation, now: float) -> None:
        store = self._world.store
        environment = self._environment(operation.environment_id)
        living = store.living_instances(environment.id)
        if going := [instance for instance in living if instance.state in RUNNING]:
            self._instances.remove(going, now)
            return
        if living or not self._publish(now):
            return
        folder = self._world.home.environment(environment.id)
        if json.loads(operation.arguments_json).get("keep_logs"):
            keep_logs(self._world, environment.id)
        remove_tree(folder)
        if environment.is_worker:
            self._leave_queue(environment)
        with store.transaction():
            store.environments.change(
                environment.id, status=Status.TERMINATED, updated=now, terminated=now, health=Health.UNKNOWN
            )
            text = "terminateEnvironment completed successfully."
            store.add_event(Severity.INFO, text, environment, operation.id, now=now)
            store.finish(operation.id, Outcome.SUCCEEDED, "", now)

    def _leave_queue(self, environment: Environment) -> None:
        """Its own queue goes with it, as on Elastic Beanstalk; one that it was given stays."""
        self._world.workers.drop(environment.id)
        deployment = self._world.store.deployments.get(environment.deployment_id)
        worker = Workload.from_json(json.loads(deployment.workload_json)).worker if deployment else None
        if worker is not None and not worker.queue_url:
            endpoint = json.loads(environment.queue_json).get("Endpoint", "")
            self._world.workers.remove_queue(environment.id, endpoint)

    def _swap(self, operation: Operation, other_id: str, now: float) -> None:
        """Both names change in one transaction, and then in one change of the balancer."""
        store = self._world.store
        arguments = json.loads(operation.arguments_json)
        if not arguments.get("swapped"):
            self._exchange_names(operation, other_id, now)
        if not self._publish(now):
            return
        one, other = self._environment(operation.environment_id), self._environment(other_id)
        with store.transaction():
            text = f"Completed swapping CNAMEs for environments '{one.name}' and '{other.name}'."
            store.add_event(Severity.INFO, text, one, operation.id, now=now)
            store.finish(operation.id, Outcome.SUCCEEDED, "", now)
            for identity in (one.id, other.id):
                store.environments.change(identity, status=Status.READY)
            if arguments.get("terminate_old"):
                self._begin_terminate(one, operation, now)

    def _exchange_names(self, operation: Operation, other_id: str, now: float) -> None:
        """Once: that it is done is written together with the names."""
        store = self._world.store
        one, other = self._environment(operation.environment_id), self._environment(other_id)
        arguments = json.loads(operation.arguments_json) | {"swapped": True}
        with store.transaction():
            store.environments.change(one.id, cname=f"swapping-{one.id}")  # no two may have the same, not even now
            store.environments.change(other.id, cname=one.cname, updated=now)
            store.environments.change(one.id, cname=other.cname, updated=now)
            store.operations.change(operation.id, arguments_json=json.dumps(arguments))
            text = f"Swapping CNAMEs for environments '{one.name}' and '{other.name}'."
            store.add_event(Severity.INFO, text, one, operation.id, now=now)
            for environment, cname in ((other, one.cname), (one, other.cname)):
                text = f"'{host_of(cname)}' now points to '{environment.name}'."
                store.add_event(Severity.INFO, text, environment, operation.id, now=now)

    def _begin_terminate(self, environment: Environment, parent: Operation, now: float) -> None:
        store = self._world.store
        terminate = Operation(str(uuid4()), Kind.TERMINATE, environment.id, parent.holder, now, parent_id=parent.id)
        store.begin(terminate, [environment.id])
        store.environments.change(environment.id, status=Status.TERMINATING, updated=now)
        store.add_event(Severity.INFO, "terminateEnvironment is starting.", environment, terminate.id, now=now)

    def _environment(self, environment_id: str) -> Environment:
        found = self._world.store.environments.get(environment_id)
        assert found is not None, f"an operation refers to environment {environment_id}, which does not exist"
        return found
