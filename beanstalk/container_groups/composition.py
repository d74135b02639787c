"""A Compose file while it is translated: its values, the nodes they came from, and the variables that it sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from beanstalk.container_groups.compose_secrets import properties_and_secrets
from beanstalk.container_groups.material import Material
from beanstalk.errors import InvalidInput, Where
from beanstalk.source.compose import FILE_NAME, read_compose
from beanstalk.source.compose_notes import ComposeNotes
from beanstalk.source.compose_values import ComposeFile, Service
from beanstalk.source.document import Kind, Node, read_document
from beanstalk.source.env_file import read_env_file

ENV_FILE = ".env"
LOG_VARIABLE = "EB_LOG_BASE_DIR"
LOG_FOLDER = "/var/log/eb-docker/containers"
"""What Elastic Beanstalk sets the variable to (EB Developer Guide, "Docker platform configuration")."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What is written in one mapping. at: of the mapping."""

    at: Where
    all: Mapping[str, tuple[Node, Node]]

    def get(self, name: str) -> Node | None:
        """The value; a null counts as not written."""
        found = self.all.get(name)
        return None if found is None or found[1].kind is Kind.NULL else found[1]

    def items(self, name: str) -> Sequence[Node]:
        """Of a list; none of anything else."""
        found = self.get(name)
        return found.items() if found else ()

    def place(self, *names: str) -> Where:
        """Where the first of the keys that is there stands, else the mapping."""
        return next((self.all[name][0].at for name in names if name in self.all), self.at)


def keys_of(node: Node | None) -> Keys:
    """No keys of anything but a mapping."""
    if node is None:
        return Keys(Where(FILE_NAME, 1), {})
    return Keys(node.at, {key.text: (key, value) for key, value in node.entries() if key.is_scalar})


@dataclass
class Composition:
    """credentials: see ImageSource.  generated: the bundle has no `.env`, so the properties stand in its place."""

    material: Material
    compose: ComposeFile
    root: Node
    notes: ComposeNotes
    generated: bool
    credentials: str = ""
    _services: dict[str, Keys] = field(default_factory=dict)

    @property
    def variables(self) -> Mapping[str, str]:
        return self.notes.variables

    @cached_property
    def top(self) -> Keys:
        return keys_of(self.root)

    def service(self, name: str) -> Keys:
        if not self._services:
            services = self.root if self.compose.first_form else self.top.get("services")
            self._services = {key: keys_of(value) for key, (_, value) in keys_of(services).all.items()}
        return self._services[name]

    @cached_property
    def started(self) -> tuple[Service, ...]:
        """The services that Compose starts: of no profile or one that `COMPOSE_PROFILES` names, and not 0 of them."""
        profiles = {name.strip() for name in self.variables.get("COMPOSE_PROFILES", "").split(",")}
        return tuple(
            each
            for each in self.compose.services
            if each.replicas != 0 and (not each.profiles or "*" in profiles or profiles & {*each.profiles})
        )


def read_composition(text: str, credentials: str, material: Material) -> Composition | None:
    """None when there is a mistake in the Compose file; all of them are noted."""
    written = material.text(ENV_FILE)
    variables = properties_and_secrets(material) if written is None else _variables(written, material)
    variables[LOG_VARIABLE] = LOG_FOLDER
    try:
        compose = read_compose(text.encode(), FILE_NAME, variables, material.files)
    except InvalidInput as error:
        material.notes.problems += error.problems
        return None
    root = read_document(FILE_NAME, text.encode()).root
    assert root is not None
    material.notes.warnings += compose.warnings
    notes = ComposeNotes(FILE_NAME, problems=material.notes.problems, variables=variables)
    return Composition(material, compose, root, notes, written is None, credentials)


def hand_back(composition: Composition) -> None:
    """The warnings of what was read once more, but for those that the reader has given already."""
    told = {problem.text for problem in composition.compose.warnings}
    found = (problem for problem in composition.notes.warnings if problem.text not in told)
    composition.material.notes.warnings += found


def _variables(written: str, material: Material) -> dict[str, str]:
    try:
        lines = read_env_file(ENV_FILE, written.encode())
    except InvalidInput as error:
        material.notes.problems += error.problems
        return {}
    return {line.name: line.value for line in lines if line.value is not None}
