"""The `Procfile`: one process a line, `name: command`. See `named_lines` for the rule of a line."""

from __future__ import annotations

from beanstalk.source.named_lines import NamedLine, read_named_lines
from beanstalk.source.notes import Notes

ProcfileEntry = NamedLine
"""One process type."""


def read_procfile(text: str, path: str = "Procfile") -> tuple[ProcfileEntry, ...]:
    """The processes in the order they are written; `web` may be missing, as Elastic Beanstalk tolerates it.

    Raises InvalidInput with every problem: lines that are no process, names used twice, `Web` for `web`.
    """
    notes = Notes(path)
    found = read_named_lines(text, notes, "process", "keep one of the two")
    if "web" not in found and not notes.problems:
        for name, entry in found.items():
            if name.lower() == "web":
                hint = "names are case sensitive: write web"
                notes.wrong(entry, f"a process named {name}, and none named web", hint)
    notes.finish()
    return tuple(found.values())
