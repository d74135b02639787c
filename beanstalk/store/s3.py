"""The store of the AWS target: one bucket in each account and region, which every machine sees alike.

    applications/NAME.json           the application, its versions, its lifecycle policy
    saved/NAME/CONFIGURATION.json    a saved configuration
    bundles/DIGEST.zip               a source bundle
    environments/NAME.json           a living environment and the lease of whoever works on it, read in one request
    terminated/ID.json               an environment that is gone
    operations/ID/NUMBER.json        what was done to the environment with this id

What environments and operations hold is the service's own; here they are documents with an id and a name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from beanstalk.errors import AlreadyExists, NotFound
from beanstalk.store.applications import Applications, part
from beanstalk.store.attachments import Saved
from beanstalk.store.bucket import VARIABLE, bucket_name, create_bucket
from beanstalk.store.documents import Account, Documents, Json
from beanstalk.store.leases import FIELD, Holding, Lease, LeaseInfo, is_over, read, take
from beanstalk.store.row import from_values, to_values


@dataclass(frozen=True, slots=True)
class Held:
    """An environment, and who holds it now."""

    document: Json
    lease: LeaseInfo | None


class CloudStore(Applications):
    """One object may be used by several threads. Everything raises CloudError when AWS refuses.

    variables: BEANSTALK_BUCKET names another bucket.
    """

    def __init__(self, cloud: Account, variables: Mapping[str, str] = os.environ) -> None:
        self._cloud = cloud
        self.bucket = variables.get(VARIABLE) or bucket_name(cloud)
        super().__init__(Documents(cloud, self.bucket))

    def create(self) -> None:
        """Make the bucket when it is not there."""
        create_bucket(self._cloud, self.bucket)

    def now(self) -> float:
        return self.documents.now()

    def url(self, key: str) -> str:
        """Of an object, as CloudFormation wants it for a template."""
        return str(self.documents.api.meta.endpoint_url) + f"/{self.bucket}/{quote(key)}"

    # environments

    def find(self, name: str) -> Held | None:
        """The living environment of this name, in one request."""
        found = self.documents.get(_environment(name))
        document = (found or {}).get("Environment")
        if document is None:
            return None
        lease = read(found)
        return Held(document, None if lease is None or is_over(lease, self.now()) else lease)

    def environment(self, name: str) -> Json | None:
        found = self.find(name)
        return found.document if found else None

    def environment_by_id(self, environment_id: str) -> Json | None:
        """A living or a terminated one."""
        gone = self.documents.get(_terminated(environment_id))
        return gone or next((each for each in self.living() if each["id"] == environment_id), None)

    def living(self) -> list[Json]:
        """By name."""
        found = self.documents.get_all(self.documents.keys("environments/"))
        return [each["Environment"] for each in found if each.get("Environment") is not None]

    def terminated(self) -> list[Json]:
        """All that were, in no order."""
        return self.documents.get_all(self.documents.keys("terminated/"))

    def holder(self, name: str) -> LeaseInfo | None:
        """Who works on an environment now."""
        found = self.find(name)
        return found.lease if found else None

    def put_environment(self, document: Json, new: bool = False) -> None:
        """Keeps who holds it. new: raises AlreadyExists when an environment of this name lives; otherwise NotFound
        when none with this id does."""
        name = document["name"]

        def changed(there: Json | None) -> Json:
            known = (there or {}).get("Environment")
            if new and known is not None and known["id"] != document["id"]:
                raise AlreadyExists(f"there is an environment {name} already", hint="choose another name")
            if not new and (known is None or known["id"] != document["id"]):
                raise NotFound(f"there is no environment {name} ({document['id']}) any more")
            return {**(there or {FIELD: None}), "Environment": document}

        self.documents.change(_environment(name), changed)

    def remove_environment(self, document: Json) -> None:
        """It is terminated: from now on its name is free, and it is found by its id alone."""
        self.documents.put(_terminated(document["id"]), document)
        key = _environment(document["name"])

        def gone(there: Json | None) -> Json | None:
            mine = there is not None and (there.get("Environment") or {}).get("id") == document["id"]
            return {FIELD: None, "Environment": None} if mine else None

        self.documents.change(key, gone)
        self.documents.delete_if(key, lambda there: there.get("Environment") is None)

    def acquire(self, name: str, holding: Holding, seconds: float) -> Lease:
        """Hold an environment for so long; `Lease.renew` makes it longer. A lease that has ended is taken over. Raises
        EnvironmentBusy while somebody else works on it, NotFound."""
        lease = take(self.documents, _environment(name), name, holding, seconds)
        if lease is None:
            raise NotFound(f"there is no environment {name}")
        return lease

    # operations

    def put_operation(self, environment_id: str, number: int, document: Json, new: bool = False) -> bool:
        """Whether it was written. new: only when there is none with this number."""
        return self.documents.put(_operation(environment_id, number), document, new=new)

    def operation(self, environment_id: str, number: int) -> Json | None:
        return self.documents.get(_operation(environment_id, number))

    def operations(self, environment_id: str, limit: int = 50) -> list[Json]:
        """The newest first."""
        keys = self.documents.keys(f"operations/{environment_id}/")
        return self.documents.get_all(keys[::-1][:limit])

    # saved configurations

    def saved(self, application: str) -> list[Saved]:
        """By name."""
        found = self.documents.get_all(self.documents.keys(f"saved/{part(application)}/"))
        return sorted((from_values(Saved, each) for each in found), key=lambda each: each.name)

    def saved_one(self, application: str, name: str) -> Saved | None:
        found = self.documents.get(_saved(application, name))
        return None if found is None else from_values(Saved, found)

    def put_saved(self, saved: Saved, new: bool = False) -> bool:
        """Whether it was written. new: only when there is none of this name."""
        return self.documents.put(_saved(saved.application, saved.name), to_values(saved), new=new)

    def remove_saved(self, application: str, name: str) -> None:
        self.documents.delete(_saved(application, name))

    # whatever else is to be remembered

    def put_document(self, key: str, document: Json, new: bool = False) -> bool:
        return self.documents.put(key, document, new=new)

    def get_document(self, key: str) -> Json | None:
        return self.documents.get(key)

    def change_document(self, key: str, changed: Callable[[Json | None], Json | None]) -> Json | None:
        """See `Documents.change`."""
        return self.documents.change(key, changed)

    def list_keys(self, prefix: str) -> list[str]:
        return self.documents.keys(prefix)

    def put_text(self, key: str, text: str) -> str:
        """Gives its URL (`url`)."""
        self.documents.put_bytes(key, text.encode(), "text/plain; charset=utf-8")
        return self.url(key)

    def get_text(self, key: str) -> str | None:
        found = self.documents.get_bytes(key)
        return None if found is None else found[0].decode()

    def has_bundle(self, digest: str) -> bool:
        return self.bundles.has(digest)

    def put_bundle(self, digest: str, path: Path) -> bool:
        """Whether it had to be sent."""
        return self.bundles.put(digest, path)

    def fetch_bundle(self, digest: str, path: Path) -> None:
        """See `Bundles.fetch`."""
        self.bundles.fetch(digest, path)


def _environment(name: str) -> str:
    return f"environments/{part(name)}.json"


def _terminated(environment_id: str) -> str:
    return f"terminated/{environment_id}.json"


def _operation(environment_id: str, number: int) -> str:
    return f"operations/{environment_id}/{number:06d}.json"


def _saved(application: str, name: str) -> str:
    return f"saved/{part(application)}/{part(name)}.json"
