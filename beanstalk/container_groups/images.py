"""Where the image of a container comes from: a name in a registry, or a folder of the bundle that it is built from."""

from __future__ import annotations

import hashlib
import json
import posixpath
from dataclasses import replace

from beanstalk.container_groups.material import Material
from beanstalk.containers import ImageBuild, ImageSource
from beanstalk.source.dockerrun_v1 import BucketKey
from beanstalk.source.image_name import unfilled, why_not_an_image
from beanstalk.source.notes import Place

_SETTINGS = (".ebextensions", ".platform")
"""For Elastic Beanstalk itself: a change in them alone makes no new image, unless the Dockerfile names them."""


def named_image(
    name: str, place: Place, material: Material, always: bool = False, credentials: str = "", or_present: bool = False
) -> ImageSource:
    """An image of a registry. What a template has still open, and what is no name, is noted."""
    if marks := unfilled(name):
        material.notes.wrong(place, f"not filled in: {marks[:200]}", "put the name of the image there")
        return ImageSource(name)
    reference = mirrored(name, material.settings.registry_mirror)
    if why := why_not_an_image(reference):
        hint = "as nginx:1.27, organisation/name:tag or host/organisation/name:tag"
        material.notes.wrong(place, f"{reference[:80]!r} is no name of an image: {why}", hint)
    pin = material.pin(reference)
    return ImageSource(reference, always=always, pin=pin, credentials=credentials, or_present=or_present)


def mirrored(name: str, mirror: str) -> str:
    """The name of the same image behind a mirror of Docker Hub ("" for none): for a name without a host.

    One with a single part belongs to `library` there.
    """
    host, slash, _ = name.partition("/")
    if not mirror or (slash and (set(host) & set(".:[") or host == "localhost")):
        return name
    return f"{mirror}/{name if slash else f'library/{name}'}"


def built_image(build: ImageBuild, text: str, material: Material, credentials: str = "") -> ImageSource:
    """build: without key.  text: of the Dockerfile, wherever it is written."""
    return ImageSource(build=replace(build, key=_key(build, text, material)), credentials=credentials)


def dockerfile_path(build: ImageBuild) -> str:
    """Path of the Dockerfile in the bundle; one that begins with .. lies outside."""
    return posixpath.normpath(posixpath.join(build.context, build.dockerfile))


def in_s3(place: BucketKey | None) -> str:
    """`ImageSource.credentials` of the file that Authentication names."""
    return f"s3://{place.bucket}/{place.key}" if place else ""


def _key(build: ImageBuild, text: str, material: Material) -> str:
    """Of everything in the context, so of more than a `.dockerignore` leaves: a key too many is a build too many, and
    the layer cache answers it; a key too few would be an old image."""
    below = f"{build.context}/" if build.context else ""
    passed = tuple(f"{below}{name}/" for name in _SETTINGS if not build.context and name not in text)
    files = sorted(
        (entry.path, f"{entry.mode:o}", entry.sha256)
        for entry in material.bundle.entries
        if entry.path.startswith(below) and not entry.path.startswith(passed)
    )
    made_of = [build.context, dockerfile_path(build), text, build.target, build.args, files]
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()
