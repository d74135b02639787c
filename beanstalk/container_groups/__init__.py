"""What a source bundle says about containers -> one `ContainerGroup`, the same for every target. Pure."""

from beanstalk.container_groups.settings import DockerSettings, docker_settings
from beanstalk.container_groups.translation import container_group

__all__ = ["DockerSettings", "container_group", "docker_settings"]
