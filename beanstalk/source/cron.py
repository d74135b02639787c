"""`cron.yaml`: the periodic tasks of a worker environment. Each is a POST to the application at its times.

Source: EB Developer Guide, "Elastic Beanstalk worker environments".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.document import Node
from beanstalk.source.schedule import NotASchedule, Schedule, read_schedule
from beanstalk.source.yaml_notes import YamlNotes, read_mapping

FILE_NAME = "cron.yaml"
_TASK = ("name", "url", "schedule")


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """url: path at the application, as /backup."""

    name: str
    url: str
    schedule: Schedule
    at: Where


@dataclass(frozen=True, slots=True)
class Cron:
    """The tasks in the order of the file; their names are unique."""

    tasks: tuple[PeriodicTask, ...]
    warnings: tuple[Problem, ...] = ()


def read_cron(content: bytes, path: str = FILE_NAME) -> Cron:
    """Raises InvalidInput with every problem."""
    try:
        document, root, notes = read_mapping(path, content, "the file")
    except InvalidInput as error:
        raise _without_quotes(error, content) or error from None
    keys = notes.mapping(root, "cron.yaml", ("version", "cron"))
    version = notes.text(keys.get("version"), "version")
    if version != "1":
        text = f"version {version[:30]!r} is not supported" if version else "version is missing"
        notes.wrong(keys.get("version") or root, text, "write version: 1")
    if "cron" not in keys:
        notes.wrong(root, "cron is missing", "write cron: and the tasks below it, each beginning with '- name:'")
    items = notes.items(keys.get("cron"), "cron")
    tasks = [task for item in items if (task := _task(item, notes))]
    _twice(items, notes)
    if "cron" in keys and not tasks and not notes.problems:
        notes.warn(keys["cron"], "there are no tasks", "remove the file, or write tasks below cron:")
    return Cron(tuple(tasks), notes.finish(document.duplicates))


def _twice(items: Sequence[Node], notes: YamlNotes) -> None:
    """Tell names that several tasks have, whatever else is wrong with the tasks."""
    first: dict[str, Node] = {}
    for item in items:
        node = next((value for key, value in item.entries() if key.text == "name"), None)
        name = node.text.strip() if node else ""
        if name and first.setdefault(name, item) is not item:
            text = f"a second task called {name[:80]!r}"
            notes.wrong(item, text, f"the first one is at line {first[name].at.line}")


def _without_quotes(error: InvalidInput, content: bytes) -> InvalidInput | None:
    """The usual mistake in words of its own: to YAML, a star at the beginning is an alias."""
    lines, at = re.split(rb"\r\n|\r|\n", content), error.at
    if at is None or not 0 < at.line <= len(lines) or not re.match(rb"[\s-]*schedule\s*:\s*\*", lines[at.line - 1]):
        return None
    schedule = lines[at.line - 1].partition(b":")[2].decode("utf-8", "replace").strip()
    text = "the schedule begins with a star, and has no quotes"
    return InvalidInput([Problem(text, at, f"write schedule: '{schedule[:60]}'")])


def _task(item: Node, notes: YamlNotes) -> PeriodicTask | None:
    keys = notes.mapping(item, "a task", _TASK)
    texts = {name: notes.text(keys.get(name), name).strip() for name in _TASK}
    for name in _TASK:
        if not texts[name] and not (name in keys and not keys[name].is_scalar):
            notes.wrong(keys.get(name) or item, f"the task {texts['name'][:60]!r} has no {name}", f"add {name}:")
    schedule = _schedule(keys.get("schedule"), texts["schedule"], notes)
    url = texts["url"]
    if "://" in url:
        notes.wrong(keys["url"], "url is a path at the application, not a whole address", "write what follows the host")
    elif url and not url.startswith("/"):
        notes.warn(keys["url"], f"the url {url[:60]!r} does not begin with /", f"write /{url[:60]}")
    if not schedule or not all(texts.values()):
        return None
    return PeriodicTask(texts["name"], url, schedule, item.at)


def _schedule(node: Node | None, text: str, notes: YamlNotes) -> Schedule | None:
    if not text:
        return None
    try:
        schedule = read_schedule(text)
    except NotASchedule as error:
        for problem, hint in error.reasons:
            notes.wrong(node, problem, hint)
        return None
    if schedule.never:
        notes.warn(node, f"no date fits the schedule {text[:60]!r}", "correct day and month")
    return schedule
