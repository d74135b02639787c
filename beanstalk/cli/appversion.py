"""`beanstalk appversion`: application versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beanstalk.cli.dispatch import performer
from beanstalk.cli.documents import time_text, version_document
from beanstalk.cli.flags import no_effect_flags
from beanstalk.cli.packing import Wanted, choose_version
from beanstalk.cli.session import CommandGroup, Session, flag, pass_session
from beanstalk.cli.suggestions import complete_version
from beanstalk.cli.terminal import count_text, notice, size_text, table, write_json
from beanstalk.errors import UsageError
from beanstalk.lifecycle import LifecyclePolicy, Rule, Verdict, policy_document
from beanstalk.records import Environment, Version
from beanstalk.service.lifecycle import apply_after, changed_policy, lifecycle_policy, set_policy, verdicts
from beanstalk.service.versions import QUOTA, delete_version, list_versions

if TYPE_CHECKING:
    from beanstalk.service.aws.state import CloudEnvironment


@click.group(cls=CommandGroup, invoke_without_command=True)
@flag("-c", "--create", is_flag=True, help="Create a version of the project.")
@flag(
    "-d", "--delete", metavar="LABEL", shell_complete=complete_version,
    help="Delete a version that is deployed nowhere.",
)  # fmt: skip
@flag("-a", "--application", metavar="APP", help="The application; by default that of the project.")
@flag("-l", "--label", metavar="LABEL", help="With --create: the label.")
@flag("-m", "--message", metavar="TEXT", help="With --create: the description.")
@flag("--staged", is_flag=True, help="With --create: take the git index instead of HEAD.")
@flag("--working-tree", is_flag=True, help="With --create: take the files as they are, committed or not.")
@flag("--archive", type=click.Path(path_type=Path), metavar="DIR|ZIP", help="With --create: take this.")
@no_effect_flags(["-p/--process", "--timeout=", "--source="])
@pass_session
@click.pass_context
def command(
    context: click.Context,
    session: Session,
    create: bool,
    delete: str | None,
    application: str | None,
    label: str | None,
    message: str | None,
    staged: bool,
    working_tree: bool,
    archive: Path | None,
) -> None:
    """List the application versions, or create or delete one; or, with a command, their lifecycle policy."""
    if context.invoked_subcommand is not None:
        return
    name = application_of(session, application)
    wanted = Wanted(None, label, message, staged, working_tree, archive)
    _check(create, delete, wanted)
    if session.is_on_aws:
        performer(context.command_path)(session, name, wanted, create, delete)
        return
    if create:
        chosen = choose_version(session, name, wanted)
        deleted = apply_after(session.service, chosen.version)
        if deleted:
            notice(f"deleted by the lifecycle policy: {', '.join(deleted)}", session.quiet)
        show_version(session, chosen.version, chosen.is_new, deployed_to(session.service.store.living(), name))
    elif delete:
        delete_version(session.service, name, delete)
        show_deleted(session, name, delete)
    else:
        there = list_versions(session.service, name)
        show_versions(session, name, there, deployed_to(session.service.store.living(), name))


def _check(create: bool, delete: str | None, wanted: Wanted) -> None:
    if create and delete:
        raise UsageError("--create and --delete contradict each other", hint="drop one of them")
    if not create and wanted != Wanted():
        raise UsageError("--label, --message, --staged, --working-tree and --archive are for --create")


@command.command()
@flag("-a", "--application", metavar="APP", help="The application; by default that of the project.")
@flag("--max-count", type=click.IntRange(1, QUOTA), metavar="N", help="Keep N versions besides a new one.")
@flag("--max-age", type=click.IntRange(min=1), metavar="DAYS", help="Keep versions for so many days, instead.")
@flag("--keep-bundle", is_flag=True, help="Delete versions only, and keep their source bundles.")
@flag("--off", is_flag=True, help="Delete nothing any more.")
@flag("--dry-run", is_flag=True, help="Show what would be deleted now, and change nothing.")
@flag("-p", "--print", "_print", is_flag=True, help="Show the policy: what this command does anyway.")
@pass_session
def lifecycle(
    session: Session,
    _print: bool,
    application: str | None,
    max_count: int | None,
    max_age: int | None,
    keep_bundle: bool,
    off: bool,
    dry_run: bool,
) -> None:
    """Show or change which versions are deleted when a new one was created.

    Never deleted: what an environment runs, what a deployment needs, and what an environment ran that was terminated
    less than ten weeks ago.
    """
    name = application_of(session, application)
    check_lifecycle(off, max_count, max_age, keep_bundle)
    before = lifecycle_policy(session.service, name)
    policy = changed_policy(before, max_count, max_age, keep_bundle, off)
    if policy != before and not dry_run:
        set_policy(session.service, name, policy)
    show_policy(session, name, policy, verdicts(session.service, name, policy) if dry_run else None)


def check_lifecycle(off: bool, max_count: int | None, max_age: int | None, keep_bundle: bool) -> None:
    """Raises UsageError."""
    if off and (max_count or max_age or keep_bundle):
        raise UsageError("--off contradicts the other flags", hint="drop one of them")


def show_policy(session: Session, name: str, policy: LifecyclePolicy, found: Sequence[Verdict] | None) -> None:
    """found: what it would do now, None when nobody asks."""
    if session.json:
        document: dict[str, object] = {"ApplicationName": name, "VersionLifecycleConfig": policy_document(policy)}
        told = {} if found is None else {"Versions": [_verdict_document(each) for each in found]}
        write_json(document | told)
        return
    click.echo(_policy_text(name, policy))
    if found is not None:
        click.echo()
        click.echo(_verdicts_text(found))


def application_of(session: Session, named: str | None) -> str:
    """That which was named, else the project's. Raises UsageError."""
    session.check_target()
    name = named or session.project.application
    if not name:
        raise UsageError("this folder belongs to no application", hint="beanstalk init APP, or add --application APP")
    return name


def _policy_text(application: str, policy: LifecyclePolicy) -> str:
    def row(name: str, rule: Rule, noun: str) -> tuple[str, str, str]:
        force = "in force" if rule.enabled else "off"
        bundle = "deleted with their versions" if rule.deletes_bundle else "kept"
        return name, f"{count_text(rule.limit, noun)}, {force}", bundle

    rows = [row("MaxCount", policy.count, "version"), row("MaxAge", policy.age, "day")]
    return table((f"Lifecycle of {application}", "Limit", "Source bundles"), rows)


def _verdicts_text(found: Sequence[Verdict]) -> str:
    if not found:
        return "There are no versions."
    rows = [(each.version.label, _fate(each), each.reason) for each in sorted(found, key=lambda each: not each.deleted)]
    return table(("Version", "Would be", "Because"), rows)


def _fate(verdict: Verdict) -> str:
    if not verdict.deleted:
        return "kept"
    return "deleted" if verdict.with_bundle else "deleted, bundle kept"


def _verdict_document(verdict: Verdict) -> dict[str, object]:
    return {
        "VersionLabel": verdict.version.label,
        "Deleted": verdict.deleted,
        "BundleDeleted": verdict.with_bundle,
        "Why": verdict.reason,
    }


def show_version(session: Session, version: Version, is_new: bool, where: Mapping[str, list[str]]) -> None:
    """where: see `deployed_to`."""
    if session.json:
        write_json(version_document(version, where.get(version.label, [])))
    else:
        click.echo(f"{version.label} {'is new' if is_new else 'was there already'}.")


def show_deleted(session: Session, application: str, label: str) -> None:
    if session.json:
        write_json({"ApplicationName": application, "VersionLabel": label, "Deleted": True})
    else:
        click.echo(f"{label} is deleted.")


def show_versions(
    session: Session, application: str, versions: Sequence[Version], where: Mapping[str, list[str]]
) -> None:
    """where: see `deployed_to`."""
    if session.json:
        write_json([version_document(each, where.get(each.label, [])) for each in versions])
    elif not versions:
        notice(f"the application {application} has no versions", session.quiet)
    else:
        rows = [
            (
                each.label,
                time_text(each.created)[:19].replace("T", " "),
                size_text(each.size_bytes),
                ", ".join(where.get(each.label, [])) or "-",
                each.description,
            )
            for each in versions
        ]
        click.echo(table(("Version", "Created (UTC)", "Size", "Deployed to", "Description"), rows))


def deployed_to(living: Sequence[Environment | CloudEnvironment], application: str) -> dict[str, list[str]]:
    """{version label: names of the environments that run it}."""
    found: dict[str, list[str]] = {}
    for each in living:
        if each.application == application and each.version_label:
            found.setdefault(each.version_label, []).append(each.name)
    return found
