"""ListTagsForResource and UpdateTagsForResource, of environments. Tags are for people: nothing follows from them.

Sources: EB Developer Guide, "Tagging resources in your environments", and the quotas of the service; where the guide
and the API differ, the smaller number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from beanstalk.errors import InvalidInput, Problem, UsageError
from beanstalk.records import Environment, Severity
from beanstalk.service.place import Service, find_environment
from beanstalk.source.environment_parts import LONGEST_TAG_KEY, LONGEST_TAG_VALUE, MOST_TAGS
from beanstalk.store.attachments import Tag

Pairs = Sequence[tuple[str, str]]
_CHARACTERS = re.compile(r"[\w\s.:/=+\-@]*")
_KEPT = ("aws:", "elasticbeanstalk:")
_EXAMPLE = "write team=web,stage=test"


def parse_tags(text: str) -> list[tuple[str, str]]:
    """`k=v,k=v` → pairs; a value may be empty and may have = in it. Raises UsageError."""
    pairs = []
    for each in text.split(","):
        key, equals, value = each.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{each.strip()!r} is no tag", hint=_EXAMPLE)
        pairs.append((key.strip(), value.strip()))
    return pairs


def check_tags(pairs: Pairs) -> None:
    """All tags of one environment. Raises InvalidInput with every problem."""
    problems = []
    if len(pairs) > MOST_TAGS:
        hint = "50 fit, and every environment has three already: Name, and two of elasticbeanstalk:"
        problems.append(Problem(f"{len(pairs)} tags, allowed are {MOST_TAGS}", hint=hint))
    keys = [key for key, _ in pairs]
    for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
        problems.append(Problem(f"the tag {key[:40]} is given twice", hint="keep one of the two"))
    for key, value in pairs:
        problems += [Problem(f"the tag {key[:40]!r} {text}", hint=hint) for text, hint in _wrong(key, value)]
    if problems:
        raise InvalidInput(problems)


def own_tags(service: Service, environment: Environment) -> dict[str, str]:
    """Those that people gave it, by key."""
    found = service.store.tags.where("environment_id = ? ORDER BY key", environment.id)
    return {each.key: each.value for each in found}


def all_tags(service: Service, environment: Environment) -> dict[str, str]:
    """Those, and the three that every environment has."""
    system = {
        "Name": environment.name,
        "elasticbeanstalk:environment-id": environment.id,
        "elasticbeanstalk:environment-name": environment.name,
    }
    return dict(sorted((own_tags(service, environment) | system).items()))


def change_tags(
    service: Service, name: str, add: Pairs = (), update: Pairs = (), delete: Sequence[str] = ()
) -> dict[str, str]:
    """Add tags that are new, change values of those that are there, delete others: all of it or nothing.

    Raises InvalidInput with every problem. Returns all tags as they are then.
    """
    store = service.store
    with store.transaction():
        environment = find_environment(service, name)
        before = own_tags(service, environment)
        _check_change(before, add, update, delete)
        after = {key: value for key, value in before.items() if key not in delete} | dict([*update, *add])
        check_tags(list(after.items()))
        if after != before:
            for key in before:
                store.tags.remove(environment.id, key)
            for key, value in after.items():
                store.tags.add(Tag(environment.id, key, value))
            text = "Environment tag update completed successfully."
            store.add_event(Severity.INFO, text, environment, now=service.now())
    return all_tags(service, environment)


def _check_change(before: dict[str, str], add: Pairs, update: Pairs, delete: Sequence[str]) -> None:
    problems = []
    named = [*(key for key, _ in add), *(key for key, _ in update), *delete]
    for key in dict.fromkeys(key for key in named if named.count(key) > 1):
        problems.append(Problem(f"the tag {key[:40]} is named more than once", hint="name it once"))
    for key, _ in add:
        if key in before:
            problems.append(Problem(f"the tag {key[:40]} is there already", hint="change its value with --update"))
    there = f"there are: {', '.join(before)}" if before else "there are no tags"
    for key in (*(key for key, _ in update), *delete):
        if key not in before:
            problems.append(Problem(f"there is no tag {key[:40]} of yours", hint=there))
    if problems:
        raise InvalidInput(problems)


def _wrong(key: str, value: str) -> list[tuple[str, str]]:
    """(what is wrong with a tag, remedy)"""
    found = []
    if not 1 <= len(key) <= LONGEST_TAG_KEY:
        found.append((f"has a key of {len(key)} characters", f"use 1 to {LONGEST_TAG_KEY}"))
    if len(value) > LONGEST_TAG_VALUE:
        found.append((f"has a value of {len(value)} characters", f"use at most {LONGEST_TAG_VALUE}"))
    if not (_CHARACTERS.fullmatch(key) and _CHARACTERS.fullmatch(value)):
        found.append(("has characters that are not allowed", "use letters, digits, blanks and _ . : / = + - @"))
    if key.lower().startswith(_KEPT) or key == "Name":
        found.append(("is kept for the service", "choose another key"))
    return found
