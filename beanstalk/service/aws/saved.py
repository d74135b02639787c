"""Saved configurations in the bucket of an account; what they hold is told in service/saved.py."""

from __future__ import annotations

from difflib import get_close_matches

from beanstalk.errors import AlreadyExists, NotFound
from beanstalk.options.configuration import Layer
from beanstalk.service.aws.place import CloudService
from beanstalk.service.aws.prepare import configuration_on_aws
from beanstalk.service.aws.state import CloudEnvironment
from beanstalk.service.configuration import Stored, load_settings
from beanstalk.service.saved import check_name, saved_text
from beanstalk.source.saved import SavedConfiguration
from beanstalk.store.attachments import Saved


def save_on_aws(
    service: CloudService, environment: CloudEnvironment, name: str, description: str = "", replaces: bool = False
) -> Saved:
    """Store what is set on an environment, without its passwords.

    Raises InvalidInput for a bad name, AlreadyExists unless `replaces`.
    """
    check_name(name, description)
    before = service.store.saved_one(environment.application, name)
    if before is not None and not replaces:
        hint = "choose another name, or replace it with --force"
        raise AlreadyExists(f"the saved configuration {name} exists", hint=hint)
    now = service.now()
    created = before.created if before else now
    text = saved_text(
        _holding(service, environment), environment.platform, service.platforms, environment.tags, description,
        (created, now),
    )  # fmt: skip
    return _keep(service, Saved(environment.application, name, text, created, now))


def put_on_aws(service: CloudService, application: str, name: str, found: SavedConfiguration, text: str) -> None:
    """Store a file that was checked, in the place of one that has this name. Raises InvalidInput for a bad name."""
    check_name(name, found.description)
    before = service.store.saved_one(application, name)
    now = service.now()
    _keep(service, Saved(application, name, text, before.created if before else now, now))


def find_saved_on_aws(service: CloudService, application: str, name: str) -> Saved:
    """Raises NotFound, with the closest name there is."""
    found = service.store.saved_one(application, name)
    if found is None:
        names = [each.name for each in service.store.saved(application)]
        close = get_close_matches(name, names, 1)
        there = f"there are: {', '.join(names)}" if names else "there is none yet: beanstalk config save NAME"
        hint = f"did you mean {close[0]}?" if close else there
        raise NotFound(f"the application {application} has no saved configuration {name}", hint=hint)
    return found


def delete_on_aws(service: CloudService, application: str, name: str) -> None:
    """Raises NotFound."""
    find_saved_on_aws(service, application, name)
    service.store.remove_saved(application, name)


def _keep(service: CloudService, saved: Saved) -> Saved:
    service.store.create()
    service.store.put_saved(saved)
    return saved


def _holding(service: CloudService, environment: CloudEnvironment) -> list[Stored]:
    """What is stored with it, without recommendations that its `.ebextensions` beat: saved, they would win."""
    holds = configuration_on_aws(service, environment.name)
    return [
        each
        for each in load_settings(environment.settings_json)
        if each.layer is not Layer.RECOMMENDED or holds.resolved(*each.key).layer is not Layer.EBEXTENSIONS
    ]
