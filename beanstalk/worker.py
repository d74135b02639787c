"""A worker environment: how its daemon behaves, and what it does by the clock. Pure.

Source: EB Developer Guide, "Elastic Beanstalk worker environments".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from beanstalk.errors import UsageError
from beanstalk.options.configuration import Configuration
from beanstalk.source.bundle import Bundle, read_text
from beanstalk.source.cron import read_cron
from beanstalk.source.schedule import read_schedule

SQSD = "aws:elasticbeanstalk:sqsd"
WORKER = "Worker"
"""Name of the tier."""
_NAMES = {
    "http_path": ("HttpPath", "BEANSTALK_SQSD_HTTP_PATH"),
    "mime_type": ("MimeType", "BEANSTALK_SQSD_MIME_TYPE"),
    "http_connections": ("HttpConnections", "BEANSTALK_SQSD_HTTP_CONNECTIONS"),
    "connect_timeout": ("ConnectTimeout", "BEANSTALK_SQSD_CONNECT_TIMEOUT"),
    "inactivity_timeout": ("InactivityTimeout", "BEANSTALK_SQSD_INACTIVITY_TIMEOUT"),
    "visibility_timeout": ("VisibilityTimeout", "BEANSTALK_SQSD_VISIBILITY_TIMEOUT"),
    "error_visibility_timeout": ("ErrorVisibilityTimeout", "BEANSTALK_SQSD_ERROR_VISIBILITY_TIMEOUT"),
    "retention_period": ("RetentionPeriod", "BEANSTALK_SQSD_RETENTION_PERIOD"),
}
"""The option and the variable of each setting."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """http_connections: requests at once.  All times are seconds: connect_timeout until the application takes the
    connection, inactivity_timeout until it answers, visibility_timeout during which nobody else gets a message,
    error_visibility_timeout until one that failed comes again, retention_period after which one is dropped.
    """

    http_path: str = "/"
    mime_type: str = "application/json"
    http_connections: int = 50
    connect_timeout: int = 5
    inactivity_timeout: int = 299
    visibility_timeout: int = 300
    error_visibility_timeout: int = 2
    retention_period: int = 345_600


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done by the clock. url: the path that is posted to.  schedule: five fields, in UTC."""

    name: str
    url: str
    schedule: str

    def is_due(self, minute: float) -> bool:
        """minute: any moment of it, as seconds since the epoch."""
        at = datetime.fromtimestamp(minute, UTC)
        return read_schedule(self.schedule).matches(at.month, at.day, at.isoweekday() % 7, at.hour, at.minute)


@dataclass(frozen=True, slots=True)
class Worker:
    """What makes an environment one that works off a queue. queue_url: "" for a queue of its own.  max_retries: of a
    queue of its own, deliveries of a message before it goes to the queue of the dead letters."""

    settings: WorkerSettings = WorkerSettings()
    tasks: tuple[Task, ...] = ()
    queue_url: str = ""
    max_retries: int = 10


def make_worker(bundle: Bundle, configuration: Configuration) -> Worker:
    """Raises InvalidInput for a cron.yaml with mistakes."""
    text = read_text(bundle, "cron.yaml")
    tasks = () if text is None else read_cron(text.encode()).tasks
    return Worker(
        worker_settings(configuration),
        tuple(Task(each.name, each.url, each.schedule.text) for each in tasks),
        configuration.text(SQSD, "WorkerQueueURL") or "",
        configuration.integer(SQSD, "MaxRetries"),
    )


def worker_from_json(data: dict[str, Any]) -> Worker:
    """What `dataclasses.asdict` made of one, also after `json.dumps`. Raises KeyError or TypeError."""
    settings, tasks = WorkerSettings(**data["settings"]), tuple(Task(**each) for each in data["tasks"])
    return Worker(settings, tasks, data["queue_url"], data["max_retries"])


def worker_settings(configuration: Configuration) -> WorkerSettings:
    """Of an environment."""
    values: dict[str, str | int] = {}
    for each in fields(WorkerSettings):
        option = _NAMES[each.name][0]
        numeric = isinstance(each.default, int)
        values[each.name] = (
            configuration.integer(SQSD, option) if numeric else configuration.text(SQSD, option) or str(each.default)
        )
    return WorkerSettings(**values)  # type: ignore[arg-type]


def settings_of_variables(variables: Mapping[str, str]) -> WorkerSettings:
    """Of a sidecar: BEANSTALK_SQSD_HTTP_PATH and so on. Raises UsageError for a number that is none."""
    values: dict[str, str | int] = {}
    for each in fields(WorkerSettings):
        name = _NAMES[each.name][1]
        text = variables.get(name, "")
        if not text:
            continue
        if isinstance(each.default, int):
            if not (text.isascii() and text.isdigit()):
                raise UsageError(
                    f"{name} is {text[:40]!r}, which is no number", hint=f"it is {each.default} by default"
                )
            values[each.name] = int(text)
        else:
            values[each.name] = text
    return WorkerSettings(**values)  # type: ignore[arg-type]
