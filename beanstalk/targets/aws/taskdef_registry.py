"""Passwords of registries: ECS reads them from a secret of Secrets Manager, and from nowhere else.

Source: ECS Developer Guide, "Using non-AWS container images"; images of Amazon ECR need none.
"""

from __future__ import annotations

import re

from beanstalk.containers import Container
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.taskdef_making import Making

_OF_AMAZON = re.compile(r"[0-9]{12}\.dkr[.-]ecr[.-][^/]+/|public\.ecr\.aws/")


def repository_credentials(container: Container, making: Making) -> Json | None:
    """What the option says for a ready-made image; of one that has a file of passwords instead it is told."""
    if container.image.build or _OF_AMAZON.match(container.image.reference):
        return None
    if named := making.option("RegistryCredentials"):
        return {"credentialsParameter": named}
    if container.image.credentials:
        text = f"ECS does not read the registry's password of {container.name} from {container.image.credentials}"
        hint = "put it into Secrets Manager and set beanstalk:aws:RegistryCredentials, or copy the image to Amazon ECR"
        making.warn(container.name, "image", text, hint)
    return None
