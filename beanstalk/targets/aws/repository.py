"""Where the images of an application are: the repository in Amazon ECR, and the registry that it is in."""

from __future__ import annotations

import hashlib
import re

from beanstalk.container_groups.settings import is_of_bundle
from beanstalk.errors import Problem
from beanstalk.options.configuration import Configuration
from beanstalk.targets.aws.blueprint import Blueprint

_LONGEST = 200
_NAMESPACE, _HOST = "beanstalk:aws", "RegistryHost"


def repository_name(application: str, configuration: Configuration) -> str:
    """`ImageRepository`, or one made of the name of the application; two applications never share one.

    Source: Amazon ECR API, CreateRepository: small letters and digits with . _ - or / between them, at most 256.
    """
    if named := configuration.text("beanstalk:aws", "ImageRepository"):
        return named
    plain = re.sub(r"[^a-z0-9]+", "-", application.lower()).strip("-")[:_LONGEST].strip("-")
    if plain == application:
        return f"beanstalk/{plain}"
    digest = hashlib.sha256(application.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"beanstalk/{plain}-{digest}" if plain else f"beanstalk/{digest}"


def check(blueprint: Blueprint) -> list[Problem]:
    """A password goes to the registry, so no bundle may say which one that is."""
    configuration = blueprint.configuration
    if not is_of_bundle(configuration, _NAMESPACE, _HOST):
        return []
    text = f"{_NAMESPACE}:{_HOST} cannot be set in a source bundle: passwords are sent there"
    hint = f"set it with --option {_NAMESPACE}:{_HOST}=HOST when you trust that registry"
    return [Problem(text, configuration.resolved(_NAMESPACE, _HOST).winner.at, hint)]
