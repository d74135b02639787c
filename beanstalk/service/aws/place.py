"""What every use case on AWS needs: the account, what is remembered there, and who asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from beanstalk.errors import NotFound
from beanstalk.service.aws.memory import CloudMemory
from beanstalk.service.aws.state import CloudEnvironment
from beanstalk.service.place import who_asks
from beanstalk.store.s3 import CloudStore
from beanstalk.targets.aws.cloud import Cloud


@dataclass
class CloudService:
    """The door to one account in one region. usual_region, usual_profile: of the project.  command: what the person
    typed.  platforms: the person's own platform folders.  clock: None: that of S3.  sleep: replaced by tests.
    """

    region: str = ""
    profile: str = ""
    usual_region: str = ""
    usual_profile: str = ""
    command: str = "beanstalk"
    platforms: Sequence[Path] = field(default=())
    clock: Callable[[], float] | None = None
    sleep: Callable[[float], None] = time.sleep

    @cached_property
    def cloud(self) -> Cloud:
        return Cloud(self.region, self.profile, self.usual_region, self.usual_profile)

    @cached_property
    def store(self) -> CloudStore:
        return CloudStore(self.cloud)

    @cached_property
    def memory(self) -> CloudMemory:
        return CloudMemory(self.store)

    @property
    def scratch(self) -> Path:
        """A folder for files that are gone with this program."""
        return Path(self._scratch.name)

    @cached_property
    def _scratch(self) -> TemporaryDirectory[str]:
        return TemporaryDirectory(prefix="beanstalk-")

    def now(self) -> float:
        """By the clock of AWS: what is told of a deployment is chosen by when it happened there."""
        return self.clock() if self.clock else self.store.now()

    def holder(self) -> str:
        """Who asks, in words for whoever has to wait."""
        return who_asks(self.command)


def find_cloud_environment(service: CloudService, name: str) -> CloudEnvironment:
    """The living environment called `name`. Raises NotFound, with the closest name there is."""
    found = service.memory.environment(name)
    if found is None:
        names = [environment.name for environment in service.memory.living()]
        close = get_close_matches(name, names, 1)
        place = f"in {service.cloud.region}"
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(names)}"
        raise NotFound(
            f"there is no environment {name} {place}",
            hint=hint if names else f"there are none {place}: beanstalk create, or choose another --region",
        )
    return found
