"""What option settings and properties say, for a template: texts, and the functions that CloudFormation evaluates."""

from __future__ import annotations

from typing import Any

from beanstalk.errors import Problem, Where
from beanstalk.options.values import as_list, has_function
from beanstalk.source.values import value_of
from beanstalk.targets.aws.blueprint import Blueprint
from beanstalk.targets.aws.template.aliases import to_intrinsic

OURS = "beanstalk:aws"
ENVIRONMENT = "aws:elasticbeanstalk:environment"
NETWORK = "aws:ec2:vpc"
INSTANCES = "aws:autoscaling:launchconfiguration"


def said(blueprint: Blueprint, namespace: str, name: str) -> Any:
    """The value as text, "" for none, or what CloudFormation makes of the functions in it."""
    return in_template(
        blueprint, blueprint.configuration.text(namespace, name) or "", place(blueprint, namespace, name)
    )


def in_template(blueprint: Blueprint, text: str, at: Where | None = None) -> Any:
    """A text with functions in backquotes as they stand in a template. at: where it was written."""
    return to_intrinsic(blueprint, value_of(text, at or Where("option_settings"))) if has_function(text) else text


def listed(blueprint: Blueprint, namespace: str, name: str) -> list[Any]:
    """The entries of a list between commas; one function is one entry."""
    text = blueprint.configuration.text(namespace, name) or ""
    if has_function(text):
        found = in_template(blueprint, text, place(blueprint, namespace, name))
        return found if isinstance(found, list) else [found]
    return list(as_list(text))


def effective(blueprint: Blueprint, namespace: str, name: str) -> str:
    """The value, or what Elastic Beanstalk takes in these circumstances when nobody set it; "" for neither."""
    return blueprint.configuration.resolved(namespace, name).value or ""


def is_on(blueprint: Blueprint, namespace: str, name: str) -> bool:
    return (blueprint.configuration.text(namespace, name) or "").lower() == "true"


def is_set(blueprint: Blueprint, namespace: str, name: str) -> bool:
    """Whether somebody gave it a value."""
    found = blueprint.configuration.resolved(namespace, name)
    return found.layer != "default" and bool(found.value)


def place(blueprint: Blueprint, namespace: str, name: str) -> Where | None:
    """Where it was set, None when not in a file."""
    return blueprint.configuration.resolved(namespace, name).winner.at


def wrong(blueprint: Blueprint, namespace: str, name: str, text: str, hint: str = "") -> Problem:
    """A problem with an option, with its place."""
    return Problem(f"{namespace}:{name}: {text}", place(blueprint, namespace, name), hint)
