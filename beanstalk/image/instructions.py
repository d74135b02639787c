"""Instructions of a Dockerfile whose texts come from anywhere: each is one instruction with exactly this meaning.

What is written in a bundle may hold quotes, newlines, `$`, `\\`, `<<`. A plain command stands there as somebody would
write it; any other one in the form of a JSON list, of which Docker changes nothing. Only what the engine's own builder
understands is used, so no here-documents. Source: Dockerfile reference, "Format", "Shell and exec form", "ENV".
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable, Sequence

from beanstalk.errors import Where

LONGEST_LINE = 60_000
"""A builder takes lines of up to 64 KiB."""
_PIECE = 30_000
"""Characters of one argument of a program, of which Linux takes up to 128 KiB; written down a piece may be longer."""
LONGEST_FILE = 1 << 20

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PLAIN = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]+")
_SIMPLE_PATH = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._/+@-]*")


def comment(*texts: object) -> str:
    """One line that no builder looks at: it is neither the first of the file, nor has it an end of line in it."""
    return "# " + _CONTROL.sub("?", " ".join(str(text) for text in texts))


def origin(what: str, at: Where) -> str:
    """A comment that says where something was written."""
    return comment(f"{at.path}:{at.line}" if at.line else at.path, what)


def run(command: str) -> str:
    """The command line for `sh -c`. Raises ValueError for one that fits no line of a Dockerfile, or has a NUL."""
    if _stays_as_it_is(command):
        return f"RUN {command}"
    return _listed("RUN", ["/bin/sh", "-c", command])


def run_words(words: Sequence[str]) -> str:
    """One program with its arguments. Raises ValueError as `run`."""
    return run(shlex.join(words))


def write_file(path: str, content: bytes, before: str = "", after: str = "") -> str:
    """Put `content` into `path`, whatever it is. before, after: command lines for the same layer.

    Raises ValueError for a path with a NUL, and for more than LONGEST_FILE bytes.
    """
    if len(content) > LONGEST_FILE:
        raise ValueError(f"more than {LONGEST_FILE >> 20} MiB")
    text = _as_text(content)
    if text is None:
        program, arguments = 'printf %s "$@" | base64 -d', _pieces(base64.b64encode(content).decode())
    elif text.endswith("\n") and all(len(json.dumps(line)) < _PIECE for line in text.split("\n")):
        program, arguments = "printf '%s\\n' \"$@\"", text.split("\n")[:-1]
    else:
        program, arguments = 'printf %s "$@"', _pieces(text)
    script = " && ".join(part for part in (before, f"{program} > {shlex.quote(path)}", after) if part)
    return _listed("RUN", ["/bin/sh", "-c", script, "sh"], arguments)


def copy_files(paths: Iterable[str], folder: str) -> list[str]:
    """COPY of files of the bundle to the same places below `folder`; one for each folder that they are in.

    A name that Docker would take for a pattern, a variable or an option makes it one COPY of the whole bundle.
    """
    found = sorted(paths)
    if not all(_SIMPLE_PATH.fullmatch(path) for path in found) or len(found) > 200:
        return [f"COPY . {folder}/"]
    by_folder: dict[str, list[str]] = {}
    for path in found:
        by_folder.setdefault(path.rpartition("/")[0], []).append(path)
    return [f"COPY {' '.join(names)} {folder}/{inside}{'/' if inside else ''}" for inside, names in by_folder.items()]


def variable(name: str, value: str, instruction: str = "ENV") -> str:
    """ENV or ARG. Raises ValueError for a value that has lines, which neither can hold."""
    if not _PLAIN.fullmatch(value or " "):
        raise ValueError("more than one line")
    escaped = re.sub(r'([\\"$])', r"\\\1", value)
    return f'{instruction} {name}="{escaped}"'


def words(instruction: str, found: Sequence[str]) -> str:
    """An instruction with a JSON list, such as ENTRYPOINT."""
    return _listed(instruction, list(found))


def url_for_add(url: str) -> str:
    """The URL without a sign that means something to Docker; what is percent-encoded means the same to its server."""
    return "".join(
        each
        if re.fullmatch(r"[A-Za-z0-9._~:/?#@!&()*+,;=%-]", each)
        else "".join(f"%{byte:02X}" for byte in each.encode())
        for each in url
    )


def _stays_as_it_is(command: str) -> bool:
    """Whether it means the same after `RUN `: one line, no option, no list, no here-document, nothing continued."""
    return (
        bool(_PLAIN.fullmatch(command))
        and len(command) < LONGEST_LINE
        and command == command.strip()
        and not command.startswith(("[", "-", "#", "<"))
        and not command.endswith(("\\", "`"))
        and "<<" not in command
    )


def _listed(instruction: str, found: Sequence[str], lines: Sequence[str] = ()) -> str:
    """lines: further words, which stand on lines of their own: Docker puts them together before it reads the list."""
    for word in (*found, *lines):
        if "\0" in word:
            raise ValueError("a NUL, which no command can have")
        if any("\ud800" <= sign <= "\udfff" for sign in word):
            raise ValueError("half a character")
    begin, below = [json.dumps(word) for word in found], [json.dumps(word) for word in lines]
    line = f"{instruction} [{', '.join(begin)}"
    if max(map(len, [line, *below])) > LONGEST_LINE:
        raise ValueError(f"more than {LONGEST_LINE:,} characters in a line")
    return "".join([line, *(f", \\\n    {each}" for each in below), "]"])


def _as_text(content: bytes) -> str | None:
    """None for what an argument of a program cannot hold."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _pieces(text: str) -> list[str]:
    """Pieces that are short enough as arguments, and written down."""
    pieces: list[str] = []
    begun = size = 0
    for index, sign in enumerate(text):
        cost = len(json.dumps(sign)) - 2
        if size + cost > _PIECE:
            pieces.append(text[begun:index])
            begun, size = index, 0
        size += cost
    return [*pieces, text[begun:]]
