"""RetrieveEnvironmentInfo: what instances wrote, those that are gone too, as long as their logs are kept."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from beanstalk.errors import NotFound
from beanstalk.records import Environment, State
from beanstalk.service.place import Service
from beanstalk.targets.local.logs import tail

_POLL_S = 0.1
_LOOK_S = 1.0
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Log:
    """One log file of an instance. deployment: its number in the environment, None when nobody knows any more.
    changed: when something was last written to it."""

    path: Path
    instance_id: str
    deployment: int | None
    version_label: str
    state: State
    changed: float

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class Choice:
    """Which logs. instance: its id, or the beginning of it.  deployment: its number.  since: written to since then.
    gone: those of instances that have ended, too; without it they are left out unless nothing else is there."""

    instance: str = ""
    deployment: int | None = None
    since: float | None = None
    gone: bool = False


def list_logs(service: Service, environment: Environment, choice: Choice = Choice()) -> list[Log]:
    """The logs that `choice` means, those of the oldest instance first; a rotated part before its continuation.

    Raises NotFound when an instance or a deployment is named that has none.
    """
    found = [log for log in _all(service, environment) if _is_meant(log, choice)]
    if not found and choice.instance:
        raise NotFound(f"{environment.name} has no log of an instance {choice.instance}", hint="beanstalk logs --all")
    if not found and choice.deployment is not None:
        text = f"{environment.name} has no log of an instance of deployment {choice.deployment}"
        raise NotFound(text, hint="those of the latest instances are kept: beanstalk logs --all")
    if choice.gone or choice.instance or choice.deployment is not None:
        return found
    return [log for log in found if log.state is not State.TERMINATED] or found


def last_lines(log: Log, lines: int) -> list[str]:
    """The last non-empty lines of one log."""
    return tail(log.path, lines)


def all_lines(log: Log) -> Iterator[str]:
    """Every line of one log, without its end."""
    try:
        with log.path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                yield line.rstrip("\n")
    except FileNotFoundError:
        return


def follow_logs(service: Service, environment: Environment, choice: Choice, lines: int) -> Iterator[tuple[Log, str]]:
    """The last `lines` of each log, then every line as it is written, those of new instances too. Never ends."""
    positions: dict[Path, int] = {}
    logs: Sequence[Log] = ()
    looked = -_LOOK_S
    first = True
    while True:
        if time.monotonic() - looked >= _LOOK_S:
            looked = time.monotonic()
            logs = _living(service, environment, choice)
            for log in logs:
                if first:
                    positions[log.path] = _size(log.path)
                    yield from ((log, line) for line in last_lines(log, lines))
            first = False
        for log in logs:
            came, positions[log.path] = _read_from(log.path, positions.get(log.path, 0))
            yield from ((log, line) for line in came)
        time.sleep(_POLL_S)


def zip_logs(logs: Sequence[Log], out: Path) -> None:
    """Write them into the zip `out`: INSTANCE/NAME."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for log in logs:
            with archive.open(zipfile.ZipInfo(f"{log.instance_id}/{log.name}"), "w", force_zip64=True) as member:
                for line in all_lines(log):
                    member.write(line.encode() + b"\n")


def _all(service: Service, environment: Environment) -> Iterator[Log]:
    """The oldest instance first."""
    folders = service.home.environment(environment.id) / "logs"
    numbers = {
        each.id: (each.number, each.version_label)
        for each in service.store.deployments.where("environment_id = ?", environment.id)
    }
    instances = {each.id: each for each in service.store.instances.where("environment_id = ?", environment.id)}

    def age(folder: Path) -> tuple[float, str]:
        known = instances.get(folder.name)
        return known.created if known else 0.0, folder.name

    there = [folder for folder in folders.iterdir() if folder.is_dir()] if folders.is_dir() else []
    for folder in sorted(there, key=age):
        known = instances.get(folder.name)
        number, label = numbers.get(known.deployment_id, (None, "")) if known else (None, "")
        state = State.TERMINATED if known is None or known.ended is not None else known.state
        for path in sorted(folder.glob("*.log")):
            rotated = path.with_name(f"{path.name}.1")
            paths = [rotated, path] if rotated.exists() else [path]
            yield from (Log(each, folder.name, number, label, state, each.stat().st_mtime) for each in paths)


def _is_meant(log: Log, choice: Choice) -> bool:
    return (
        log.instance_id.startswith(choice.instance)
        and choice.deployment in (None, log.deployment)
        and (choice.since is None or log.changed >= choice.since)
    )


def _living(service: Service, environment: Environment, choice: Choice) -> list[Log]:
    logs = [log for log in _all(service, environment) if _is_meant(log, choice)]
    return [log for log in logs if log.state is not State.TERMINATED and log.name.endswith(".log")]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _read_from(path: Path, position: int) -> tuple[list[str], int]:
    """Complete lines after `position`, and where to go on. A file that became shorter was rotated: from its start."""
    size = _size(path)
    if size < position:
        position = 0
    if size == position:
        return [], position
    try:
        with path.open("rb") as file:
            file.seek(position)
            data = file.read(_BLOCK)
    except OSError:
        return [], position
    end = data.rfind(b"\n") + 1 or (len(data) if len(data) == _BLOCK else 0)
    return data[:end].decode("utf-8", "replace").splitlines(), position + end
