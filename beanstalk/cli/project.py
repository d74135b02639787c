"""`.elasticbeanstalk/config.yml`: which application a folder is, and which environment a git branch has.

Same file and keys as the EB CLI, found by walking up; `config.global.yml` beside it is the committed layer beneath it.
Our own keys live under `beanstalk:`.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from beanstalk.errors import BeanstalkError, InvalidInput, Problem, Where
from beanstalk.source.project_file import COMMITTED, FOLDER, OWN, ProjectFile, merge, read_project_file

__all__ = ["COMMITTED", "FOLDER", "NO_BRANCH", "OWN", "Project", "find_project"]

NO_BRANCH = "default"
"""What the EB CLI calls the branch of a project that is on none."""
_IGNORED = f"{FOLDER}/*", f"!{FOLDER}/*.cfg.yml", f"!{FOLDER}/*.global.yml"


@dataclass(frozen=True)
class Project:
    """A folder with its configuration; without one when `is_initialised` is False.

    Raises InvalidInput when a file is first read that is not YAML, or no mapping. What is odd in it counts for
    nothing here; `beanstalk validate` tells of it.
    """

    folder: Path
    is_initialised: bool

    @property
    def file(self) -> Path:
        return self.folder / FOLDER / OWN

    @cached_property
    def settings(self) -> ProjectFile:
        """Both layers as one."""
        return _read(self.file).over(_read(self.file.with_name(COMMITTED)))

    @property
    def application(self) -> str:
        """The name of the application, "" when none is known."""
        return self.settings.application

    @property
    def platform(self) -> str:
        return self.settings.platform

    @property
    def target(self) -> str:
        return self.settings.target or "local"

    @property
    def artifact(self) -> Path | None:
        """What is deployed instead of the files of the project."""
        named = self.settings.artifact
        return self.folder / named if named else None

    @cached_property
    def branch(self) -> str:
        """The current git branch."""
        from beanstalk.source import git

        command = [*git.COMMAND, "-C", str(self.folder), "symbolic-ref", "--quiet", "--short", "HEAD"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=git.environment(), check=False)
        except FileNotFoundError:
            return NO_BRANCH
        return done.stdout.strip() or NO_BRANCH

    @property
    def environment(self) -> str:
        """The environment of the current branch, "" when it has none."""
        return self.settings.of_branch(self.branch, "environment")

    def choose(self, environment: str | None, group: str | None = None) -> None:
        """Make this the environment of the current branch; None: it has none any more. group: see `env.yaml`."""
        self._change({"branch-defaults": {self.branch: {"environment": environment, "group_suffix": group}}})

    def forget(self, environment: str) -> None:
        """No branch has this environment any more."""
        branches = _read(self.file).content.get("branch-defaults") if self.is_initialised else None
        if not isinstance(branches, dict):
            return
        has = {name: each.get("environment") for name, each in branches.items() if isinstance(each, dict)}
        gone = [name for name, chosen in has.items() if chosen == environment]
        if gone:
            self._change({"branch-defaults": {name: {"environment": None} for name in gone}})

    def initialise(
        self, application: str, platform: str | None, target: str, region: str = "", profile: str = ""
    ) -> Project:
        """Write the file, keeping every key that is there and not named here; returns the project as it is then.

        region, profile: of AWS, "": what is there stays.
        """
        here = {"application_name": application}
        here |= {key: value for key, value in (("default_region", region), ("profile", profile)) if value}
        usual: dict[str, Any] = {
            "branch": None, "default_ec2_keyname": None, "default_platform": None, "default_region": None,
            "include_git_submodules": True, "instance_profile": None, "platform_name": None, "platform_version": None,
            "profile": None, "repository": None, "sc": "git" if self._in_git() else None,
            "workspace_type": "Application",
        }  # fmt: skip
        if platform is not None:
            here["default_platform"] = platform
        there = merge({"global": usual}, _read(self.file).content)
        _write(self.file, merge(there, {"global": here, "beanstalk": {"target": target}}))
        self._ignore()
        return Project(self.folder, True)

    def _change(self, changes: dict[str, Any]) -> None:
        _write(self.file, merge(_read(self.file).content, changes))
        self.__dict__.pop("settings", None)

    def _in_git(self) -> bool:
        return any((above / ".git").exists() for above in (self.folder, *self.folder.parents))

    def _ignore(self) -> None:
        """What the EB CLI adds to .gitignore."""
        if not self._in_git():
            return
        path = self.folder / ".gitignore"
        text = path.read_text() if path.exists() else ""
        lines = text.splitlines()
        if missing := [line for line in _IGNORED if line not in lines]:
            between = "" if not text or text.endswith("\n") else "\n"
            path.write_text(text + between + "\n# Elastic Beanstalk Files\n" + "\n".join(missing) + "\n")


def find_project(start: Path | None = None) -> Project:
    """The project that `start` (the current folder) is in; without a configuration file, the folder itself."""
    try:
        start = start or Path.cwd()
    except FileNotFoundError:
        raise BeanstalkError("the current folder does not exist any more", hint="change to another one") from None
    home = Path("~").expanduser()
    for folder in (start, *start.parents):
        if any((folder / FOLDER / name).is_file() for name in (OWN, COMMITTED)):
            return Project(folder, True)
        if folder == home:
            break
    return Project(start, False)


def _read(path: Path) -> ProjectFile:
    """What a file says; nothing when it is not there or empty."""
    if not path.exists():
        return ProjectFile({})
    if not path.is_file():  # opening a pipe would wait for its other end
        raise InvalidInput([Problem("is no regular file", Where(str(path)))])
    from beanstalk.source.document import MAX_BYTES

    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput([Problem(f"cannot be read: {error.strerror}", Where(str(path)))]) from None
    return read_project_file(str(path), content)


def _write(path: Path, configuration: dict[str, Any]) -> None:
    from beanstalk.source.yaml_writer import write_yaml

    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(write_yaml(configuration), encoding="utf-8")
    scratch.replace(path)
