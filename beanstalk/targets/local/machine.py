"""This machine put together: what starts instances and makes versions ready, for the agent and others who ask."""

from __future__ import annotations

from beanstalk.containers import ImageSource
from beanstalk.errors import TargetError
from beanstalk.store.home import Home
from beanstalk.targets.local.host import Containers, LocalHost
from beanstalk.targets.local.preparing import ImageStore, LocalPreparer
from beanstalk.targets.local.processes import ProcessHost


def local_host(home: Home) -> LocalHost:
    """No engine is looked for before a container is wanted."""
    return LocalHost(ProcessHost(home), _no_engine, _no_name, home.run / "containers")


def local_preparer(home: Home) -> LocalPreparer:
    return LocalPreparer(home, _no_images)


def _no_engine() -> Containers:
    raise TargetError("this version does not run containers yet")


def _no_images() -> ImageStore:
    raise TargetError("this version does not run containers yet")


def _no_name(source: ImageSource) -> str:
    raise TargetError("this version does not run containers yet")
