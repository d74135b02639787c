"""What is remembered of environments on AWS: one document an environment, one an operation, its own events within.

Everything else is read from the stack. So a machine that has only credentials knows as much as the one that began.
Times are seconds since the epoch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from beanstalk.model import Outcome
from beanstalk.records import Kind, Severity, Status
from beanstalk.targets.aws.blueprint import stack_name
from beanstalk.targets.aws.observing import Coordinates

Pairs = tuple[tuple[str, str], ...]


class Stage(StrEnum):
    """How far an operation is. PREPARING: nothing that runs was touched yet, and whoever began it has the lease.
    EXECUTING: AWS has been told, and goes on by itself.  ENDED: what came of it is written down."""

    PREPARING = "Preparing"
    EXECUTING = "Executing"
    ENDED = "Ended"


@dataclass(frozen=True, slots=True)
class CloudEnvironment:
    """settings_json: as of a local environment.  deployment: number of the last successful operation that deployed,
    0 before the first.  operations: how many there have been.  operation: number of the one that goes on, 0: none.
    size: tasks that were wanted at the end of the last operation.  outputs: of the stack, then.
    remembered_until: so long others may send requests for a name that led here before a swap.
    """

    id: str
    name: str
    application: str
    cname: str
    platform: str
    tier: str
    status: Status
    version_label: str
    deployment: int
    operations: int
    operation: int
    size: int
    settings_json: str
    created: float
    updated: float
    tags: Pairs = ()
    places: Coordinates = field(default_factory=Coordinates)
    outputs: Mapping[str, str] = field(default_factory=dict)
    stack_id: str = ""
    terminated: float | None = None
    remembered_until: float = 0.0

    @property
    def stack(self) -> str:
        """Its stack by name; by its ARN when it is being deleted, which alone finds it afterwards."""
        leaving = self.status in (Status.TERMINATING, Status.TERMINATED)
        return self.stack_id if leaving and self.stack_id else stack_name(self.name, self.id)

    @property
    def url(self) -> str:
        """Ready to open, "" when nothing answers requests (yet)."""
        found = self.outputs.get("EndpointURL", "")
        own = self.outputs.get("LoadBalancerDNSName", "")
        return found.replace(own, self.public_name) if own and self.public_name else found

    @property
    def host(self) -> str:
        """The name it answers at, "" for none."""
        return self.public_name or self.outputs.get("LoadBalancerDNSName", "")

    @property
    def public_name(self) -> str:
        """Its name in a zone of Route 53, which a swap exchanges; "" when it has none."""
        if not {"EnvironmentRecordName", "PublicNameZone", "PublicNameTTL"} <= {*self.outputs}:
            return ""
        domain = self.outputs["EnvironmentRecordName"].rstrip(".").partition(".")[2]
        return f"{self.cname}.{domain}".lower()

    @property
    def all_tags(self) -> dict[str, str]:
        """Of everything in its stack: ours, and those that people gave it."""
        ours = {
            "beanstalk:application": self.application,
            "beanstalk:environment-name": self.name,
            "beanstalk:environment-id": self.id,
        }
        return ours | dict(self.tags)

    def as_it_is(self) -> Becomes:
        """What it is after an operation that changes nothing of what runs."""
        return Becomes(self.version_label, self.platform, self.size, self.settings_json, False)


@dataclass(frozen=True, slots=True)
class Becomes:
    """What an environment is when an operation succeeds."""

    version_label: str
    platform: str
    size: int
    settings_json: str
    deploys: bool
    """Whether other tasks run then; a change of the size alone does not count as a deployment."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An event that we wrote, at milliseconds since the epoch."""

    at_ms: int
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class CloudOperation:
    """id: the request id of its events.  number: counts in its environment.  previous_label: what ran before.
    by_stack: whether a change set does it; otherwise the service alone is told.  template: key of its template.
    workload: digest of what it runs, to tell two deployments apart.  abort: whether somebody asked for its end.
    executed: when AWS was told.  timeout_s: how long nothing may move (`Timeout`).
    """

    id: str
    number: int
    kind: Kind
    environment_id: str
    environment: str
    holder: str
    created: float
    version_label: str
    previous_label: str
    becomes: Becomes
    stage: Stage = Stage.PREPARING
    by_stack: bool = True
    template: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    workload: str = ""
    said: tuple[Spoken, ...] = ()
    abort: bool = False
    outcome: Outcome | None = None
    cause: str = ""
    executed: float | None = None
    ended: float | None = None
    timeout_s: float = 600.0

    @property
    def token(self) -> str:
        """Name of its change set, and the token of its requests."""
        return f"beanstalk-{self.id}"

    def saying(self, at: float, severity: Severity, message: str) -> CloudOperation:
        """With one more event; their times increase."""
        last = self.said[-1].at_ms if self.said else 0
        return replace(self, said=(*self.said, Spoken(max(int(at * 1000), last + 1), severity, message)))


def environment_json(environment: CloudEnvironment) -> dict[str, Any]:
    return _plain(asdict(environment))


def operation_json(operation: CloudOperation) -> dict[str, Any]:
    return _plain(asdict(operation))


def environment_from(data: Mapping[str, Any]) -> CloudEnvironment:
    """Keys of newer versions of this program are passed over."""
    known = _known(CloudEnvironment, data)
    places = Coordinates(**{**data["places"], "target_groups": tuple(data["places"]["target_groups"])})
    tags = tuple((key, value) for key, value in data["tags"])
    return CloudEnvironment(**known | {"status": Status(data["status"]), "tags": tags, "places": places})


def operation_from(data: Mapping[str, Any]) -> CloudOperation:
    """Keys of newer versions of this program are passed over."""
    known = _known(CloudOperation, data)
    outcome = data["outcome"]
    return CloudOperation(**known | {
        "kind": Kind(data["kind"]),
        "stage": Stage(data["stage"]),
        "becomes": Becomes(**_known(Becomes, data["becomes"])),
        "said": tuple(Spoken(each["at_ms"], Severity(each["severity"]), each["message"]) for each in data["said"]),
        "outcome": Outcome(outcome) if outcome else None,
    })  # fmt: skip


def _known(kind: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {key: value for key, value in data.items() if key in names}


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """Only what JSON has."""
    found: dict[str, Any] = json.loads(json.dumps(data))
    return found
