"""A CloudFormation stack as it is: values, and how they are read from the API's answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from beanstalk.targets.aws.blueprint import Json

DELETED = "DELETE_COMPLETE"


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack as it is. id: its ARN.  reason: why it has this status.  outputs, parameters, tags: by name."""

    id: str
    name: str
    status: str
    reason: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_moving(self) -> bool:
        """Whether CloudFormation works on it."""
        return self.status.endswith("_IN_PROGRESS") and not self.is_only_proposed

    @property
    def is_only_proposed(self) -> bool:
        """Whether it consists of a change set that nobody executed."""
        return self.status == "REVIEW_IN_PROGRESS"

    @property
    def is_there(self) -> bool:
        """Whether it has resources that can be updated."""
        return not self.is_only_proposed and self.status not in (DELETED, "ROLLBACK_COMPLETE", "CREATE_FAILED")


@dataclass(frozen=True, slots=True)
class StackEvent:
    """at: seconds since the epoch.  token: of the request that caused it, "" when none was given."""

    id: str
    at: float
    logical_id: str
    type: str
    status: str
    reason: str = ""
    physical_id: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class StackResource:
    logical_id: str
    physical_id: str
    type: str
    status: str


def read_state(row: Json) -> StackState:
    return StackState(
        row["StackId"],
        row["StackName"],
        row["StackStatus"],
        row.get("StackStatusReason", ""),
        {each["OutputKey"]: each["OutputValue"] for each in row.get("Outputs", ())},
        {each["ParameterKey"]: each.get("ParameterValue", "") for each in row.get("Parameters", ())},
        {each["Key"]: each["Value"] for each in row.get("Tags", ())},
    )


def read_event(row: Json) -> StackEvent:
    return StackEvent(
        row["EventId"],
        row["Timestamp"].timestamp(),
        row["LogicalResourceId"],
        row["ResourceType"],
        row["ResourceStatus"],
        row.get("ResourceStatusReason", ""),
        row.get("PhysicalResourceId", ""),
        row.get("ClientRequestToken", ""),
    )


def read_resource(row: Json) -> StackResource:
    kind, status = row["ResourceType"], row["ResourceStatus"]
    return StackResource(row["LogicalResourceId"], row.get("PhysicalResourceId", ""), kind, status)
