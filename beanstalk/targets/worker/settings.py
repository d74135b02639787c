"""How the daemon of a worker environment behaves: `aws:elasticbeanstalk:sqsd`, or the variables of a sidecar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from beanstalk.errors import UsageError
from beanstalk.options.configuration import Configuration

SQSD = "aws:elasticbeanstalk:sqsd"
PREFIX = "BEANSTALK_SQSD_"
_OPTIONS = {
    "http_path": "HttpPath", "mime_type": "MimeType", "http_connections": "HttpConnections",
    "connect_timeout": "ConnectTimeout", "inactivity_timeout": "InactivityTimeout",
    "visibility_timeout": "VisibilityTimeout", "error_visibility_timeout": "ErrorVisibilityTimeout",
    "retention_period": "RetentionPeriod",
}  # fmt: skip


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


def worker_settings(configuration: Configuration) -> WorkerSettings:
    """Of an environment."""
    values: dict[str, str | int] = {}
    for field in fields(WorkerSettings):
        option = _OPTIONS[field.name]
        numeric = isinstance(field.default, int)
        values[field.name] = (
            configuration.integer(SQSD, option) if numeric else configuration.text(SQSD, option) or str(field.default)
        )
    return WorkerSettings(**values)  # type: ignore[arg-type]


def settings_of_variables(variables: Mapping[str, str]) -> WorkerSettings:
    """Of a sidecar: BEANSTALK_SQSD_HTTP_PATH and so on. Raises UsageError for a number that is none."""
    values: dict[str, str | int] = {}
    for field in fields(WorkerSettings):
        name = PREFIX + field.name.upper()
        text = variables.get(name, "")
        if not text:
            continue
        if isinstance(field.default, int):
            if not (text.isascii() and text.isdigit()):
                raise UsageError(
                    f"{name} is {text[:40]!r}, which is no number", hint=f"it is {field.default} by default"
                )
            values[field.name] = int(text)
        else:
            values[field.name] = text
    return WorkerSettings(**values)  # type: ignore[arg-type]
