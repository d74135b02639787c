"""`.ebextensions` as layers of an image: packages, groups, users, sources, files, commands, in the order of cfn-init.

File after file, and in each file key after key, before the application is there: so none of them sees it, as on an
instance. Source: EB Developer Guide, "Customizing software on Linux servers"; what cfn-init does with each key.
"""

from __future__ import annotations

import base64
import html
import json
import posixpath
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from urllib.parse import urlsplit

from beanstalk.errors import Where
from beanstalk.image.instructions import origin, run, url_for_add, write_file
from beanstalk.platform_section import Base
from beanstalk.source.ebextensions import Extensions
from beanstalk.source.evaluate import Lookup, resolve, text_of
from beanstalk.source.functions import Object, Value, is_known, to_json
from beanstalk.source.instance_keys import (
    Archive,
    Command,
    File,
    InstanceKeys,
    Package,
    ServiceState,
    UnixGroup,
    User,
)
from beanstalk.source.notes import Notes

_INSTALL = {
    "rpm": "rpm -U --replacepkgs {}",
    "yum": "yum install -y {} && yum clean all",
    "apt": "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {}"
    " && rm -rf /var/lib/apt/lists/*",
    "zypper": "zypper --non-interactive install {}",
}
_BEFORE_VERSION = {"yum": "-", "apt": "=", "zypper": "="}
_NEVER = {
    "python": "they are those of Python 2.7; list them in requirements.txt",
    "npm": "Elastic Beanstalk does not know this manager; list them in package.json",
    "msi": "they are for Windows",
}
_FETCHED = "/tmp/beanstalk-fetched-"
_MUSTACHE = re.compile(r"\{\{(\{?)\s*([A-Za-z0-9_.-]+)\s*\}?\}\}")
_COMPOUND = re.compile(r"[\n;#&|]|\\$")
_UNKNOWN = "only CloudFormation can evaluate what it refers to"


def system_of(extensions: Extensions) -> set[str]:
    """The managers of packages that have to be in the base."""
    return {package.manager for package in extensions.packages if package.manager in _INSTALL}


def extension_layers(extensions: Extensions, base: Base | None, lookup: Lookup, notes: Notes) -> list[str]:
    """The instructions. base: None for an image that nothing is known about: then everything is tried.

    What is wrong, and what is not applied, is noted with its place.
    """
    layers = _Layers(base, lookup, notes)
    for keys in extensions.instance:
        layers.add(keys)
    return layers.instructions


@dataclass
class _Layers:
    base: Base | None
    lookup: Lookup
    notes: Notes
    instructions: list[str] = field(default_factory=list)
    _fetched: int = 0

    def add(self, keys: InstanceKeys) -> None:
        for manager, packages in groupby(keys.packages, key=lambda package: package.manager):
            self.packages(manager, list(packages))
        for group in keys.groups:
            self.group(group)
        for user in keys.users:
            self.user(user)
        for archive in keys.sources:
            self.source(archive)
        for file in keys.files:
            self.file(file)
        for command in keys.commands:
            self.command(command)
        for service in keys.services:
            self.service(service)

    def packages(self, manager: str, packages: Sequence[Package]) -> None:
        at = packages[0].at
        if manager in _NEVER:
            self.notes.warn(at, f"packages of {manager} are not installed", _NEVER[manager])
            return
        if self.base and manager not in self.base.managers:
            has = " and ".join(self.base.managers) or "no package manager"
            text = f"packages of {manager} cannot be installed: the image {self.base.image} has {has}"
            self.notes.wrong(at, text, _remedy(manager))
            return
        wanted = [word for package in packages for word in self._package(package)]
        if wanted and manager == "rubygems":
            self._run("packages: rubygems", at, " && ".join(f"gem install --no-document {each}" for each in wanted))
        elif wanted:
            self._run(f"packages: {manager}", at, _INSTALL[manager].format(" ".join(wanted)))

    def _package(self, package: Package) -> list[str]:
        """Its words for the package manager, quoted; one for each version that is named."""
        versions = [self._known(each, f"the version of {package.name}", package.at) for each in package.versions]
        if any(version is None for version in versions):
            return []
        manager, found = package.manager, [version or "" for version in versions]
        if manager == "rpm":
            words = found
        elif manager == "rubygems":
            words = [f"{package.name} -v {shlex.quote(each)}" for each in found] or [package.name]
        else:
            words = [f"{package.name}{_BEFORE_VERSION[manager]}{each}" for each in found] or [package.name]
        if package.name.startswith("-") or any(word.startswith("-") for word in words):
            self.notes.wrong(package.at, f"{package.name[:60]!r} is no name of a package", "begin it with a letter")
            return []
        if manager == "rubygems":
            name, quoted = package.name, shlex.quote(package.name)
            return [quoted + word.removeprefix(name) for word in words]
        return [shlex.quote(word) for word in words]

    def group(self, group: UnixGroup) -> None:
        name = shlex.quote(group.name)
        # With a number it fails when there is such a group already, as it does on an instance.
        command = (
            f"getent group {name} || groupadd -r {name}" if group.gid is None else f"groupadd -r -g {group.gid} {name}"
        )
        self._run(
            f"group {group.name}", group.at, f"{_needs('groupadd', 'passwd', 'shadow-utils')} && {{ {command}; }}"
        )

    def user(self, user: User) -> None:
        words = ["useradd", "-M", "-r", "-s", "/sbin/nologin"]
        words += ["-u", str(user.uid)] if user.uid is not None else []
        words += ["-G", ",".join(user.groups)] if user.groups else []
        words += ["-d", user.home] if user.home else []
        command = f"id -u {shlex.quote(user.name)} || {shlex.join([*words, user.name])}"
        self._run(f"user {user.name}", user.at, f"{_needs('useradd', 'passwd', 'shadow-utils')} && {{ {command}; }}")

    def source(self, archive: Archive) -> None:
        url = self._known(archive.url, f"the source {archive.target}", archive.at)
        if url is None or not self._is_inside(archive.target, archive.at):
            return
        fetched, into = self._fetch(url, f"source {archive.target}", archive.at), shlex.quote(archive.target)
        unzip = f"{_needs('unzip', 'unzip', 'unzip')} && unzip -oq {fetched} -d {into}"
        untar = f"tar -xf {fetched} -C {into}"
        unpack = unzip if urlsplit(url).path.endswith(".zip") else f"{{ {untar} || {{ {unzip}; }}; }}"
        self.instructions.append(run(f"mkdir -p {into} && {unpack} && rm {fetched}"))

    def file(self, file: File) -> None:
        if not self._is_inside(file.path, file.at):
            return
        if file.authentication:
            text = f"{file.path} is not written: its source needs {file.authentication}, which is known on AWS only"
            self.notes.warn(file.at, text, "put the file into the bundle")
            return
        path = shlex.quote(file.path)
        before = (
            f"mkdir -p {shlex.quote(posixpath.dirname(file.path))} && if [ -e {path} ]; then mv {path} {path}.bak; fi"
        )
        if file.source is not None:
            url = self._known(file.source, f"the source of {file.path}", file.at)
            if url is not None:
                fetched = self._fetch(url, f"file {file.path}", file.at)
                after = _rights(file) or f"chmod 644 {path}"
                self.instructions.append(run(f"{before} && mv {fetched} {path} && {after}"))
            return
        content = self._content(file)
        if content is None:
            return
        if file.is_link:
            target = shlex.quote(content.decode())
            self._run(f"file {file.path}", file.at, f"{before} && ln -s {target} {path}")
            return
        self._add(f"file {file.path}", file.at, lambda: write_file(file.path, content, before, _rights(file)))

    def _content(self, file: File) -> bytes | None:
        value = resolve(file.content, self.lookup)
        if isinstance(value, Object | tuple):
            if is_known(value):
                return json.dumps(to_json(value), indent=2).encode()
            text = None
        else:
            text = text_of(value)
        if text is None:
            self.notes.warn(file.at, f"{file.path} is not written: {_UNKNOWN}", "put the file into the bundle")
            return None
        if isinstance(context := resolve(file.context, self.lookup), Object):
            text = self._filled_in(text, context, file)
        return base64.b64decode("".join(text.split())) if file.encoding == "base64" else text.encode()

    def _filled_in(self, text: str, context: Object, file: File) -> str:
        """Names of the context, as Mustache has them: {{name}} for HTML, {{{name}}} as it is."""

        def value(found: re.Match[str]) -> str:
            said = text_of(context.get(found[2])) or ""
            return said if found[1] else html.escape(said)

        filled = _MUSTACHE.sub(value, text)
        if re.search(r"\{\{[#^/>&!]", filled):
            told = f"{file.path} has sections of Mustache, which are not filled in"
            self.notes.warn(file.at, told, "write them out, or use names only")
        return filled

    def command(self, command: Command) -> None:
        what = f"command {command.name}"
        words = command.command if isinstance(command.command, tuple) else (command.command,)
        known = [self._known(each, what, command.at) for each in words]
        cwd, test = self._known(command.cwd, what, command.at), self._known(command.test or "", what, command.at)
        variables = [(name, self._known(value, what, command.at)) for name, value in command.env or ()]
        texts = [each for each in [*known, cwd, test, *(value for _, value in variables)] if each is not None]
        if len(texts) < len(known) + 2 + len(variables):
            return
        # With variables of its own a command sees nothing else.
        env = shlex.join(["env", "-i", *(f"{name}={value}" for name, value in variables)]) + " " if variables else ""
        if isinstance(command.command, tuple):
            line = env + shlex.join(texts[: len(known)])
        elif env or test or command.ignore_errors or _COMPOUND.search(texts[0]):
            line = f"{env}sh -c {shlex.quote(texts[0])}"
        else:
            line = texts[0]
        if command.ignore_errors:
            line = f"{{ {line} || echo {shlex.quote(f'{what} failed, which is ignored')}; }}"
        if test:
            line = f"if {env}sh -c {shlex.quote(test)}; then {line}; fi"
        self._run(what, command.at, f"cd {shlex.quote(cwd or '/')} && {line}")

    def service(self, service: ServiceState) -> None:
        if service.ensure_running or service.enabled:
            hint = f"a line `{_process_name(service.name)}: COMMAND` of the Procfile runs beside the application"
            self.notes.warn(
                service.at, f"the service {service.name} is not started: a container has no {service.manager}", hint
            )

    def _fetch(self, url: str, what: str, at: Where) -> str:
        """The engine itself fetches it, so no program is needed in the image. Gives its place."""
        self._fetched += 1
        place = f"{_FETCHED}{self._fetched}"
        self.instructions += [origin(what, at), f"ADD {url_for_add(url)} {place}"]
        return place

    def _run(self, what: str, at: Where, command: str) -> None:
        self._add(what, at, lambda: run(command))

    def _add(self, what: str, at: Where, make: Callable[[], str]) -> None:
        try:
            instruction = make()
        except ValueError as error:
            self.notes.wrong(
                at, f"{what[:80]} cannot be a part of an image: {error}", "keep it in a file of the bundle"
            )
            return
        self.instructions += [origin(what, at), instruction]

    def _known(self, value: Value, what: str, at: Where) -> str | None:
        text = text_of(resolve(value, self.lookup))
        if text is None:
            hint = "give the value as an environment property, or write it out"
            self.notes.warn_once(f"{at} {what}", at, f"{what} is not applied: {_UNKNOWN}", hint)
        return text

    def _is_inside(self, path: str, at: Where) -> bool:
        if not path.startswith("/"):
            self.notes.warn(at, f"{path[:80]} is not written: it is no path of Linux", "name it from / on")
        return path.startswith("/")


def _rights(file: File) -> str:
    path, commands = shlex.quote(file.path), []
    if file.mode:
        commands.append(f"chmod {file.mode[-4:].lstrip('0') or '0'} {path}")
    if file.owner or file.group:
        commands.append(f"chown {shlex.quote(f'{file.owner}:{file.group}'.removesuffix(':'))} {path}")
    return " && ".join(commands)


def _needs(program: str, apt: str, yum: str) -> str:
    """Have a program that small images may lack."""
    return (
        f"{{ command -v {program} || {{ apt-get update && apt-get install -y --no-install-recommends {apt}; }}"
        f" || yum install -y {yum}; }}"
    )


def _remedy(manager: str) -> str:
    return f"name an image that has {manager} and what the platform needs: --option beanstalk:docker:BaseImage=IMAGE"


def _process_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "service"
