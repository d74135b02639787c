"""The store of the local target: one SQLite file (WAL), shared by every command and the agent.

A transaction is the unit of everything that must be seen together; whoever dies in the middle has written nothing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from beanstalk.errors import BeanstalkError
from beanstalk.model import Outcome
from beanstalk.records import (
    Application,
    Deployment,
    Environment,
    Event,
    Instance,
    Operation,
    Severity,
    State,
    Version,
)
from beanstalk.store.attachments import Lifecycle, Saved, Tag
from beanstalk.store.table import Table

_SCHEMAS = ("schema.sql", "schema_2.sql", "schema_3.sql", "schema_4.sql", "schema_5.sql")
"""What leads from each schema to the next one; the first begins with nothing. What stands in them never changes."""
_SCHEMA = len(_SCHEMAS)
_RECENT_S = 120.0
"""Instances that ended by themselves in this time still count for something."""
_PATIENCE_S = 30.0
"""Longest wait for somebody else's transaction."""


class Store:
    """What is remembered. One object belongs to one thread.

    Raises BeanstalkError when the file was written by a newer version of this program, is no store, or cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._depth = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
            self._open()
            self._create(path)
        except (sqlite3.DatabaseError, OSError) as error:
            hint = "set BEANSTALK_HOME to another folder, or mend this one"
            raise BeanstalkError(f"{path} cannot be used: {error}", hint=hint) from None
        self.applications = Table(self._db, "applications", Application, ("name",))
        self.versions = Table(self._db, "versions", Version, ("application", "label"))
        self.environments = Table(self._db, "environments", Environment, ("id",))
        self.operations = Table(self._db, "operations", Operation, ("id",))
        self.deployments = Table(self._db, "deployments", Deployment, ("id",))
        self.instances = Table(self._db, "instances", Instance, ("id",))
        self.events = Table(self._db, "events", Event, ("at_ms",))
        self.lifecycles = Table(self._db, "lifecycles", Lifecycle, ("application",))
        self.saved = Table(self._db, "saved_configurations", Saved, ("application", "name"))
        self.tags = Table(self._db, "tags", Tag, ("environment_id", "key"))

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside, or none. May be nested; the outermost one commits."""
        if self._depth:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # on a full disk it may be over already
                self._db.execute("ROLLBACK")
            raise
        finally:
            self._depth = 0

    def data_version(self) -> int:
        """Changes whenever another process has written."""
        (number,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(number)

    # environments

    def environment(self, name: str) -> Environment | None:
        """The living environment of this name."""
        found = self.environments.where("name = ? AND terminated IS NULL", name)
        return found[0] if found else None

    def living(self) -> list[Environment]:
        return self.environments.where("terminated IS NULL ORDER BY name")

    # operations: whoever adds the hold first has the environment

    def begin(self, operation: Operation, environment_ids: Sequence[str]) -> None:
        """Add the operation and take its environments. Raises sqlite3.IntegrityError when one is held."""
        self.operations.add(operation)
        for environment_id in environment_ids:
            self._db.execute("INSERT INTO holds VALUES (?, ?)", (environment_id, operation.id))

    def take(self, environment_id: str, operation_id: str) -> None:
        """Take one more environment for an operation that runs already."""
        self._db.execute("INSERT INTO holds VALUES (?, ?)", (environment_id, operation_id))

    def finish(self, operation_id: str, outcome: Outcome, cause: str, now: float) -> None:
        self.operations.change(operation_id, outcome=outcome, cause=cause, ended=now)
        self._db.execute("DELETE FROM holds WHERE operation_id = ?", (operation_id,))

    def holder(self, environment_id: str) -> Operation | None:
        """The operation that holds the environment now."""
        query = "id = (SELECT operation_id FROM holds WHERE environment_id = ?)"
        found = self.operations.where(query, environment_id)
        return found[0] if found else None

    def open_operations(self) -> list[Operation]:
        return self.operations.where("ended IS NULL ORDER BY created")

    # deployments

    def open_deployment(self, environment_id: str) -> Deployment | None:
        found = self.deployments.where("environment_id = ? AND ended IS NULL", environment_id)
        return found[0] if found else None

    def deployment_of(self, operation_id: str) -> Deployment | None:
        found = self.deployments.where("operation_id = ?", operation_id)
        return found[0] if found else None

    def next_deployment(self, environment_id: str) -> tuple[int, int]:
        """(id, number) for a new deployment; call inside the transaction that adds it."""
        (last,) = self._db.execute("SELECT COALESCE(MAX(id), 0) FROM deployments").fetchone()
        query = "SELECT COALESCE(MAX(number), 0) FROM deployments WHERE environment_id = ?"
        (number,) = self._db.execute(query, (environment_id,)).fetchone()
        return last + 1, number + 1

    # instances

    def living_instances(self, environment_id: str | None = None) -> list[Instance]:
        """Instances that are not gone yet, oldest first."""
        if environment_id is None:
            return self.instances.where("ended IS NULL ORDER BY created, id")
        return self.instances.where("environment_id = ? AND ended IS NULL ORDER BY created, id", environment_id)

    def failures(self, deployment_id: int, since: float, until: float) -> list[Instance]:
        """Instances of a deployment that failed after `since`, the latest first; also those that are still ending.

        until: now; what lies in the future was written before somebody set the clock back.
        """
        when = "COALESCE(ended, changed)"
        query = f"deployment_id = ? AND failed = 1 AND {when} > ? AND {when} <= ? ORDER BY {when} DESC"
        return self.instances.where(query, deployment_id, since, until)

    def set_state(self, instance: Instance, state: State, now: float, **more: object) -> None:
        self.instances.change(instance.id, state=state, changed=now, **more)

    def follow_clock(self, jump_s: float, now: float) -> None:
        """Somebody set the clock by `jump_s`, it is `now` since: move the times of all that goes on with it."""
        before = now - jump_s + 1.0
        with self.transaction():
            for table, columns, which in (
                ("instances", ("created", "changed", "started", "in_service"), "ended IS NULL"),
                ("instances", ("created", "changed", "ended"), f"failed = 1 AND ended > {before - _RECENT_S:f}"),
                ("deployments", ("created", "phase_since", "leader_done"), "ended IS NULL"),
            ):
                moved = ", ".join(f"{column} = {column} + :jump" for column in columns)
                values = {"jump": jump_s, "before": before}
                self._db.execute(f"UPDATE {table} SET {moved} WHERE {which} AND created <= :before", values)

    # events

    def add_event(
        self,
        severity: Severity,
        message: str,
        environment: Environment | None = None,
        operation_id: str = "",
        version_label: str = "",
        now: float | None = None,
    ) -> None:
        """Dates are unique per millisecond and increasing, as clients of the Elastic Beanstalk API insist."""
        with self.transaction():
            (last,) = self._db.execute("SELECT COALESCE(MAX(at_ms), 0) FROM events").fetchone()
            at_ms = max(int((time.time() if now is None else now) * 1000), last + 1)
            application, name, identity = (
                (environment.application, environment.name, environment.id) if environment else ("", "", "")
            )
            self.events.add(Event(at_ms, severity, message, application, name, identity, version_label, operation_id))

    def events_after(
        self, at_ms: int, environment_id: str = "", operation_id: str = "", limit: int = 1000
    ) -> list[Event]:
        """At most `limit` events newer than `at_ms`, oldest first."""
        conditions, values = ["at_ms > ?"], [at_ms]
        return self._events(conditions, list(values), environment_id, operation_id, f"ORDER BY at_ms LIMIT {limit:d}")

    def latest_events(self, environment_id: str = "", limit: int = 1000) -> list[Event]:
        """The newest events, newest first."""
        return self._events(["1"], [], environment_id, "", f"ORDER BY at_ms DESC LIMIT {limit:d}")

    def forget_before(self, moment: float) -> None:
        """Drop events, and instances that ended, from before `moment`."""
        self._db.execute("DELETE FROM events WHERE at_ms < ?", (int(moment * 1000),))
        self._db.execute("DELETE FROM instances WHERE ended < ?", (moment,))

    def _events(
        self, conditions: list[str], values: list[object], environment_id: str, operation_id: str, end: str
    ) -> list[Event]:
        for column, value in (("environment_id", environment_id), ("operation_id", operation_id)):
            if value:
                conditions.append(f"{column} = ?")
                values.append(value)
        return self.events.where(f"{' AND '.join(conditions)} {end}", *values)

    def _open(self) -> None:
        """The file's mode of writing lasts, but to change it nobody else may have it open, and SQLite does not wait."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = NORMAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _create(self, path: Path) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > _SCHEMA:
            raise BeanstalkError(
                f"{path} was written by a newer beanstalk (schema {version}, this one knows {_SCHEMA})",
                hint="upgrade beanstalk, or set BEANSTALK_HOME to another folder",
            )
        if version == _SCHEMA:
            return
        with self.transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            for name in _SCHEMAS[version:]:
                for statement in (Path(__file__).parent / name).read_text().split(";"):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {max(version, _SCHEMA)}")
        path.chmod(0o600)
