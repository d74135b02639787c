"""What an environment on AWS is to be: the one value that every builder of a template reads.

Physical things that only an account knows (VPC, subnets, images in a registry) are parameters of the template, so that
a template can be made, linted and printed without an account; what linters check (sizes, ports) stands in it literally.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from beanstalk.containers import ContainerGroup
from beanstalk.errors import Problem
from beanstalk.model import Policy
from beanstalk.options.configuration import Configuration
from beanstalk.source.bundle import Bundle
from beanstalk.source.cron import PeriodicTask
from beanstalk.source.ebextensions import Extensions
from beanstalk.workload import Workload

Json = dict[str, Any]
Resources = dict[str, Json]
"""Resources of a template by their logical ids."""


class Tier(StrEnum):
    """WEB_SERVER answers requests, WORKER processes the messages of a queue."""

    WEB_SERVER = "WebServer"
    WORKER = "Worker"


class Launch(StrEnum):
    """Where the tasks run (`beanstalk:aws` LaunchType)."""

    FARGATE = "FARGATE"
    EC2 = "EC2"


class Parameter(StrEnum):
    """Parameters of every template; for each image that we build there is one of `image_parameter`, too.

    VPC: where everything is.  SUBNETS: of tasks or instances.  BALANCER_SUBNETS: of the load balancer.
    DESIRED_COUNT: tasks wanted; read when KEEP_COUNT is "false" (a new environment, or a change of the size itself),
    otherwise the live count stays.  VERSION_LABEL: of the application version.
    """

    VPC = "VpcId"
    SUBNETS = "Subnets"
    BALANCER_SUBNETS = "LoadBalancerSubnets"
    DESIRED_COUNT = "DesiredCount"
    KEEP_COUNT = "KeepCount"
    VERSION_LABEL = "VersionLabel"


@dataclass(frozen=True)
class Blueprint:
    """application, environment: names.  environment_id: "e-" and ten letters or digits.  workload: its `group` is there
    (`group`).  size: tasks wanted at the end; of the live service when the plan is for an update.  policy: of this
    deployment.  schedule: of cron.yaml.  tags: of the environment, also on every resource that takes them.
    """

    application: str
    environment: str
    environment_id: str
    version_label: str
    bundle: Bundle
    configuration: Configuration
    extensions: Extensions
    workload: Workload
    size: int
    policy: Policy = Policy.ADDITIONAL_BATCH
    tier: Tier = Tier.WEB_SERVER
    schedule: tuple[PeriodicTask, ...] = ()
    tags: tuple[tuple[str, str], ...] = field(default=())

    @property
    def group(self) -> ContainerGroup:
        """The containers of one task."""
        assert self.workload.group is not None
        return self.workload.group

    @property
    def launch(self) -> Launch:
        return Launch((self.configuration.text("beanstalk:aws", "LaunchType") or "FARGATE").upper())

    @property
    def is_balanced(self) -> bool:
        """Whether a load balancer stands before the tasks."""
        kind = self.configuration.text("aws:elasticbeanstalk:environment", "EnvironmentType") or "LoadBalanced"
        return self.tier is Tier.WEB_SERVER and kind == "LoadBalanced"


@dataclass(frozen=True)
class Template:
    """A finished template. parameters: names that the stack needs a value for.  image_parameters: container name →
    parameter, of the images that are built from the bundle.  warnings: what of the bundle has no effect, and why.
    """

    body: Json
    parameters: tuple[str, ...] = ()
    image_parameters: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


def image_parameter(container: str) -> str:
    """Name of the parameter that holds the image of a container: ImageWeb of `web`, ImageMyApp of `my-app`."""
    return "Image" + "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", container))


def stack_name(environment: str, environment_id: str) -> str:
    """Of the stack of an environment; an environment that is created anew gets another one."""
    return f"beanstalk-{environment}-{environment_id}"
