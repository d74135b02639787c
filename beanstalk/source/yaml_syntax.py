"""Bytes -> the node graph of PyYAML, within limits; a mistake in the text is told with its place and a remedy.

Composing only: no tag is obeyed and no value constructed. See `document` for what to do with the nodes.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

import yaml

from beanstalk.errors import InvalidInput, Problem, Where

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_WRITTEN_NODES = 20_000

_JSON_TAB = re.compile(r'"(?:[^"\\]|\\.)*"|\t', re.DOTALL)
LINE_END = re.compile(r"\r\n|\r|\n")
SURROGATE = re.compile("[\ud800-\udfff]")
_UTF_16_32 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def decode(path: str, content: bytes) -> str:
    """UTF-8 with or without a byte order mark -> text. Raises InvalidInput for anything else, and for too much."""
    if len(content) > MAX_BYTES:
        text = f"the file has {len(content):,} bytes, more than {MAX_BYTES:,}"
        raise InvalidInput([Problem(text, Where(path), "keep large content in files of its own")])
    if content.startswith(_UTF_16_32):
        raise InvalidInput([Problem("the file is UTF-16 or UTF-32 text", Where(path), "save it as UTF-8")])
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].removeprefix(codecs.BOM_UTF8).decode("utf-8")
        at = _place(path, before, len(before))
        problem = Problem(f"the byte 0x{content[error.start]:02X} is not UTF-8", at, "save the file as UTF-8")
        raise InvalidInput([problem]) from None


def compose(path: str, text: str) -> yaml.Node | None:
    """The root node of the only document, None when there is nothing in it. No node is below itself, however aliased.

    Raises InvalidInput with the first mistake: after it, YAML has no meaning any more.
    """
    bad_json = None
    if "\t" in text and text.lstrip()[:1] in ("{", "["):
        bad_json = _json_mistake(text)
        if bad_json is None:
            text = _JSON_TAB.sub(lambda found: " " if found[0] == "\t" else found[0], text)
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        at = _place(path, text, error.position)
        problem = Problem(f"the control character U+{ord(text[error.position]):04X} is not allowed", at, "take it out")
        raise InvalidInput([problem]) from None
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        if bad_json is not None and "'\\t'" in str(error.problem):
            at = _place(path, text, bad_json.pos)
            hint = "correct it here, or indent with spaces if it is meant as YAML"
            raise InvalidInput([Problem(f"not valid JSON: {bad_json.msg}", at, hint)]) from None
        raise InvalidInput([_explain(path, text, error)]) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        mark = loader.get_mark()
        at = Where(path, mark.line + 1, mark.column + 1)
        text = "not valid YAML: an escape or a directive with an impossible number"
        raise InvalidInput([Problem(text, at, "correct the number")]) from None
    finally:
        loader.dispose()


def _json_mistake(text: str) -> json.JSONDecodeError | None:
    """What keeps the text from being JSON, None when it is; YAML takes no tab between the parts, JSON does."""
    try:
        json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        return error
    except (ValueError, RecursionError):
        return None
    return None


class _Refused(yaml.MarkedYAMLError):
    """Valid YAML that we do not take. The context is the remedy."""


class _Loader(yaml.SafeLoader):
    """Composes nodes and never constructs. Refuses what is too deep, counted with aliases, or contains itself."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._open: list[str | None] = []
        self._heights: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        anchor, depth = event.anchor, len(self._open) + 1
        is_alias = isinstance(event, yaml.AliasEvent)
        if is_alias:
            if anchor in self._open:
                raise _refused(f"the alias *{anchor[:60]} contains itself", event, "write the value out")
            depth += self._heights.get(id(self.anchors.get(anchor)), 0)
        if depth > MAX_DEPTH:
            raise _refused(f"nested more than {MAX_DEPTH} deep", event, "write it flatter")
        if is_alias:
            return super().compose_node(parent, index)
        self._open.append(anchor)
        try:
            node: Any = super().compose_node(parent, index)
        finally:
            self._open.pop()
        self._heights[id(node)] = self._height(node)
        if len(self._heights) > MAX_WRITTEN_NODES:
            raise _refused(f"more than {MAX_WRITTEN_NODES:,} values", event, "keep large content in files of its own")
        return node

    def _height(self, node: yaml.Node) -> int:
        """How many levels there are from this node down, 0 for a scalar; aliases followed."""
        if isinstance(node, yaml.ScalarNode):
            if SURROGATE.search(node.value):
                node.value = _join_surrogates(node)
            return 0
        children = [child for pair in node.value for child in (pair if isinstance(pair, tuple) else (pair,))]
        return 1 + max((self._heights[id(child)] for child in children), default=0)


def _refused(text: str, at: Any, remedy: str) -> _Refused:
    return _Refused(remedy, None, text, at.start_mark)


def _join_surrogates(node: yaml.ScalarNode) -> str:
    r"""JSON writes a character beyond U+FFFF as two escapes, "\ud83d\ude00"; YAML would keep two halves."""
    try:
        return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise _refused("an escape is half a character", node, "write the character itself") from None


def _place(path: str, text: str, position: int) -> Where:
    before = LINE_END.split(text[:position])
    return Where(path, len(before), len(before[-1]) + 1)


def _explain(path: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    """A YAML error as one line with a remedy; the usual causes get words of their own."""
    mark = error.problem_mark or error.context_mark
    if error.context == "while scanning a simple key":
        mark = error.context_mark
    at = Where(path, mark.line + 1, mark.column + 1) if mark else Where(path)
    said = _one_line(error.problem or error.context or "something is wrong here")
    lines = LINE_END.split(text)
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    before = lines[mark.line - 1] if mark and 0 < mark.line <= len(lines) else ""
    if isinstance(error, _Refused):
        return Problem(said, at, str(error.context))
    if "'\\t'" in said:
        return Problem("a tab stands where YAML takes only spaces", at, "indent with spaces")
    if "but found another document" in said:
        return Problem("a second document begins here", at, "put it into a file of its own, or remove the '---'")
    if "\u00a0" in before + line:
        return Problem(f"not valid YAML: {said}", at, "replace the no-break spaces of this line and the one before")
    return Problem(f"not valid YAML: {said}", at, _remedy(said, line))


def _remedy(said: str, line: str) -> str:
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces, not tabs"
    if "indentation indicators" in said or "cannot start any token" in said:
        return "put the value into quotes"
    if "mapping values" in said:
        return "put a value that holds ': ' into quotes, or check the indentation"
    if "undefined alias" in said:
        return "a value that begins with * needs quotes"
    if "<block end>" in said or "could not find expected ':'" in said:
        return "check indentation, colons and quotes of this line and the one before"
    return "correct it here; the mistake may be in the line before"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
