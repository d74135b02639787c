"""The CloudFormation stack of an environment: how it is, change sets, and its events.

Every change is a change set whose name comes from the operation: whoever comes back after a crash finds it by its name,
and what runs by the token that its execution was given.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beanstalk.errors import BeanstalkError, TargetError
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.change_set import ChangeSet, read_changes, says_no_changes
from beanstalk.targets.aws.cloud import Cloud, error_code
from beanstalk.targets.aws.stack_state import (
    DELETED,
    StackEvent,
    StackResource,
    StackState,
    read_event,
    read_resource,
    read_state,
)

LARGEST_INLINE_BYTES = 51_200
"""Of a template body; a larger one has to be in S3 (CloudFormation quotas)."""
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
_POLL_S = 0.5
_STALE_LOOKS = 20
"""After so many of them nothing old is shown any more."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a stack is to become. name: of the change set, from the operation.  parameters: None for a value that stays.
    url: of the template in S3, None: the body goes with the request.  stops: when it fails it does not go back.
    again: it takes the place of an earlier one of the same name, which was discarded.
    """

    name: str
    body: Json
    url: str | None
    parameters: Mapping[str, str | None]
    tags: Mapping[str, str]
    stops: bool = False
    again: bool = False


def template_text(body: Json) -> str:
    """As it is sent and stored: the same body is always the same text."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


class Stack:
    """name: of the stack, or its ARN, which still finds it when it is deleted. sleep: between looks at what takes time.

    Every method raises BeanstalkError when AWS refuses.
    """

    def __init__(self, cloud: Cloud, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.cloud, self.name, self._sleep = cloud, name, sleep

    @property
    def _api(self) -> Any:
        return self.cloud.client("cloudformation")

    def look(self) -> StackState | None:
        """None when there is no such stack, or it is deleted and was not named by its ARN."""
        try:
            rows = self._api.describe_stacks(StackName=self.name)["Stacks"]
        except Exception as error:
            if _is_not_there(error):
                return None
            raise
        return read_state(rows[0]) if rows else None

    def make_room(self, tell: Callable[[str], None]) -> StackState | None:
        """Bring the stack to where a change set can be made; what it is then, None: it is to be created.

        After a first create that failed nothing is in it that could be updated, so it is deleted and made anew. Raises
        TargetError when only a person can go on.
        """
        state = self.look()
        match state.status if state else DELETED:
            case "ROLLBACK_COMPLETE" | "CREATE_FAILED" | "ROLLBACK_FAILED" | "DELETE_FAILED":
                assert state is not None
                tell(f"The stack of a create that failed ({state.status}) is deleted first.")
                self.delete()
                self.wait_until_gone(state.id)
                return None
            case "UPDATE_ROLLBACK_FAILED":
                assert state is not None
                raise TargetError(*_stuck(state))
            case "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE":
                return None
            case status if status.endswith("_IN_PROGRESS"):
                raise TargetError(f"the stack {self.name} is {status}", None, "wait until it has ended: events -f")
            case _:
                return state

    def propose(self, proposal: Proposal) -> ChangeSet:
        """Make the change set, or find the one of this name that a crash left behind. Nothing is changed by it."""
        state = self.look()
        creates = state is None or state.is_only_proposed or not state.is_there
        arguments: dict[str, Any] = {
            "StackName": self.name,
            "ChangeSetName": proposal.name,
            "ChangeSetType": "CREATE" if creates else "UPDATE",
            "ClientToken": f"{proposal.name}-again" if proposal.again else proposal.name,
            "Capabilities": _CAPABILITIES,
            "Parameters": [
                {"ParameterKey": key, **({"UsePreviousValue": True} if value is None else {"ParameterValue": value})}
                for key, value in sorted(proposal.parameters.items())
            ],
            "Tags": [{"Key": key, "Value": value} for key, value in sorted(proposal.tags.items())],
            **({"OnStackFailure": "DO_NOTHING"} if proposal.stops else {}),
            **({"TemplateURL": proposal.url} if proposal.url else {"TemplateBody": template_text(proposal.body)}),
        }
        try:
            self._api.create_change_set(**arguments)
        except Exception as error:
            if says_no_changes(str(error)):
                return ChangeSet("", (), creates)
            if error_code(error) != "AlreadyExistsException":
                raise
        return self._settled(proposal.name, creates)

    def _settled(self, name: str, creates: bool) -> ChangeSet:
        """Wait until CloudFormation knows what a change set would do."""
        while True:
            found = self._api.describe_change_set(StackName=self.name, ChangeSetName=name)
            match found["Status"]:
                case "CREATE_COMPLETE":
                    return ChangeSet(found["ChangeSetId"], read_changes(self._changes(found, name)), creates)
                case "FAILED":
                    reason = found.get("StatusReason", "")
                    self.discard(name)
                    if says_no_changes(reason):
                        return ChangeSet("", (), creates)
                    raise BeanstalkError(f"CloudFormation refuses the change: {reason}")
                case "CREATE_PENDING" | "CREATE_IN_PROGRESS":
                    self._sleep(_POLL_S)
                case status:
                    raise TargetError(f"the change set {name} is {status}", None, "try again")

    def _changes(self, page: Json, name: str) -> Iterator[Json]:
        yield from page.get("Changes", ())
        while token := page.get("NextToken"):
            page = self._api.describe_change_set(StackName=self.name, ChangeSetName=name, NextToken=token)
            yield from page.get("Changes", ())

    def execute(self, name: str) -> None:
        """Begin. Its events have the name of the change set as their token."""
        self._api.execute_change_set(StackName=self.name, ChangeSetName=name, ClientRequestToken=name)

    def execute_and_wait(self, name: str) -> StackState | None:
        """Begin, and wait for the end; what the stack is then. It may show for a moment what it was before."""
        self.execute(name)
        looks = 0
        while not self.events(token=name) and (looks := looks + 1) < _STALE_LOOKS:
            self._sleep(_POLL_S)
        while (state := self.look()) is not None and state.is_moving:
            self._sleep(_POLL_S)
        return state

    def discard(self, name: str) -> None:
        """Delete a change set that is not to be executed; no error when there is none."""
        try:
            self._api.delete_change_set(StackName=self.name, ChangeSetName=name)
        except Exception as error:
            if error_code(error) not in ("ChangeSetNotFound", "ChangeSetNotFoundException", "ValidationError"):
                raise

    def delete_proposed(self) -> None:
        """Take away a stack that only consists of change sets."""
        state = self.look()
        if state is not None and state.is_only_proposed:
            self.delete()

    def cancel_update(self, token: str) -> None:
        self._api.cancel_update_stack(StackName=self.name, ClientRequestToken=token)

    def delete(self, token: str = "", retain: Sequence[str] = ()) -> None:
        """retain: logical ids of what stays; only a stack in DELETE_FAILED can keep something in this way."""
        arguments: dict[str, Any] = {"StackName": self.name}
        if token:
            arguments["ClientRequestToken"] = token
        if retain:
            arguments["RetainResources"] = list(retain)
        self._api.delete_stack(**arguments)

    def wait_until_gone(self, arn: str) -> None:
        """Raises TargetError when something in it cannot be deleted."""
        gone = Stack(self.cloud, arn, self._sleep)
        while True:
            state = gone.look()
            if state is None or state.status == DELETED:
                return
            if state.status == "DELETE_FAILED":
                raise TargetError(f"the stack {self.name} cannot be deleted: {state.reason}")
            self._sleep(_POLL_S)

    def events(self, after: str = "", token: str = "") -> list[StackEvent]:
        """Oldest first, none when there is no such stack. after: only those that came after the one with this id.
        token: only those of one request."""
        found: list[StackEvent] = []
        request: dict[str, str] = {"StackName": self.name}
        while True:
            try:
                page = self._api.describe_stack_events(**request)
            except Exception as error:
                if _is_not_there(error):
                    return found[::-1]
                raise
            for row in page["StackEvents"]:
                if row["EventId"] == after:
                    return found[::-1]
                event = read_event(row)
                if not token or event.token == token:
                    found.append(event)
            if not page.get("NextToken"):
                return found[::-1]
            request["NextToken"] = page["NextToken"]

    def resources(self) -> dict[str, StackResource]:
        """By logical id; without those that are deleted. DescribeStackResources would tell of a hundred alone."""
        pages = self._api.pages("list_stack_resources", StackName=self.name)
        rows = [row for page in pages for row in page["StackResourceSummaries"]]
        found = (read_resource(row) for row in rows if "LogicalResourceId" in row)
        return {each.logical_id: each for each in found if each.status != DELETED and each.physical_id}

    def template(self) -> Json:
        """The template that it was made of."""
        body = self._api.get_template(StackName=self.name, TemplateStage="Original")["TemplateBody"]
        return dict(json.loads(body) if isinstance(body, str) else body)


def _is_not_there(error: Exception) -> bool:
    return error_code(error) == "ValidationError" and "does not exist" in str(error)


def _stuck(state: StackState) -> tuple[str, None, str]:
    return (
        f"the stack {state.name} could not go back ({state.status}): {state.reason}",
        None,
        "mend what it names, then: aws cloudformation continue-update-rollback --stack-name "
        f"{state.name} (with --resources-to-skip for what cannot be mended)",
    )
