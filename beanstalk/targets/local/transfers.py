"""Images between an engine and a registry, with progress, and with the engine's complaints in words for people."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from beanstalk.errors import TargetError
from beanstalk.targets.local.engine import Engine, EngineRefused
from beanstalk.targets.local.registries import DOCKER_HUB, ECR, Credentials, registry_of

if TYPE_CHECKING:
    from docker import APIClient

WAITS_S = (1.0, 3.0)
"""Before each further try when the network failed."""
_PACE_S = 1.0
"""Between two lines of progress."""
_DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})\b", re.IGNORECASE)
"""In the status that ends a transfer that worked."""


class Report(Protocol):
    """Who is told what happens."""

    def line(self, text: str) -> None:
        """Something happened that stays in a log."""
        ...

    def now(self, text: str) -> None:
        """What goes on at this moment, for a line that the next one replaces."""
        ...


class RegistryAway(TargetError):
    """The network or a registry failed in a way that passes."""


class Transfer:
    """Adds up the layers that move, as the engine's events tell of them. Sizes are bytes.

    done, total: of the layers whose size is known by now; the engine begins with a few and finds the others later.
    digest: of the image, as soon as the engine says it.
    """

    _MOVING = ("Downloading", "Pushing")
    _MOVED = (
        "Verifying Checksum",
        "Download complete",
        "Extracting",
        "Pull complete",
        "Pushed",
        "Layer already exists",
    )

    def __init__(self) -> None:
        self._layers: dict[str, tuple[int, int]] = {}
        self.digest = ""

    def note(self, event: Mapping[str, Any]) -> None:
        layer, status = event.get("id", ""), event.get("status", "")
        sizes = event.get("progressDetail") or {}
        _, known = self._layers.get(layer, (0, 0))
        if status in self._MOVING and "current" in sizes:
            total = sizes.get("total") or known or sizes["current"]
            self._layers[layer] = min(sizes["current"], total), total
        elif status in self._MOVED:
            self._layers[layer] = known, known
        if found := _DIGEST.search(status):
            self.digest = found[1]

    @property
    def done(self) -> int:
        return sum(done for done, _ in self._layers.values())

    @property
    def total(self) -> int:
        return sum(total for _, total in self._layers.values())

    def __str__(self) -> str:
        return f"{_megabytes(self.done)} of {_megabytes(self.total)} MB"


def find_digest(engine: Engine, reference: str, credentials: Credentials | None, report: Report) -> str:
    """Of the image that a registry has under this name now. Tries again, and raises TargetError, as `pull`."""
    repository, tag = split(reference)
    if tag.startswith("sha256:"):
        return tag
    known = credentials.for_engine() if credentials else {}

    def ask() -> str:
        with _explained(reference, credentials), engine.ask() as client:
            found = client.inspect_distribution(f"{repository}:{tag}", known)  # type: ignore[no-untyped-call]
            return str(found["Descriptor"]["digest"])

    return _patiently(ask, report)


def pull(engine: Engine, reference: str, credentials: Credentials | None, report: Report) -> str:
    """Bring an image onto the engine. Gives its digest, "" when the engine does not say it.

    Tries again after WAITS_S when the network fails. Raises TargetError.
    """
    repository, tag = split(reference)
    known = credentials.for_engine() if credentials else {}

    def ask() -> str:
        with _explained(reference, credentials), engine.ask() as client:
            events = client.pull(repository, tag, stream=True, decode=True, auth_config=known)
            return _follow(events, "pulling", reference, report)

    return _patiently(ask, report)


def _patiently(ask: Callable[[], str], report: Report) -> str:
    for wait_s in (*WAITS_S, None):
        try:
            return ask()
        except RegistryAway as error:
            if wait_s is None:
                raise
            report.line(f"{error.problem}; trying again in {wait_s:g} s")
            time.sleep(wait_s)
    raise AssertionError("the last try returns or raises")


def push(engine: Engine, image: str, reference: str, credentials: Credentials | None, report: Report) -> str:
    """Send an image of the engine to a registry as `reference`, such as `host/name:tag`. Gives its digest.

    image: by a name of it. The engine itself tries again when the network fails. Raises TargetError.
    """
    repository, tag = split(reference)
    known = credentials.for_engine() if credentials else {}
    with _explained(reference, credentials), engine.ask() as client, _names_kept(client, repository):
        client.tag(image, repository, tag)
        patience = client.timeout
        client.timeout = None  # type: ignore[assignment]  # a registry may think long about a large layer
        try:
            events = client.push(repository, tag, stream=True, decode=True, auth_config=known)
            return _follow(events, "pushing", reference, report)
        finally:
            client.timeout = patience


def split(reference: str) -> tuple[str, str]:
    """(repository, tag or digest) of the name of an image; without either it is `latest`, as for docker."""
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(reference)
    if tag and tag.startswith("sha256:"):  # a tag before it has no meaning any more
        repository, _ = parse_repository_tag(repository)
    return repository, tag or "latest"


def image_id(client: APIClient, name: str) -> str:
    """Of the image that the engine has under this name, "" when it has none."""
    from docker.errors import ImageNotFound

    try:
        return str(client.inspect_image(name)["Id"])  # type: ignore[no-untyped-call]
    except ImageNotFound:
        return ""


@contextlib.contextmanager
def _names_kept(client: APIClient, repository: str) -> Iterator[None]:
    """Whatever happens inside: afterwards the names of this repository lead where they led before, and none is new."""
    from docker.errors import ImageNotFound

    before = _names(client, repository)
    try:
        yield
    finally:
        for name, image in _names(client, repository).items():
            if name not in before:
                with contextlib.suppress(ImageNotFound):  # the last tag takes the digests along
                    client.remove_image(name, noprune=True)
            elif before[name] != image:
                client.tag(before[name], *split(name))


def familiar(repository: str) -> str:
    """As the engine tells it: without what is understood for Docker Hub."""
    return repository.removeprefix("index.").removeprefix(f"{DOCKER_HUB}/").removeprefix("library/")


def _names(client: APIClient, repository: str) -> dict[str, str]:
    """{tag or digest with the name of its repository: id of the image}"""
    wanted = familiar(repository)
    found = ((each["Id"], (*(each["RepoTags"] or ()), *(each["RepoDigests"] or ()))) for each in client.images(wanted))
    return {name: image for image, names in found for name in names if split(name)[0] == wanted}


def complaint(said: str, reference: str, credentials: Credentials | None) -> TargetError:
    """What an engine says about an image that it cannot get or send, as an error for a person."""
    registry = registry_of(reference)
    if re.search(_DENIED, said, re.IGNORECASE):
        if credentials is None:
            problem = f"{registry} shows {reference} to nobody without a login, or has no such image"
        else:
            problem = f"{registry} refuses the login of {credentials.user or 'your token'} for {reference}"
        return TargetError(f"access denied: {problem} ({said})", hint=_how_to_log_in(registry))
    for pattern, kind, problem, hint in _COMPLAINTS:
        if re.search(pattern, said, re.IGNORECASE):
            names = {"image": reference, "registry": registry}
            return kind(f"{problem.format(**names)} ({said})", hint=hint.format(**names))
    return TargetError(f"{reference}: {said}")


_DENIED = r"no basic auth|unauthorized|authentication required|incorrect username|denied|forbidden"
_COMPLAINTS: tuple[tuple[str, type[TargetError], str, str], ...] = (
    ("toomanyrequests|rate limit", TargetError, "{registry} gives no more images for now",
     "wait, or log in with `docker login`: then there may be more"),
    ("no matching manifest|does not match the specified platform", TargetError,
     "{image} does not exist for the processor of this machine", "build it for this one, or take another image"),
    ("manifest unknown|name unknown|not known to registry|manifest .* not found", TargetError,
     "there is no image {image}", "look at its name and tag"),
    ("HTTP response to HTTPS client", TargetError, "{registry} speaks no TLS",
     "add it to `insecure-registries` in the daemon.json of the engine"),
    ("x509|certificate", TargetError, "the engine does not trust the certificate of {registry}",
     "put its authority into /etc/docker/certs.d/{registry}/ca.crt"),
    ("no space left", TargetError, "the engine has no space left for {image}", "type `docker system prune`"),
    (r"no such host|dial tcp|timeout|connection (refused|reset)|\bEOF\b|unreachable|temporary failure|broken pipe"
     r"|server misbehaving|canceled while waiting|\b50[0234]\b|bad gateway|unavailable", RegistryAway,
     "{registry} does not answer", "look at the network of this machine; what the engine has needs no registry"),
)  # fmt: skip
"""(what the engine says, kind of error, what it means, what to do). The first that fits is taken."""


def _how_to_log_in(registry: str) -> str:
    if ECR.fullmatch(registry):
        return "let the AWS user of the agent call ecr:GetAuthorizationToken, and use the repository"
    host = "" if registry == DOCKER_HUB else f" {registry}"
    return f"type `docker login{host}`, or name a docker configuration file as Authentication in Dockerrun.aws.json"


@contextlib.contextmanager
def _explained(reference: str, credentials: Credentials | None) -> Iterator[None]:
    try:
        yield
    except EngineRefused as error:
        raise complaint(error.problem, reference, credentials) from None


def _follow(events: Iterable[Mapping[str, Any]], verb: str, reference: str, report: Report) -> str:
    """Tell of the events, at most every _PACE_S. Gives the digest. An error in them becomes an APIError."""
    from docker.errors import APIError

    seen, due = Transfer(), time.monotonic() + _PACE_S
    for event in events:
        if event.get("error"):
            raise APIError(event["error"], explanation=event["error"])
        seen.note(event)
        if seen.total:
            report.now(f"{verb} {seen}")
            if time.monotonic() >= due:
                report.line(f"{verb} {reference}: {seen}")
                due = time.monotonic() + _PACE_S
    report.line(f"{verb} {reference}: done" + (f", {seen.digest}" if seen.digest else ""))
    return seen.digest


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f}" if size >= 10_000_000 else f"{size / 1e6:.1f}"
