"""The Dockerfile that an application of a platform gets, without building anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from beanstalk.errors import Problem, UsageError
from beanstalk.model import OptionSetting
from beanstalk.options.circumstances import Circumstances, family
from beanstalk.options.configuration import Layer
from beanstalk.options.resolve import resolve
from beanstalk.platform_image import platform_group
from beanstalk.platforms import detect, find_platform
from beanstalk.service.changes import extensions_of
from beanstalk.service.place import Service
from beanstalk.source.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Rendered:
    """platform: its name.  text: of the Dockerfile."""

    platform: str
    text: str
    warnings: tuple[Problem, ...]


def render_dockerfile(
    service: Service, bundle: Bundle, named: str | None, settings: Sequence[OptionSetting] = ()
) -> Rendered:
    """named: the platform, None: what the bundle looks like.

    Raises UsageError when none is generated, InvalidInput as `platform_group` does.
    """
    found = find_platform(named, service.platforms) if named else detect(bundle, service.platforms).platform
    if found.containers:
        hint = "look at the files themselves, or name a platform with --platform"
        raise UsageError("no Dockerfile is generated: the bundle describes its containers itself", hint=hint)
    extensions = extensions_of(bundle)
    layers = {Layer.ENVIRONMENT: settings, Layer.EBEXTENSIONS: extensions.settings}
    configuration = resolve(layers, Circumstances(family(found.name), "WebServer"))
    group, told = platform_group(bundle, configuration, found, extensions)
    build = group.container(group.web).image.build
    assert build is not None
    return Rendered(found.name, build.text, (*extensions.warnings, *configuration.warnings, *told))
