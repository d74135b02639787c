"""Figures of CloudWatch about a service: of ECS, of the load balancer, of the queue.

The service of a web environment has two target groups, and now one, now the other gets the requests: what is counted is
counted over both (a metric of one of them goes blind after a deployment that changes sides).
Source: CloudWatch metrics of Elastic Load Balancing, Amazon ECS and Amazon SQS; CloudWatch User Guide, "metric math".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beanstalk.targets.aws.blueprint import Blueprint, Json
from beanstalk.targets.aws.template.capacity import cluster_name
from beanstalk.targets.aws.template.listeners import is_network
from beanstalk.targets.aws.template.network import BALANCER, is_shared
from beanstalk.targets.aws.template.pieces import att
from beanstalk.targets.aws.template.said import said

GROUPS = ("TargetGroup", "AlternateTargetGroup")


@dataclass(frozen=True)
class Figure:
    """name, namespace, dimensions, statistic: of a metric as CloudWatch has it."""

    namespace: str
    name: str
    dimensions: Mapping[str, Any]
    statistic: str

    def metric(self) -> Json:
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions.items()]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


@dataclass(frozen=True)
class Computed:
    """expression: metric math over the figures by their ids, which begin with a small letter."""

    expression: str
    figures: Mapping[str, Figure]
    label: str

    def queries(self, period_s: int | None) -> list[Json]:
        """As an alarm (with a period) or a scaling policy (without one) has them, the result first."""
        result = {"Id": "result", "Expression": self.expression, "Label": self.label, "ReturnData": True}
        period = {} if period_s is None else {"Period": period_s}
        return [result, *(
            {"Id": name, "MetricStat": {"Metric": each.metric(), **period, "Stat": each.statistic}, "ReturnData": False}
            for name, each in self.figures.items()
        )]  # fmt: skip


def of_service(blueprint: Blueprint, name: str, statistic: str = "Average") -> Figure:
    return Figure("AWS/ECS", name, _service(blueprint), statistic)


def of_insights(blueprint: Blueprint, name: str, statistic: str = "Average") -> Figure:
    """What only a cluster with Container Insights measures."""
    return Figure("ECS/ContainerInsights", name, _service(blueprint), statistic)


def of_group(blueprint: Blueprint, group: str, name: str, statistic: str) -> Figure:
    """One target group behind the load balancer. group: its logical id."""
    namespace = "AWS/NetworkELB" if is_network(blueprint) else "AWS/ApplicationELB"
    dimensions = {"TargetGroup": att(group, "TargetGroupFullName"), "LoadBalancer": _balancer(blueprint)}
    return Figure(namespace, name, dimensions, statistic)


def of_both_groups(blueprint: Blueprint, name: str, statistic: str, label: str) -> Computed:
    """The sum over both target groups; one without data counts as nothing."""
    figures = {letter: of_group(blueprint, group, name, statistic) for letter, group in zip("ab", GROUPS, strict=True)}
    return Computed("FILL(a, 0) + FILL(b, 0)", figures, label)


def latency(blueprint: Blueprint, statistic: str) -> Figure | Computed:
    """Seconds until the tasks answer. A load balancer that is shared answers for others, too."""
    if not is_shared(blueprint):
        return Figure("AWS/ApplicationELB", "TargetResponseTime", {"LoadBalancer": _balancer(blueprint)}, statistic)
    figures = of_both_groups(blueprint, "TargetResponseTime", statistic, "").figures
    return Computed("MAX([FILL(a, 0), FILL(b, 0)])", figures, "seconds until the tasks answer")


def _service(blueprint: Blueprint) -> Json:
    return {"ClusterName": cluster_name(blueprint), "ServiceName": att("Service", "Name")}


def _balancer(blueprint: Blueprint) -> Any:
    if not is_shared(blueprint):
        return att("LoadBalancer", "LoadBalancerFullName")
    arn = said(blueprint, BALANCER, "SharedLoadBalancer")
    return arn.partition(":loadbalancer/")[2] if isinstance(arn, str) else arn
