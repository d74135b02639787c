"""Why an option has its value: in an environment, or in one that would be made from a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from beanstalk.errors import BeanstalkError, NotFound, UsageError
from beanstalk.model import OptionSetting
from beanstalk.options.catalogue import ANY_NAME, PROPERTIES, Key, catalogue
from beanstalk.options.circumstances import FAMILIES, Circumstances, family
from beanstalk.options.configuration import Configuration, Layer
from beanstalk.options.explanation import Explanation, explain
from beanstalk.options.option import Change, Option
from beanstalk.options.resolve import resolve
from beanstalk.service.configuration import RECOMMENDED, shown
from beanstalk.service.place import Service
from beanstalk.service.updates import prepare_configure
from beanstalk.source.ebextensions import FOLDER, SUFFIX, read_extensions
from beanstalk.source.manifest import FILE_NAME as MANIFEST
from beanstalk.source.manifest import read_manifest
from beanstalk.source.recognise import recognise

_OURS = "beanstalk:"
_CHANGES: dict[Change, str] = {
    "none": "changes nothing that runs",
    "restart": "restarts the application",
    "replace": "replaces the instances",
    "database": "restarts the database",
    "unknown": "has an effect that its documentation does not tell",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """environment, label: where the value holds, both "" for files that were not deployed."""

    explanation: Explanation
    environment: str = ""
    label: str = ""

    def shown(self, value: str | None) -> str | None:
        """A value of this option as it may be printed."""
        return shown(self.explanation.namespace, self.explanation.name, value)

    @property
    def change(self) -> str:
        """What another value does, in a sentence."""
        return what_changes(self.explanation.option, self.explanation.namespace)


def why_in_environment(service: Service, name: str, wanted: str) -> Answer:
    """With what the environment runs now. Raises NotFound and UsageError for an option that cannot be meant."""
    change = prepare_configure(service, name)
    configuration = change.configuration
    if not configuration.circumstances.platform:
        configuration = replace(configuration, circumstances=Circumstances(family(change.platform), "WebServer"))
    found = explain(configuration, *find_key(wanted, configuration))
    return Answer(found, change.environment.name, change.version.label)


def why_in_files(files: Sequence[tuple[str, bytes]], wanted: str, platform: str = "") -> Answer:
    """With what `create` would begin with: `files` (path, content; see `configuration_files`), and what it recommends.

    platform: as the catalogue names it, "" when it is not known.  Raises InvalidInput for files with mistakes, and as
    `why_in_environment`.
    """
    layers: dict[Layer, Sequence[OptionSetting]] = {
        Layer.SAVED: [each for path, text in files if path == MANIFEST for each in read_manifest(text).settings],
        Layer.EBEXTENSIONS: read_extensions([file for file in files if file[0] != MANIFEST]).settings,
        Layer.RECOMMENDED: RECOMMENDED,
    }
    configuration = resolve(layers, Circumstances(platform, "WebServer"))
    return Answer(explain(configuration, *find_key(wanted, configuration)))


def configuration_files(folder: Path) -> list[tuple[str, bytes]]:
    """The configuration files of a project and its env.yaml, committed or not."""
    paths = [path for path in (*sorted(folder.glob(f"{FOLDER}/*{SUFFIX}")), folder / MANIFEST) if path.is_file()]
    try:
        return [(str(path.relative_to(folder)), path.read_bytes()) for path in paths]
    except OSError as error:
        raise BeanstalkError(f"{error.filename} cannot be read: {error.strerror}") from None


def family_of_folder(folder: Path, named: str = "") -> str:
    """What the catalogue calls the platform of a project: the one that is `named`, else what its files look like.

    "" for one that the catalogue does not know, or nobody.
    """
    if named:
        return family(named)
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return ""
    winner = recognise(names).winner
    return FAMILIES.get(winner, "") if winner else ""


def what_changes(option: Option, namespace: str) -> str:
    """What another value of this option does, on Elastic Beanstalk and here."""
    if option.immutable:
        return "not possible: it is fixed when the environment is created"
    is_ours = namespace.startswith(_OURS)
    there = "Elastic Beanstalk does not know it" if is_ours else f"on Elastic Beanstalk it {_CHANGES[option.change]}"
    if not option.local:
        return f"{there}; here nothing happens"
    if option.change == "restart":
        return f"{there}; here the instances are replaced by the deployment policy"
    return f"{there}; here the instances stay, and the value holds from the next check or deployment on"


def find_key(wanted: str, configuration: Configuration) -> Key:
    """The option that is meant by `NAMESPACE:NAME`, `RESOURCE.NAMESPACE:NAME`, or a name that only one option has.

    Capitals do not count. Raises NotFound with what is close to it, UsageError when several are meant.
    """
    if home := catalogue().namespace(wanted):
        raise UsageError(f"{wanted} is a namespace", hint=f"add one of its names: {', '.join(home.options)}")
    before, _, name = wanted.rpartition(":")
    if not name:
        raise UsageError(f"{wanted!r} names no option", hint="write NAMESPACE:NAME, or a name alone")
    return _full(before, name, configuration) if before else _alone(name, configuration)


def _full(before: str, name: str, configuration: Configuration) -> Key:
    resource, _, rest = before.rpartition(".")
    namespace = _namespace(before) or (_namespace(rest) if resource else "")
    resource = "" if _namespace(before) else resource
    home = catalogue().namespace(namespace)
    if home is None:
        [problem] = catalogue().check(OptionSetting(before, name, ""))
        raise NotFound(problem.text, hint=problem.hint)
    known = [*home.options, *home.aliases] if ANY_NAME not in home.options else [*_stated(configuration, namespace)]
    found = name if name in known else next((each for each in known if each.lower() == name.lower()), name)
    if catalogue().find(namespace, found) is None:
        problem = catalogue().check(OptionSetting(namespace, name, ""))[0]
        raise NotFound(problem.text, hint=problem.hint)
    key = catalogue().key(namespace, found, resource)
    if home.by_resource and not resource:
        return _only([each for each in _keys(configuration) if each[:2] == key[:2]] or [key], f"{namespace}:{found}")
    return key


def _alone(name: str, configuration: Configuration) -> Key:
    possible = {*_keys(configuration)}
    for home in catalogue().namespaces.values():
        if not home.by_resource:
            possible.update((home.name, option, "") for option in home.options if option != ANY_NAME)
    exact = [key for key in possible if key[1] == name]
    if found := exact or [key for key in possible if key[1].lower() == name.lower()]:
        free = {key for key in found if "{" in key[0]}
        return _only(sorted({*found} - free or free), name)
    by_lower = {key[1].lower(): key[1] for key in sorted(possible)}
    close = get_close_matches(name.lower(), by_lower, 1)
    hint = f"did you mean {by_lower[close[0]]}?" if close else f"a property that nobody set is {PROPERTIES}:{name}"
    raise NotFound(f"there is no option {name[:80]!r}, and no environment property of this name", hint=hint)


def _only(found: Sequence[Key], name: str) -> Key:
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{each[2]}.{each[0]}:{each[1]}" if each[2] else f"{each[0]}:{each[1]}" for each in found)
    raise UsageError(f"{name} is the name of {len(found)} options", hint=f"name one: {listed}")


def _namespace(text: str) -> str:
    """The namespace in the catalogue's spelling, "" for none."""
    if catalogue().namespace(text):
        return text
    for home in catalogue().namespaces.values():
        spelt = home.stem + text[len(home.stem) :] if home.segment else home.name
        if spelt.lower() == text.lower() and catalogue().namespace(spelt):
            return spelt
    return ""


def _keys(configuration: Configuration) -> Iterable[Key]:
    return ((item.namespace, item.name, item.resource_name) for item in configuration.stated())


def _stated(configuration: Configuration, namespace: str) -> Iterable[str]:
    return (key[1] for key in sorted(_keys(configuration)) if key[0] == namespace)
