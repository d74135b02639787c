"""Bytes -> the events of the YAML in them, within limits; a mistake in the text is told with its place and a remedy.

No tag is obeyed and no value constructed: `document` makes nodes of the events. The scanner is libyaml where PyYAML
has it (its wheels do), which is twenty times faster; without it PyYAML's own, which takes the same texts but for
oddities such as a `?` inside of brackets.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import yaml
from yaml.error import Mark

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.yaml_mistakes import SECOND_DOCUMENT, TAB, explain, place

MAX_BYTES = 1024 * 1024
MAX_SLOW = 512 * 1024
"""Characters for PyYAML's own scanner: what it needs for more of them is no waiting time."""

SURROGATE = re.compile("[\ud800-\udfff]")
_JSON_TAB = re.compile(r'"(?:[^"\\]|\\.)*"|\t', re.DOTALL)
_UTF_16_32 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)
_HALF = re.compile(r"\\u[dD][89abAB]")
"""JSON writes a character beyond U+FFFF as two escapes, which libyaml refuses."""


def decode(path: str, content: bytes) -> str:
    """UTF-8 with or without a byte order mark -> text. Raises InvalidInput for anything else, and for too much."""
    if len(content) > MAX_BYTES:
        text = f"the file has {len(content):,} bytes, more than {MAX_BYTES:,}"
        raise InvalidInput([Problem(text, Where(path), "keep large content in files of its own")])
    if content.startswith(_UTF_16_32):
        raise InvalidInput([Problem("the file is UTF-16 or UTF-32 text", Where(path), "save it as UTF-8")])
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        at = place(path, before, len(before))
        problem = Problem(f"the byte 0x{content[error.start]:02X} is not UTF-8", at, "save the file as UTF-8")
        raise InvalidInput([problem]) from None


def events(path: str, text: str) -> Iterator[Any]:
    """The events of the only document, from the first value to the last; none when there is nothing in the text.

    Raises InvalidInput with the first mistake: after it, YAML has no meaning any more. The marks of the events are
    places in `text`; `index` counts characters.
    """
    bad_json = None
    if "\t" in text and text.lstrip()[:1] in ("{", "["):
        bad_json = _json_mistake(text)
        if bad_json is None:
            text = _JSON_TAB.sub(lambda found: " " if found[0] == "\t" else found[0], text)
    if control := _CONTROL.search(text):
        kind = "byte order mark" if control[0] == "\ufeff" else "control character"
        problem = f"the {kind} U+{ord(control[0]):04X} is not allowed"
        raise InvalidInput([Problem(problem, place(path, text, control.start()), "take it out")])
    try:
        found = iter(_parser(path, text).get_event, None)
        yield from _only_document(_without_tabs(found, text) if "\t" in text else found)
    except yaml.MarkedYAMLError as error:
        mistake = explain(path, text, error)
        if bad_json is not None and mistake.text == TAB:
            hint = "correct it here, or indent with spaces if it is meant as YAML"
            mistake = Problem(f"not valid JSON: {bad_json.msg}", place(path, text, bad_json.pos), hint)
        raise InvalidInput([mistake]) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        problem = "not valid YAML: an escape or a directive with an impossible number"
        raise InvalidInput([Problem(problem, Where(path), "correct the number")]) from None


def _json_mistake(text: str) -> json.JSONDecodeError | None:
    """What keeps the text from being JSON, None when it is; YAML takes no tab between the parts, JSON does."""
    try:
        json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        return error
    except (ValueError, RecursionError):
        return None
    return None


class _Parser(Protocol):
    def get_event(self) -> Any:
        """None after the last one."""


class _SlowParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's own scanner and parser."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


def _libyaml() -> Callable[[str], _Parser] | None:
    try:
        from yaml._yaml import CParser
    except ImportError:
        return None
    return CParser


FAST = _libyaml()
"""None: this PyYAML was built without libyaml."""


def _parser(path: str, text: str) -> _Parser:
    if FAST is not None and not _HALF.search(text):
        return FAST(text)
    if len(text) > MAX_SLOW:
        why = "with characters beyond U+FFFF as escapes" if FAST is not None else "without libyaml"
        hint = "write the characters themselves" if FAST is not None else "install a PyYAML that has libyaml"
        problem = f"{len(text):,} characters {why}, and {MAX_SLOW:,} is the most then"
        raise InvalidInput([Problem(problem, Where(path), hint)])
    return _SlowParser(text)


def _only_document(found: Iterator[Any]) -> Iterator[Any]:
    """Without what begins and ends the stream and its document."""
    next(found)
    if isinstance(next(found), yaml.DocumentStartEvent):
        for event in found:
            if type(event) is yaml.DocumentEndEvent:
                break
            yield event
    for event in found:
        if isinstance(event, yaml.DocumentStartEvent):
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem=SECOND_DOCUMENT, problem_mark=mark)


def _without_tabs(found: Iterator[Any], text: str) -> Iterator[Any]:
    """Refuses tabs between values, and in those without quotes, where libyaml is more lenient than other readers."""
    done = 0
    for event in found:
        if isinstance(event, yaml.ScalarEvent) and event.start_mark and event.end_mark:
            start, end = event.start_mark.index, event.end_mark.index
            has_quotes = event.style in ("'", '"', "|", ">")
            _refuse_tab(text, done, start if has_quotes else end)
            done = end
        yield event
    _refuse_tab(text, done, len(text))


def _refuse_tab(text: str, start: int, end: int) -> None:
    outside = _COMMENT.sub(lambda comment: "#" * len(comment[0]), text[start:end])
    if (tab := outside.find("\t")) >= 0:
        at = place("", text, start + tab)
        raise yaml.MarkedYAMLError(problem=TAB, problem_mark=Mark("", start + tab, at.line - 1, at.column - 1, None, 0))
