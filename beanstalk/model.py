"""The nouns: frozen values that everything else speaks in. No I/O, no behaviour beyond derived properties.

Times are seconds since the epoch (`float`), durations carry `_s`, sizes `_bytes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from beanstalk.errors import Where


@dataclass(frozen=True, slots=True)
class OptionSetting:
    """One value for one configuration option, as some layer gave it. Values are text, as in the Elastic Beanstalk API.

    `resource_name` matters only to scheduled actions. `at` is where it was written, None when it came from a command.
    """

    namespace: str
    name: str
    value: str
    resource_name: str = ""
    at: Where | None = None


class Policy(StrEnum):
    """How a new version replaces the old one (`aws:elasticbeanstalk:command` DeploymentPolicy)."""

    ALL_AT_ONCE = "AllAtOnce"
    ROLLING = "Rolling"
    ADDITIONAL_BATCH = "RollingWithAdditionalBatch"
    IMMUTABLE = "Immutable"
    TRAFFIC_SPLITTING = "TrafficSplitting"
    RESIZE = "Resize"
    """Not an option value: the same version, another number of instances."""


class OnFailure(StrEnum):
    """What a failing deployment does: go back to the old version, or stay as it is (Elastic Beanstalk's way)."""

    ROLLBACK = "rollback"
    STOP = "stop"


class Group(Enum):
    """The instances of one version in one deployment."""

    OLD = "old"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Scale:
    """Have `count` (>= 0) instances of `group`. Says nothing about their health: see Await."""

    group: Group
    count: int


@dataclass(frozen=True, slots=True)
class Await:
    """Go on only when `group` has settled at `count` instances: none starting, none leaving."""

    group: Group
    count: int


@dataclass(frozen=True, slots=True)
class Route:
    """Send `new_percent` (0..100) of the requests to the new group, the rest to the old."""

    new_percent: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Stay as it is until `seconds` have passed since the phase began, watching health."""

    seconds: float


Step = Scale | Await | Route | Hold


class Phase(StrEnum):
    """Where a deployment is. Only the way forward can fail into BACK; COMMIT means the old group is leaving."""

    BUILD = "Build"
    FORWARD = "Forward"
    EVALUATE = "Evaluate"
    COMMIT = "Commit"
    BACK = "Back"


class Outcome(StrEnum):
    """How an operation ended. SUCCEEDED exits 0, ROLLED_BACK and ABORTED 3, FAILED 4."""

    SUCCEEDED = "Succeeded"
    ROLLED_BACK = "RolledBack"
    ABORTED = "Aborted"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Enter:
    """The deployment goes into another phase; `cause` is one sentence when that is because something failed."""

    phase: Phase
    cause: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """Nothing is left to do. `cause` is one sentence unless it succeeded."""

    outcome: Outcome
    cause: str = ""


Move = Step | Enter | End


@dataclass(frozen=True, slots=True)
class Count:
    """What is there of one group.

    starting: running, has not passed its checks yet.  healthy: in service.  unhealthy: was in service, fails its
    checks, still runs.  leaving: draining or stopping, counts no longer.  failed: ended by itself since the
    deployment began.  oldest_start: when the oldest of the starting ones was started.  cause: why one failed.
    """

    starting: int = 0
    healthy: int = 0
    unhealthy: int = 0
    leaving: int = 0
    failed: int = 0
    oldest_start: float | None = None
    cause: str = ""

    @property
    def running(self) -> int:
        return self.starting + self.healthy + self.unhealthy


@dataclass(frozen=True, slots=True)
class Fleet:
    """One environment's instances as observed now, by group."""

    old: Count = Count()
    new: Count = Count()


@dataclass(frozen=True, slots=True)
class Rollout:
    """What a policy decides from, beside the fleet and the time. All but the last four are fixed at the start.

    size: instances wanted at the end, >= 0.  old_size: instances of the old group at the start, 0 for a first
    deployment.  batch: instances a batch, >= 1.  new_percent: share of the new group while traffic is split.
    evaluate_s: how long it is split.  timeout_s: longest wait for an instance to become healthy.
    route: share of the new group now, None: every instance in service gets the same.
    cause: why it goes back, "" on the way forward.
    """

    policy: Policy
    size: int
    old_size: int
    batch: int
    timeout_s: float
    new_percent: int = 10
    evaluate_s: float = 300.0
    ignore_health: bool = False
    on_failure: OnFailure = OnFailure.ROLLBACK
    phase: Phase = Phase.FORWARD
    phase_since: float = 0.0
    route: int | None = None
    cause: str = ""
