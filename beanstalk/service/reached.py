"""On which address of this machine each port of an instance is reached, past the load balancer."""

from __future__ import annotations

import json
from typing import Any

from beanstalk.errors import TargetError
from beanstalk.records import Instance
from beanstalk.service.place import Service
from beanstalk.targets.local.host import Reachable
from beanstalk.targets.local.machine import local_host
from beanstalk.workload import Workload


def ports_of(service: Service, instances: tuple[Instance, ...]) -> list[list[dict[str, Any]]]:
    """`Ports` of the JSON contract, of each: every port that its containers declare. [] for processes, and while the
    engine does not say."""
    host, workloads = local_host(service.home), {}
    for identity in {each.deployment_id for each in instances}:
        if deployment := service.store.deployments.get(identity):
            workloads[identity] = Workload.from_json(json.loads(deployment.workload_json))
    try:
        return [[_document(port) for port in host.published(each, workloads[each.deployment_id])] for each in instances]
    except TargetError:
        return [[] for _ in instances]


def _document(found: Reachable) -> dict[str, Any]:
    address = f"{found.host}:{found.host_port}"
    port = {"ContainerPort": found.port, "Protocol": found.protocol}
    return {"Container": found.container, **port, "Address": address}
