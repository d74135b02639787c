"""Options whose value the stack is made by: a number, a choice, yes or no. A function there is known too late."""

from __future__ import annotations

from collections.abc import Iterator

from beanstalk.errors import Problem
from beanstalk.options.catalogue import catalogue
from beanstalk.options.values import has_function
from beanstalk.targets.aws.blueprint import Blueprint

_PLAIN = ("integer", "number", "boolean", "enum")
_WITHOUT_EFFECT = "aws:elasticbeanstalk:eks"
"""Nothing of these namespaces is read."""


def check(blueprint: Blueprint) -> Iterator[Problem]:
    for each in blueprint.configuration.stated():
        option = catalogue().find(each.namespace, each.name)
        if option is None or option.type not in _PLAIN or each.namespace.startswith(_WITHOUT_EFFECT):
            continue
        if has_function(each.value or ""):
            text = f"{each.namespace}:{each.name}: the stack is made by its value, which a function tells too late"
            yield Problem(text, each.winner.at, "write the value itself")
