"""What is remembered: frozen records, one for each noun that the store keeps.

Times are seconds since the epoch. Fields named `*_json` hold JSON text, so that a record is exactly a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from beanstalk.model import Outcome, Phase


class Status(StrEnum):
    """Status of an environment, in Elastic Beanstalk's words. Operations need READY."""

    LAUNCHING = "Launching"
    UPDATING = "Updating"
    READY = "Ready"
    TERMINATING = "Terminating"
    TERMINATED = "Terminated"


class Health(StrEnum):
    """Enhanced health; `COLOUR` of rollout/health.py gives its basic colour."""

    OK = "Ok"
    INFO = "Info"
    WARNING = "Warning"
    DEGRADED = "Degraded"
    SEVERE = "Severe"
    PENDING = "Pending"
    UNKNOWN = "Unknown"


class State(StrEnum):
    """State of an instance. DRAINING takes no new request, STOPPING has been told to end."""

    PENDING = "Pending"
    IN_SERVICE = "InService"
    UNHEALTHY = "Unhealthy"
    DRAINING = "Draining"
    STOPPING = "Stopping"
    TERMINATED = "Terminated"


RUNNING = (State.PENDING, State.IN_SERVICE, State.UNHEALTHY)
LEAVING = (State.DRAINING, State.STOPPING)


class Kind(StrEnum):
    """What an operation does; in events and in `Operation` of the JSON output."""

    CREATE = "createEnvironment"
    DEPLOY = "deploy"
    CONFIGURE = "configure"
    SCALE = "scale"
    RESTART = "restart"
    REBUILD = "rebuild"
    RESTORE = "restore"
    ROLLBACK = "rollback"
    SWAP = "swap"
    BLUE_GREEN = "blueGreen"
    TERMINATE = "terminate"


class Severity(StrEnum):
    TRACE = "TRACE"
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"
    FATAL = "FATAL"


@dataclass(frozen=True, slots=True)
class Application:
    name: str
    description: str
    created: float


@dataclass(frozen=True, slots=True)
class Version:
    """An application version: a label on a source bundle, which is found by its digest."""

    application: str
    label: str
    digest: str
    size_bytes: int
    description: str
    created: float


@dataclass(frozen=True, slots=True)
class Environment:
    """settings_json: list of {Namespace, OptionName, Value, Layer} that somebody set or recommended.
    deployment_id: the last successful deployment, 0 before the first.  size: instances wanted.
    slot: its place in the load balancer, unique among living environments.  tier: "WebServer" or "Worker".
    queue_json: of a worker {Endpoint, Url, Minute}: whom it asks about its queue, the address of the queue once it is
    known, and the minute (since the epoch) for which its tasks were begun last.
    """

    id: str
    name: str
    application: str
    cname: str
    platform: str
    status: Status
    health: Health
    causes_json: str
    version_label: str
    deployment_id: int
    size: int
    slot: int
    settings_json: str
    created: float
    updated: float
    terminated: float | None = None
    tier: str = "WebServer"
    queue_json: str = "{}"

    @property
    def is_worker(self) -> bool:
        return self.tier == "Worker"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One walk from a version and configuration to another, and everything its decisions need.

    number: counts from 1 in its environment.  workload_json: what to run (`Workload`).  settings_json: what the
    environment's settings become if it succeeds.  rollout_json: the fixed part of a `Rollout`.
    leader: id of the instance that runs what is to run once, "" when none was chosen.  leader_done: since when it has.
    """

    id: int
    environment_id: str
    operation_id: str
    number: int
    version_label: str
    digest: str
    platform: str
    settings_json: str
    workload_json: str
    rollout_json: str
    previous_id: int
    created: float
    phase: Phase = Phase.BUILD
    phase_since: float = 0.0
    route: int | None = None
    cause: str = ""
    outcome: Outcome | None = None
    ended: float | None = None
    leader: str = ""
    leader_done: float | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """One running copy of a workload. The row is written before anything is started.

    host, port: where it answers; known from the start for processes, once they run for containers.
    processes_json: {name: [pid, birth] or [container id, 0]} as far as they were started.  failed: it ended, or was
    given up, by itself.  cause: one sentence about that.  changed: when `state` last changed.
    told: of so many of its scripts there was an event.
    """

    id: str
    environment_id: str
    deployment_id: int
    state: State
    port: int
    created: float
    changed: float
    processes_json: str = "{}"
    started: float | None = None
    in_service: float | None = None
    ended: float | None = None
    failed: int = 0
    cause: str = ""
    host: str = "127.0.0.1"
    told: int = 0

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Operation:
    """Something somebody asked for. Its id is the request id of its events. holder: who, where, with which command."""

    id: str
    kind: Kind
    environment_id: str
    holder: str
    created: float
    arguments_json: str = "{}"
    abort: int = 0
    parent_id: str = ""
    outcome: Outcome | None = None
    cause: str = ""
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """at_ms: milliseconds since the epoch, unique and increasing."""

    at_ms: int
    severity: Severity
    message: str
    application: str = ""
    environment: str = ""
    environment_id: str = ""
    version_label: str = ""
    operation_id: str = ""
