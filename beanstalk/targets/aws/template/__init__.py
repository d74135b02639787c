"""The CloudFormation template of an environment, put together from one module a concern. Pure: no account is asked.

A concern with resources of its own stands in `BUILDERS`; one that also says something about the task definition, the
service, the roles or the outputs stands in `CONTRIBUTORS` (see `contribution`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from beanstalk.errors import InvalidInput, Problem
from beanstalk.targets.aws import repository
from beanstalk.targets.aws.blueprint import Blueprint, Resources, Template
from beanstalk.targets.aws.strategy import Strategy
from beanstalk.targets.aws.template import (
    alarms,
    balancer,
    capacity,
    database,
    filesystem,
    instances,
    logs,
    network,
    notifications,
    plain,
    records,
    scaling,
    schedules,
    triggers,
    worker,
)
from beanstalk.targets.aws.template.contribution import Contribution

BUILDERS: tuple[Callable[[Blueprint], Resources], ...] = (
    logs.build,
    instances.build,
    capacity.build,
    worker.build,
    schedules.build,
    scaling.build,
    alarms.build,
    notifications.build,
    triggers.build,
    database.build,
    filesystem.build,
    records.build,
)
CONTRIBUTORS: tuple[Callable[[Blueprint], Contribution], ...] = (
    instances.contribute,
    capacity.contribute,
    worker.contribute,
    scaling.contribute,
    alarms.contribute,
    notifications.contribute,
    triggers.contribute,
    database.contribute,
    filesystem.contribute,
    records.contribute,
)
CHECKS: tuple[Callable[[Blueprint], Iterable[Problem]], ...] = (network.check, balancer.check, repository.check)
"""What of the options cannot be on AWS."""


def make_template(blueprint: Blueprint, strategy: Strategy) -> Template:
    """Raises InvalidInput with everything that is wrong, of all concerns."""
    # here, because a task definition is made with parts of this package
    from beanstalk.targets.aws.template.making import Making

    if functions := list(plain.check(blueprint)):
        raise InvalidInput(functions)
    making = Making(blueprint, strategy)
    for check in CHECKS:
        making.problems += check(blueprint)
    for build in BUILDERS:
        making.add(build)
    for contribute in CONTRIBUTORS:
        making.take(contribute)
    return making.finish()
