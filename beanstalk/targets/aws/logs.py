"""What containers wrote to Amazon CloudWatch Logs: one stream for each container of each task, kept after its end.

Source: CloudWatch Logs API Reference; streams are called PREFIX/CONTAINER/TASK (`taskdef_logs.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.aws.observing import unless_absent

_POLL_S = 2.0
_LATE_MS = 30_000
"""Lines of one stream may come later than younger ones of another."""


@dataclass(frozen=True, slots=True)
class Stream:
    """changed: when something was last written to it, in seconds since the epoch; 0 when nothing was."""

    name: str
    container: str
    task: str
    changed: float


@dataclass(frozen=True, slots=True)
class Line:
    """at_ms: milliseconds since the epoch."""

    at_ms: int
    text: str
    id: str = ""


def stream_of(row: Json) -> Stream | None:
    """Of DescribeLogStreams; None for a stream that is no container's."""
    parts = row["logStreamName"].split("/")
    if len(parts) < 3:
        return None
    changed = row.get("lastEventTimestamp") or row.get("lastIngestionTime") or 0
    return Stream(row["logStreamName"], parts[-2], parts[-1], changed / 1000)


def streams(cloud: Cloud, group: str) -> list[Stream]:
    """Those of a log group, the oldest first; none when there is no such group."""

    def ask() -> list[Stream]:
        pages = cloud.client("logs").pages("describe_log_streams", logGroupName=group)
        return [found for page in pages for row in page["logStreams"] if (found := stream_of(row))]

    return sorted(unless_absent(ask, []), key=lambda each: (each.changed, each.name))


def last_lines(cloud: Cloud, group: str, stream: Stream, most: int) -> list[str]:
    if not most:
        return []
    api = cloud.client("logs")
    rows = api.get_log_events(logGroupName=group, logStreamName=stream.name, limit=most, startFromHead=False)["events"]
    return [_text(row) for row in rows]


def all_lines(cloud: Cloud, group: str, stream: Stream) -> list[str]:
    """From its beginning."""
    return Tail(cloud, group, stream.name).read()


@dataclass
class Tail:
    """What is new in one stream since it was read last."""

    cloud: Cloud
    group: str
    name: str
    _token: str = ""

    def read(self) -> list[str]:
        """Nothing as long as there is no such stream."""
        found: list[str] = []
        api = self.cloud.client("logs")
        where = {"logGroupName": self.group, "logStreamName": self.name, "startFromHead": True}
        while True:
            page = unless_absent(
                lambda: api.get_log_events(**where, **({"nextToken": self._token} if self._token else {})), None
            )
            if page is None:
                return found
            found += map(_text, page["events"])
            ended, self._token = page["nextForwardToken"] == self._token, page["nextForwardToken"]
            if ended:
                return found


def follow(
    cloud: Cloud, group: str, since_ms: int, sleep: Callable[[float], None] = time.sleep
) -> Iterator[tuple[Stream, Line]]:
    """Every line of every stream as it comes, from a moment on. Never ends."""
    seen: dict[str, int] = {}
    newest = since_ms
    while True:
        start = max(since_ms, newest - _LATE_MS)
        for row in _between(cloud, group, start):
            if row["eventId"] in seen:
                continue
            seen[row["eventId"]] = row["timestamp"]
            newest = max(newest, row["timestamp"])
            if found := stream_of(row):
                yield found, Line(row["timestamp"], _text(row), row["eventId"])
        seen = {key: at for key, at in seen.items() if at >= newest - 2 * _LATE_MS}
        sleep(_POLL_S)


def _between(cloud: Cloud, group: str, start_ms: int) -> list[Json]:
    def ask() -> list[Json]:
        pages = cloud.client("logs").pages("filter_log_events", logGroupName=group, startTime=start_ms)
        return [row for page in pages for row in page["events"]]

    return sorted(unless_absent(ask, []), key=lambda row: int(row["timestamp"]))


def _text(row: Json) -> str:
    return str(row["message"]).rstrip("\n")
