"""`Dockerrun.aws.json` of any version -> values.

An error is what would fail on Elastic Beanstalk; what it tolerates is a warning in the value. The shapes are those of
`schemas/dockerrun-v*.json`; what a schema cannot say is in `dockerrun_v1` and `dockerrun_v2_rules`.
"""

from __future__ import annotations

from collections.abc import Sequence

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.dockerrun_v1 import DockerrunV1, DockerrunV3, bind_v1, bind_v3, check_v1, check_v3
from beanstalk.source.dockerrun_v2 import DockerrunV2, bind_v2
from beanstalk.source.dockerrun_v2_rules import check_v2
from beanstalk.source.json_nodes import Json
from beanstalk.source.json_schema import Findings, check_schema
from beanstalk.source.json_text import read_json

__all__ = ["FILE_NAME", "Dockerrun", "DockerrunV1", "DockerrunV2", "DockerrunV3", "read_dockerrun"]

FILE_NAME = "Dockerrun.aws.json"
VERSION = "AWSEBDockerrunVersion"

Dockerrun = DockerrunV1 | DockerrunV2 | DockerrunV3


def read_dockerrun(path: str, content: bytes, dockerfile: bool | None = None) -> Dockerrun:
    """Read the file. dockerfile: whether the bundle has one too, None: unknown; only version 1 depends on it.

    Raises InvalidInput with every problem that would make a deployment fail.
    """
    document = read_json(path, content)
    findings = Findings(warnings=[*_named(path), *document.warnings])
    root = document.root
    if root.kind != "object":
        raise InvalidInput([Problem("the file does not hold an object { }", root.at, "begin it with {")])
    version = _version(root, findings)
    found: Dockerrun
    match version:
        case 1:
            check_schema(root, "dockerrun-v1", findings)
            check_v1(root, dockerfile, findings)
            found = bind_v1(root, findings)
        case 2:
            check_schema(root, "dockerrun-v2", findings)
            check_v2(root, findings)
            found = bind_v2(root, findings)
        case 3:
            check_schema(root, "dockerrun-v3", findings)
            check_v3(root, findings)
            found = bind_v3(root, findings)
        case _:
            raise InvalidInput(findings.problems, findings.warnings)
    findings.finish(findings.unfilled)
    return found


def _version(root: Json, findings: Findings) -> int:
    """1, 2 or 3; 0 when it is none of them, which is told."""
    node = root.get(VERSION)
    if node is None:
        near = next((member for member in root.members if member.name.lower() == VERSION.lower()), None)
        hint = findings.meant(near.name, [VERSION]) if near else f'add "{VERSION}": {_guess(root)}'
        findings.wrong(near.at if near else root.at, f"{VERSION} is missing", hint)
        return 0
    value = node.value
    number = {"1": 1, "2": 2, "3": 3}.get(
        str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    )
    if number is None or isinstance(value, bool):
        shown = str(value)[:60] if isinstance(value, str | int | float) else f"a value of type {node.kind}"
        text = f"{VERSION} {shown} is not supported"
        findings.wrong(node.at, text, f"possible are 1, 2 and 3; this file looks like {_guess(root)}")
        return 0
    if number == 1 and not isinstance(value, str):
        findings.warn(node.at, f'{VERSION} 1 is documented as the text "1"', 'both work; write "1"')
    if number == 2 and isinstance(value, str):
        findings.warn(node.at, f"{VERSION} 2 is documented as the number 2", "both work; write 2 without quotes")
    return number


def _guess(root: Json) -> str:
    if root.get("containerDefinitions"):
        return "2"
    return '"1"' if root.get("Image") or root.get("Ports") else '"3"' if root.get("Authentication") else '"1"'


def _named(path: str) -> Sequence[Problem]:
    name = path.rpartition("/")[2]
    if name.lower() == FILE_NAME.lower() and name != FILE_NAME:
        text = f"the file is called {name}, and Elastic Beanstalk looks for {FILE_NAME}"
        return [Problem(text, Where(path), f"rename it to {FILE_NAME}")]
    return []
