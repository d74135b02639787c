"""`beanstalk create` on AWS."""

from __future__ import annotations

from dataclasses import replace

from beanstalk.cli.aws.changes import carry_out
from beanstalk.cli.aws.eb_flags import allows_replacements, eb_settings, price_file
from beanstalk.cli.aws.packing import choose_cloud_version
from beanstalk.cli.create import default_name, project_application
from beanstalk.cli.flags import Waiting
from beanstalk.cli.packing import Wanted
from beanstalk.cli.saved_files import local_file
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import notice
from beanstalk.errors import NotFound, UsageError
from beanstalk.model import OptionSetting, Outcome
from beanstalk.platforms import Platform, find_platform
from beanstalk.service.aws.operations import Running, clear_remains
from beanstalk.service.aws.planning import CloudChange
from beanstalk.service.aws.prepare import Wish, prepare_create_on_aws
from beanstalk.service.configuration import PROPERTIES
from beanstalk.service.manifest import Base, manifest_of, platform_names
from beanstalk.service.tags import parse_tags
from beanstalk.source.environment_parts import WEB, Tier
from beanstalk.source.saved import SavedConfiguration, read_saved

_TIERS = {"web": WEB, "webserver": WEB, "worker": Tier("Worker", "SQS/HTTP")}


def perform(
    session: Session,
    waiting: Waiting,
    wanted: Wanted,
    settings: list[OptionSetting],
    env: str | None,
    cname: str | None,
    platform: str | None,
    branch_default: bool,
    tier: str | None,
    group: str,
    sample: bool,
    cfg: str | None,
    tags: str | None,
    mode: str | None,
    dry_run: bool,
) -> None:
    if mode == "process":
        raise UsageError("on AWS everything runs in containers", hint="drop --mode process")
    application = project_application(session, platform, dry_run)
    saved = _saved(session, application, cfg)
    base = Base(saved=saved, tags=parse_tags(tags) if tags else None, tier=_tier(tier))
    its_sample = _sample(session, platform) if sample else None
    chosen = choose_cloud_version(session, application, replace(wanted, sample=its_sample))
    given = {each.name for each in settings if each.namespace == PROPERTIES}
    base = replace(base, manifest=manifest_of(chosen.bundle, group, env or "", cname or "", given))
    name = env or (base.manifest.environment_name if base.manifest else "") or default_name(application)
    known = its_sample.name if its_sample else _platform(session, platform, base)
    wish = Wish(name, [*eb_settings(session), *settings], cname, known, base)

    def prepare() -> CloudChange:
        if not dry_run:
            clear_remains(session.cloud_service, name, lambda _: None)
        return prepare_create_on_aws(session.cloud_service, wish, chosen.version, chosen.bundle)

    def begun(_: Running) -> None:
        project = session.project
        if project.is_initialised and (branch_default or not project.environment):
            project.choose(name, group or None)

    def done(running: Running) -> None:
        if running.operation.outcome in (Outcome.ROLLED_BACK, Outcome.ABORTED) and session.project.is_initialised:
            session.project.forget(name)

    allowed = allows_replacements(session)
    carry_out(session, name, prepare, waiting, dry_run, allowed, begun, done, price_file(session))


def _tier(named: str | None) -> Tier | None:
    if named is None:
        return None
    if named.lower() not in _TIERS:
        raise UsageError(f"there is no tier {named}", hint=f"possible are {' and '.join(sorted(_TIERS))}")
    return _TIERS[named.lower()]


def _saved(session: Session, application: str, named: str | None) -> SavedConfiguration | None:
    """The local file of this name, else what is stored in the account."""
    if named is None:
        return None
    path = local_file(session, named)
    if path is not None:
        return read_saved(str(path), path.read_bytes())
    stored = session.cloud_service.store.saved_one(application, named)
    if stored is None:
        raise NotFound(f"there is no saved configuration {named}", hint="beanstalk config list lists them")
    return read_saved(named, stored.content.encode())


def _sample(session: Session, named: str | None) -> Platform:
    wanted = named or session.project.platform
    if not wanted:
        raise UsageError("of which platform is the sample to be", hint="add --platform NAME")
    return find_platform(wanted, session.platform_folders())


def _platform(session: Session, named: str | None, base: Base) -> str | None:
    """The platform that was named, by flags, a saved configuration, the project or env.yaml; one that is not known here
    gives way to the next, at the end to what the code says."""
    folders = session.platform_folders()
    if named:
        return find_platform(named, folders).name
    names = (*platform_names(base.saved), session.project.platform, *platform_names(base.manifest))
    for name in filter(None, names):
        try:
            return find_platform(name, folders).name
        except NotFound:
            notice(f"the platform {name} is not known here", session.quiet)
    return None
