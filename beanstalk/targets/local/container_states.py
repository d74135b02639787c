"""What the engine's state of a container means: whether another one may start, and how it ended. Pure."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from typing import Any, assert_never

from beanstalk.containers import Condition, Container, Dependency
from beanstalk.errors import TargetError
from beanstalk.targets.local.container_view import Seen
from beanstalk.targets.local.processes import Ended

State = Mapping[str, Any]
"""As the engine's API has it, with `Limit`, the container's memory limit in bytes."""
_SIGNALS = range(1, signal.NSIG)
_OVER = ("exited", "dead")


def may_start(container: Container, others: Mapping[str, Seen], state_of: Callable[[str], State | None]) -> bool:
    """Whether all that it depends on is as it has to be.

    others: the containers of its instance, by name.  state_of: of a container's id, None when that is not known yet.
    Raises TargetError when it can never be.
    """
    if any(each.container not in others for each in container.volumes_from):
        return False
    wanted = [*(Dependency(name) for name, _ in container.links), *container.depends_on]
    return all(_holds(container, each, others.get(each.container), state_of) for each in wanted)


def end_of(name: str, state: State) -> Ended:
    """state: of a container that ended, {} of one that was removed."""
    code = state.get("ExitCode")
    if state.get("OOMKilled") and code:
        limit = state.get("Limit") or 0
        return Ended(name, code, "was ended: out of memory" + (f" (limit {limit / 2**20:g} MiB)" if limit else ""))
    if code is not None and code - 128 in _SIGNALS:
        code = 128 - code  # as every shell, the engine adds 128 to the number of a signal
    return Ended(name, code)


def _holds(
    container: Container, dependency: Dependency, seen: Seen | None, state_of: Callable[[str], State | None]
) -> bool:
    if seen is None or seen.is_created:
        return False
    if dependency.condition is Condition.STARTED:
        return True
    state = state_of(seen.id)
    if state is None:
        return False
    cannot = f"{container.name} cannot be started: {seen.name}, which it waits for,"
    has_ended = seen.has_ended or state.get("Status") in _OVER  # it may be newer than the list
    match dependency.condition:
        case Condition.HEALTHY:
            if has_ended:
                raise TargetError(f"{cannot} {end_of(seen.name, state)}")
            return _is_healthy(state, cannot)
        case Condition.COMPLETED:
            return has_ended
        case Condition.SUCCEEDED:
            if has_ended and state.get("ExitCode") != 0:
                raise TargetError(f"{cannot} {end_of(seen.name, state)}")
            return has_ended
        case _:
            assert_never(dependency.condition)


def _is_healthy(state: State, cannot: str) -> bool:
    health = state.get("Health") or {}
    match health.get("Status"):
        case "healthy":
            return True
        case "starting":
            return False
        case "unhealthy":
            said = " ".join(str((health.get("Log") or [{}])[-1].get("Output", "")).split())
            raise TargetError(f"{cannot} is unhealthy" + (f": {said[:200]}" if said else ""))
    raise TargetError(f"{cannot} has no health check", hint="give it one, or wait for its start only")
