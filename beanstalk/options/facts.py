"""The files of `namespaces/` -> namespaces with their options. Their keys are explained in `namespaces/README.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from beanstalk.options.option import ANY_NAME, By, Namespace, Option, Recommendation, Reference
from beanstalk.options.values import as_duration

FOLDER = Path(__file__).with_name("namespaces")
FAMILIES = (
    "elasticbeanstalk", "elasticbeanstalk-environment", "autoscaling", "elasticbeanstalk-container", "beanstalk",
    "ec2", "elbv2", "elb", "rds", "cloudformation", "elasticbeanstalk-eks",
)  # fmt: skip
"""The files, in the order in which documentation shows them."""

_SOURCE = "EB Developer Guide, General options"
_HANDED_DOWN = ("source", "applies_to", "deprecated", "since", "disputed", "documented")
_OF_OPTIONS = (*_HANDED_DOWN, "change", "local", "requires")
_OF_NAMESPACE = (
    "segment", "name_pattern", "name_form", "total_max_bytes", "by_resource", "on_demand", "deprecated", "since",
    "documented", "disputed", "note",
)  # fmt: skip
_PLAIN = (
    "type", "about", "default_note", "lenient", "unit", "max_length", "item_max_length", "item_max_wildcards",
    "pattern", "form", "schema", "required", "immutable", "sensitive", "change", "note", *_HANDED_DOWN[2:],
)  # fmt: skip


def read_namespaces() -> Iterator[Namespace]:
    """All of them. Raises KeyError, TypeError or ValueError for a file with a mistake, which is one of ours."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for family in FAMILIES:
        with (FOLDER / f"{family}.yaml").open(encoding="utf-8") as file:
            given = yaml.load(file, loader)
        for name, content in given.items():
            yield _namespace(name, _with_model(content, given))


def _with_model(content: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a namespace says on top of the one that it is like."""
    if "like" not in content:
        return content
    model = given[content["like"]]
    options = {**model["options"], **content.get("options", {})}
    if content.get("local") is False:
        options = {name: {**option, "local": False} for name, option in options.items()}
    return {**model, **content, "options": options}


def _namespace(name: str, given: Mapping[str, Any]) -> Namespace:
    shared = {key: given[key] for key in _OF_OPTIONS if key in given}
    options, aliases = {}, {}
    for key, value in given["options"].items():
        if "alias_of" in value:
            aliases[key] = value["alias_of"]
        else:
            options[str(key)] = _option(name, str(key), {**shared, **value})
    extra = {key: given[key] for key in _OF_NAMESPACE if key in given}
    if ANY_NAME in options and "name_pattern" not in given:
        raise KeyError(f"{name}: name_pattern")
    source = given.get("source", _SOURCE)
    return Namespace(
        name, given["about"], source, options, aliases, applies_to=_lists(given.get("applies_to", {})), **extra
    )


def _option(namespace: str, name: str, given: Mapping[str, Any]) -> Option:
    local = given.get("local", False)
    plain = {key: given[key] for key in _PLAIN if key in given}
    return Option(
        namespace,
        name,
        source=given.get("source", _SOURCE),
        default=_text(given.get("default")),
        default_by=_by(given.get("default_by")),
        minimum=_bound(given.get("min")),
        maximum=_bound(given.get("max")),
        advised_minimum=given.get("advised_min"),
        limit=_reference(namespace, given["limit"]) if "limit" in given else None,
        range_by=_by(given.get("range_by")),
        values=_texts(given.get("values", ())),
        values_by=_by(given.get("values_by")),
        max_items=given["items"][1] if "items" in given else None,
        applies_to=_lists(given.get("applies_to", {})),
        requires=_conditions(namespace, given.get("requires", {})),
        required_if=_conditions(namespace, given.get("required_if", {})),
        recommended=_recommendation(given.get("recommended")),
        local=bool(local),
        local_note=local if isinstance(local, str) else "",
        **plain,
    )


def _text(value: object) -> str | None:
    """A value as the API writes it: all are text there."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(_text(item) or "" for item in items)


def _lists(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: _texts(value) for key, value in given.items()}


def _by(given: Mapping[str, Any] | None) -> By | None:
    if given is None:
        return None
    [(what, cases)] = given.items()
    return By(what, _lists(cases))


def _bound(value: object) -> float | None:
    if isinstance(value, str):
        return as_duration(value)
    return value if isinstance(value, int | float) else None


def _reference(namespace: str, written: str) -> Reference:
    """`NAMESPACE:NAME`, or a name of the same namespace."""
    home, colon, name = written.rpartition(":")
    return (home, name) if colon else (namespace, written)


def _conditions(namespace: str, given: Mapping[str, Any]) -> dict[Reference, tuple[str, ...]]:
    return {_reference(namespace, key): _texts(value) for key, value in given.items()}


def _recommendation(given: Mapping[str, Any] | None) -> Recommendation | None:
    return None if given is None else Recommendation(tuple(given["by"]), _text(given.get("value")))
