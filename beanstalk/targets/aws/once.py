"""A task that runs one program in what an environment runs: its container alone, with all that it is given. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from beanstalk.errors import NotFound
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.template.worker import SIDECAR

_OF_THE_TASK = (
    "executionRoleArn", "taskRoleArn", "networkMode", "runtimePlatform", "volumes", "cpu", "memory", "ephemeralStorage",
    "requiresCompatibilities",
)  # fmt: skip
_WITHOUT = ("portMappings", "healthCheck", "dependsOn", "links")
"""What only makes sense beside others, or for requests."""


def web_container(service: Json, definition: Json) -> str:
    """That which gets the requests of a service, or the messages of a worker."""
    for each in service.get("loadBalancers", ()):
        return str(each["containerName"])
    names = [each["name"] for each in definition["containerDefinitions"] if each.get("essential", True)]
    return str(next(name for name in names if name != SIDECAR))


def once_document(definition: Json, container: str, words: Sequence[str]) -> Json:
    """What RegisterTaskDefinition gets. definition: as DescribeTaskDefinition tells it.  words: several are what the
    image's own entry point gets, one is a line for the shell. Raises NotFound for a container that there is not.
    """
    there = {each["name"]: each for each in definition["containerDefinitions"]}
    if container not in there:
        raise NotFound(f"there is no container {container}", hint=f"there are: {', '.join(there)}")
    mine = {key: value for key, value in there[container].items() if key not in _WITHOUT and value not in (None, [])}
    mine |= {"essential": True, "command": list(words)}
    if len(words) == 1:
        mine |= {"entryPoint": ["/bin/sh", "-c"]}
    kept = {key: definition[key] for key in _OF_THE_TASK if definition.get(key)}
    return {"family": f"{definition['family']}-once", "containerDefinitions": [mine], **kept}


def log_stream(definition: Json, container: str, task: str) -> tuple[str, str]:
    """(log group, stream) of a container of a task; two empty texts when it writes elsewhere."""
    mine: Json = next((each for each in definition["containerDefinitions"] if each["name"] == container), {})
    logging = mine.get("logConfiguration") or {}
    options = logging.get("options", {})
    if logging.get("logDriver") != "awslogs" or not options.get("awslogs-stream-prefix"):
        return "", ""
    return options["awslogs-group"], f"{options['awslogs-stream-prefix']}/{container}/{task}"
