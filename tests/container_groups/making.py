"""Groups of containers for tests, from a dict of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from beanstalk.container_groups import container_group
from beanstalk.containers import Container, ContainerGroup
from beanstalk.errors import InvalidInput
from beanstalk.options.catalogue import PROPERTIES
from beanstalk.options.configuration import Configuration
from beanstalk.options.resolve import Layer, parse_option, resolve
from tests.bundles import make_bundle

TRUST = "beanstalk:docker:AllowPrivileged=true"


def configured(options: Sequence[str] = (), properties: Mapping[str, str] | None = None) -> Configuration:
    """options: as NAMESPACE:NAME=VALUE, set directly on the environment."""
    given = [*options, *(f"{PROPERTIES}:{name}={value}" for name, value in (properties or {}).items())]
    return resolve({Layer.ENVIRONMENT: [parse_option(option) for option in given]})


def make(
    folder: Path, files: Mapping[str, str | bytes], *options: str, properties: Mapping[str, str] | None = None
) -> tuple[ContainerGroup, list[str]]:
    """The group and what is told, each as the text that a person reads."""
    group, warnings = container_group(make_bundle(folder, files), configured(options, properties))
    return group, [str(problem) for problem in warnings]


def one(folder: Path, files: Mapping[str, str | bytes], *options: str, **more: Any) -> Container:
    """The only container of a bundle with nothing to tell."""
    group, told = make(folder, files, *options, **more)
    assert told == []
    [container] = group.containers
    return container


def refused(folder: Path, files: Mapping[str, str | bytes], *options: str, **more: Any) -> list[str]:
    """The problems, each as the text that a person reads."""
    with pytest.raises(InvalidInput) as error:
        make(folder, files, *options, **more)
    return [str(problem) for problem in error.value.problems]
