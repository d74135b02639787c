"""Pulled images under names of ours: what an instance runs stays the same image, wherever the registry's tag moves.

The registry is asked for the digest first, and what a pin means is written down before anything is pulled. What is
pulled is the digest: so no name of others appears on the engine, or moves there.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from beanstalk.errors import TargetError
from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.proxy import replace_text
from beanstalk.targets.local.registries import Credentials
from beanstalk.targets.local.transfers import Report, familiar, find_digest, image_id, pull, split

if TYPE_CHECKING:
    from docker import APIClient

FILE = "pin.json"
_TRIES = 3
_OURS = re.compile(r"beanstalk-[0-9a-f]{12}/[0-9a-f]+:latest")
"""Names that homes give. None of them needs the digest, which others may want to see."""


@dataclass(frozen=True, slots=True)
class Pin:
    """reference: the name that was asked for.  digest: in the registry, "" for an image that came from none.
    image: its id on the engine, "" until it is there.  brought: it was not there before, so it goes with the pin.
    version: digest of the version that it is for."""

    reference: str
    digest: str
    image: str = ""
    brought: bool = False
    version: str = ""

    @property
    def exact(self) -> str:
        """The name by which the engine knows what was pulled."""
        return f"{split(self.reference)[0]}@{self.digest}"


def read_pin(folder: Path) -> Pin | None:
    """What was written down in `folder`, if anything was."""
    try:
        return Pin(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def pin_present(engine: Engine, reference: str, name: str, folder: Path, version: str = "") -> Pin | None:
    """Give `name` to the image that the engine has: the one that this pin means when that is known, else the one
    called `reference`, else the latest that another pin of this home found there. None when it has none of them.
    """
    known = read_pin(folder)
    with engine.ask() as client:
        found = [known] if known else [*_called(client, reference), *_others(folder, reference)]
        pin = next((each for each in found if each.image and image_id(client, each.image)), None)
    if pin is not None:
        _write(pin if known else replace(pin, brought=False, version=version), folder)
        with engine.ask() as client:
            client.tag(pin.image, name)
    return pin


def pin_pulled(
    engine: Engine,
    reference: str,
    name: str,
    folder: Path,
    credentials: Credentials | None,
    report: Report,
    version: str = "",
) -> Pin:
    """Pull, by the digest when this pin has one already, and give `name` to what came. Raises TargetError.

    version: see `Pin`.
    """
    known = read_pin(folder)
    pin = known or Pin(reference, find_digest(engine, reference, credentials, report), version=version)
    if not pin.digest:
        problem = f"the image {reference} of this version is no longer on the engine, and it came from no registry"
        raise TargetError(problem, hint=f"load {pin.image} again, or deploy a new version")
    report.line(f"{reference} is {pin.digest} for this version from now on")
    for _ in range(_TRIES):
        with engine.ask() as client:
            present = image_id(client, pin.exact)
        if not present:
            pin = replace(pin, brought=True)
            _write(pin, folder)
            pull(engine, pin.exact, credentials, report)
        with engine.ask() as client:
            pin = replace(pin, image=image_id(client, pin.exact))
        if pin.image:
            _write(pin, folder)
            with engine.ask() as client:
                client.tag(pin.image, name)
            return pin
    problem = f"the image {reference} vanishes from the engine as soon as it is there"
    raise TargetError(problem, hint="look who removes images from it")


def unpin(engine: Engine, name: str, folder: Path) -> None:
    """Take `name` from its image, and what the pull left. The image goes when nobody else has a name for it.

    Raises EngineRefused when a container uses it.
    """
    from docker.errors import ImageNotFound

    pin = read_pin(folder)
    with engine.ask() as client:
        if pin and pin.brought and all(_OURS.fullmatch(tag) for tag in _tags(client, pin.exact)):
            with contextlib.suppress(ImageNotFound):
                client.remove_image(pin.exact)
        with contextlib.suppress(ImageNotFound):
            client.remove_image(name)


def release(folder: Path, versions: Collection[str]) -> bool:
    """Keep what is written down there when its version is among `versions`; whether it was kept."""
    pin = read_pin(folder)
    if pin is None or pin.version not in versions:
        return False
    if pin.brought:
        _write(replace(pin, brought=False), folder)  # who brings it the next time is not known
    return True


def is_only_here(engine: Engine, reference: str) -> bool:
    """Whether the engine has an image of this name that came from no registry and was sent to none."""
    from docker.errors import ImageNotFound

    with engine.ask() as client:
        try:
            found = client.inspect_image(reference)  # type: ignore[no-untyped-call]
        except ImageNotFound:
            return False
    return not found.get("RepoDigests")


def _tags(client: APIClient, name: str) -> list[str]:
    from docker.errors import ImageNotFound

    try:
        found = client.inspect_image(name)  # type: ignore[no-untyped-call]
    except ImageNotFound:
        return []
    return list(found.get("RepoTags") or ())


def _called(client: APIClient, reference: str) -> list[Pin]:
    from docker.errors import ImageNotFound

    try:
        found = client.inspect_image(reference)  # type: ignore[no-untyped-call]
    except ImageNotFound:
        return []
    ours = (each.partition("@") for each in found.get("RepoDigests") or ())
    repository = familiar(split(reference)[0])
    return [Pin(reference, next((digest for of, _, digest in ours if of == repository), ""), found["Id"])]


def _others(folder: Path, reference: str) -> list[Pin]:
    """Of the same reference, the latest first."""
    files = sorted(folder.parent.glob(f"*/{FILE}"), key=lambda path: path.stat().st_mtime, reverse=True)
    pins = (read_pin(path.parent) for path in files)
    return [pin for pin in pins if pin and pin.reference == reference]


def _write(pin: Pin, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(folder / FILE, json.dumps(asdict(pin)))
    except OSError as error:
        raise TargetError(f"what {pin.reference} means cannot be written down: {error}") from None
