"""Applications and their versions in the bucket of an account: one document for each application.

So a label is given to one content alone, whoever is first, and what a lifecycle policy takes away is judged and taken
away in the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from beanstalk.errors import AlreadyExists, NotFound
from beanstalk.lifecycle import LifecyclePolicy, Verdict, policy_document, read_policy_document
from beanstalk.records import Application, Version
from beanstalk.store.bundles import Bundles
from beanstalk.store.documents import Documents, Json
from beanstalk.store.row import from_values, to_values

_LONGEST_PART = 200
"""Characters of a name in a key; a key has at most 1,024 bytes."""
Judge = Callable[[LifecyclePolicy, Sequence[Version]], Sequence[Verdict]]


class Applications:
    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.bundles = Bundles(documents)

    def applications(self) -> list[Application]:
        """By name."""
        found = self.documents.get_all(self.documents.keys("applications/"))
        return sorted((from_values(Application, each) for each in found), key=lambda each: each.name)

    def application(self, name: str) -> Application | None:
        found = self.documents.get(_key(name))
        return None if found is None else from_values(Application, found)

    def add_application(self, application: Application) -> None:
        """No error when it is there; then it stays as it is."""
        document = {**to_values(application), "versions": {}}
        self.documents.change(_key(application.name), lambda there: document if there is None else None)

    def remove_application(self, name: str) -> None:
        """Versions and their bundles go with it."""
        for each in self.versions(name):
            self.remove_version(name, each.label)
        self.documents.delete(_key(name))

    def versions(self, application: str) -> list[Version]:
        """The newest first."""
        return _versions(self.documents.get(_key(application)) or {})

    def version(self, application: str, label: str) -> Version | None:
        return next((each for each in self.versions(application) if each.label == label), None)

    def add_version(self, version: Version) -> Version:
        """The version that has this label then: one that is there already when its content is the same. The application
        is made when it is not there. Raises AlreadyExists when the label has other content."""

        def with_it(there: Json | None) -> Json | None:
            document = there or {**to_values(Application(version.application, "", version.created)), "versions": {}}
            known = document["versions"].get(version.label)
            if known is None:
                return {**document, "versions": document["versions"] | {version.label: to_values(version)}}
            if known["digest"] == version.digest:
                return None
            raise AlreadyExists(
                f"the application version {version.label} exists with other content",
                hint=f"choose another label, or deploy it as it is: --version {version.label}",
            )

        there = self.documents.change(_key(version.application), with_it)
        assert there is not None
        return from_values(Version, there["versions"][version.label])

    def remove_version(self, application: str, label: str, with_bundle: bool = True) -> tuple[str, ...]:
        """Gives the images (`note_images`) that no version of the application needs any more. with_bundle: its source
        bundle goes with it, unless another version has it, too."""
        return self._remove(application, {label: with_bundle})

    def note_images(self, application: str, label: str, images: Collection[str]) -> None:
        """Remember which images of the application's repository a version is run from: their tags. Raises NotFound."""

        def noted(there: Json | None) -> Json:
            if there is None or label not in there["versions"]:
                raise NotFound(f"the application {application} has no version {label} any more")
            values = there["versions"][label]
            known = sorted({*values.get("images", ()), *images})
            return {**there, "versions": there["versions"] | {label: values | {"images": known}}}

        self.documents.change(_key(application), noted)

    def images_of(self, application: str, label: str) -> tuple[str, ...]:
        document = self.documents.get(_key(application)) or {"versions": {}}
        return tuple(document["versions"].get(label, {}).get("images", ()))

    def policy(self, application: str) -> LifecyclePolicy:
        """The lifecycle policy; nothing is in force until somebody sets one. Raises NotFound."""
        found = self.documents.get(_key(application))
        if found is None:
            raise NotFound(f"there is no application {application}", hint="beanstalk create makes it")
        return _policy(found)

    def set_policy(self, application: str, policy: LifecyclePolicy) -> None:
        """Nothing is deleted before the next version is created. Raises NotFound."""

        def changed(there: Json | None) -> Json:
            if there is None:
                raise NotFound(f"there is no application {application}", hint="beanstalk create makes it")
            newest = max((each["created"] for each in there["versions"].values()), default=0.0)
            applied = max(self.documents.now(), newest)
            return {**there, "lifecycle": {"policy": policy_document(policy), "applied": applied}}

        self.documents.change(_key(application), changed)

    def apply_policy(self, version: Version, judge: Judge) -> tuple[tuple[Verdict, ...], tuple[str, ...]]:
        """Take away what the policy of its application wants gone after this version. (What went, images that nothing
        needs any more.) A version for which that was done already, or from before the policy was set, changes nothing.

        judge: the verdicts on these versions; it may be asked several times.
        """
        gone: list[Verdict] = []

        def applied(there: Json | None) -> Json | None:
            gone.clear()
            lifecycle = (there or {}).get("lifecycle")
            if there is None or lifecycle is None or version.created <= lifecycle["applied"]:
                return None
            gone.extend(each for each in judge(_policy(there), _versions(there)) if each.deleted)
            return {**there, "lifecycle": lifecycle | {"applied": version.created}}

        self.documents.change(_key(version.application), applied)
        left = self._remove(version.application, {each.version.label: each.with_bundle for each in gone})
        return tuple(gone), left

    def _remove(self, application: str, labels: dict[str, bool]) -> tuple[str, ...]:
        """labels: {label: whether its bundle goes with it}. Gives the images that nothing needs any more."""
        digests, images = set[str](), set[str]()

        def without(there: Json | None) -> Json | None:
            if there is None:
                return None
            doomed = {label: values for label, values in there["versions"].items() if label in labels}
            kept = {label: values for label, values in there["versions"].items() if label not in labels}
            digests.clear()
            digests.update(values["digest"] for label, values in doomed.items() if labels[label])
            images.clear()
            images.update(_images(doomed) - _images(kept))
            return {**there, "versions": kept} if doomed else None

        if not labels:
            return ()
        self.documents.change(_key(application), without)
        for digest in sorted(digests - self._digests()):
            self.bundles.delete(digest)
        return tuple(sorted(images))

    def _digests(self) -> set[str]:
        """Of the bundles that a version of any application has."""
        found = self.documents.get_all(self.documents.keys("applications/"))
        return {values["digest"] for each in found for values in each["versions"].values()}


def part(name: str) -> str:
    """A name as a part of a key: two names never become the same one."""
    quoted = quote(name, safe="").replace(".", "%2E")
    return quoted if len(quoted) <= _LONGEST_PART else "~" + sha256(name.encode(errors="surrogatepass")).hexdigest()


def _key(application: str) -> str:
    return f"applications/{part(application)}.json"


def _versions(document: Json) -> list[Version]:
    found = [from_values(Version, each) for each in document.get("versions", {}).values()]
    return sorted(found, key=lambda each: (each.created, each.label), reverse=True)


def _images(versions: dict[str, Any]) -> set[str]:
    return {image for values in versions.values() for image in values.get("images", ())}


def _policy(document: Json) -> LifecyclePolicy:
    lifecycle = document.get("lifecycle")
    return read_policy_document(lifecycle["policy"]) if lifecycle else LifecyclePolicy()
