"""The name of the repository in Amazon ECR that has the images of an application."""

from __future__ import annotations

import hashlib
import re

from beanstalk.options.configuration import Configuration

_LONGEST = 200


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
