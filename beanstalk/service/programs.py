"""Run a program once in the version of an environment, or inside one of its instances."""

from __future__ import annotations

import json
from collections.abc import Sequence

from beanstalk.errors import BeanstalkError, NotFound
from beanstalk.records import RUNNING, Deployment, Environment, Instance
from beanstalk.service.environments import deployed
from beanstalk.service.place import Service, find_environment
from beanstalk.targets.local.machine import local_preparer
from beanstalk.targets.local.programs import Programs
from beanstalk.workload import Workload


def run_once(service: Service, name: str, words: Sequence[str], container: str = "") -> int:
    """Run a program in a fresh copy of what the environment runs. Returns its exit code.

    Raises NotFound, BeanstalkError when nothing is deployed or this machine cannot run it now.
    """
    environment = find_environment(service, name)
    deployment = deployed(service, environment)
    return _programs(service).once(deployment, _workload(deployment), _names(environment, deployment), words, container)


def run_inside(
    service: Service, name: str, words: Sequence[str], instance: str = "", number: int = 0, container: str = ""
) -> int:
    """Run a program in an instance: the one whose id begins so, the `number`th (from 1), else the oldest in service.

    container: which one of the instance, "" for that which gets the requests. Returns its exit code.
    Raises NotFound, BeanstalkError when the environment has no such instance.
    """
    environment = find_environment(service, name)
    chosen = choose_instance(service, environment, instance, number)
    deployment = service.store.deployments.get(chosen.deployment_id)
    assert deployment is not None
    names = _names(environment, deployment)
    return _programs(service).inside(deployment, _workload(deployment), names, chosen, words, container)


def choose_instance(service: Service, environment: Environment, named: str, number: int) -> Instance:
    """See `run_inside`. Raises NotFound, with those there are."""
    living = [each for each in service.store.living_instances(environment.id) if each.state in RUNNING]
    there = [each for each in living if each.started is not None]
    if not there:
        raise BeanstalkError(f"{environment.name} has no running instance", hint=f"beanstalk health {environment.name}")
    ids = ", ".join(each.id for each in there)
    if number:
        if number > len(there):
            raise NotFound(f"{environment.name} has {len(there)} running instances", hint=f"there are: {ids}")
        return there[number - 1]
    found = [each for each in there if each.id.startswith(named)]
    if not found:
        raise NotFound(f"{environment.name} has no running instance {named}", hint=f"there are: {ids}")
    if named and len(found) > 1:
        raise NotFound(f"several instances begin with {named}", hint=f"there are: {ids}")
    return min(found, key=lambda each: (each.in_service is None, each.created))


def _programs(service: Service) -> Programs:
    return Programs(service.home, local_preparer(service.home))


def _workload(deployment: Deployment) -> Workload:
    return Workload.from_json(json.loads(deployment.workload_json))


def _names(environment: Environment, deployment: Deployment) -> tuple[str, str]:
    return environment.name, deployment.version_label
