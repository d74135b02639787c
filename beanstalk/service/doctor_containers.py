"""What containers need of this machine: an engine that this user may use; for some images the docker command, too."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from beanstalk.errors import TargetError
from beanstalk.records import Environment
from beanstalk.service.check import CONTAINERS, Check, install
from beanstalk.service.place import Service
from beanstalk.targets.local.engine import EngineFacts
from beanstalk.targets.local.engine_away import EngineAway
from beanstalk.targets.local.machine import find_engine
from beanstalk.targets.local.proxy import find_program

BUILDKIT = "Dockerfiles that need BuildKit"
COMMAND = "run, exec and ssh of containers; BuildKit"
_PATIENCE_S = 10
_SEPARATE = 23
"""Version of the docker command from which on BuildKit is a plugin, buildx; before, the command has it in itself."""


def look_at_containers(service: Service, living: Sequence[Environment]) -> Iterator[Check]:
    """The engine, the docker command and its BuildKit. living: environments of this home."""
    yield _engine(service, tuple(each.name for each in living if _has_containers(service, each)))
    program = find_program("docker")
    if program is None:
        yield Check("docker", COMMAND, "the command is not installed", install("docker.io"))
        return
    version = _say(program, "--version")
    yield Check("docker", COMMAND, f"{program}, {_short(version)}")
    yield _buildkit(program, version)


def _engine(service: Service, needed_by: tuple[str, ...]) -> Check:
    name = "container engine"
    try:
        facts = find_engine(service.home, _PATIENCE_S).look()
    except EngineAway as away:
        text = away.problem if away.command or not away.hint else f"{away.problem}: {away.hint}"
        return Check(name, CONTAINERS, text, away.command or "docker context ls", needed_by)
    except TargetError as error:
        return Check(name, CONTAINERS, error.problem, install("docker.io"), needed_by)
    if facts.elsewhere:
        text = f"{_described(facts)}: instances there could not be reached"
        return Check(name, CONTAINERS, text, "unset DOCKER_HOST; docker context use default", needed_by)
    return Check(name, CONTAINERS, _described(facts))


def _described(facts: EngineFacts) -> str:
    words = [f"{facts.version} at {facts.url}"]
    words += [f"by {facts.chosen_by}"] if facts.chosen_by else []
    words.append("rootless" if facts.rootless else "with root's rights")
    words += [] if facts.reachable else ["ports published on 127.0.0.1"]
    return ", ".join(words)


def _buildkit(program: Path, version: str) -> Check:
    number = re.search(r"\d+", version)
    if number and int(number[0]) < _SEPARATE:
        return Check("buildkit", BUILDKIT, "part of the docker command")
    plugin = _say(program, "buildx", "version")
    if plugin:
        return Check("buildkit", BUILDKIT, f"buildx {_short(plugin)}")
    return Check("buildkit", BUILDKIT, "the plugin buildx is not installed", install("docker-buildx"))


def _say(program: Path, *words: str) -> str:
    """What the command says, "" when it fails. Neither of ours asks the engine."""
    try:
        done = subprocess.run(
            [str(program), *words], capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _short(version: str) -> str:
    """Its number."""
    found = re.search(r"v?(\d+\.[\w.+~-]+)", version)
    return found[1] if found else "of a version that it does not say"


def _has_containers(service: Service, environment: Environment) -> bool:
    """Whether what it runs, or first of all is to run, is in containers."""
    latest = service.store.deployments.where("environment_id = ? ORDER BY id DESC LIMIT 1", environment.id)
    return any(json.loads(each.workload_json).get("group") is not None for each in latest)
