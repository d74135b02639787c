"""An application of a platform as the image of one container: its Dockerfile, and the container that runs it.

The Dockerfile comes from the platform's `Dockerfile.j2`, whose pieces are made of what the bundle and the environment
say. Layers that change seldom come first: the system with `.ebextensions`, the dependencies, then the application.
Pure: nothing is built or fetched.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from dataclasses import dataclass, replace
from functools import cached_property

from beanstalk.container_groups.images import mirrored
from beanstalk.containers import Container, ContainerGroup, ImageBuild, ImageSource, Mount, MountKind, Pairs
from beanstalk.errors import InvalidInput, Problem, UsageError, Where
from beanstalk.image import pieces
from beanstalk.image.base import Chosen, choose_base
from beanstalk.image.extensions import extension_layers, system_of
from beanstalk.image.instructions import comment, run, write_file
from beanstalk.image.template import render_template
from beanstalk.options.catalogue import PROPERTIES
from beanstalk.options.configuration import Configuration
from beanstalk.platform_file import Platform
from beanstalk.platform_rules import first_match
from beanstalk.platform_section import TEMPLATE, ImageSection
from beanstalk.scripts import lookup_of
from beanstalk.source.buildfile import BuildCommand, read_buildfile
from beanstalk.source.bundle import Bundle, read_text
from beanstalk.source.content import LINK
from beanstalk.source.ebextensions import Extensions
from beanstalk.source.image_name import why_not_an_image
from beanstalk.source.notes import Notes
from beanstalk.source.procfile import ProcfileEntry, read_procfile
from beanstalk.workload import WEB, Build, Composition, Process

DOCKER = "beanstalk:docker"
LEFT_OUT = (".git", ".elasticbeanstalk", ".ebextensions/*.config")
"""Patterns of what never gets into the image: settings are for us, and may be secrets."""
_CONFIGURATION = re.compile(r"\.ebextensions/[^/]*\.config")
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|\blocalhost)\b")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOLD_TO_SCRIPTS = ("aws:elasticbeanstalk:container:", "aws:elasticbeanstalk:customoption")
"""Beginnings of the namespaces that `get-config optionsettings` knows; a change of them makes new instances anyway."""
_HOOKS = (".platform/hooks/", ".platform/confighooks/")


def mode_of(configuration: Configuration) -> str:
    """How an application is to run: "process", "docker", or "" for what its platform does."""
    return configuration.text("beanstalk:deployment", "Mode") or ""


def platform_group(
    bundle: Bundle, configuration: Configuration, platform: Platform, extensions: Extensions
) -> tuple[ContainerGroup, tuple[Problem, ...]]:
    """The one container, `web`, and what is to be told.

    Raises UsageError for a platform that has no image or finds nothing to start, InvalidInput with everything that
    cannot become a part of the image.
    """
    if platform.image is None:
        hint = f"leave out --mode docker, or write image: and a Dockerfile.j2 into {platform.folder}"
        raise UsageError(f"the platform {platform.name} makes no images", hint=hint)
    making = _Making(bundle, configuration, platform, platform.image, extensions)
    text, environment = making.dockerfile(), making.environment()
    warnings = making.notes.finish()
    made_of = [text, making.args, LEFT_OUT, making.content()]
    build = ImageBuild(
        hashlib.sha256(json.dumps(made_of).encode()).hexdigest(), text=text, args=making.args, left_out=LEFT_OUT
    )
    mounts = (Mount(MountKind.VOLUME, "application", pieces.CURRENT),) if making.has_scripts else ()
    told = dict(environment)
    secrets = tuple((name, name) for name in configuration.secrets() if name not in told)
    container = Container(WEB, ImageSource(build=build), environment=environment, secrets=secrets, mounts=mounts)
    return ContainerGroup((container,), WEB, making.port), warnings


@dataclass
class _Making:
    """One image while it is made. What is wrong is noted."""

    bundle: Bundle
    configuration: Configuration
    platform: Platform
    section: ImageSection
    extensions: Extensions

    @cached_property
    def notes(self) -> Notes:
        return Notes()

    def dockerfile(self) -> str:
        chosen, user = self._chosen, self.section.user
        names = [name for name, _ in self.args]
        build = self._build
        given = {
            "base": self._image,
            "version": chosen.version,
            "system": [*pieces.system(user, () if self._named else chosen.prepare), *self._layers()],
            "dependencies": pieces.dependencies(build, self._needs_everything(build), names) if build else [],
            "application": pieces.application(user, build, names, self._buildfile, self._has_hooks),
            "start": self._start(),
        }
        texts = {name: "\n".join(found) if isinstance(found, list) else found for name, found in given.items()}
        helpers = {"has": self._has, "run": run, "file": self._file, "image": self._mirrored, "values": self._values()}
        why = f" ({chosen.because})" if chosen.version and not self._named else ""
        about = comment("Made by beanstalk: the platform", self.platform.name, f"on {self._image}{why}.")
        return f"{about}\n{render_template(self.platform.folder, texts | helpers)}"

    def environment(self) -> Pairs:
        """The platform's variables, the user's properties over them, and what `get-config` tells."""
        properties = self.configuration.properties()
        if properties.get("PORT", str(self.port)) != str(self.port):
            text = f"the property PORT is {properties['PORT'][:20]!r}, which is no port: {self.port} is taken"
            self.notes.warn(self._place(PROPERTIES, "PORT"), text, "set a number from 1024 to 65535")
        secrets = self.configuration.secrets()
        names = "\n".join([*properties, *secrets])
        if "PATH" in properties:
            properties["PATH"] = ":".join([*pieces.folders_of_path(self._build), properties["PATH"]])
        told = {"PORT": str(self.port), "BEANSTALK_PROPERTIES": names, "BEANSTALK_OPTIONS": self._options()}
        own = {**dict(self.platform.environment), **dict(self.section.environment)}
        own = {name: value for name, value in own.items() if name not in secrets or name == "PATH"}
        return tuple({**own, **properties, **told}.items())

    def content(self) -> list[tuple[str, int, str]]:
        """Of everything that gets into the image."""
        kept = (each for each in self.bundle.entries if not _CONFIGURATION.fullmatch(each.path))
        return sorted((each.path, each.mode, each.sha256) for each in kept)

    @property
    def port(self) -> int:
        """A property PORT changes it, as on Elastic Beanstalk. Its user may not take one below 1024."""
        said = self.configuration.properties().get("PORT", "")
        return int(said) if re.fullmatch("[0-9]{4,5}", said) and 1024 <= int(said) < 65536 else self.section.port

    @property
    def has_scripts(self) -> bool:
        """Whether something may change the application's folder between the image and the start."""
        return self._has_hooks or bool(self.extensions.container_commands)

    @property
    def _has_hooks(self) -> bool:
        return any(each.path.startswith(_HOOKS) for each in self.bundle.entries)

    @cached_property
    def args(self) -> Pairs:
        """The properties that commands of the build see: those of the platform, and those that the Buildfile names."""
        build, properties = self.platform.build, self.configuration.properties()
        found = dict(self._composition.visible(build)) if build else {}
        for line in self._buildfile:
            named = set(re.findall(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)", line.command))
            found |= {name: properties[name] for name in named if name in properties}
        return tuple((name, value) for name, value in sorted(found.items()) if _IDENTIFIER.fullmatch(name))

    @cached_property
    def _composition(self) -> Composition:
        platform = replace(self.platform, web=(*self.section.web, *self.platform.web))
        return Composition(self.bundle, self.configuration, platform, address="0.0.0.0")

    @cached_property
    def _processes(self) -> tuple[tuple[Process, ...], Build | None]:
        text = read_text(self.bundle, "Procfile")
        lines = () if text is None else read_procfile(text, "Procfile")
        self._tell_loopback(lines)
        processes, extra = self._composition.processes(lines)
        build = self._composition.build(extra)
        return processes, build if build and (build.commands or build.links) else None

    @property
    def _build(self) -> Build | None:
        return self._processes[1]

    @cached_property
    def _buildfile(self) -> tuple[BuildCommand, ...]:
        text = read_text(self.bundle, "Buildfile")
        return () if text is None else read_buildfile(text)

    @property
    def _named(self) -> str:
        """The image that the user wants to begin with, "" for none."""
        return self.configuration.text(DOCKER, "BaseImage") or ""

    @cached_property
    def _chosen(self) -> Chosen:
        version = self.configuration.text(DOCKER, "Version") or ""
        chosen, told = choose_base(self.section, self.bundle, system_of(self.extensions), version)
        self.notes.warnings += [] if self._named else told
        return chosen

    @cached_property
    def _image(self) -> str:
        image = self._named or self._mirrored(self._chosen.image)
        if why := why_not_an_image(image):
            name = "BaseImage" if self._named else "RegistryMirror"
            text = f"{image[:80]!r} is no name of an image: {why}"
            self.notes.wrong(self._place(DOCKER, name), text, "as in python:3.13-slim or registry.example.com/name:tag")
            return "scratch"
        return image

    def _layers(self) -> list[str]:
        base = None if self._named else self._chosen.base
        return extension_layers(self.extensions, base, lookup_of(self.extensions, self.configuration), self.notes)

    def _start(self) -> list[str]:
        variables = {**dict(self.platform.environment), **dict(self.section.environment), "PORT": str(self.port)}
        try:
            return pieces.start(self.section.user, self.port, self._processes[0], tuple(variables.items()))
        except ValueError as error:
            self.notes.wrong(Where("Procfile"), f"it cannot be a part of an image: {error}", "call a script instead")
            return []

    def _needs_everything(self, build: Build) -> bool:
        """What a link leads to is not copied with it."""
        files = set(build.files)
        return any(each.mode == LINK and each.path in files for each in self.bundle.entries)

    def _mirrored(self, image: str) -> str:
        return mirrored(image, self.configuration.text(DOCKER, "RegistryMirror") or "")

    def _file(self, path: str, name: str) -> str:
        """Put a file of the platform's folder into the image. Raises InvalidInput when there is none."""
        file = self.platform.folder / name
        if file.parent != self.platform.folder or not file.is_file():
            raise InvalidInput(
                [Problem(f"{name} is not a file beside it", Where(str(self.platform.folder / TEMPLATE)))]
            )
        return write_file(path, file.read_bytes())

    def _values(self) -> dict[str, str]:
        """Each as one word for a shell."""
        return {value.name: shlex.quote(self._composition.value(value)) for value in self.platform.values}

    def _has(self, pattern: object) -> bool:
        return first_match([str(pattern)], self.bundle) is not None

    def _options(self) -> str:
        """One a line: namespace, name and value, with tabs between, the value as a JSON string."""
        resolved = self.configuration.resolved
        said = [each for each in self.configuration.stated() if each.namespace.startswith(_TOLD_TO_SCRIPTS)]
        said += [resolved(value.namespace, value.option) for value in self.platform.values]
        values = {(each.namespace, each.name): each.value for each in said if each.value is not None}
        return "\n".join(
            f"{namespace}\t{name}\t{json.dumps(value, ensure_ascii=False)}"
            for (namespace, name), value in sorted(values.items())
        )

    def _tell_loopback(self, lines: tuple[ProcfileEntry, ...]) -> None:
        """On an instance of Elastic Beanstalk a proxy stands beside the application; here it is outside."""
        for line in lines:
            if line.name == WEB and (found := _LOOPBACK.search(line.command)):
                text = f"web listens on {found[0]}, where nobody outside of its container reaches it"
                self.notes.warn(line.at, text, "listen on 0.0.0.0")

    def _place(self, namespace: str, name: str) -> Where | None:
        return self.configuration.resolved(namespace, name).winner.at
