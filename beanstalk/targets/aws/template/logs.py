"""Where the output of the containers goes: one log group with as long a memory as the options say.

Source: EB Developer Guide, "Using Elastic Beanstalk with Amazon CloudWatch Logs".
"""

from __future__ import annotations

from beanstalk.targets.aws.blueprint import Blueprint, Resources
from beanstalk.targets.aws.template.pieces import resource
from beanstalk.targets.aws.template.said import is_on

NAMESPACE = "aws:elasticbeanstalk:cloudwatch:logs"


def build(blueprint: Blueprint) -> Resources:
    """The group goes with the environment, unless it is to stay: StreamLogs without DeleteOnTerminate."""
    stays = is_on(blueprint, NAMESPACE, "StreamLogs") and not is_on(blueprint, NAMESPACE, "DeleteOnTerminate")
    policy = "Retain" if stays else "Delete"
    days = blueprint.configuration.integer(NAMESPACE, "RetentionInDays")
    properties = {"RetentionInDays": days}
    return {"LogGroup": resource("AWS::Logs::LogGroup", properties, DeletionPolicy=policy, UpdateReplacePolicy=policy)}
