"""Tasks: what of a container definition ministack does not pass on to the engine.

Entry point, user, working directory, ulimits and memory; and the containers of a task in awsvpc mode share one network,
so that they reach each other at localhost.
"""

from __future__ import annotations

import docker.types
from ministack.services import ecs

MEBIBYTE = 1 << 20


def apply() -> None:
    before = ecs._build_run_kwargs

    def arguments(container, task, environment, ports, network, host_mode, task_id, *more):
        made = before(container, task, environment, ports, network, host_mode, task_id, *more)
        made.update(_passed_on(container))
        if task.get("networkMode") == "awsvpc":
            first = task["containerDefinitions"][0]["name"]
            if container["name"] != first:
                for name in ("network", "ports", "extra_hosts"):
                    made.pop(name, None)
                made["network_mode"] = f"container:ministack-ecs-{task_id[:8]}-{first}"
        return made

    ecs._build_run_kwargs = arguments


def _passed_on(container):
    made = {}
    for name, argument in (("entryPoint", "entrypoint"), ("user", "user"), ("workingDirectory", "working_dir")):
        if container.get(name):
            made[argument] = container[name]
    if container.get("memory"):
        made["mem_limit"] = int(container["memory"]) * MEBIBYTE
    if container.get("ulimits"):
        made["ulimits"] = [
            docker.types.Ulimit(name=each["name"], soft=int(each["softLimit"]), hard=int(each["hardLimit"]))
            for each in container["ulimits"]
        ]
    return made
