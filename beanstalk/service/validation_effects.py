"""What the local target makes of a project, in process mode: which of it acts, what does not, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from beanstalk.errors import Where
from beanstalk.options.catalogue import PROPERTIES, catalogue
from beanstalk.options.circumstances import mismatch
from beanstalk.options.configuration import Configuration, Layer, Resolved
from beanstalk.options.explanation import unused_here
from beanstalk.options.values import has_function
from beanstalk.service.validation_files import FileKind, Read
from beanstalk.service.validation_report import Effect
from beanstalk.source.ebextensions import TEMPLATE_KEYS, Extensions
from beanstalk.source.hooks import Hook
from beanstalk.source.platform_folder import ProxyFile
from beanstalk.source.recognise import Kind, Recognised

CONTAINERS = (Kind.COMPOSE, Kind.DOCKERFILE, Kind.IMAGE, Kind.ECS)
_OWN_FOLDER = "it changes the machine, and a process has nothing of its own here but its folder"
_KEYS = {
    "packages": _OWN_FOLDER,
    "groups": _OWN_FOLDER,
    "users": _OWN_FOLDER,
    "sources": _OWN_FOLDER,
    "files": _OWN_FOLDER,
    "commands": _OWN_FOLDER,
    "services": "services belong to the machine; a process beside the application is a line of the Procfile",
    "container_commands": "this version runs no commands of a deployment",
    **dict.fromkeys(TEMPLATE_KEYS, "only on AWS: it is for CloudFormation"),
}
"""Each key of a configuration file but option_settings, and why nothing comes of it as a process."""
_FILES = {
    FileKind.BUILDFILE: "this version runs no Buildfile; the platform builds what it knows",
    FileKind.CRON: "periodic tasks are for worker environments, which are not in this version",
    FileKind.MANIFEST: "this version does not read it: name and options are given to create",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What was read of a project. configuration: None when its options contradict each other."""

    recognised: Recognised
    files: Mapping[FileKind, Read]
    extensions: Extensions
    configuration: Configuration | None
    hooks: Sequence[Hook] = ()
    proxies: Sequence[ProxyFile] = ()


def applied(found: Found) -> Iterator[Effect]:
    """What acts here."""
    winner = found.recognised.winner
    if winner in (Kind.PYTHON, Kind.NODE):
        path = found.recognised.present[0].path
        yield Effect(path, Where(path), f"the platform for {winner} prepares and starts the application")
    procfile = found.files.get(FileKind.PROCFILE)
    if procfile and procfile.names and winner not in (*CONTAINERS, Kind.CUSTOM):
        others = "; only web gets requests" if len(procfile.names) > 1 else ""
        yield Effect("Procfile", Where("Procfile"), f"starts {', '.join(procfile.names)}{others}")
    yield from _options(found.configuration)


def ignored(found: Found) -> Iterator[Effect]:
    """What does not, in the order: files, keys, hooks, options."""
    yield from _platform(found)
    for kind, reason in _FILES.items():
        name = {FileKind.BUILDFILE: "Buildfile", FileKind.CRON: "cron.yaml", FileKind.MANIFEST: "env.yaml"}[kind]
        if kind in found.files:
            yield Effect(name, Where(name), reason)
    present = {sign.path for sign in found.recognised.present}
    for each in found.recognised.ignored:
        acts = each.path == "Procfile" and found.recognised.winner not in (*CONTAINERS, Kind.CUSTOM)
        if each.path in present and not acts:
            yield Effect(each.path, Where(each.path), each.reason)
    for key, at in found.extensions.keys:
        yield Effect(key, at, _KEYS.get(key, "nothing acts on it"))
    for hook in found.hooks:
        yield Effect(hook.path, Where(hook.path), "this version runs no hooks")
    for proxy in found.proxies:
        yield Effect(proxy.path, Where(proxy.path), f"it configures {proxy.proxy}, and there is none on this machine")
    if found.configuration is not None:
        yield from _unevaluated(found.configuration)
        for problem in unused_here(found.configuration):
            what, _, why = problem.text.rpartition(": ")
            yield Effect(what, problem.at, why)


def _platform(found: Found) -> Iterator[Effect]:
    """The application itself, when nothing here runs it."""
    winner = found.recognised.winner
    path = found.recognised.present[0].path if found.recognised.present else ""
    if winner in CONTAINERS:
        text = "this version runs no containers; with --mode process it needs a Procfile, or files of a platform"
        yield Effect(path, Where(path), text)
    elif winner is Kind.CUSTOM:
        names = found.files.get(FileKind.PLATFORM, Read()).names
        yield Effect(path, Where(path), names[0] if names else "it describes a platform, which is no application")
    elif winner not in (None, Kind.PYTHON, Kind.NODE, Kind.PROCFILE) and FileKind.PROCFILE not in found.files:
        text = f"this version has no platform for {winner}; a Procfile can say what to start"
        yield Effect(path, Where(path), text)


def _options(configuration: Configuration | None) -> Iterator[Effect]:
    """The options somebody wrote and the local target acts on: one entry a namespace, at the first place."""
    if configuration is None:
        return
    found: dict[str, list[tuple[str, Where | None, str]]] = {}
    facts = configuration.facts()
    for item in configuration.stated():
        option = catalogue().find(item.namespace, item.name)
        acts = option is not None and option.local and not mismatch(option, facts) and not _waits(item)
        if option is not None and acts and item.layer is not Layer.DEFAULT:
            found.setdefault(item.namespace, []).append((item.name, item.winner.at, option.local_note.rstrip(".")))
    for namespace, said in sorted(found.items()):
        names = sorted({name for name, _, _ in said})
        notes = {name: note for name, _, note in said if note and namespace != PROPERTIES}
        told = [f"{name} ({notes[name]})" if len(names) > 1 else notes[name] for name in names if name in notes]
        otherwise = "given to the application" if namespace == PROPERTIES else "the local target acts on it"
        at = min((at for _, at, _ in said if at), default=None)
        yield Effect(f"{namespace}: {', '.join(names)}", at, "; ".join(told) or otherwise)


def _waits(item: Resolved) -> bool:
    """Whether it is a property whose value only CloudFormation can work out."""
    return item.namespace == PROPERTIES and has_function(item.value or "")


def _unevaluated(configuration: Configuration) -> Iterator[Effect]:
    """The environment properties that hold a function: one entry, at the first place."""
    found = [item for item in configuration.stated() if _waits(item)]
    if found:
        names = ", ".join(sorted(item.name for item in found))
        at = min((item.winner.at for item in found if item.winner.at), default=None)
        why = "only CloudFormation evaluates a function; the application gets the text, unless setenv gives it a value"
        yield Effect(f"{PROPERTIES}: {names}", at, why)
