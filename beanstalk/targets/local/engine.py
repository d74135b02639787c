"""The container engine of this machine: where it is, what it is like, and its complaints as errors for people.

It is looked for where the docker command looks: DOCKER_HOST, then the current docker context, then the usual socket.
"""

from __future__ import annotations

import os
import re
import shlex
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from beanstalk.errors import TargetError
from beanstalk.targets.local.engine_away import USUAL, EngineAway, absence, causes

if TYPE_CHECKING:
    from docker import APIClient
    from docker.context import Context

OLDEST_API = (1, 40)
"""Of engine 19.03 (2019): what the options of containers, mounts and health checks need that are used here."""
PATIENCE_S = 60
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DESKTOP = "Docker Desktop"
_DIALECT = re.compile(r"client version \S+ is too (new|old)", re.IGNORECASE)


class EngineRefused(TargetError):
    """The engine answers, and refuses. status: HTTP, such as 404 for what is not there, 409 for a name in use."""

    def __init__(self, problem: str, status: int, hint: str = "") -> None:
        super().__init__(problem, hint=hint)
        self.status = status


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What an engine is like.

    url: where it answers.  chosen_by: "DOCKER_HOST", "DOCKER_CONTEXT NAME", "the docker context NAME" or THIS_HOME, ""
    for the usual place.  version: such as "20.10.24".  api: (1, 41).  elsewhere: name of the other machine that it runs
    on, "" for this one.  rootless: it runs without root's rights.  reachable: this machine has a way to the addresses
    of containers; where it has none, ports are published on 127.0.0.1.  bridge: there is a default network.
    log_driver: what containers have that ask for none.
    """

    url: str
    chosen_by: str
    version: str
    api: tuple[int, int]
    elsewhere: str
    rootless: bool
    reachable: bool
    bridge: bool
    log_driver: str


class Engine:
    """One engine. Nothing is asked before it is used; each thread has a connection of its own."""

    def __init__(self, url: str = "", chosen_by: str = "", patience_s: int | None = None) -> None:
        """url: where the engine answers, "": look for it.  chosen_by: who gave the url, as in `EngineFacts`.
        patience_s: for its next word, None: PATIENCE_S."""
        self._url, self._chosen_by, self._patience_s = url, chosen_by, patience_s
        self._clients = threading.local()
        self._lock = threading.Lock()
        self._found: _Place | None = None
        self._api = ""
        self._facts: EngineFacts | None = None

    @property
    def url(self) -> str:
        """Raises EngineAway for a docker context that cannot be read."""
        return self._place().url

    @contextmanager
    def ask(self) -> Iterator[APIClient]:
        """This thread's connection. Whatever goes wrong inside is raised as EngineAway or EngineRefused."""
        from docker.errors import APIError, DockerException
        from requests.exceptions import RequestException
        from urllib3.exceptions import HTTPError

        try:
            yield self._client()
        except (DockerException, RequestException, HTTPError, OSError) as error:
            refused = next((each for each in causes(error) if isinstance(each, APIError)), None)
            place = self._place()
            raise (absence(error, place.url, place.chosen_by) if refused is None else _refusal(refused)) from None

    def look(self) -> EngineFacts:
        """What the engine is like now; raises EngineAway when there is none, EngineRefused when it is too old."""
        with self.ask() as api:
            version, info = api.version(), api.info()
            gateway = _default_gateway(api)
        dialect = _numbers(version["ApiVersion"])
        if dialect < OLDEST_API:
            problem = (
                f"the container engine {version['Version']} at {self.url} is too old (API {version['ApiVersion']})"
            )
            raise EngineRefused(problem, 400, hint="upgrade it: version 19.03 or later is needed")
        rootless = any("rootless" in option for option in info.get("SecurityOptions") or ())
        elsewhere = _elsewhere(self.url)
        near = self.url.startswith("unix://") and not rootless and info.get("OperatingSystem") != _DESKTOP
        facts = EngineFacts(
            url=self.url,
            chosen_by=self._place().chosen_by,
            version=version["Version"],
            api=dialect,
            elsewhere=elsewhere,
            rootless=rootless,
            reachable=near and (not gateway or gateway in _addresses()),
            bridge=gateway is not None,
            log_driver=info.get("LoggingDriver", ""),
        )
        self._facts = facts
        return facts

    @property
    def facts(self) -> EngineFacts:
        """What `look` found the last time; looks when nobody has."""
        return self._facts or self.look()

    def _place(self) -> _Place:
        with self._lock:
            if self._found is None:
                self._found = _Place(self._url, None, self._chosen_by) if self._url else _find(os.environ)
            return self._found

    def _client(self) -> APIClient:
        client: APIClient | None = getattr(self._clients, "client", None)
        if client is None:
            from docker import APIClient

            place = self._place()
            # The first one asks for the dialect, which takes a request; the others know it.
            client = APIClient(
                base_url=place.url,
                version=self._api or "auto",
                timeout=self._patience_s or PATIENCE_S,
                tls=place.tls or False,
            )
            self._api = client.api_version
            self._clients.client = client
        return client


@dataclass(frozen=True, slots=True)
class _Place:
    """tls: a `docker.tls.TLSConfig`, None for a connection that is not encrypted.  chosen_by: as in `EngineFacts`."""

    url: str
    tls: Any
    chosen_by: str


def _find(variables: Mapping[str, str]) -> _Place:
    """As the docker command: DOCKER_HOST, DOCKER_CONTEXT, the context that was chosen by `docker context use`."""
    from docker.context import ContextAPI
    from docker.errors import TLSParameterError
    from docker.utils import kwargs_from_env
    from docker.utils.config import find_config_file

    try:
        if variables.get("DOCKER_HOST"):
            given = kwargs_from_env(environment=dict(variables))
            return _Place(variables["DOCKER_HOST"], given.get("tls"), "DOCKER_HOST")
    except TLSParameterError as error:
        raise EngineAway(f"DOCKER_CERT_PATH: {error.msg}", hint="see `docker context ls`") from None
    name = variables.get("DOCKER_CONTEXT", "")
    if name not in ("", "default") and find_config_file() is None:  # the SDK would look in the current folder
        problem = f"the docker context {name} is not found without a configuration of docker"
        use = f"docker context use {shlex.quote(name)}"
        raise EngineAway(problem, hint=f"type `{use}`, which writes one", command=use)
    try:
        context: Context | None = ContextAPI.get_context(name or None)
    except Exception as error:  # the SDK raises just that for a file that is no context
        raise EngineAway(f"the docker context cannot be read: {error}", hint="see `docker context ls`") from None
    if context is None or not context.Host:
        problem = f"there is no docker context {name or 'as chosen'}"
        command = "unset DOCKER_CONTEXT" if name else "docker context use default"
        raise EngineAway(problem, hint="choose one with `docker context use`, or set DOCKER_HOST", command=command)
    if context.name == "default":
        return _Place(USUAL, None, "")
    chosen_by = f"DOCKER_CONTEXT {name}" if name else f"the docker context {context.name}"
    return _Place(context.Host, context.TLSConfig, chosen_by)


def _default_gateway(api: APIClient) -> str | None:
    """Address of the engine's machine in the default network; None when that was turned off, "" when it is not said."""
    from docker.errors import NotFound

    try:
        found = api.inspect_network("bridge")
    except NotFound:
        return None
    pools = (found.get("IPAM") or {}).get("Config") or ()
    return next((pool["Gateway"] for pool in pools if "." in pool.get("Gateway", "")), "")


def _addresses() -> set[str]:
    """Of this machine."""
    import psutil

    return {each.address for given in psutil.net_if_addrs().values() for each in given}


def _elsewhere(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme in ("unix", "npipe"):
        return ""
    return "" if parts.hostname in _LOOPBACK else parts.hostname or url


def _numbers(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def _refusal(error: Any) -> TargetError:
    """error: an APIError of the SDK."""
    said = " ".join(str(error.explanation or error).split()).rstrip(".")
    status = error.response.status_code if error.response is not None else 500
    if found := _DIALECT.search(said):
        wanted = "upgrade beanstalk's docker package" if found[1] == "old" else "upgrade the engine"
        return EngineRefused(f"the engine does not understand us: {said}", status, hint=wanted)
    return EngineRefused(said, status)
