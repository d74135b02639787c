"""`.ebextensions/*.config` -> what they say together: option settings, what instances need, the template sections.

Elastic Beanstalk ignores a whole file with a warning event when something in it is wrong, so the deployment goes on
without its settings. Here that is an error before anything happens. All problems of all files are told at once.
Source: EB Developer Guide, "Advanced environment customization with configuration files".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.model import OptionSetting
from beanstalk.source.across_files import note_across_files, options_asked_for
from beanstalk.source.command_reader import read_commands, read_container_commands
from beanstalk.source.document import Document, Kind, Node, read_document
from beanstalk.source.file_reader import read_files
from beanstalk.source.functions import GetOptionSetting, Value
from beanstalk.source.host_reader import read_groups, read_packages, read_services, read_sources, read_users
from beanstalk.source.instance_keys import (
    Archive,
    Command,
    ContainerCommand,
    File,
    InstanceKeys,
    Package,
    ServiceState,
    UnixGroup,
    User,
)
from beanstalk.source.legacy import note_habits
from beanstalk.source.notes import MOST_HINTS, Notes, in_order, meant
from beanstalk.source.option_settings import read_option_settings
from beanstalk.source.template_keys import SECTIONS, Section, Template, merge, read_section

FOLDER = ".ebextensions"
SUFFIX = ".config"
MAX_TOTAL_BYTES = 2 * 1024 * 1024

TEMPLATE_KEYS = SECTIONS
INSTANCE_KEYS = ("packages", "groups", "users", "sources", "files", "commands", "services", "container_commands")
KEYS = ("option_settings", *TEMPLATE_KEYS, *INSTANCE_KEYS)


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the files say together.

    settings: in their order, the later one wins.  instance: what each file asks of an instance; file after file, the
    fields of each in their order.  container_commands: those of all files in the order in which they run, leaders
    first.  template: the sections of all files as one.  keys: every key but option_settings, with its place.
    asked: the options whose values functions ask for.
    """

    settings: tuple[OptionSetting, ...] = ()
    warnings: tuple[Problem, ...] = ()
    instance: tuple[InstanceKeys, ...] = ()
    container_commands: tuple[ContainerCommand, ...] = ()
    template: Template = field(default_factory=Template)
    keys: tuple[tuple[str, Where], ...] = ()
    asked: tuple[GetOptionSetting, ...] = ()

    @property
    def packages(self) -> tuple[Package, ...]:
        return tuple(package for keys in self.instance for package in keys.packages)

    @property
    def groups(self) -> tuple[UnixGroup, ...]:
        return tuple(group for keys in self.instance for group in keys.groups)

    @property
    def users(self) -> tuple[User, ...]:
        return tuple(user for keys in self.instance for user in keys.users)

    @property
    def sources(self) -> tuple[Archive, ...]:
        return tuple(archive for keys in self.instance for archive in keys.sources)

    @property
    def files(self) -> tuple[File, ...]:
        return tuple(file for keys in self.instance for file in keys.files)

    @property
    def commands(self) -> tuple[Command, ...]:
        return tuple(command for keys in self.instance for command in keys.commands)

    @property
    def services(self) -> tuple[ServiceState, ...]:
        return tuple(service for keys in self.instance for service in keys.services)


@dataclass(slots=True)
class _Reading:
    """What was read so far. `is_complete`: nothing had to be left out that other files may build on."""

    settings: list[OptionSetting] = field(default_factory=list)
    keys: list[tuple[str, Where]] = field(default_factory=list)
    instance: list[InstanceKeys] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    is_complete: bool = True


def read_extensions(files: Sequence[tuple[str, bytes]]) -> Extensions:
    """Read the files of the folder, given as (path, content) in any order; they count in the order of their names.

    Raises InvalidInput with every problem of every file. A file that is not `.ebextensions/<name>.config` is a warning.
    """
    found, problems = look_at_extensions(files)
    if problems:
        raise InvalidInput(problems, found.warnings)
    return found


def look_at_extensions(files: Sequence[tuple[str, bytes]]) -> tuple[Extensions, tuple[Problem, ...]]:
    """What can be read of the files, wrong or not, and every problem of them. Never raises."""
    reading = _Reading()
    total = 0
    for path, content in sorted(files):
        folder, _, name = path.rpartition("/")
        if not name.endswith(SUFFIX) or name == SUFFIX or folder.rpartition("/")[2] not in (FOLDER, ""):
            reading.notes.warn(Where(path), "this file is not read", f"only {FOLDER}/*{SUFFIX} count, no folders below")
            continue
        total += len(content)
        if total > MAX_TOTAL_BYTES:
            text = f"the configuration files have more than {MAX_TOTAL_BYTES:,} bytes together"
            reading.notes.wrong(Where(path), text, "keep large content in files of its own")
            reading.is_complete = False
            break
        _file(path, content, reading)
    together = Notes(noted_before=reading.notes.count)
    template = merge(reading.sections, together)
    note_across_files(template, reading.instance, reading.values, reading.is_complete, together)
    problems = [*reading.notes.problems, *(_told(each, _STACK) for each in together.problems)]
    found = Extensions(
        settings=tuple(reading.settings),
        warnings=tuple(in_order([*reading.notes.warnings, *together.warnings])),
        instance=tuple(reading.instance),
        container_commands=tuple(_in_order_of_running(reading.instance)),
        template=template,
        keys=tuple(reading.keys),
        asked=tuple(options_asked_for(template, reading.instance, reading.values)),
    )
    return found, tuple(in_order(problems))


_FILE = "Elastic Beanstalk would ignore the whole file"
_STACK = "CloudFormation would refuse the stack"


def _told(problem: Problem, consequence: str) -> Problem:
    return replace(problem, hint="; ".join(part for part in (problem.hint, consequence) if part))


def _in_order_of_running(instance: Sequence[InstanceKeys]) -> Iterator[ContainerCommand]:
    """The leader's first, whatever file they are in; then file after file, by name."""
    for leader_only in (True, False):
        for keys in instance:
            yield from (each for each in keys.container_commands if each.leader_only == leader_only)


def _file(path: str, content: bytes, reading: _Reading) -> None:
    notes, of_stack = Notes(noted_before=reading.notes.count), Notes(noted_before=reading.notes.count)
    duplicates: tuple[Problem, ...] = ()
    try:
        document = read_document(path, content)
        _document(path, document, reading, notes, of_stack)
        duplicates = document.duplicates
    except InvalidInput as error:
        reading.is_complete = False
        notes.problems.extend(error.problems)
    reading.notes.problems += [_told(problem, _FILE) for problem in notes.problems]
    reading.notes.problems += [_told(problem, _STACK) for problem in of_stack.problems]
    reading.notes.warnings += [*notes.warnings, *of_stack.warnings, *duplicates]


def _document(path: str, document: Document, reading: _Reading, notes: Notes, of_stack: Notes) -> None:
    root = document.root
    if root is None or root.kind is Kind.NULL:
        notes.warn(Where(path), "the file is empty", "remove it, or write a key such as option_settings")
    elif root.kind is not Kind.MAPPING:
        hint = f"write a key, one of {', '.join(KEYS)}, and its content below it"
        notes.wrong(root.at, "the file does not hold keys", hint)
        reading.is_complete = False
    else:
        _keys(path, root, reading, notes, of_stack)


def _keys(path: str, root: Node, reading: _Reading, notes: Notes, of_stack: Notes) -> None:
    """`of_stack`: what is wrong with the template."""
    found = InstanceKeys(path)
    for key, value in root.entries():
        name = key.text if key.is_scalar else ""
        if name == "option_settings":
            options = read_option_settings(value)
            reading.settings += options.settings
            reading.values += options.values
            notes.problems += options.problems
            notes.warnings += options.warnings
        elif name in SECTIONS:
            reading.sections.append(read_section(name, value, of_stack))
        elif name in INSTANCE_KEYS:
            found = _instance_key(name, value, found, notes)
        else:
            text = f"unknown key {key.text[:60]!r}" if key.is_scalar else "a key that is not text"
            notes.wrong(key.at, text, _remedy(key.text, notes))
            reading.is_complete = reading.is_complete and not _may_be_section(key.text, notes)
            continue
        if name != "option_settings":
            reading.keys.append((name, key.at))
    if found != InstanceKeys(path):
        note_habits(found, notes)
        reading.instance.append(found)


def _instance_key(name: str, value: Node, found: InstanceKeys, notes: Notes) -> InstanceKeys:
    match name:
        case "packages":
            return replace(found, packages=read_packages(value, notes))
        case "groups":
            return replace(found, groups=read_groups(value, notes))
        case "users":
            return replace(found, users=read_users(value, notes))
        case "sources":
            return replace(found, sources=read_sources(value, notes))
        case "files":
            return replace(found, files=read_files(value, notes))
        case "commands":
            return replace(found, commands=read_commands(value, notes))
        case "services":
            return replace(found, services=read_services(value, notes))
        case _:
            return replace(found, container_commands=read_container_commands(value, notes))


def _may_be_section(key: str, notes: Notes) -> bool:
    """Whether what other files build on may stand below this misspelt key. After many mistakes nobody compares."""
    return notes.count >= MOST_HINTS or meant(key, SECTIONS).startswith("did you mean")


def _remedy(key: str, notes: Notes) -> str:
    if key.startswith(("aws:", "beanstalk:")):
        return "put it under option_settings"
    return "put it under files" if key.startswith("/") else notes.meant(key, KEYS)
