"""What only all configuration files together show: entries that undo each other, names that nothing has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from beanstalk.errors import Where
from beanstalk.source.functions import GetOptionSetting, Value, functions_in
from beanstalk.source.instance_keys import CommandLine, InstanceKeys
from beanstalk.source.notes import Notes
from beanstalk.source.references import check_references
from beanstalk.source.template_keys import Template, authentications, check_merged


def note_across_files(
    template: Template, instance: Sequence[InstanceKeys], values: Sequence[Value], is_complete: bool, notes: Notes
) -> None:
    """`values`: those of option settings. Unless `is_complete`, what is missing may be in a file that was not read."""
    _note_repeated(instance, notes)
    if not is_complete:
        return
    check_merged(template, notes)
    check_references(template, [*values, *(value for keys in instance for value in _values(keys))], notes)
    known = authentications(template)
    for keys in instance:
        for file in keys.files:
            if file.authentication and file.authentication not in known:
                text = f"{file.path[:100]}: no resource has the authentication {file.authentication[:60]!r}"
                hint = "define it under Resources, AWSEBAutoScalingGroup, Metadata, AWS::CloudFormation::Authentication"
                notes.warn(file.at, text, hint)


def options_asked_for(
    template: Template, instance: Sequence[InstanceKeys], values: Sequence[Value]
) -> Iterator[GetOptionSetting]:
    """Every Fn::GetOptionSetting. `values`: those of option settings."""
    sections = (template.resources, template.outputs, template.parameters, template.mappings, template.conditions)
    for value in (*sections, *values, *(value for keys in instance for value in _values(keys))):
        yield from (each for each in functions_in(value) if isinstance(each, GetOptionSetting))


def _note_repeated(instance: Sequence[InstanceKeys], notes: Notes) -> None:
    """Every file is applied in full, so a later one may write over what an earlier one made."""
    seen: dict[tuple[str, str], tuple[object, Where]] = {}
    for what, name, content, at in _made(instance):
        earlier = seen.setdefault((what, name), (content, at))
        if earlier[1] is not at and earlier[0] != content:
            text = f"{name[:100]} is in {what} of {earlier[1]} too, otherwise: this later one is applied over it"
            notes.warn(at, text, "keep one of the two")
            seen[what, name] = (content, at)


def _made(instance: Iterable[InstanceKeys]) -> Iterator[tuple[str, str, object, Where]]:
    """What is made, under which name, with what in it, and where that was written."""
    for keys in instance:
        for package in keys.packages:
            yield "packages", f"{package.manager} {package.name}", package.versions, package.at
        for group in keys.groups:
            yield "groups", group.name, group.gid, group.at
        for user in keys.users:
            yield "users", user.name, (user.uid, user.groups, user.home), user.at
        for archive in keys.sources:
            yield "sources", archive.target, archive.url, archive.at
        for file in keys.files:
            yield "files", file.path, (file.content, file.source, file.mode, file.owner, file.group), file.at


def _values(keys: InstanceKeys) -> Iterator[Value]:
    """Every value of an instance key that may hold functions."""
    for package in keys.packages:
        yield from package.versions
    for archive in keys.sources:
        yield archive.url
    for file in keys.files:
        yield from (file.content, file.source, file.context)
    for command in (*keys.commands, *keys.container_commands):
        yield from _words(command.command)
        yield from (command.cwd, command.test, *(value for _, value in command.env or ()))


def _words(command: CommandLine) -> tuple[Value, ...]:
    return command if isinstance(command, tuple) else (command,)
