"""What is to be told beside a plan: of the bundle, of what its files ask for, of options that do nothing here. Pure."""

from __future__ import annotations

from dataclasses import replace

from beanstalk.errors import Problem
from beanstalk.options.asked import unanswered
from beanstalk.options.configuration import Configuration
from beanstalk.options.explanation import unused_here
from beanstalk.scripts import ScriptPhase, notes_for_processes, scripts_of
from beanstalk.service.configuration import PROPERTIES
from beanstalk.service.properties import property_notices
from beanstalk.service.validation_homes import HERE_AS_PROCESSES, HERE_IN_CONTAINERS, HERE_IN_IMAGES, Home
from beanstalk.source.bundle import Bundle
from beanstalk.source.ebextensions import Extensions
from beanstalk.workload import Workload


def notices(
    workload: Workload, bundle: Bundle, extensions: Extensions, configuration: Configuration
) -> tuple[Problem, ...]:
    """All of it. Properties have words of their own."""
    home = _home(workload)
    unused = [each for each in unused_here(configuration) if not each.text.startswith(f"{PROPERTIES}:")]
    asked = unanswered(extensions.asked, extensions.settings)
    told = (*bundle.warnings, *extensions.warnings, *asked, *configuration.warnings, *_not_applied(extensions, home))
    return (*told, *property_notices(configuration), *unused)


def _home(workload: Workload) -> Home:
    if workload.group is None:
        return HERE_AS_PROCESSES
    build = workload.group.container(workload.group.web).image.build
    return HERE_IN_IMAGES if build and build.left_out else HERE_IN_CONTAINERS


def with_scripts(
    workload: Workload, bundle: Bundle, extensions: Extensions, configuration: Configuration
) -> tuple[Workload, tuple[Problem, ...]]:
    """The workload with what it runs beside its application, and what is to be told of that.

    Raises InvalidInput for a Buildfile with mistakes and for hooks that nothing can start.
    """
    scripts, warnings = scripts_of(extensions, bundle, configuration)
    if workload.group is not None:
        # what a Buildfile makes is in the image, or nowhere: Elastic Beanstalk's Docker branches do not read it
        inside = tuple(script for script in scripts if script.phase is not ScriptPhase.BUILD)
        return replace(workload, scripts=inside), warnings
    return replace(workload, scripts=scripts), (*warnings, *notes_for_processes(scripts))


def _not_applied(extensions: Extensions, home: Home) -> list[Problem]:
    """What Elastic Beanstalk would do on its instances and this version does not."""
    hint = "the deployment goes on without it"
    fates = [(key, at, home.keys[key]) for key, at in extensions.keys]
    return [Problem(f"{key} is not applied: {fate.why}", at, hint) for key, at, fate in fates if not fate.acts]
