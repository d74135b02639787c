"""The image of a service: pulled by its name, or built from a folder of the bundle."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from beanstalk.container_groups.composition import Composition, keys_of
from beanstalk.container_groups.images import built_image, dockerfile_path, named_image
from beanstalk.container_groups.mounts import CURRENT
from beanstalk.containers import ImageBuild, ImageSource
from beanstalk.source.compose_values import Build, Service
from beanstalk.source.dockerfile import read_dockerfile
from beanstalk.source.dockerfile_stages import Stage, find_stage, read_stages

_INLINE = "dockerfile_inline"
_ACTED_ON = ("context", "dockerfile", "target", "args", _INLINE)
_SILENT = ("tags",)
"""Names for an image that nobody asks for here."""
_ALWAYS = ("always", "daily", "weekly")


def service_image(service: Service, composition: Composition) -> ImageSource:
    """A service that names the image which another one builds gets that one, as with Compose."""
    maker = service
    if service.build is None:
        makers = (each for each in composition.compose.services if each.build and each.image == service.image)
        maker = next(makers, service)
    if maker.build is not None:
        return _built(maker, maker.build, composition)
    keys = composition.service(service.name)
    policy = composition.notes.text(keys.get("pull_policy"), "pull_policy")
    always = policy in _ALWAYS or policy.startswith("every_")
    return named_image(service.image, keys.place("image"), composition.material, always, composition.credentials)


def service_stages(service: Service, composition: Composition) -> tuple[tuple[Stage, ...], str]:
    """(stages, target) of the Dockerfile that the service is built from; nothing when it is not built."""
    if service.build is None:
        return (), ""
    image = _build(service, service.build, composition)
    text = image.text or composition.material.text(dockerfile_path(image)) or ""
    return read_stages(read_dockerfile(text), dict(image.args)), image.target


def _built(service: Service, build: Build, composition: Composition) -> ImageSource:
    notes, place = composition.notes, composition.service(service.name).place("build")
    image = _build(service, build, composition)
    path = dockerfile_path(image)
    outside = image.context.startswith(("/", "..")) or path.startswith(("/", ".."))
    if "://" in build.context or build.context.startswith("git@") or outside:
        text = f"{service.name[:60]} is built from {build.context[:80]}, which is not in the bundle"
        notes.wrong(place, text, "put the folder into the bundle, or name the finished image")
        return ImageSource()
    written = image.text or composition.material.text(path)
    if written is None:
        notes.wrong(place, f"{service.name[:60]} is built from {path[:80]}, which is not in the bundle", "add the file")
        return ImageSource()
    if find_stage(read_stages(read_dockerfile(written), dict(image.args)), image.target) is None:
        what = f"no stage {image.target[:60]}" if image.target else "no FROM"
        notes.wrong(place, f"{service.name[:60]}: {path[:80]} has {what}", "correct target, or the Dockerfile")
    _tell_others(service, composition)
    return built_image(image, written, composition.material, composition.credentials)


def _build(service: Service, build: Build, composition: Composition) -> ImageBuild:
    keys = composition.service(service.name)
    inner = keys_of(keys.get("build"))
    outer = composition.notes.text(keys.get("dockerfile"), "dockerfile")  # where Compose v1 had it
    return ImageBuild(
        key="",
        context=_folder(build.context),
        dockerfile=outer or build.dockerfile,
        text=composition.notes.text(inner.get(_INLINE), _INLINE),
        target=build.target,
        args=tuple(_arguments(build, composition.variables).items()),
    )


def _folder(context: str) -> str:
    found = posixpath.normpath(context)
    found = "." if found == CURRENT else found.removeprefix(f"{CURRENT}/")
    return "" if found == "." else found


def _arguments(build: Build, variables: Mapping[str, str]) -> dict[str, str]:
    """An argument without value has that of the variable, if there is one."""
    found = ((name, variables.get(name) if value is None else value) for name, value in build.args)
    return {name: value for name, value in found if value is not None}


def _tell_others(service: Service, composition: Composition) -> None:
    inner = keys_of(composition.service(service.name).get("build"))
    for key in inner.all:
        if key not in (*_ACTED_ON, *_SILENT) and inner.get(key) and not key.startswith("x-"):
            why = "images are built with context, dockerfile, target and args alone"
            composition.material.told(inner.place(key), f"build.{key[:40]} of {service.name[:60]}", why)
