"""The page of all options, made out of the catalogue: python -m beanstalk.options.document > docs/options.md

What the local target acts on stands in the catalogue, too, and is kept true by a test that watches which options are
asked for while a workload and a rollout are made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping

from beanstalk.options.catalogue import ANY_NAME, PROPERTIES, By, Catalogue, Namespace, Option, catalogue
from beanstalk.options.option import ANY_VALUE, Recommendation, Reference

_INTRODUCTION = """\
# Options

<!-- Made from beanstalk/options/namespaces/: python -m beanstalk.options.document > docs/options.md -->

An option has a namespace, a name and a value. Set it in a file of `.ebextensions/`, or directly on the environment with
`--option NAMESPACE:NAME=VALUE` of `beanstalk create` and `beanstalk deploy`. The strongest of these layers rules:

1. what was set directly on the environment;
2. a saved configuration (`create --cfg`, `config --cfg`), and below it the `env.yaml` that the environment was made by;
3. `.ebextensions/*.config` of the version that is deployed, a later file over an earlier one;
4. what `create` recommends: `RollingWithAdditionalBatch` in batches of 30 percent;
5. the default.

An unknown option or a value that does not fit is an error with file, line and a remedy, before anything happens. That
holds for values that lose, too. What Elastic Beanstalk takes and then ignores is a warning.

**change** tells what a new value does in Elastic Beanstalk: nothing, a restart of the application, new instances or a
restart of the database; a question mark where it does not say. On the local target *restart* means that the instances
are replaced by the deployment policy of the environment, and anything else that they stay: the value holds from the
next check or deployment on.

**here** tells whether the local target acts on the option. A `–` means: taken and checked, and without effect on this
machine.

A schema of all this for editors is [schema/option_settings.schema.json](schema/option_settings.schema.json).
"""
_CHANGES = {
    "none": "nothing",
    "restart": "restart",
    "replace": "new instances",
    "database": "the database restarts",
    "unknown": "?",
}
WITHOUT_EFFECT = {
    namespace.name: tuple(
        name
        for name, option in namespace.options.items()
        if not option.local or (namespace.name == PROPERTIES and name != ANY_NAME)
    )
    for namespace in catalogue().namespaces.values()
}
"""Options that nothing on this machine asks for by name. Properties go to the application all the same."""
_CLIENTS = {"console": "the console", "eb": "the EB CLI"}
_WORDS = {
    "load_balancer": "with a load balancer of type",
    "platform": "for the platform",
    "environment_type": "with an environment of type",
    "tier": "in the tier",
}


def document(known: Catalogue) -> str:
    """The whole page, as Markdown."""
    return "\n".join([_INTRODUCTION, *_sections(known)])


def clients_in_words(recommended: Recommendation, quote: str = "") -> str:
    """Which clients of Elastic Beanstalk set an option themselves: "the console and the EB CLI set it to 30"."""
    clients = " and ".join(_CLIENTS[client] for client in recommended.by)
    value = f" to {quote}{recommended.value}{quote}" if recommended.value else ""
    return f"{clients} set{'s' if len(recommended.by) == 1 else ''} it{value}"


def _sections(known: Catalogue) -> Iterator[str]:
    for namespace in known.namespaces.values():
        yield f"## `{namespace.name}`\n"
        yield " ".join([_sentence(namespace.about), *_remarks(namespace)]) + "\n"
        yield "| option | values | default | means | change | here |"
        yield "|---|---|---|---|---|---|"
        yield from (_row(option, namespace) for option in namespace.options.values())
        yield ""
        for alias, home in namespace.aliases.items():
            yield f"`{alias}` is also taken here; it is the option of `{home}`.\n"


def _remarks(namespace: Namespace) -> Iterator[str]:
    """What holds for the whole namespace."""
    if namespace.segment:
        yield f"`{namespace.name[len(namespace.stem) :]}` is {'a port' if '0-9' in namespace.segment else 'a name'}."
    if namespace.name_form and ANY_NAME in namespace.options:
        words, _, signs = namespace.name_form.partition(" and ")
        yield f"A name is {namespace.name_form}." if not signs else f"A name has {words} and `{signs}`."
    if namespace.total_max_bytes:
        yield f"All of them together have room in {namespace.total_max_bytes:,} bytes, as `NAME=VALUE`."
    yield from _applies(namespace.applies_to)
    yield from _history(namespace.since, namespace.deprecated, namespace.documented, namespace.disputed)
    if namespace.note:
        yield _sentence(namespace.note)


def _row(option: Option, namespace: Namespace) -> str:
    name = "*any name*" if option.name == ANY_NAME else f"`{option.name}`"
    here = "yes" if option.local else "–"
    cells = [name, _values(option), _default(option), _means(option, namespace), _CHANGES[option.change], here]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(option: Option) -> str:
    plain = "" if option.default is None else f"`{option.default}`" if option.default else "empty"
    cases = _cases(option.default_by, lambda texts: f"`{texts[0]}`") if option.default_by else ""
    return "; ".join(part for part in (plain, cases, option.default_note) if part) or "–"


def _means(option: Option, namespace: Namespace) -> str:
    parts = [_sentence(option.about)]
    if option.local_note:
        parts.append("Here: " + option.local_note.rstrip(".") + ".")
    if option.range_by:
        parts.append(_sentence(_cases(option.range_by, _bounds)))
    if option.values_by:
        parts.append(_sentence(_cases(option.values_by, lambda texts: " or ".join(f"`{text}`" for text in texts))))
    if option.limit:
        parts.append(f"At most `{option.limit[1]}`.")
    if option.applies_to != namespace.applies_to:
        parts += _applies(option.applies_to)
    parts += [f"Only {_condition(at, values, option)}." for at, values in option.requires.items()]
    parts += [f"Needed {_condition(at, values, option)}." for at, values in option.required_if.items()]
    if option.required:
        parts.append("Needed.")
    if option.immutable:
        parts.append("Fixed when the environment is created.")
    if option.recommended:
        parts.append(_sentence(clients_in_words(option.recommended, "`")))
    since = "" if option.since == namespace.since else option.since
    deprecated = "" if option.deprecated == namespace.deprecated else option.deprecated
    disputed = "" if option.disputed == namespace.disputed else option.disputed
    parts += _history(since, deprecated, option.documented or not namespace.documented, disputed)
    if option.note:
        parts.append(_sentence(option.note))
    return " ".join(parts)


def _applies(circumstances: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for what, values in circumstances.items():
        if what == "shared":
            yield "Not for a shared load balancer."
        else:
            yield f"Only {_WORDS[what]} {' or '.join(f'`{value}`' for value in values)}."


def _history(since: str, deprecated: str, documented: bool, disputed: str) -> Iterator[str]:
    if since:
        yield f"Since {since}." if not since.startswith("after") else f"It came {since}."
    if deprecated:
        yield f"**Deprecated**: {deprecated}."
    if not documented:
        yield "The API shows it, the guide does not."
    if disputed:
        yield f"Not all agree: {disputed}."


def _condition(at: Reference, values: tuple[str, ...], option: Option) -> str:
    where = f"`{at[1]}`" if at[0] == option.namespace else f"`{at[1]}` of `{at[0]}`"
    return f"when {where} is " + ("set" if values == (ANY_VALUE,) else " or ".join(f"`{value}`" for value in values))


def _cases(by: By, shown: Callable[[tuple[str, ...]], str]) -> str:
    """`10` with a load balancer of type network, …"""
    where = {
        "load_balancer": "load balancer `{}`",
        "platform": "platform `{}`",
        "environment_type": "`{}`",
    }.get(by.what, f"`{by.what}` `{{}}`")
    same: dict[tuple[str, ...], list[str]] = {}
    for case, texts in by.cases.items():
        same.setdefault(texts, []).append(case)
    parts = (f"{shown(texts)} with {where.format('` or `'.join(cases))}" for texts, cases in same.items())
    return "; ".join(parts)


def _bounds(texts: tuple[str, ...]) -> str:
    high = texts[1]
    return f"{texts[0]} to " + (f"`{high.rpartition(':')[2]}`" if ":" in high else f"{int(high):,}")


def _values(option: Option) -> str:
    """What can be written, in words."""
    listed = ", ".join(f"`{value}`" for value in option.values)
    match option.type:
        case "enum":
            return listed
        case "boolean":
            return "`true`, `false`"
        case "codes":
            low, high = _number(option.minimum), _number(option.maximum)
            return f"HTTP statuses {low} to {high}, as in `200-299,302`"
        case "integer" | "number":
            return _range(option)
        case "comma-list":
            entries = f"at most {option.max_items} entries" if option.max_items else "entries"
            return f"{entries}, joined by commas" + (f": {listed}" if listed else "")
        case "duration":
            low, high = _number(option.minimum), _number(option.maximum)
            return f"hours, minutes, seconds as in `PT1H30M`, {low} to {high} seconds"
        case "json":
            return "JSON"
        case "arn":
            return "ARN"
        case "secret":
            return "ARN, `file:/PATH` or `command:PROGRAM`"
        case _:
            longest = f", at most {option.max_length} characters" if option.max_length else ""
            return (option.form or "text") + longest


def _range(option: Option) -> str:
    unit = f" {option.unit.partition(',')[0]}" if option.unit else ""
    if option.values:
        return ", ".join(f"`{value}`" for value in option.values) + unit
    low, high = option.minimum, option.maximum
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}{unit}"
    return f"{_number(low)} or more{unit}" if low is not None else f"a number{unit and ' of' + unit}"


def _number(value: float | None) -> str:
    if value is None:
        return "?"
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else text + "."


if __name__ == "__main__":
    sys.stdout.write(document(catalogue()))
