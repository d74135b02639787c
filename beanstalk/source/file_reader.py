"""The key `files` of one file -> values. Source: EB Developer Guide, "Customizing software on Linux servers", Files."""

from __future__ import annotations

import base64
import binascii
import re

from beanstalk.source.document import Kind, Node
from beanstalk.source.fields import Fields, entries_of, fields_of, optional_text, plain
from beanstalk.source.functions import Object, Value
from beanstalk.source.host_reader import ABSOLUTE, is_url
from beanstalk.source.instance_keys import ENCODINGS, File
from beanstalk.source.notes import Notes
from beanstalk.source.values import read_text, read_value

FIELDS = ("content", "source", "encoding", "mode", "owner", "group", "authentication", "context")

_SHORT_MODE = re.compile(r"[0-7]{3,5}")
_MODE = re.compile(r"(000|100|120|00[1-7])[0-7]{3}")


def read_files(node: Node, notes: Notes) -> tuple[File, ...]:
    """In the order of the paths."""
    found: list[File] = []
    for key, value in entries_of(node, "files", notes):
        if not ABSOLUTE.match(key.text):
            notes.warn(key.at, f"{key.text[:60]!r} is not an absolute path", "name the file from / on")
        fields = fields_of(value, key.text[:100], FIELDS, notes)
        if fields is not None:
            found.append(_file(key, fields, notes))
    return tuple(sorted(found, key=lambda file: file.path))


def _file(key: Node, fields: Fields, notes: Notes) -> File:
    path = key.text[:100]
    mode = _mode(path, fields.get("mode"), notes)
    content, source = fields.get("content"), fields.get("source")
    if content is not None and source is not None:
        notes.wrong(source.at, f"{path} has both content and source", "keep one of the two")
    if content is None and source is None:
        notes.wrong(key.at, f"{path} has neither content nor source", "write what is in it as content, or source: URL")
    is_link = mode.startswith("120")
    if is_link and content is None and source is not None:
        notes.wrong(key.at, f"{path} is a symbolic link without content", "its content is the path it points to")
    url = None if source is None else read_text(source, f"source of {path}", notes)
    if source is not None and isinstance(url, str) and not is_url(url):
        hint = "write https://… ; what is in it can also stand here as content"
        notes.wrong(source.at, f"source of {path} is not a URL", hint)
    text = _content(path, content, is_link, notes)
    context = None if "context" not in fields else read_value(fields["context"], notes)
    if not isinstance(context, Object | None):
        notes.wrong(fields["context"].at, f"context of {path} is not a mapping", "write NAME: VALUE below it")
    return File(
        path=key.text,
        content=text,
        source=url,
        encoding=_encoding(path, fields.get("encoding"), content, text, notes),
        mode=mode,
        owner=plain(fields.get("owner"), f"owner of {path}", notes),
        group=plain(fields.get("group"), f"group of {path}", notes),
        authentication=plain(fields.get("authentication"), f"authentication of {path}", notes),
        context=context,
        at=key.at,
    )


def _content(path: str, node: Node | None, is_link: bool, notes: Notes) -> Value:
    """Text, or an object or a list that is written as JSON."""
    if node is None:
        return None
    if node.kind in (Kind.MAPPING, Kind.SEQUENCE, Kind.TAGGED):
        found = read_value(node, notes)
    else:
        found = optional_text(node, f"content of {path}", notes)
    if is_link and (found == "" or isinstance(found, Object | tuple)):
        notes.wrong(node.at, f"{path} is a symbolic link to nowhere", "its content is the path it points to")
    return found


def _mode(path: str, node: Node | None, notes: Notes) -> str:
    """Six octal digits, "" when not said. Fewer digits are taken, with zeros before them."""
    written = plain(node, f"mode of {path}", notes)
    if node is None or not written:
        return ""
    hint = 'write six octal digits in quotes, as in "000644"; "120400" makes a symbolic link'
    if not (_MODE.fullmatch(written) or _SHORT_MODE.fullmatch(written)):
        notes.wrong(node.at, f"mode of {path} is {written[:60]!r}, not six octal digits", hint)
        return ""
    if node.kind is Kind.INTEGER:
        text = f"mode of {path}: {written} without quotes is a number that YAML may write otherwise"
        notes.warn(node.at, f"{text}; taken as {written.zfill(6)}", hint)
    elif len(written) < 6:
        text = f"mode of {path} has {len(written)} digits: {written} is taken as {written.zfill(6)}"
        notes.warn(node.at, text, hint)
    return written.zfill(6)


def _encoding(path: str, node: Node | None, content: Node | None, text: Value, notes: Notes) -> str:
    written = plain(node, f"encoding of {path}", notes) or "plain"
    if node is not None and written not in ENCODINGS:
        notes.wrong(node.at, f"encoding of {path} is {written[:60]!r}", notes.meant(written, ENCODINGS))
        return "plain"
    if written == "base64" and content is not None:
        if isinstance(text, Object | tuple):
            notes.wrong(content.at, f"content of {path} is no text, so it cannot be base64", "leave out the encoding")
        elif isinstance(text, str) and not _is_base64(text):
            notes.wrong(content.at, f"content of {path} is not base64", "encode it, or leave out the encoding")
    return written


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
