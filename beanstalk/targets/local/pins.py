"""Pulled images under names of ours: what an instance runs stays the same image, wherever the registry's tag moves.

What a pin means is written down before the image gets its name. One that vanished from the engine is fetched again, by
its digest.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from beanstalk.errors import TargetError
from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.proxy import replace_text
from beanstalk.targets.local.registries import Credentials
from beanstalk.targets.local.transfers import Report, familiar, image_id, names_kept, pull, split

if TYPE_CHECKING:
    from docker import APIClient

FILE = "pin.json"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Pin:
    """reference: the name that was asked for.  digest: in the registry, "" for an image that came from none.
    image: its id on the engine."""

    reference: str
    digest: str
    image: str


def read_pin(folder: Path) -> Pin | None:
    """What was written down in `folder`, if anything was."""
    try:
        return Pin(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def pin_present(engine: Engine, reference: str, name: str, folder: Path) -> Pin | None:
    """Give `name` to the image that the engine has: the one that this pin means when that is known, else the one
    called `reference`, else the latest that another pin of this home found there. None when it has none of them.
    """
    known = read_pin(folder)
    with engine.ask() as client:
        for pin in [known] if known else [*_called(client, reference), *_others(folder, reference)]:
            if image_id(client, pin.image):
                _fix(client, pin, name, folder)
                return pin
    return None


def pin_pulled(
    engine: Engine, reference: str, name: str, folder: Path, credentials: Credentials | None, report: Report
) -> Pin:
    """Pull, by the digest when this pin has one already, and give `name` to what came. Raises TargetError."""
    known, repository = read_pin(folder), split(reference)[0]
    if known and not known.digest:
        problem = f"the image {reference} of this version is no longer on the engine, and it came from no registry"
        raise TargetError(problem, hint=f"load {known.image} again, or deploy a new version")
    wanted = f"{repository}@{known.digest}" if known else reference
    for _ in range(_TRIES):
        with engine.ask() as client, names_kept(client, repository):
            digest = pull(engine, wanted, credentials, report)
            exact = f"{repository}@{digest}" if digest else wanted
            if image := image_id(client, exact):
                pin = Pin(reference, digest, image)
                _fix(client, pin, name, folder)
                return pin
    raise TargetError(
        f"the image {reference} vanishes from the engine as soon as it is there", hint="see who removes it"
    )


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


def _fix(client: APIClient, pin: Pin, name: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(folder / FILE, json.dumps(asdict(pin)))
    except OSError as error:
        raise TargetError(f"what {name} means cannot be written down: {error}") from None
    client.tag(pin.image, name)
