"""What becomes of a project where it shall live (see `validation_homes`): what acts, what does not, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from beanstalk.errors import Where
from beanstalk.options.catalogue import PROPERTIES, SECRETS, Option, catalogue
from beanstalk.options.circumstances import mismatch
from beanstalk.options.configuration import Configuration, Layer, Resolved
from beanstalk.options.explanation import NO_EFFECT_HERE
from beanstalk.options.values import has_function
from beanstalk.service.validation_files import FileKind, Read
from beanstalk.service.validation_homes import AWS, CONTAINERS, HERE_IN_IMAGES, LOCAL, Fate, Home
from beanstalk.service.validation_homes_aws import idle_on_aws
from beanstalk.service.validation_report import Effect
from beanstalk.source.ebextensions import Extensions
from beanstalk.source.hooks import Hook, Occasion
from beanstalk.source.platform_folder import ProxyFile
from beanstalk.source.recognise import Kind, Recognised

_PAGE = "index.html"
_NOT_WEB = "only web gets requests"
_AT_CHANGE = "only with a change of settings:"
_NOT_AT_CHANGE = Fate(False, "a task is not told that settings alone have changed: it is started anew")
_Said = tuple[str, Where | None, Fate]
_NAMES = {FileKind.BUILDFILE: "Buildfile", FileKind.CRON: "cron.yaml", FileKind.MANIFEST: "env.yaml"}


@dataclass(frozen=True, slots=True)
class Found:
    """What was read of a project. configuration: None when its options contradict each other."""

    recognised: Recognised
    files: Mapping[FileKind, Read]
    extensions: Extensions
    configuration: Configuration | None
    hooks: Sequence[Hook] = ()
    proxies: Sequence[ProxyFile] = ()

    @property
    def without_procfile(self) -> bool:
        """Whether its platform does not look at a Procfile."""
        return self.recognised.winner in (*CONTAINERS, Kind.CUSTOM)


def effects(found: Found, home: Home) -> tuple[tuple[Effect, ...], tuple[Effect, ...]]:
    """(what acts, what does not), each in the order: application, files, keys, hooks, options."""
    said = [*_application(found, home), *_files(found, home), *_keys(found, home), *_options(found.configuration, home)]
    if home.missing:
        said = [(what, at, Fate(False, home.missing)) for what, at, _ in said]
    told = [(Effect(what, at, fate.why), fate.acts) for what, at, fate in said]
    return tuple(effect for effect, acts in told if acts), tuple(effect for effect, acts in told if not acts)


def _application(found: Found, home: Home) -> Iterator[_Said]:
    """The application itself, and its processes."""
    winner, present = found.recognised.winner, found.recognised.present
    path = present[0].path if present else ""
    procfile = found.files.get(FileKind.PROCFILE)
    runs = home.platforms is None or winner in home.platforms
    if winner is Kind.CUSTOM:
        names = found.files.get(FileKind.PLATFORM, Read()).names
        why = names[0] if names else "it describes a platform, which is no application"
        yield path, Where(path), Fate(False, why)
    elif path == _PAGE and home.target == LOCAL:
        yield path, Where(path), Fate(True, "the platform static serves the files as they are")
    elif winner is not None and winner is not Kind.PROCFILE and runs:
        yield path, Where(path), Fate(True, f"the platform for {winner} prepares and starts the application")
    elif winner is not None and winner is not Kind.PROCFILE and procfile is None:
        why = f"this version has no platform for {winner}; a Procfile can say what to start"
        if winner in (HERE_IN_IMAGES.platforms or ()):
            why = f"{winner} runs in containers only (--mode docker), unless a Procfile says what to start"
        yield path, Where(path), Fate(False, why)
    if procfile and procfile.names and not found.without_procfile:
        others = f"; {_NOT_WEB}" if len(procfile.names) > 1 else ""
        yield "Procfile", Where("Procfile"), Fate(True, f"starts {', '.join(procfile.names)}{others}")


def _files(found: Found, home: Home) -> Iterator[_Said]:
    for kind, name in _NAMES.items():
        if kind in found.files:
            unread = Fate(False, "whatever the application is built of is inside the image")
            yield name, Where(name), home.files.get(kind, unread)
    known = {sign.path for sign in found.recognised.present}
    for each in found.recognised.ignored:
        acts = each.path == "Procfile" and not found.without_procfile
        if each.path in known and not acts:
            yield each.path, Where(each.path), Fate(False, each.reason)


def _keys(found: Found, home: Home) -> Iterator[_Said]:
    has_leader = any(each.leader_only for each in found.extensions.container_commands)
    for key, at in found.extensions.keys:
        is_led = key == "container_commands" and has_leader and home.leaders is not None
        yield key, at, home.leaders if is_led and home.leaders else home.keys[key]
    for hook in found.hooks:
        fate = home.hooks[hook.stage]
        at_change = hook.occasion is Occasion.CONFIGURATION and fate.acts
        if at_change and not home.at_change:
            yield hook.path, Where(hook.path), _NOT_AT_CHANGE
            continue
        yield hook.path, Where(hook.path), replace(fate, why=f"{_AT_CHANGE} {fate.why}") if at_change else fate
    for proxy in found.proxies:
        gone = found.recognised.winner in (Kind.COMPOSE, Kind.ECS) and home.proxy.acts
        fate = Fate(False, f"with {found.recognised.winner} an instance has no proxy") if gone else home.proxy
        yield proxy.path, Where(proxy.path), fate


def _options(configuration: Configuration | None, home: Home) -> Iterator[_Said]:
    """What somebody wrote: one entry for the options of a namespace that fare alike, at the first place."""
    if configuration is None:
        return
    facts = configuration.facts()
    together: dict[tuple[str, bool, str], list[tuple[Resolved, Option]]] = {}
    for item in sorted(configuration.stated(), key=lambda each: (each.namespace, each.name, each.resource_name)):
        option = catalogue().find(item.namespace, item.name)
        if option is not None and item.layer not in (Layer.DEFAULT, Layer.RECOMMENDED):
            fate = _of_option(item, option, home, facts)
            where = f"{item.resource_name}.{item.namespace}" if item.resource_name else item.namespace
            together.setdefault((where, fate.acts, fate.why), []).append((item, option))
    for (where, acts, why), items in together.items():
        names = list(dict.fromkeys(item.name for item, _ in items))
        at = min((item.winner.at for item, _ in items if item.winner.at), default=None)
        yield f"{where}: {', '.join(names)}", at, Fate(acts, why or _notes(items))


def _of_option(item: Resolved, option: Option, home: Home, facts: Mapping[str, str]) -> Fate:
    """why: "" for one that acts and has notes of its own to tell."""
    if home.target == AWS:
        reason = idle_on_aws(item.namespace, item.name, home.launch)
        reason = reason or (mismatch(option, facts) if item.namespace != PROPERTIES else "")
        return Fate(False, reason) if reason else Fate(True, "the stack of the environment acts on it")
    if item.namespace == PROPERTIES and has_function(item.value or ""):
        why = "only CloudFormation evaluates a function; the application gets the text, unless setenv gives it a value"
        return Fate(False, why)
    if item.namespace == SECRETS and has_function(item.value or ""):
        return Fate(False, "only CloudFormation evaluates a function; no instance gets it, unless setenv sets a secret")
    if not option.local:
        return Fate(False, NO_EFFECT_HERE)
    if reason := mismatch(option, facts):
        return Fate(False, reason)
    return Fate(True, "given to the application" if item.namespace == PROPERTIES else "")


def _notes(items: Iterable[tuple[Resolved, Option]]) -> str:
    notes = {item.name: option.local_note.rstrip(".") for item, option in items if option.local_note}
    several = len({item.name for item, _ in items}) > 1
    told = [f"{name} ({note})" if several else note for name, note in notes.items()]
    return "; ".join(told) or "the local target acts on it"
