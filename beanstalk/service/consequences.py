"""What follows from a change of the settings of an environment that runs: what is refused, and what each one causes.

Compared is what holds: a value that comes with another version's `.ebextensions` changes as one that was set does.
"""

from __future__ import annotations

from collections.abc import Sequence

from beanstalk.errors import BeanstalkError, InvalidInput, Problem, Where
from beanstalk.options.configuration import Configuration, Layer
from beanstalk.options.resolve import Circumstances, resolve
from beanstalk.options.updates import Changed, changes, refusals
from beanstalk.records import Deployment, Environment
from beanstalk.service.configuration import PROPERTIES, Stored, layers_of, load_settings
from beanstalk.service.place import Service
from beanstalk.source import content
from beanstalk.source.archive import read_bytes, read_members
from beanstalk.source.ebextensions import FOLDER, read_extensions


def running_configuration(
    service: Service, environment: Environment, current: Deployment, circumstances: Circumstances
) -> Configuration | None:
    """What holds in an environment now. None when that cannot be known: its bundle is gone, or its files are wrong
    by rules that are newer than it."""
    try:
        extensions = read_extensions(_extension_files(service, current))
        return resolve(layers_of(load_settings(environment.settings_json), extensions.settings), circumstances)
    except (BeanstalkError, OSError):
        return None


def check_update(
    before: Configuration | None, lasting: Configuration, now: Configuration
) -> tuple[tuple[Changed, ...], tuple[Problem, ...]]:
    """(what changes for good, warnings). lasting: what is stored; now: with what holds for this deployment only.

    before: None when nothing is known of it, and nothing is compared then.  Raises InvalidInput for what Elastic
    Beanstalk refuses to change.
    """
    if before is None:
        return (), ()
    errors, warnings = refusals(before, now)
    if errors:
        raise InvalidInput(errors)
    return changes(before, lasting), tuple(warnings)


def consequences(changed: Sequence[Changed], differences: Sequence[str]) -> list[str]:
    """One text for each option: what becomes of it, where in the bundle it is said, and what that causes.

    differences: settings of the environment that change, "NAME set"; those that change no value are told, too.
    """
    told = [f"{each.name} {each.verb}{_in_bundle(each.at)}: {each.causes}" for each in changed]
    names = {each.name for each in changed}
    same = [each for each in differences if each.rpartition(" ")[0] not in names]
    return [*told, *(f"{each}: its value stays the same" for each in same)]


def _in_bundle(at: Where | None) -> str:
    return f" at {at}" if at and at.path.startswith(f"{FOLDER}/") else ""


def still_set(
    stored: Sequence[Stored], after: Configuration, removed: Sequence[tuple[str, str]]
) -> tuple[Problem, ...]:
    """Warnings about options that somebody wants to be gone: they are not set here, or something else sets them.

    stored: the settings of the environment before.
    """
    here = {each.key[:2] for each in stored}
    found = []
    for namespace, name in removed:
        what = name if namespace == PROPERTIES else f"{namespace}:{name}"
        winner = after.resolved(namespace, name).winner
        if winner.layer is not Layer.DEFAULT:
            text = f"{what} is not gone: {winner.layer} sets it, too"
            found.append(Problem(text, winner.at, "take it out there, and deploy"))
        elif (namespace, name) not in here:
            found.append(
                Problem(f"{what} is not set: there is nothing to remove", hint="beanstalk config shows what is")
            )
    return tuple(found)


def _extension_files(service: Service, current: Deployment) -> list[tuple[str, bytes]]:
    """Of the bundle that runs. It was found harmless when it came, so only what is needed is read of it."""
    files = []
    with service.home.bundle(current.digest).open("rb") as zipped:
        for member in read_members(zipped, content.MOST_ENTRIES):
            path = member.name.removeprefix("./")
            if path.startswith(f"{FOLDER}/") and path.count("/") == 1 and not path.endswith("/"):
                files.append((path, b"".join(read_bytes(zipped, member))))
    return files
