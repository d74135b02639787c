"""What a bundle runs beside its application, as values in the order in which it runs: hooks, Buildfile, commands.

The order of a deployment on an instance (EB Developer Guide, "Instance deployment workflow"): prebuild hooks,
Buildfile, `container_commands` (those of the leader first), predeploy hooks, the application starts, postdeploy hooks.
A deployment that changes only the configuration has hooks of its own (`.platform/confighooks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from beanstalk.errors import Problem, Where
from beanstalk.options.configuration import Configuration
from beanstalk.options.values import has_function
from beanstalk.platform_file import Pairs
from beanstalk.source.buildfile import read_buildfile
from beanstalk.source.bundle import Bundle, read_heads, read_text
from beanstalk.source.ebextensions import Extensions
from beanstalk.source.evaluate import Lookup, resolve, text_of
from beanstalk.source.functions import Value
from beanstalk.source.hooks import HEAD_BYTES, Hook, HookFile, Hooks, Occasion, Stage, read_hooks
from beanstalk.source.instance_keys import ContainerCommand

_BUILDFILE = "Buildfile"
_STAGING = re.compile(r"/var/app/(?:staging|current|ondeck)(?:/+(.*))?", re.DOTALL)
_ELSEWHERE = re.compile(r"/var/app/(?:staging|current|ondeck|venv)\b|/opt/(?:python|elasticbeanstalk)\b")


class ScriptPhase(StrEnum):
    """When in a deployment; the members stand in their order. Hooks of Stage have the same values."""

    PREBUILD = "prebuild"
    BUILD = "Buildfile"
    COMMANDS = "container_commands"
    PREDEPLOY = "predeploy"
    POSTDEPLOY = "postdeploy"


class Part(StrEnum):
    """Which scripts run together: those before the application starts, and those when it answers."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Script:
    """One program or command line. It ends before the next one begins; when it fails, so does its instance.

    at: where it was written; of a hook its file.  command: a text is for the shell, a tuple one program with its
    arguments; of a hook it is the path of its file in the bundle.  cwd: "" for the folder of the instance, else
    a folder in it, or absolute.  environment: goes over that of the application.  leader_only: on one instance of a
    deployment.  test: runs only when this one exits with 0; "" for always.  occasion: None when it runs at both.
    """

    phase: ScriptPhase
    name: str
    at: Where
    command: str | tuple[str, ...]
    cwd: str = ""
    environment: Pairs = ()
    leader_only: bool = False
    test: str = ""
    ignore_errors: bool = False
    occasion: Occasion | None = None

    @property
    def part(self) -> Part:
        return Part.AFTER if self.phase is ScriptPhase.POSTDEPLOY else Part.BEFORE

    @property
    def is_hook(self) -> bool:
        """Whether `command` is the path of a program in the instance's folder."""
        return self.phase.value in list(Stage)

    def __str__(self) -> str:
        """As a part of a sentence: where and what."""
        match self.phase:
            case ScriptPhase.BUILD:
                what = f"command {self.name} of the Buildfile"
            case ScriptPhase.COMMANDS:
                what = f"container command {self.name}"
            case _:
                what = f"{self.phase} hook {self.name}"
        return f"{self.at}: {what}"


def script_from_json(data: dict[str, Any]) -> Script:
    """What `dataclasses.asdict` made of a script, also after `json.dumps`. Raises KeyError or TypeError."""
    command, occasion = data["command"], data["occasion"]
    given = {
        "phase": ScriptPhase(data["phase"]),
        "at": Where(**data["at"]),
        "command": command if isinstance(command, str) else tuple(command),
        "environment": tuple((name, value) for name, value in data["environment"]),
        "occasion": None if occasion is None else Occasion(occasion),
    }
    return Script(**data | given)


def chosen(scripts: Sequence[Script], part: Part, occasion: Occasion, leader: bool) -> tuple[Script, ...]:
    """Those of `part` that run on one instance, in their order. leader: it is the leader of its deployment.

    With other settings an instance is made anew here, where Elastic Beanstalk changes one that was deployed to before:
    so it gets everything that a deployment runs, and then what a change of settings runs.
    """
    mine = [each for each in scripts if each.part is part and (leader or not each.leader_only)]
    plain = [each for each in mine if each.occasion in (None, Occasion.VERSION)]
    return (*plain, *(each for each in mine if each.occasion is Occasion.CONFIGURATION is occasion))


def has_leader(scripts: Sequence[Script]) -> bool:
    """Whether a deployment of these needs a leader."""
    return any(each.leader_only for each in scripts)


def scripts_of(
    extensions: Extensions, bundle: Bundle, configuration: Configuration
) -> tuple[tuple[Script, ...], tuple[Problem, ...]]:
    """All scripts of a bundle, for both occasions, in the order in which they run; and what is to be told of them.

    Raises InvalidInput for a Buildfile with mistakes and for hooks that nothing can start.
    """
    hooks = _hooks(bundle)
    text = read_text(bundle, _BUILDFILE)
    lines = () if text is None else read_buildfile(text, _BUILDFILE)
    commands, warnings = container_commands(extensions, configuration)
    scripts = (
        *_of_stage(hooks, Stage.PREBUILD),
        *(Script(ScriptPhase.BUILD, line.name, line.at, line.command) for line in lines),
        *commands,
        *_of_stage(hooks, Stage.PREDEPLOY),
        *_of_stage(hooks, Stage.POSTDEPLOY),
    )
    return scripts, (*hooks.warnings, *warnings)


def container_commands(
    extensions: Extensions, configuration: Configuration
) -> tuple[tuple[Script, ...], tuple[Problem, ...]]:
    """Those that can be run here, in their order, and a warning for each of the others."""
    lookup = lookup_of(extensions, configuration)
    found, warnings = list[Script](), list[Problem]()
    for command in extensions.container_commands:
        if (script := _container_command(command, lookup)) is not None:
            found.append(script)
            continue
        text = f"container command {command.name} is not run: only CloudFormation can evaluate what it refers to"
        warnings.append(Problem(text, command.at, "give the value as an environment property"))
    return tuple(found), tuple(warnings)


def notes_for_processes(scripts: Sequence[Script]) -> tuple[Problem, ...]:
    """What is to be told when the instance is no machine of its own: command lines that name its folders."""
    found = []
    for script in scripts:
        words = (script.command,) if isinstance(script.command, str) else script.command
        named = next((name for text in (*words, script.test) if (name := _elsewhere(text))), "")
        if named and not script.is_hook:
            hint = "use paths relative to the application's folder; programs of its dependencies are on PATH"
            text = f"container command {script.name} names {named}, which a process on this machine does not have"
            found.append(Problem(text, script.at, hint))
    return tuple(found)


def _elsewhere(text: str) -> str:
    """A folder of Elastic Beanstalk's instances that a command line counts on; "" when it looks for it first."""
    found = _ELSEWHERE.search(text)
    return found[0] if found and not re.search(rf"-[defrx] [\"']?{found[0]}", text) else ""


def _hooks(bundle: Bundle) -> Hooks:
    entries = [entry for entry in bundle.entries if entry.path.startswith(".platform/")]
    heads = read_heads(bundle, {entry.path for entry in entries}, HEAD_BYTES) if entries else {}
    return read_hooks([HookFile(entry.path, entry.mode, heads[entry.path]) for entry in entries])


def _of_stage(hooks: Hooks, stage: Stage) -> Iterator[Script]:
    for occasion in Occasion:
        yield from (_hook(each) for each in hooks.of(occasion, stage))


def _hook(hook: Hook) -> Script:
    return Script(ScriptPhase(hook.stage.value), hook.name, Where(hook.path), hook.path, occasion=hook.occasion)


def lookup_of(extensions: Extensions, configuration: Configuration) -> Lookup:
    """What can be known without a stack: options, and what the template itself says."""

    def option(namespace: str, name: str) -> str | None:
        try:
            value = configuration.text(namespace, name)
        except KeyError:
            return None
        return None if value is None or has_function(value) else value

    template = extensions.template
    return Lookup(
        option=option, parameters=template.parameters, mappings=template.mappings, conditions=template.conditions
    )


def _container_command(command: ContainerCommand, lookup: Lookup) -> Script | None:
    """None when something in it cannot be known here."""

    def known(value: Value) -> str:
        text = text_of(resolve(value, lookup))
        if text is None:
            raise LookupError
        return text

    try:
        line = command.command
        return Script(
            phase=ScriptPhase.COMMANDS,
            name=command.name,
            at=Where(command.at.path, command.at.line),
            command=tuple(known(word) for word in line) if isinstance(line, tuple) else known(line),
            cwd=_folder(known(command.cwd)),
            environment=tuple((name, known(value)) for name, value in command.env or ()),
            leader_only=command.leader_only,
            test=known(command.test or ""),
            ignore_errors=command.ignore_errors,
        )
    except LookupError:
        return None


def _folder(cwd: str) -> str:
    """The folders that Elastic Beanstalk has the application in are the instance's own."""
    found = _STAGING.fullmatch(cwd)
    return (found[1] or "") if found else cwd
