"""This machine put together: what starts instances and makes versions ready, for the agent and others who ask.

The engine that a home uses is written down with its first container: whoever starts the agent the next time may have
another one in mind, and what runs has to be found again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from beanstalk.containers import Container, ImageSource
from beanstalk.records import Instance
from beanstalk.scripts import Part
from beanstalk.store.home import Home
from beanstalk.targets.local.host import Containers, LocalHost
from beanstalk.targets.local.preparing import ImageStore, LocalPreparer
from beanstalk.targets.local.processes import ProcessHost
from beanstalk.targets.local.script_containers import ScriptContainers, script_containers
from beanstalk.targets.local.scripts import ScriptJobs

if TYPE_CHECKING:
    from beanstalk.targets.local.engine import Engine


def local_host(home: Home) -> LocalHost:
    """No engine is looked for before a container is wanted."""

    def connect() -> Containers:
        from beanstalk.targets.local.containers import ContainerHost

        return ContainerHost(home, engine_of(home))

    def image_of(source: ImageSource) -> str:
        return _images(home).name(source)

    return LocalHost(home, ProcessHost(home), connect, image_of)


def local_preparer(home: Home) -> LocalPreparer:
    """As `local_host`."""
    return LocalPreparer(home, lambda: _images(home))


def script_jobs(home: Home) -> ScriptJobs:
    """As `local_host`."""

    def containers(web: Container, instance: Instance, part: Part, variables: Mapping[str, str]) -> ScriptContainers:
        return script_containers(home, engine_of(home), _images(home).name(web.image), web, instance, part, variables)

    return ScriptJobs(home, containers)


def engine_of(home: Home) -> Engine:
    """The engine that this home uses, or will use from now on. Raises EngineAway when nobody can say which."""
    engine = find_engine(home)
    home.engine.write_text(engine.url)
    return engine


def find_engine(home: Home, patience_s: int | None = None) -> Engine:
    """The same, for somebody who only looks."""
    from beanstalk.targets.local.engine import Engine
    from beanstalk.targets.local.engine_away import THIS_HOME

    known = home.engine.read_text() if home.engine.is_file() else ""
    if known.startswith("unix://"):
        return Engine(known, THIS_HOME, patience_s)
    return Engine(patience_s=patience_s)  # one that is reached with certificates is found where these are


def _images(home: Home) -> ImageStore:
    from beanstalk.targets.local.images import Images

    return Images(home, engine_of(home))
