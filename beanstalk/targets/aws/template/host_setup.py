"""What the files of `.ebextensions` ask of an instance, as metadata that cfn-init applies when the instance starts.

One config set has a config for each file, in the order of the files; within a config cfn-init's own order is that of
Elastic Beanstalk: packages, groups, users, sources, files, commands, services.
Source: CloudFormation User Guide, "AWS::CloudFormation::Init".
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from beanstalk.source.functions import Value
from beanstalk.source.instance_keys import (
    Command,
    CommandLine,
    File,
    InstanceKeys,
    Package,
    ServiceState,
    UnixGroup,
    User,
)
from beanstalk.targets.aws.blueprint import Blueprint, Json
from beanstalk.targets.aws.template.aliases import to_intrinsic

SET = "beanstalk"


def init_metadata(blueprint: Blueprint) -> Json:
    """AWS::CloudFormation::Init of the host; {} when no file asks anything of it."""
    made = _Made(blueprint)
    configs = {
        f"{number:02}_{re.sub('[^A-Za-z0-9]+', '_', keys.path.rpartition('/')[2])}": config
        for number, keys in enumerate(blueprint.extensions.instance, 1)
        if (config := made.config(keys))
    }
    return {"AWS::CloudFormation::Init": {"configSets": {SET: [*configs]}, **configs}} if configs else {}


class _Made:
    """Keys of the files as cfn-init has them."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint

    def config(self, keys: InstanceKeys) -> Json:
        found: Json = {
            "packages": self.packages(keys.packages),
            "groups": {each.name: _group(each) for each in keys.groups},
            "users": {each.name: _user(each) for each in keys.users},
            "sources": {each.target: self.json(each.url) for each in keys.sources},
            "files": {each.path: self.file(each) for each in keys.files},
            "commands": {each.name: self.command(each) for each in keys.commands},
            "services": _by_manager((each.manager, each.name, _service(each)) for each in keys.services),
        }
        return {key: value for key, value in found.items() if value}

    def json(self, value: Value) -> Any:
        return to_intrinsic(self.blueprint, value)

    def packages(self, packages: Sequence[Package]) -> Json:
        """Of rpm a package is the place that it comes from."""
        versions = [(each, [self.json(version) for version in each.versions]) for each in packages]
        return _by_manager(
            (each.manager, each.name, found[0] if each.manager == "rpm" and found else found)
            for each, found in versions
        )

    def file(self, file: File) -> Json:
        found: Json = {
            "content": None if file.source is not None else self.json(file.content),
            "source": None if file.source is None else self.json(file.source),
            "encoding": file.encoding,
            "mode": file.mode,
            "owner": file.owner,
            "group": file.group,
            "authentication": file.authentication,
            "context": self.json(file.context),
        }
        return {key: value for key, value in found.items() if value not in ("", None)}

    def command(self, command: Command) -> Json:
        found: Json = {
            "command": self.line(command.command),
            "cwd": self.json(command.cwd),
            "env": None if command.env is None else {name: self.json(value) for name, value in command.env},
            "test": None if command.test is None else self.json(command.test),
            "ignoreErrors": True if command.ignore_errors else None,
        }
        return {key: value for key, value in found.items() if value not in ("", None)}

    def line(self, command: CommandLine) -> Any:
        """A program and its arguments as a line for a shell, where all is known: linters know no other form."""
        if not isinstance(command, tuple):
            return self.json(command)
        words = [self.json(word) for word in command]
        return shlex.join(words) if all(isinstance(word, str) for word in words) else words


def _by_manager(entries: Iterable[tuple[str, str, Any]]) -> Json:
    """Manager → name → what is said of it."""
    found: Json = {}
    for manager, name, value in entries:
        found.setdefault(manager, {})[name] = value
    return found


def _group(group: UnixGroup) -> Json:
    return {} if group.gid is None else {"gid": str(group.gid)}


def _user(user: User) -> Json:
    found: Json = {"uid": None if user.uid is None else str(user.uid), "groups": [*user.groups], "homeDir": user.home}
    return {key: value for key, value in found.items() if value}


def _service(service: ServiceState) -> Json:
    packages: dict[str, list[str]] = {}
    for manager, name in service.packages:
        packages.setdefault(manager, []).append(name)
    found: Json = {
        "enabled": service.enabled,
        "ensureRunning": service.ensure_running,
        "files": [*service.files],
        "sources": [*service.sources],
        "packages": packages,
        "commands": [*service.commands],
    }
    return {key: value for key, value in found.items() if value not in (None, [], {})}
