"""What a translation is made from, and where it notes what is wrong or has no effect here."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from beanstalk.container_groups.settings import DockerSettings
from beanstalk.containers import Pairs
from beanstalk.source.bundle import Bundle, read_text
from beanstalk.source.content import parents
from beanstalk.source.notes import Notes, Place

ReadText = Callable[[Bundle, str], str | None]
"""As `read_text`, which it is unless the bundle is not packed yet."""


@dataclass
class Material:
    """properties: the environment properties.  port: of the instance, where requests arrive (option Port).
    secrets: names of the variables that are secrets.
    """

    bundle: Bundle
    properties: Mapping[str, str]
    port: int
    settings: DockerSettings
    secrets: tuple[str, ...] = ()
    read: ReadText = read_text
    notes: Notes = field(default_factory=Notes)
    _texts: dict[str, str | None] = field(default_factory=dict)

    @cached_property
    def files(self) -> frozenset[str]:
        """Paths of the bundle, links among them."""
        return frozenset(entry.path for entry in self.bundle.entries)

    @cached_property
    def folders(self) -> frozenset[str]:
        return frozenset(folder for path in self.files for folder in parents(path))

    def has(self, path: str) -> bool:
        """Whether the bundle has a file or folder of that path; "" is its root."""
        return not path or path in self.files or path in self.folders

    def text(self, path: str) -> str | None:
        """A text file of the bundle, None when there is none of that path. Raises BundleRefused."""
        if path not in self._texts:
            self._texts[path] = self.read(self.bundle, path)
        return self._texts[path]

    def pin(self, reference: str) -> str:
        """See `ImageSource.pin`."""
        return hashlib.sha256(f"{self.bundle.digest}\n{reference}".encode()).hexdigest()

    def words(self, text: str, what: str, place: Place) -> tuple[str, ...]:
        """A command line as a shell splits it; what cannot be split is noted."""
        try:
            return tuple(shlex.split(text))
        except ValueError as error:
            self.notes.wrong(place, f"{what} {text[:60]!r} is no command line: {error}", "close the quotes")
            return ()

    def told(self, place: Place, what: str, why: str, hint: str = "") -> None:
        """Something that Elastic Beanstalk would do, and that is not done here."""
        self.notes.warn(place, f"{what} is not applied here: {why}", hint)


def all_secrets(material: Material, own: Container[str] = ()) -> Pairs:
    """Those of a container that gets all of them under their names, but for the variables that it has itself."""
    return tuple((name, name) for name in material.secrets if name not in own)
