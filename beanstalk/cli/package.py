"""`beanstalk package`: the source bundle, without deploying it."""

from __future__ import annotations

from pathlib import Path

import click

from beanstalk.cli.packing import packed_text
from beanstalk.cli.project import FOLDER
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import notice, warn, write_json
from beanstalk.errors import UsageError
from beanstalk.service.versions import Packed
from beanstalk.source.listing import Listing, list_project
from beanstalk.source.packing import pack_folder


@click.command(cls=Command)
@flag("-o", "--output", "out", type=click.Path(path_type=Path), metavar="ZIP", help="Where to write it.")
@flag("--list", "listed", is_flag=True, help="Write nothing, list the files that would be in it.")
@flag("--why", is_flag=True, help="With --list: for every file what put it in or left it out.")
@flag("--staged", is_flag=True, help="Take the git index instead of HEAD.")
@flag("--working-tree", is_flag=True, help="Take the files as they are, committed or not.")
@pass_session
def command(session: Session, out: Path | None, listed: bool, why: bool, staged: bool, working_tree: bool) -> None:
    """Make the source bundle that a deploy would make (by default in .elasticbeanstalk/app_versions)."""
    if why and not listed:
        raise UsageError("--why is for --list", hint="add --list")
    if listed and out:
        raise UsageError("--list writes no bundle", hint="drop --output or --list")
    folder = session.project.folder
    if listed:
        _show(session, list_project(folder, staged=staged, working_tree=working_tree), why)
        return
    place = out or folder / FOLDER / "app_versions" / "bundle.zip"
    listing, bundle = pack_folder(folder, place, staged=staged, working_tree=working_tree)
    if out is None:
        place = place.rename(place.with_name(f"app-{listing.describe or bundle.digest[:12]}.zip"))
    for problem in bundle.warnings:
        warn(str(problem), session.quiet)
    notice(packed_text(Packed(bundle, listing, ())), session.quiet)
    if session.json:
        write_json(
            {
                "Path": str(place),
                "Digest": bundle.digest,
                "SizeBytes": bundle.size_bytes,
                "Files": len(bundle.entries),
                "Origin": str(listing.origin),
                "Revision": listing.revision or None,
                "LeftOut": listing.left_out,
            }
        )
    else:
        click.echo(place)


def _show(session: Session, listing: Listing, why: bool) -> None:
    for text in listing.notices:
        notice(text, session.quiet)
    rows = [row for row in listing.rows if why or row.included]
    if session.json:
        write_json([{"Path": row.path, "Included": row.included, "Why": row.why} for row in rows])
        return
    width = max((len(row.path) for row in rows), default=0)
    for row in rows:
        click.echo(f"{'+' if row.included else '-'} {row.path.ljust(width)}  {row.why}" if why else row.path)
