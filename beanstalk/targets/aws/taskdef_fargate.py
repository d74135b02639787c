"""What a task on Fargate cannot have, each thing by its name.

Source: ECS Developer Guide, "Task definition differences for Fargate".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from beanstalk.errors import Problem
from beanstalk.source.dockerrun_v2 import LOGS_FOLDER
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.taskdef_parts import listed, name_of, objects
from beanstalk.targets.aws.taskdef_places import Places
from beanstalk.targets.aws.taskdef_volumes import is_of_bundle

ON_EC2 = "set --option beanstalk:aws:LaunchType=EC2"
_LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
_CAPABILITY = "SYS_PTRACE"
_LONGEST_STOP_S = 120
_OF_CONTAINER = {
    "links": ("links", f"containers of one task reach each other at localhost; or {ON_EC2}"),
    "privileged": ("privileged", ON_EC2),
    "extraHosts": ("extra hosts", ON_EC2),
    "dnsServers": ("DNS servers", ON_EC2),
    "dnsSearchDomains": ("DNS search domains", ON_EC2),
    "dockerSecurityOptions": ("Docker security options", ON_EC2),
    "disableNetworking": ("disableNetworking", ON_EC2),
    "credentialSpecs": ("credentialSpecs", ON_EC2),
}
_OF_LINUX = {
    "devices": "devices of the machine",
    "sharedMemorySize": "a size of /dev/shm",
    "maxSwap": "a limit on swapping",
    "swappiness": "swappiness",
}
_OF_TASK = {"ipcMode": "ipcMode", "placementConstraints": "placement constraints"}
_OF_VOLUME = {
    "dockerVolumeConfiguration": "a volume of Docker",
    "fsxWindowsFileServerVolumeConfiguration": "a file system of FSx for Windows",
}


def check_fargate(containers: Sequence[Json], document: Json, places: Places) -> list[Problem]:
    found = []
    if document.get("networkMode") != "awsvpc":
        text = f"on Fargate the network mode is awsvpc, not {document.get('networkMode', 'bridge')}"
        found.append(places.problem(text, f"leave beanstalk:aws:NetworkMode out, or {ON_EC2}", ""))
    for key, what in _OF_TASK.items():
        if document.get(key):
            found.append(places.problem(f"a task on Fargate has no {what}", ON_EC2, ""))
    for each in containers:
        found += _container(each, places)
    for volume in objects(document, "volumes"):
        found += _volume(volume, places)
    return found


def _container(container: Json, places: Places) -> Iterator[Problem]:
    own = name_of(container)

    def problem(key: str, what: str, hint: str = ON_EC2) -> Problem:
        return places.problem(f"{own} has {what}, which Fargate does not know", hint, own, key)

    for key, (what, hint) in _OF_CONTAINER.items():
        if container.get(key):
            yield problem(key, what, hint)
    linux = container.get("linuxParameters")
    linux = linux if isinstance(linux, dict) else {}
    for key, what in _OF_LINUX.items():
        if linux.get(key) is not None and linux[key] != []:
            yield problem("linuxParameters", what)
    capabilities = linux.get("capabilities")
    added = listed(capabilities, "add") if isinstance(capabilities, dict) else []
    if refused := [str(name) for name in added if str(name).upper().removeprefix("CAP_") != _CAPABILITY]:
        yield problem("linuxParameters", f"the capability {', '.join(refused)[:80]}")
    for each in objects(container, "resourceRequirements"):
        if each.get("type") == "GPU":
            yield problem("resourceRequirements", "a graphics processor")
    logs = container.get("logConfiguration")
    if isinstance(logs, dict) and logs.get("logDriver") not in _LOG_DRIVERS:
        hint = f"Fargate knows {', '.join(_LOG_DRIVERS)}; for others {ON_EC2}"
        yield problem("logConfiguration", f"the log driver {logs.get('logDriver')}", hint)
    stop = container.get("stopTimeout")
    if isinstance(stop, int) and stop > _LONGEST_STOP_S:
        text = f"{own} may take {stop} s to stop, and on Fargate {_LONGEST_STOP_S} s is the most"
        yield places.problem(
            text, f"give it less time (beanstalk:deployment:GraceSeconds), or {ON_EC2}", own, "stopTimeout"
        )


def _volume(volume: Json, places: Places) -> Iterator[Problem]:
    name, host = str(volume.get("name"))[:80], volume.get("host")
    for key, what in _OF_VOLUME.items():
        if volume.get(key):
            text = f"{name} is {what}, which Fargate does not know"
            yield places.problem(text, f"leave {key} out for a volume of the task, or {ON_EC2}", "", "volumes", name)
    path = host.get("sourcePath") if isinstance(host, dict) else None
    if isinstance(path, str) and path:
        text = f"the volume {name} is the folder {path[:80]} of an instance, and Fargate has none"
        yield places.problem(text, _remedy(path), "", "volumes", name)


def _remedy(path: str) -> str:
    if is_of_bundle(path):
        return f"copy the files into the image that needs them, or {ON_EC2}"
    if path.startswith(LOGS_FOLDER):
        return f"write logs to the standard output, or {ON_EC2}"
    return f"leave sourcePath out for a volume of the task, or {ON_EC2}"
