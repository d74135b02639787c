"""The `Buildfile`: commands that build the application, one a line, `name: command`. Each ends before the next begins.

The form of a line is that of the Procfile: see `named_lines`. No process called `web` is needed, and nothing of it
keeps running. Source: EB Developer Guide, "Configuring the application process".
"""

from __future__ import annotations

from beanstalk.source.named_lines import NamedLine, read_named_lines
from beanstalk.source.notes import Notes

BuildCommand = NamedLine


def read_buildfile(text: str, path: str = "Buildfile") -> tuple[BuildCommand, ...]:
    """The commands in the order in which they run; none for a file of blanks and comments.

    Raises InvalidInput with every line that is no command, and names used twice.
    """
    notes = Notes(path)
    found = read_named_lines(text, notes, "command", "join them with &&, or give each its own name")
    notes.finish()
    return tuple(found.values())
