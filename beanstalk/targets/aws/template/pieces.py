"""Small words of a template: references to other parts of it, and text made of them."""

from __future__ import annotations

from typing import Any

from beanstalk.targets.aws.blueprint import Json, Resources


class Clash(Exception):
    """Two builders made one logical id: a mistake in ours."""


def ref(name: str) -> Json:
    return {"Ref": name}


def att(name: str, attribute: str) -> Json:
    return {"Fn::GetAtt": [name, attribute]}


def sub(text: str) -> Json:
    return {"Fn::Sub": text}


def iff(condition: str, then: Any, otherwise: Any) -> Json:
    return {"Fn::If": [condition, then, otherwise]}


NO_VALUE = ref("AWS::NoValue")


def resource(kind: str, properties: Json, **attributes: Any) -> Json:
    """attributes: DependsOn, DeletionPolicy, Condition and the like; those that are None are left out."""
    return {"Type": kind, **{key: value for key, value in attributes.items() if value is not None},
            "Properties": {key: value for key, value in properties.items() if value is not None}}  # fmt: skip


def merged(*parts: Resources) -> Resources:
    """All resources of several builders. Raises Clash for a logical id that two of them made."""
    found: Resources = {}
    for part in parts:
        if twice := found.keys() & part.keys():
            raise Clash(", ".join(sorted(twice)))
        found |= part
    return found
