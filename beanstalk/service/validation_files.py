"""The files that have a reader: which one a name means, and what the reader says about the content. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.model import OptionSetting
from beanstalk.options.asked import unanswered
from beanstalk.source.document import Kind as NodeKind
from beanstalk.source.document import read_document
from beanstalk.source.ebextensions import Extensions, look_at_extensions, read_extensions
from beanstalk.source.environment_parts import read_options
from beanstalk.source.project_file import FOLDER as PROJECT_FOLDER
from beanstalk.source.project_file import read_project_file
from beanstalk.source.yaml_notes import read_mapping
from beanstalk.source.yaml_syntax import decode

_PLATFORM = Path("platform")
_BESIDE = ("is not a file beside this one", "beside this file")
"""What is said of files that are not looked for here: no disk is read."""


class FileKind(StrEnum):
    """The values are ids of rules."""

    EBEXTENSIONS = "ebextensions"
    DOCKERRUN = "dockerrun"
    COMPOSE = "compose"
    ENV_FILE = "env-file"
    PROCFILE = "procfile"
    BUILDFILE = "buildfile"
    CRON = "cron"
    MANIFEST = "manifest"
    SAVED = "saved-configuration"
    PLATFORM = "platform-yaml"
    PROJECT = "project-file"


AT_ROOT = {
    "Dockerrun.aws.json": FileKind.DOCKERRUN,
    "docker-compose.yml": FileKind.COMPOSE,
    ".env": FileKind.ENV_FILE,
    "Procfile": FileKind.PROCFILE,
    "Buildfile": FileKind.BUILDFILE,
    "cron.yaml": FileKind.CRON,
    "env.yaml": FileKind.MANIFEST,
    "platform.yaml": FileKind.PLATFORM,
}
"""What is looked for at the root of a bundle; capitals count."""

_NO_WEB = "no process is named web, the one that answers requests"
_WEB = "add a line like `web: gunicorn --bind :$PORT application`, unless the platform knows what to start"
_NAMES = (
    (re.compile(r".*\.config"), FileKind.EBEXTENSIONS),
    (re.compile(r"dockerrun\.aws\..*"), FileKind.DOCKERRUN),
    (re.compile(r"(docker-)?compose.*\.ya?ml"), FileKind.COMPOSE),
    (re.compile(r".*\.cfg\.(ya?ml|json)"), FileKind.SAVED),
    (re.compile(r"cron\.ya?ml"), FileKind.CRON),
    (re.compile(r"env\.ya?ml"), FileKind.MANIFEST),
    (re.compile(r"platform\.ya?ml"), FileKind.PLATFORM),
    (re.compile(r"(.*\.)?procfile"), FileKind.PROCFILE),
    (re.compile(r"(.*\.)?buildfile"), FileKind.BUILDFILE),
    (re.compile(r"\.env(\..*)?|.*\.env"), FileKind.ENV_FILE),
)
_PROJECT = re.compile(rf"(.*/)?{re.escape(PROJECT_FOLDER)}/config(\.[^/]+)?\.ya?ml")
"""CI has config.NAME.yml beside the two files that count, to be copied over one of them."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of one file. settings: option settings in it.  names: of processes, tasks or services.  version: of a
    Dockerrun.  pairs: variables of .env.  platform: what it calls the platform, "" when it does not.  tier: of an
    env.yaml."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    settings: tuple[OptionSetting, ...] = ()
    names: tuple[str, ...] = ()
    version: int | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    platform: str = ""
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a reader wants to know of the rest of the bundle; the defaults are for a file alone."""

    dockerfile: bool | None = None
    paths: Collection[str] | None = None
    variables: Mapping[str, str] | None = None


def kind_of(path: str) -> FileKind | None:
    """What a file that stands alone is, by its name; not as strict as at the root of a bundle."""
    if _PROJECT.fullmatch(path):
        return FileKind.PROJECT
    name = path.rpartition("/")[2]
    return AT_ROOT.get(name) or next((kind for form, kind in _NAMES if form.fullmatch(name.lower())), None)


def read_one(kind: FileKind, path: str, content: bytes, beside: Beside) -> Read:
    """Never raises for what somebody wrote: mistakes are in the value."""
    try:
        return _read(kind, path, content, beside)
    except InvalidInput as error:
        version = _version(content) if kind is FileKind.DOCKERRUN else None
        settings = _saved_settings(path, content) if kind in (FileKind.MANIFEST, FileKind.SAVED) else ()
        return Read(error.problems, error.warnings, settings, version=version)


def read_all_extensions(files: Sequence[tuple[str, bytes]]) -> tuple[Read, Extensions]:
    """All configuration files, and what those that are right say together. The settings are those of all of them."""
    found, problems = look_at_extensions(files)
    read = Read(problems, (*found.warnings, *unanswered(found.asked, found.settings)), found.settings)
    if not problems:
        return read, found
    wrong = {problem.at.path for problem in problems if problem.at}
    try:
        return read, read_extensions([file for file in files if file[0] not in wrong])
    except InvalidInput:  # what they refer to is in a file that is wrong
        return read, Extensions()


def _saved_settings(path: str, content: bytes) -> tuple[OptionSetting, ...]:
    """The option settings of a manifest or saved configuration in which something is wrong, as far as they are read."""
    try:
        _, root, notes = read_mapping(path, content, "the file")
        return read_options(notes.mapping(root, "the file").get("OptionSettings"), notes)
    except InvalidInput:
        return ()


def _read(kind: FileKind, path: str, content: bytes, beside: Beside) -> Read:
    match kind:
        case FileKind.EBEXTENSIONS:
            return read_all_extensions([(path, content)])[0]
        case FileKind.DOCKERRUN:
            from beanstalk.source.dockerrun import read_dockerrun

            run = read_dockerrun(path, content, beside.dockerfile)
            return Read(warnings=run.warnings, version=_version(content))
        case FileKind.COMPOSE:
            from beanstalk.source.compose import read_compose

            compose = read_compose(content, path, beside.variables, beside.paths)
            return Read(warnings=compose.warnings, names=tuple(each.name for each in compose.services))
        case FileKind.ENV_FILE:
            from beanstalk.source.env_file import read_env_file

            lines = read_env_file(path, content)
            return Read(pairs=tuple((line.name, line.value) for line in lines if line.value is not None))
        case FileKind.PROCFILE:
            from beanstalk.source.procfile import read_procfile

            names = tuple(each.name for each in read_procfile(decode(path, content), path))
            return Read(names=names, warnings=() if "web" in names else (Problem(_NO_WEB, Where(path), _WEB),))
        case FileKind.BUILDFILE:
            from beanstalk.source.buildfile import read_buildfile

            return Read(names=tuple(each.name for each in read_buildfile(decode(path, content), path)))
        case FileKind.CRON:
            from beanstalk.source.cron import read_cron

            cron = read_cron(content, path)
            return Read(warnings=cron.warnings, names=tuple(each.name for each in cron.tasks))
        case FileKind.MANIFEST:
            from beanstalk.source.manifest import read_manifest

            manifest = read_manifest(content, path)
            stack = manifest.solution_stack or manifest.platform_arn.partition(":platform/")[2].rpartition("/")[0]
            return Read(warnings=manifest.warnings, settings=manifest.settings, platform=stack, tier=manifest.tier.name)
        case FileKind.SAVED:
            from beanstalk.source.saved import read_saved

            saved = read_saved(path, content)
            return Read(warnings=saved.warnings, settings=saved.settings)
        case FileKind.PLATFORM:
            return _platform(path, content)
        case FileKind.PROJECT:
            project = read_project_file(path, content)
            return Read(project.problems, project.warnings)
        case _:
            assert_never(kind)


def _platform(path: str, content: bytes) -> Read:
    """Of a custom platform of Elastic Beanstalk, or one of ours."""
    from beanstalk.source.custom_platform import is_custom_platform, read_custom_platform

    root = read_document(path, content).root
    if root is None or root.kind is not NodeKind.MAPPING or is_custom_platform(root):
        custom = read_custom_platform(content, path)
        return Read(warnings=custom.warnings, names=(custom.explanation,))
    from beanstalk.platform_file import FILE_NAME, parse_platform

    try:
        parse_platform(decode(path, content), _PLATFORM)
    except InvalidInput as error:
        own = str(_PLATFORM / FILE_NAME)
        problems = [_moved(each, own, path) for each in error.problems if not each.text.endswith(_BESIDE)]
        if problems:
            raise InvalidInput(problems) from None
    return Read(names=("a platform for beanstalk itself",))


def _moved(problem: Problem, old: str, new: str) -> Problem:
    if problem.at is None or problem.at.path != old:
        return problem
    return replace(problem, at=replace(problem.at, path=new))


def _version(content: bytes) -> int | None:
    """Of a Dockerrun that may be broken."""
    found = re.search(rb'"AWSEBDockerrunVersion"\s*:\s*"?([123])\b', content)
    return int(found[1]) if found else None
