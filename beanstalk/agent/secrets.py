"""Values of secrets while instances need them: in memory alone, and never in what is told.

An instance gets the values that are read when it begins, and keeps them; an agent that comes later reads them again for
what it still has to start. What an instance says may hold its secrets. An agent that does not know all values that it
was given quotes nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from beanstalk.agent.lines import said
from beanstalk.agent.world import World
from beanstalk.errors import TargetError
from beanstalk.records import Deployment, Instance
from beanstalk.secrets import redact
from beanstalk.workload import Workload

_UNKNOWN = "; what it said may hold secrets, and is in its log alone"


@dataclass(slots=True)
class _Known:
    """values: those that hold for what is started next.  all: every one that it was given.  complete: nothing of it
    was started by another agent."""

    complete: bool
    values: Mapping[str, str] = field(default_factory=dict)
    all: set[str] = field(default_factory=set)


class Secrets:
    """Those of all instances."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[str, _Known] = {}
        self._readable: set[int] = set()

    def are_readable(self, deployment: Deployment, workload: Workload) -> bool:
        """Whether all of them were read once, for nobody; False while that goes on. Raises TargetError."""
        if workload.secrets and deployment.id not in self._readable:
            if self._world.secrets.read(f"deployment {deployment.id}", workload.secrets) is None:
                return False
            self._readable.add(deployment.id)
        return True

    def forget_deployment(self, deployment: Deployment) -> None:
        """Nobody asks any more whether they are readable."""
        self._world.secrets.forget(f"deployment {deployment.id}")

    def are_there(self, instance: Instance, workload: Workload, begins: bool) -> bool:
        """Whether `of` has the values for what is started now; False while they are read. Raises TargetError.

        begins: nothing of the instance was started yet.
        """
        if not workload.secrets:
            return True
        known = self._known.setdefault(instance.id, _Known(complete=begins))
        return bool(known.values) or self._read(instance, workload, known)

    def renew(self, instance: Instance, workload: Workload) -> bool:
        """Read them anew, for what is started again. False while that goes on.

        Those that it has are kept when they cannot be read: an instance that serves is not given up for this.
        Raises TargetError when there are none either.
        """
        if not workload.secrets:
            return True
        known = self._known.setdefault(instance.id, _Known(complete=False))
        try:
            return self._read(instance, workload, known)
        except TargetError:
            if not known.values:
                raise
            return True

    def of(self, instance: Instance) -> Mapping[str, str]:
        """{name of a secret: value}."""
        known = self._known.get(instance.id)
        return known.values if known else {}

    def said(self, instance: Instance, workload: Workload, lines: Sequence[str]) -> str:
        """The end of a sentence that quotes these lines of the instance, without its secrets."""
        known = self._known.get(instance.id)
        if not workload.secrets or not lines:
            return said(lines)
        if known is None or not known.complete:
            return _UNKNOWN
        return said([redact(line, known.all) for line in lines])

    def redact(self, instance: Instance, text: str) -> str:
        """A text about the instance without the secrets that are known here."""
        known = self._known.get(instance.id)
        return redact(text, known.all) if known else text

    def forget(self, instance_id: str) -> None:
        """It is gone."""
        self._known.pop(instance_id, None)
        self._world.secrets.forget(instance_id)

    def _read(self, instance: Instance, workload: Workload, known: _Known) -> bool:
        found = self._world.secrets.read(instance.id, workload.secrets)
        if found is None:
            return False
        known.values = found
        known.all.update(found.values())
        return True
