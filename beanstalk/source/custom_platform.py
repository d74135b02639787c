"""`platform.yaml` of a custom platform: that of Elastic Beanstalk, made by Packer, and ours, made by a Dockerfile.

Elastic Beanstalk builds machine images of long retired systems from it, so the file is read, checked and explained; it
is nothing that could run here. Source: EB Developer Guide, "Custom platforms".
"""

from __future__ import annotations

from dataclasses import dataclass

from beanstalk.errors import Problem, Where
from beanstalk.model import OptionSetting
from beanstalk.source.document import Node
from beanstalk.source.yaml_notes import YamlNotes, read_mapping

NAMESPACE = "aws:elasticbeanstalk:container:custom"
FLAVORS = ("amazon", "ubuntu1604", "rhel7", "rhel6")
MOST_OPTIONS, LONGEST_OPTION, LONGEST_OPTION_DESCRIPTION = 50, 100, 1024
_LONGEST = {
    "maintainer": 100, "description": 2000, "operating_system_name": 50, "operating_system_version": 20,
    "programming_language_name": 50, "programming_language_version": 20, "framework_name": 50,
    "framework_version": 20,
}  # fmt: skip
_KEYS = ("version", "provisioner", "metadata", "option_definitions", "option_settings")


@dataclass(frozen=True, slots=True)
class Provisioner:
    """type: packer or dockerfile.  template: Packer's file, or the Dockerfile.  flavor: system, only of Packer."""

    type: str
    template: str
    flavor: str


@dataclass(frozen=True, slots=True)
class OptionDefinition:
    """An option of environments of this platform."""

    namespace: str
    name: str
    description: str
    default: str
    at: Where


@dataclass(frozen=True, slots=True)
class CustomPlatform:
    """metadata: what was given, by its keys. options below NAMESPACE."""

    provisioner: Provisioner
    metadata: tuple[tuple[str, str], ...]
    options: tuple[OptionDefinition, ...]
    settings: tuple[OptionSetting, ...]
    warnings: tuple[Problem, ...] = ()

    @property
    def explanation(self) -> str:
        """What the file asks for and what becomes of it, in a few sentences."""
        if self.provisioner.type == "dockerfile":
            return f"A platform made from {self.provisioner.template}: applications run in its image."
        return (
            f"A custom platform of Elastic Beanstalk: Packer makes a machine image from {self.provisioner.template} "
            f"({self.provisioner.flavor or 'amazon'}). Its systems are retired, and a machine image does not run here. "
            "Write what Packer's template installs as a Dockerfile, and `provisioner: {type: dockerfile}`."
        )


def is_custom_platform(root: Node) -> bool:
    """Whether a `platform.yaml` is one of this kind: it says what provisions it."""
    return any(key.text == "provisioner" for key, _ in root.entries())


def read_custom_platform(content: bytes, path: str = "platform.yaml") -> CustomPlatform:
    """Raises InvalidInput with every problem."""
    document, root, notes = read_mapping(path, content, "the file")
    keys = notes.mapping(root, "platform.yaml", _KEYS)
    provisioner = _provisioner(keys.get("provisioner"), root, notes)
    version = notes.text(keys.get("version"), "version")
    if version != "1.0" and provisioner.type == "packer":
        notes.wrong(keys.get("version") or root, f"version {version[:30]!r} is not supported", 'write version: "1.0"')
    metadata = tuple(
        (name, notes.text(value, name))
        for name, value in notes.mapping(keys.get("metadata"), "metadata", tuple(_LONGEST)).items()
    )
    for name, text in metadata:
        if len(text) > _LONGEST[name]:
            notes.wrong(keys["metadata"], f"{name} has {len(text)} characters", f"allowed are {_LONGEST[name]}")
    options = tuple(_option(item, notes) for item in notes.items(keys.get("option_definitions"), "option_definitions"))
    settings = tuple(_setting(item, notes) for item in notes.items(keys.get("option_settings"), "option_settings"))
    for name, found in (("option_definitions", options), ("option_settings", settings)):
        if len(found) > MOST_OPTIONS:
            notes.wrong(keys[name], f"{len(found)} entries in {name}", f"allowed are {MOST_OPTIONS}")
    return CustomPlatform(provisioner, metadata, options, settings, notes.finish(document.duplicates))


def _provisioner(node: Node | None, root: Node, notes: YamlNotes) -> Provisioner:
    if node is None:
        notes.wrong(root, "provisioner is missing", "write provisioner: and below it type: and template:")
    keys = notes.mapping(node, "provisioner", ("type", "template", "flavor"))
    kind, flavor = notes.text(keys.get("type"), "type"), notes.text(keys.get("flavor"), "flavor")
    template = notes.text(keys.get("template"), "template")
    if node is not None and kind not in ("packer", "dockerfile"):
        text = f"there is no provisioner {kind[:60]!r}"
        notes.wrong(keys.get("type") or node, text, notes.meant(kind, ("packer", "dockerfile")))
    if kind == "packer" and not template:
        notes.wrong(keys.get("template") or node, "the provisioner has no template", "name Packer's file")
    if kind == "packer" and flavor not in ("", *FLAVORS):
        notes.wrong(keys["flavor"], f"there is no flavor {flavor[:60]!r}", f"possible are {', '.join(FLAVORS)}")
    if kind == "dockerfile" and flavor:
        notes.warn(keys["flavor"], "flavor has no effect with a Dockerfile", "take it out: FROM says the system")
    return Provisioner(kind, template or ("Dockerfile" if kind == "dockerfile" else ""), flavor)


def _option(item: Node, notes: YamlNotes) -> OptionDefinition:
    keys = notes.mapping(
        item, "an entry of option_definitions", ("namespace", "option_name", "description", "default_value")
    )
    namespace, name, description, default = (
        notes.text(keys.get(key), key) for key in ("namespace", "option_name", "description", "default_value")
    )
    if namespace != NAMESPACE and not namespace.startswith(NAMESPACE + ":"):
        text = f"{namespace[:80]!r} is no namespace for options of a platform"
        notes.wrong(keys.get("namespace") or item, text, f"it begins with {NAMESPACE}:")
    if not 1 <= len(name) <= LONGEST_OPTION or len(description) > LONGEST_OPTION_DESCRIPTION:
        limits = f"a name has 1 to {LONGEST_OPTION} characters, a description at most {LONGEST_OPTION_DESCRIPTION}"
        notes.wrong(item, f"the option {name[:40]!r} is too long or has no name", limits)
    return OptionDefinition(namespace, name, description, default, item.at)


def _setting(item: Node, notes: YamlNotes) -> OptionSetting:
    keys = notes.mapping(item, "an entry of option_settings", ("namespace", "option_name", "value"))
    namespace, name, value = (notes.text(keys.get(key), key) for key in ("namespace", "option_name", "value"))
    if not namespace or not name:
        notes.wrong(item, "a setting needs namespace, option_name and value", "write all three")
    return OptionSetting(namespace, name, value, at=item.at)
