"""What linters of templates do not see and AWS would refuse, or take and never finish: looked for before a change set.

A finished template is checked, with what the bundle's own `Resources` have changed in it. Values that only a stack
knows pass. Sources: the API references of Amazon ECS, Elastic Load Balancing and Application Auto Scaling, and what is
known of blue/green deployments inside of CloudFormation.
"""

from __future__ import annotations

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.checks.balancers import check_balancers
from beanstalk.targets.aws.checks.deployments import check_deployments
from beanstalk.targets.aws.checks.reading import View
from beanstalk.targets.aws.checks.scaling import check_scaling
from beanstalk.targets.aws.checks.services import check_services
from beanstalk.targets.aws.checks.tasks import check_tasks

__all__ = ["check_template"]


def check_template(body: Json) -> list[Problem]:
    """Every mistake, in the order of the concerns; each names the resource that it is in. body: as CloudFormation has
    it, in JSON's values."""
    view = View(body)
    return [
        *check_tasks(view),
        *check_services(view),
        *check_deployments(view),
        *check_balancers(view),
        *check_scaling(view),
    ]
