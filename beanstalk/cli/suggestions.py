"""What a shell proposes for a word that is being typed: names that are there. Nothing that goes wrong is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from beanstalk.cli.session import Session

Suggest = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _suggest(names: Callable[[Session], Iterable[tuple[str, str]]]) -> Suggest:
    """names: (name, what to tell about it), as far as the shell shows that."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            found = list(names(context.find_root().ensure_object(Session)))
        except Exception:  # a traceback in the middle of somebody's command line helps nobody
            return []
        return [CompletionItem(name, help=about or None) for name, about in found if name.startswith(incomplete)]

    return complete


def _environments(session: Session) -> Iterable[tuple[str, str]]:
    return ((each.name, f"{each.status}, {each.health}") for each in session.service.store.living())


def _versions(session: Session) -> Iterable[tuple[str, str]]:
    from beanstalk.service.versions import list_versions

    return ((each.label, each.description) for each in list_versions(session.service, session.project.application))


def _saved(session: Session) -> Iterable[tuple[str, str]]:
    from beanstalk.service.saved import list_saved

    return ((each.name, "") for each in list_saved(session.service, session.project.application))


def _platforms(session: Session) -> Iterable[tuple[str, str]]:
    from beanstalk.platforms import list_platforms

    return ((each.name, each.title) for each in list_platforms(session.service.platforms))


def _terminated(session: Session) -> Iterable[tuple[str, str]]:
    from beanstalk.service.environments import terminated

    return ((each.name, each.id) for each in terminated(session.service))


complete_environment = _suggest(_environments)
complete_version = _suggest(_versions)
complete_saved = _suggest(_saved)
complete_platform = _suggest(_platforms)
complete_terminated = _suggest(_terminated)
