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


_READ = {
    "aws:autoscaling:launchconfiguration": {"InstanceType", "BlockDeviceMappings"},
    "aws:autoscaling:scheduledaction": {"Recurrence", "StartTime", "EndTime"},
    "aws:ec2:instances": {"InstanceTypes"},
    "beanstalk:aws": {"DomainName"},
}
"""Texts that are taken apart."""
_TASKS, _OF_TASKS = "beanstalk:aws:task:", {"Schedule", "Command", "Container"}


def check(blueprint: Blueprint) -> Iterator[Problem]:
    for each in blueprint.configuration.stated():
        if has_function(each.value or "") and _is_read(each.namespace, each.name):
            text = f"{each.namespace}:{each.name}: the stack is made by its value, which a function tells too late"
            yield Problem(text, each.winner.at, "write the value itself")


def _is_read(namespace: str, name: str) -> bool:
    option = catalogue().find(namespace, name)
    if namespace.startswith(_TASKS):
        return name in _OF_TASKS
    if namespace.startswith(_WITHOUT_EFFECT) or option is None:
        return False
    return option.type in _PLAIN or name in _READ.get(namespace, ())
