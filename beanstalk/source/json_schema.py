"""Holds a JSON document against one of the schemas in `schemas/`, and tells each difference with its place.

The schemas are JSON Schema (draft 2020-12), so that an editor reads them too. Only the keywords in use are known here.
Two of our own, which others pass over: `x-severity: warning` for what the service tolerates, and `x-filled` for a text
that somebody has to fill in when it holds a mark such as `<TAG>`. A member that the schema does not know is a warning;
a null counts as not written. Nothing here needs the library jsonschema: a test compares the two.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from beanstalk.errors import Problem, Where
from beanstalk.source.json_nodes import Json
from beanstalk.source.notes import Notes
from beanstalk.source.placeholders import find_placeholders, is_shouted

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list [ ]",
    "object": "an object { }",
    "null": "null",
}


@dataclass(slots=True)
class Findings(Notes):
    """What was found so far. unfilled: texts that are still those of a template."""

    unfilled: list[Problem] = field(default_factory=list)

    def not_filled_in(self, at: Where, marks: str) -> None:
        problem = Problem(
            f"not filled in: {marks[:200]}", at, "this is a template: put the value there before you deploy"
        )
        self.unfilled.append(problem)


def read_schema(name: str) -> dict[str, Any]:
    """The schema `schemas/<name>.json`. Not to be changed."""
    return _read(name)


@cache
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("schemas").joinpath(f"{name}.json").read_text("utf-8"))
    return found


def check_schema(node: Json, name: str, findings: Findings) -> None:
    """Tell what in `node` is not as the schema of that name says."""
    schema = read_schema(name)
    _Check(schema, findings).value(node, schema, "", False)


@dataclass(slots=True)
class _Check:
    root: dict[str, Any]
    findings: Findings

    def value(self, node: Json, rule: dict[str, Any], path: str, lenient: bool) -> None:
        lenient = lenient or rule.get("x-severity") == "warning"
        if "$ref" in rule:
            rule = self.root["$defs"][rule["$ref"].removeprefix("#/$defs/")]
        if node.value is None:
            return
        if not self._type(node, rule):
            kinds = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
            wanted = [kind for kind in kinds if kind != "null"]
            text = f"{_TYPES[node.kind]} where {' or '.join(_TYPES[kind] for kind in wanted)} belongs"
            self._tell(node.at, path, text, _remedy(node, wanted), lenient)
            return
        match node.kind:
            case "object" | "array" if "enum" in rule:
                self._enum(node, rule, path, lenient)
            case "object":
                self._object(node, rule, path, lenient)
            case "array":
                self._array(node, rule, path, lenient)
            case _:
                self._scalar(node, rule, path, lenient)

    def _type(self, node: Json, rule: dict[str, Any]) -> bool:
        wanted = rule.get("type", node.kind)
        kinds = {node.kind, "number"} if node.kind == "integer" else {node.kind}
        if isinstance(node.value, float) and node.value.is_integer():
            kinds.add("integer")
        return bool(kinds & ({wanted} if isinstance(wanted, str) else set(wanted)))

    def _object(self, node: Json, rule: dict[str, Any], path: str, lenient: bool) -> None:
        properties, others = rule.get("properties", {}), rule.get("additionalProperties", True)
        for member in node.members:
            below = f"{path}.{member.name[:60]}" if path else member.name[:60]
            if member.name in properties:
                self.value(member.value, properties[member.name], below, lenient)
            elif isinstance(others, dict):
                self.value(member.value, others, below, lenient)
            elif not others:
                text = f"the key {member.name[:60]} is not known here and has no effect"
                self._tell(member.at, path, text, self.findings.meant(member.name, properties), True)
        for name in rule.get("required", ()):
            if node.get(name) is None:
                hint = properties.get(name, {}).get("description", "")
                self._tell(node.at, path, f"{name} is missing", f"{name}: {hint}" if hint else "", lenient)

    def _array(self, node: Json, rule: dict[str, Any], path: str, lenient: bool) -> None:
        least, most = rule.get("minItems", 0), rule.get("maxItems", len(node.items))
        if not least <= len(node.items) <= most:
            text = f"{len(node.items)} entries, allowed are {'at least ' + str(least) if not node.items else most}"
            self._tell(node.at, path, text, "", lenient)
        for number, item in enumerate(node.items):
            below = f"{path}[{number}]"
            if item.value is None:
                self._tell(item.at, below, "null in a list", "take it out", lenient)
            self.value(item, rule.get("items", {}), below, lenient)

    def _scalar(self, node: Json, rule: dict[str, Any], path: str, lenient: bool) -> None:
        value = node.value
        if isinstance(value, str) and rule.get("x-filled"):
            marks = find_placeholders(value) or ((value,) if "pattern" not in rule and _is_phrase(value) else ())
            if marks:
                self.findings.not_filled_in(node.at, ", ".join(marks))
                return
        self._enum(node, rule, path, lenient)
        if isinstance(value, str):
            text, hint = _string_mistake(value, rule)
            if text:
                self._tell(node.at, path, text, hint, lenient)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            least, most = rule.get("minimum", value), rule.get("maximum", value)
            if not least <= value <= most:
                limits = f"at least {least}" if "maximum" not in rule else f"{least} to {most}"
                self._tell(node.at, path, f"{str(value)[:60]} is out of range", f"allowed: {limits}", lenient)

    def _enum(self, node: Json, rule: dict[str, Any], path: str, lenient: bool) -> None:
        if "enum" in rule and not any(_same(node.value, allowed) for allowed in rule["enum"]):
            shown = _TYPES[node.kind] if node.kind in ("object", "array") else repr(str(node.value)[:60])
            allowed = dict.fromkeys("null" if each is None else str(each) for each in rule["enum"])
            self._tell(node.at, path, f"{shown} is not possible", f"allowed are {', '.join(allowed)}", lenient)

    def _tell(self, at: Where, path: str, text: str, hint: str, lenient: bool) -> None:
        tell = self.findings.warn if lenient else self.findings.wrong
        tell(at, f"{path}: {text}" if path else text, hint)


def _string_mistake(value: str, rule: dict[str, Any]) -> tuple[str, str]:
    if len(value) < rule.get("minLength", 0):
        return "empty", rule.get("description", "")
    if "pattern" in rule and not re.search(rule["pattern"].removesuffix("$") + r"\Z", value):
        return f"{value[:60]!r} is not possible", rule.get("description", "")
    return "", ""


def _remedy(node: Json, wanted: list[str]) -> str:
    value = node.value
    if isinstance(value, str) and "integer" in wanted and value.strip().isdecimal():
        return f"write {value.strip()[:20]} without quotes"
    if isinstance(value, str) and "boolean" in wanted and value.lower() in ("true", "false"):
        return f"write {value.lower()} without quotes"
    if isinstance(value, bool | int | float) and "string" in wanted:
        return f'write "{json.dumps(value)[:60]}", with quotes'
    if isinstance(value, float) and "integer" in wanted:
        return "write it without a fraction"
    if node.kind != "array" and "array" in wanted:
        return "put it into [ ]"
    return ""


def _is_phrase(value: str) -> bool:
    """A name in capitals with a gap, as YOUR BUCKET: nobody calls a thing so."""
    return is_shouted(value) and " " in value


def _same(one: object, other: object) -> bool:
    return isinstance(one, bool) is isinstance(other, bool) and one == other
