"""References to secrets: where the value of an environment variable is kept; and texts without their values. Pure.

A reference is one text, as `aws:elasticbeanstalk:application:environmentsecrets` has it:

    arn:…:secretsmanager:REGION:ACCOUNT:secret:NAME          a secret of Secrets Manager
    arn:…:secretsmanager:REGION:ACCOUNT:secret:NAME:KEY      one top-level member of a secret that is a JSON object
    arn:…:ssm:REGION:ACCOUNT:parameter/NAME                  a parameter of Systems Manager
    file:PATH                                                a file of this machine, absolute or beginning with ~/
    command:PROGRAM ARGUMENT…                                what a program of this machine prints

The first three are Elastic Beanstalk's (EB Developer Guide, "Environment secrets"); what follows a KEY after a further
colon means nothing. The last two are ours, and for the local target alone. Somebody may have written the secret itself
where its reference belongs, so no problem shows what was written.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from beanstalk.errors import InvalidInput, Problem

FORMS = (
    "the ARN of a secret in Secrets Manager, with :KEY behind it for one member, the ARN of a parameter in Systems"
    " Manager, file:/PATH or command:PROGRAM"
)
"""What a reference can be, in words."""
HIDDEN = "***"
"""In the place of a value."""
_SHORTEST_PART = 4
"""Characters of a line, or of a text in a document, that is hidden by itself, too."""
_ARN = re.compile(r"(arn:[a-z0-9-]+:([a-z]+):([a-z0-9-]*):([0-9]*):)(.*)", re.DOTALL)
_SECRET = re.compile(r"(secret:[A-Za-z0-9/_+=.@!-]+)(?::([^:]*))?(?::.*)?", re.DOTALL)
_PARAMETER = re.compile(r"parameter/[A-Za-z0-9/_.-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class ReferenceKind(StrEnum):
    """Who has the value."""

    SECRETS_MANAGER = "secretsmanager"
    PARAMETER_STORE = "ssm"
    FILE = "file"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Reference:
    """text: as it was written.  arn, region: of a secret or a parameter, without the key.  key: the member of a
    secret that is a JSON object, "" for all of it.  path: of a file.  command: a program and its arguments.
    """

    kind: ReferenceKind
    text: str
    arn: str = ""
    region: str = ""
    key: str = ""
    path: str = ""
    command: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether it reads a file or runs a program of this machine; nothing in a source bundle may do that."""
        return self.kind in (ReferenceKind.FILE, ReferenceKind.COMMAND)


def read_reference(text: str) -> Reference:
    """Raises InvalidInput with one problem, which has no place and does not show the text."""
    if _CONTROL.search(text):
        raise _wrong("it holds a control character", "write it on one line")
    scheme, _, rest = text.partition(":")
    match scheme:
        case "arn":
            return _arn(text)
        case "file":
            return _file(text, rest)
        case "command":
            return _command(text, rest)
        case _:
            raise InvalidInput([Problem("this is no reference to a secret", hint=f"give {FORMS}")])


def _arn(text: str) -> Reference:
    found = _ARN.fullmatch(text)
    if found is None or found[2] not in (ReferenceKind.SECRETS_MANAGER, ReferenceKind.PARAMETER_STORE):
        raise _wrong("it is the ARN of neither Secrets Manager nor Systems Manager", f"give {FORMS}")
    beginning, kind, region, account, resource = found[1], ReferenceKind(found[2]), found[3], found[4], found[5]
    if not region or not account:
        missing = "account" if region else "region"
        raise _wrong(f"its ARN has no {missing}", "copy the whole ARN, as `aws` or the console shows it")
    if kind is ReferenceKind.PARAMETER_STORE:
        return _parameter(text, region, resource)
    secret = _SECRET.fullmatch(resource)
    if secret is None:
        raise _wrong("its ARN is none of a secret", "write arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME")
    if secret[2] == "":
        raise _wrong("no key follows the last colon", "write the name of a member, or leave the colon out")
    return Reference(kind, text, arn=beginning + secret[1], region=region, key=secret[2] or "")


def _parameter(text: str, region: str, resource: str) -> Reference:
    if not _PARAMETER.fullmatch(resource):
        if _PARAMETER.fullmatch(resource.partition(":")[0]):
            hint = "leave out what follows the last colon, or keep the value in Secrets Manager"
            raise _wrong("a parameter of Systems Manager has no members to choose from", hint)
        raise _wrong("its ARN is none of a parameter", "write arn:aws:ssm:REGION:ACCOUNT:parameter/NAME")
    return Reference(ReferenceKind.PARAMETER_STORE, text, arn=text, region=region)


def _file(text: str, path: str) -> Reference:
    if not path.startswith(("/", "~/")) or path.endswith("/"):
        raise _wrong("its file is not named by an absolute path", "write file:/PATH, or file:~/PATH")
    return Reference(ReferenceKind.FILE, text, path=path)


def _command(text: str, line: str) -> Reference:
    try:
        words = tuple(shlex.split(line))
    except ValueError:
        raise _wrong("a quotation mark in its command is not closed", "quote arguments as a shell wants it") from None
    if not words or not words[0]:
        raise _wrong("it names no program", "write command:PROGRAM ARGUMENT…")
    if "/" in words[0] and not words[0].startswith(("/", "~/")):
        hint = "write an absolute path, one that begins with ~/, or a name that is on PATH"
        raise _wrong("its program is named by a relative path", hint)
    return Reference(ReferenceKind.COMMAND, text, command=words)


def _wrong(why: str, hint: str) -> InvalidInput:
    return InvalidInput([Problem(f"the reference to a secret cannot be right: {why}", hint=hint)])


def redact(text: str, values: Iterable[str]) -> str:
    """The text without these values: neither as they are, nor line by line, nor as a JSON string has them, nor the
    texts in one that is a JSON document."""
    forms = {form for value in values for form in _forms(value)}
    if not forms:
        return text
    longest_first = sorted(forms, key=len, reverse=True)
    return re.sub("|".join(re.escape(form) for form in longest_first), HIDDEN, text)


def _forms(value: str) -> Iterator[str]:
    """What must not be read in a text."""
    if not value:
        return
    parts = [part.strip() for part in value.splitlines()] + [*_inner_texts(value)]
    for form in (value, *(part for part in parts if len(part) >= _SHORTEST_PART)):
        yield form
        yield json.dumps(form)[1:-1]
        yield json.dumps(form, ensure_ascii=False)[1:-1]


def _inner_texts(value: str) -> Iterator[str]:
    if value.lstrip()[:1] not in ("{", "["):
        return
    try:
        found = [json.loads(value)]
    except (ValueError, RecursionError):
        return
    while found:
        each = found.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict | list):
            found.extend(each.values() if isinstance(each, dict) else each)
