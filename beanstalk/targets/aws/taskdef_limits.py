"""What Amazon's own description of the API says of each value: members, types, choices, ranges, lengths, patterns.

botocore holds that description and checks types and required members alone. It is read when boto3 is installed, once;
without boto3 nothing is checked here, and ECS answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any

from beanstalk.errors import Problem
from beanstalk.source.notes import meant
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.taskdef_cloudformation import is_function
from beanstalk.targets.aws.taskdef_places import Places

_REQUEST = "RegisterTaskDefinitionRequest"
_TYPES = {"string": str, "integer": int, "long": int, "boolean": bool, "structure": dict, "list": list, "map": dict}
_IN_WORDS = {
    "string": "a text", "integer": "a whole number", "long": "a whole number", "boolean": "true or false",
    "structure": "an object", "list": "a list", "map": "an object",
}  # fmt: skip
_UNICODE = {r"\p{L}": r"\w", r"\p{Z}": r"\s", r"\p{N}": r"\d"}
Shapes = Mapping[str, Any]


def check_limits(document: Json, places: Places) -> list[Problem]:
    """Values of the wrong kind, and names that ECS does not know."""
    shapes = load_shapes()
    if shapes is None:
        return []
    return [places.problem(text, hint, *_place(path)) for path, text, hint in walk(document, _REQUEST, shapes, ())]


@cache
def load_shapes() -> Shapes | None:
    """The shapes of ECS's API by their names, None without botocore."""
    if find_spec("botocore") is None:
        return None
    from botocore.loaders import Loader

    found: Shapes = Loader().load_service_model("ecs", "service-2")["shapes"]
    return found


Path = tuple[str, ...]
Finding = tuple[Path, str, str]
"""Where in the document, what is wrong, and the remedy."""


def walk(value: Any, shape_name: str, shapes: Shapes, path: Path) -> Iterator[Finding]:
    """Everything below a value that its shape does not allow. path: members and names of containers on the way."""
    if is_function(value):
        return
    shape = shapes[shape_name]
    kind = shape["type"]
    expected = _TYPES.get(kind)
    if expected is not None and (not isinstance(value, expected) or (expected is int and isinstance(value, bool))):
        yield path, f"{_words(path)} is not {_IN_WORDS[kind]}", f"write {_IN_WORDS[kind]}"
        return
    match kind:
        case "structure":
            yield from _structure(value, shape, shapes, path)
        case "list":
            yield from _bounds(len(value), shape, path, "entries")
            for number, each in enumerate(value):
                yield from walk(each, shape["member"]["shape"], shapes, (*path, _entry(each, number)))
        case "map":
            for key, each in value.items():
                yield from walk(each, shape["value"]["shape"], shapes, (*path, str(key)))
        case "string":
            yield from _text(value, shape, path)
        case "integer" | "long":
            yield from _bounds(value, shape, path, "")


def _structure(value: Json, shape: Json, shapes: Shapes, path: Path) -> Iterator[Finding]:
    members = shape["members"]
    for key in shape.get("required", []):
        if value.get(key) is None:
            yield path, f"{_words(path)} has no {key}", f"add {key}"
    for key, each in value.items():
        if key not in members:
            yield (*path, key), f"{_words((*path, key))} is nothing that ECS knows", meant(key, list(members))
        else:
            yield from walk(each, members[key]["shape"], shapes, (*path, key))


def _text(value: str, shape: Json, path: Path) -> Iterator[Finding]:
    if "enum" in shape and value not in shape["enum"]:
        yield path, f"{_words(path)} cannot be {value[:60]!r}", meant(value, shape["enum"])
    yield from _bounds(len(value), shape, path, "characters")
    if (pattern := shape.get("pattern")) and not re.fullmatch(_python(pattern), value):
        yield path, f"{_words(path)} has a character that cannot be in it: {value[:60]!r}", f"it looks like {pattern}"


def _bounds(size: int, shape: Json, path: Path, what: str) -> Iterator[Finding]:
    least, most = shape.get("min"), shape.get("max")
    if (least is not None and size < least) or (most is not None and size > most):
        told = f"{_words(path)} has {size} {what}" if what else f"{_words(path)} is {size}"
        yield (
            path,
            told,
            f"possible are {least if least is not None else 'any'} to {most if most is not None else 'any'}",
        )


def _python(pattern: str) -> str:
    """The regular expressions of the model are Java's."""
    for theirs, ours in _UNICODE.items():
        pattern = pattern.replace(theirs, ours)
    return pattern


def _entry(value: Any, number: int) -> str:
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else str(number + 1)


def _words(path: Path) -> str:
    """ "containerDefinitions web portMappings 1 protocol" is told as the protocol of portMappings 1 of web."""
    said = [each for each in path if each != "containerDefinitions"]
    return " of ".join(reversed(said)) or "the task definition"


def _place(path: Path) -> Path:
    if path[:1] == ("containerDefinitions",):
        return path[1:3]
    return ("", *path) if path[:1] == ("volumes",) else ("",)
