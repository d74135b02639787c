"""The template sections of `.ebextensions` (Resources, Outputs, …), merged over all files.

An ID that is in several files is one thing that all of them describe; where two files say different things about the
same property the later one wins, with a warning. What CloudFormation would refuse is an error.
Source: EB Developer Guide, "Adding and customizing Elastic Beanstalk environment resources".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from beanstalk.errors import Where
from beanstalk.source.document import Node
from beanstalk.source.fields import entries_of
from beanstalk.source.function_reader import condition_of
from beanstalk.source.functions import EMPTY, FUNCTIONS, Entry, Object, Value
from beanstalk.source.notes import Notes
from beanstalk.source.values import read_value

SECTIONS = ("Resources", "Outputs", "Parameters", "Mappings", "Conditions")
OURS = "AWSEB"
"""The IDs of what Elastic Beanstalk itself puts into the template begin with this."""

THEIR_IDS = (
    "AWSEBAutoScalingGroup", "AWSEBEC2LaunchTemplate", "AWSEBAutoScalingLaunchConfiguration", "AWSEBSecurityGroup",
    "AWSEBEnvironmentName", "AWSEBRDSDatabase", "AWSEBLoadBalancer", "AWSEBV2LoadBalancer",
    "AWSEBV2LoadBalancerListener", "AWSEBV2LoadBalancerListenerRule", "AWSEBV2LoadBalancerTargetGroup",
    "AWSEBLoadBalancerSecurityGroup", "AWSEBAutoScalingScaleUpPolicy", "AWSEBAutoScalingScaleDownPolicy",
    "AWSEBCloudwatchAlarmHigh", "AWSEBCloudwatchAlarmLow", "AWSEBWorkerQueue", "AWSEBWorkerDeadLetterQueue",
    "AWSEBWorkerCronLeaderRegistry", "AWSEBBeanstalkMetadata", "AWSEBInstanceLaunchWaitCondition",
    "AWSEBInstanceLaunchWaitHandle",
)  # fmt: skip
"""What Elastic Beanstalk is known to make: its guide's list, and its samples'."""

_LISTENER = re.compile("AWSEBV2LoadBalancerListener(Rule)?[0-9]+")
_ID = re.compile(r"[A-Za-z0-9]{1,255}")
_TYPE = re.compile(r"[A-Za-z0-9]+(::[A-Za-z0-9@_-]+)+")
_KEYS = {
    "Resources": (
        "Type", "Properties", "Metadata", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy",
        "CreationPolicy", "UpdatePolicy",
    ),
    "Outputs": ("Description", "Value", "Export", "Condition"),
    "Parameters": (
        "Type", "Default", "Description", "AllowedPattern", "AllowedValues", "ConstraintDescription", "MaxLength",
        "MaxValue", "MinLength", "MinValue", "NoEcho",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """The sections of all files together: an Object of IDs each."""

    resources: Object = EMPTY
    outputs: Object = EMPTY
    parameters: Object = EMPTY
    mappings: Object = EMPTY
    conditions: Object = EMPTY


@dataclass(frozen=True, slots=True)
class Section:
    """One section of one file."""

    name: str
    content: Object


def read_section(name: str, node: Node, notes: Notes) -> Section:
    """One section of one file. `name` is one of SECTIONS. Mistakes are noted, and passed on."""
    if name == "Conditions":
        text = "Conditions is not among the keys that Elastic Beanstalk's guide knows"
        notes.warn(node.at, text, "it is passed on to CloudFormation; try it before you rely on it")
    found: list[Entry] = []
    for key, value in entries_of(node, name, notes):
        if not _ID.fullmatch(key.text):
            notes.wrong(key.at, f"{key.text[:60]!r} cannot be an ID in {name}", "letters and digits only, up to 255")
        content = read_value(value, notes)
        content = condition_of(content) if name == "Conditions" else content
        _check(name, key, content, notes)
        found.append(Entry(key.text, content, key.at))
    return Section(name, Object(tuple(found)))


def _check(section: str, key: Node, content: Value, notes: Notes) -> None:
    what = f"{key.text[:60]} in {section}"
    if section == "Conditions":
        if not isinstance(content, FUNCTIONS):
            notes.wrong(key.at, f"{what} is not a condition", "write a function such as Fn::Equals")
        return
    if not isinstance(content, Object):
        notes.wrong(key.at, f"{what} is not a mapping", "write what belongs to it below, indented")
        return
    known = _KEYS.get(section)
    for entry in content.entries:
        if known is not None and entry.key not in known:
            notes.wrong(entry.at, f"{what} has an unknown key {entry.key[:60]!r}", notes.meant(entry.key, known))
        if section == "Mappings" and not isinstance(entry.value, Object):
            notes.wrong(entry.at, f"{what}: {entry.key[:60]} is not a mapping", "a mapping has two levels of keys")
    kind = content.get("Type")
    if section == "Resources" and "Type" in content and not (isinstance(kind, str) and _TYPE.fullmatch(kind)):
        notes.wrong(key.at, f"the Type of {what} is no type of a resource", "write it as in AWS::SQS::Queue")
    if section == "Resources" and not isinstance(content.get("Properties"), Object | None):
        notes.wrong(key.at, f"the Properties of {what} are not a mapping", "write NAME: VALUE below it")


def merge(sections: Iterable[Section], notes: Notes) -> Template:
    """Sections in the order of their files -> one template. Warns where two files disagree; see also `check_merged`."""
    found = [*sections]
    merged = {
        name: _objects([section.content for section in found if section.name == name], name, notes) for name in SECTIONS
    }
    return Template(**{name.lower(): content for name, content in merged.items()})


def _objects(objects: Iterable[Object], path: str, notes: Notes) -> Object:
    by_key: dict[str, list[Entry]] = {}
    for each in objects:
        for entry in each.entries:
            by_key.setdefault(entry.key, []).append(entry)
    return Object(tuple(_one(entries, f"{path}.{key}", notes) for key, entries in by_key.items()))


def _one(entries: list[Entry], path: str, notes: Notes) -> Entry:
    """What several files say under one key, in their order: mappings together, else the last one, which is told."""
    together = entries[:1]
    for entry in entries[1:]:
        if isinstance(entry.value, Object) and isinstance(together[0].value, Object):
            together.append(entry)
        elif entry.value != together[0].value:
            _clash(path, together[0].at, entry.at, notes)
            together = [entry]
    if len(together) == 1:
        return together[0]
    inner = _objects([entry.value for entry in together if isinstance(entry.value, Object)], path, notes)
    return Entry(together[0].key, inner, together[0].at)


def _clash(path: str, earlier: Where, later: Where, notes: Notes) -> None:
    shown = path if len(path) <= 160 else f"{path[:80]}…{path[-79:]}"
    if path.count(".") == 2 and path.startswith("Resources.") and path.endswith(".Type"):
        notes.wrong(later, f"{shown} differs from {earlier}", "an ID stands for one resource: give one another ID")
    else:
        notes.warn(later, f"{shown} differs from {earlier}: this later one counts", "keep one of the two")


def check_merged(template: Template, notes: Notes) -> None:
    """Note what only all files together can lack."""
    checks = (
        ("Resources", template.resources, "Type", "add its type, as in 'Type: AWS::SQS::Queue'"),
        ("Outputs", template.outputs, "Value", "add 'Value:'"),
        ("Parameters", template.parameters, "Type", "add 'Type: String'"),
        ("Parameters", template.parameters, "Default", "add 'Default:': Elastic Beanstalk has no other way to set it"),
    )
    for section, content, key, hint in checks:
        for entry in content.entries:
            is_theirs = section == "Resources" and entry.key.startswith(OURS)
            if isinstance(entry.value, Object) and key not in entry.value and not is_theirs:
                notes.wrong(entry.at, f"{entry.key[:60]} in {section} has no {key}", hint)
            elif is_theirs and isinstance(entry.value, Object) and key not in entry.value:
                note_unknown_id(f"{section} changes", entry.key, entry.at, notes)


def note_unknown_id(what: str, name: str, at: Where, notes: Notes) -> None:
    """A warning for an ID that looks as if Elastic Beanstalk had made it. Its list is not said to be complete."""
    if name.startswith(OURS) and name not in THEIR_IDS and not _LISTENER.fullmatch(name):
        text = f"{what} {name[:60]!r}, which Elastic Beanstalk is not known to make: the stack may be refused"
        notes.warn(at, text, notes.meant(name, THEIR_IDS))


def authentications(template: Template) -> set[str]:
    """The names under which files can be fetched with credentials (`authentication` of an entry of `files`)."""
    found: set[str] = set()
    for entry in template.resources.entries:
        metadata = entry.value.get("Metadata") if isinstance(entry.value, Object) else None
        methods = metadata.get("AWS::CloudFormation::Authentication") if isinstance(metadata, Object) else None
        if isinstance(methods, Object):
            found |= {method.key for method in methods.entries}
    return found
