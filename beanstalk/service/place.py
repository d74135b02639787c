"""What every use case needs: the home and its store, the names of people and machines, and ids."""

from __future__ import annotations

import os
import pwd
import secrets
import socket
import string
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from beanstalk.errors import NotFound
from beanstalk.records import Environment
from beanstalk.store.home import Home
from beanstalk.store.sqlite import Store

_LETTERS = string.ascii_lowercase + string.digits


@dataclass
class Service:
    """The door to one home. Opens the store when it is first needed. command: what the person typed, for others who
    find the environment busy.  platforms: the person's own platform folders."""

    home: Home
    command: str = "beanstalk"
    platforms: Sequence[Path] = field(default=())

    @cached_property
    def store(self) -> Store:
        self.home.create()
        return Store(self.home.database)

    def now(self) -> float:
        return time.time()

    def holder(self) -> str:
        return who_asks(self.command)


def who_asks(command: str) -> str:
    """In words for whoever has to wait."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = f"user {os.getuid()}"
    return f"{user}@{socket.gethostname()} (pid {os.getpid()}): {command}"


def new_environment_id() -> str:
    """As Elastic Beanstalk's: e- and ten lower-case letters or digits."""
    return "e-" + "".join(secrets.choice(_LETTERS) for _ in range(10))


def new_instance_id() -> str:
    """As EC2's: i- and seventeen hexadecimal digits."""
    return "i-" + secrets.token_hex(9)[:17]


def new_request_id() -> str:
    import uuid

    return str(uuid.uuid4())


def find_environment(service: Service, name: str) -> Environment:
    """The living environment called `name`. Raises NotFound, with the closest name there is."""
    found = service.store.environment(name)
    if found is None:
        names = [environment.name for environment in service.store.living()]
        close = get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]}?" if close else ""
        if not names:
            hint = "there are no environments yet: beanstalk create"
        elif not close:
            hint = f"there are: {', '.join(names)}"
        raise NotFound(f"there is no environment {name}", hint=hint)
    return found
