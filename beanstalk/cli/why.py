"""`beanstalk why`: one option, with everything that was said about it."""

from __future__ import annotations

from typing import Any

import click

from beanstalk.cli.environment import living
from beanstalk.cli.flags import environment_argument
from beanstalk.cli.session import Command, Session, pass_session
from beanstalk.cli.terminal import notice, write_json
from beanstalk.options.configuration import Contribution, Layer
from beanstalk.options.document import clients_in_words
from beanstalk.service.explaining import (
    Answer,
    configuration_files,
    family_of_folder,
    why_in_environment,
    why_in_files,
)

_LAYERS = {
    Layer.ENVIRONMENT: "set on the environment",
    Layer.SAVED: "saved configuration",
    Layer.EBEXTENSIONS: ".ebextensions",
    Layer.RECOMMENDED: "recommended by create",
    Layer.DEFAULT: "default",
}


@click.command(cls=Command)
@click.argument("option")
@environment_argument
@pass_session
def command(session: Session, option: str, env: str | None) -> None:
    """Tell why OPTION (NAMESPACE:NAME, or a name alone) has its value.

    Without an environment: what it would be in one made from this folder.
    """
    name = env or _known_environment(session)
    if name:
        answer = why_in_environment(session.service, name, option)
    else:
        folder, named = session.project.folder, session.project.platform
        answer = why_in_files(configuration_files(folder), option, family_of_folder(folder, named))
    if session.json:
        write_json(_document(answer))
    else:
        click.echo(_text(answer))


def _known_environment(session: Session) -> str:
    """The branch's environment, or the only one; "" when there is none on this machine."""
    session.check_target()
    names = [each.name for each in living(session)]
    chosen = session.project.environment
    if chosen in names:
        return chosen
    if len(names) == 1 and not chosen and session.project.application:
        notice(f"the environment is {names[0]}, the only one", session.quiet)
        return names[0]
    if chosen:
        notice(f"there is no environment {chosen} here: told for the files of the project", session.quiet)
    elif names:
        notice("no environment was named: told for the files of the project", session.quiet)
    return ""


def _text(answer: Answer) -> str:
    found = answer.explanation
    resource = f"{found.resource_name}." if found.resource_name else ""
    value = answer.shown(found.value)
    where = f" in {answer.environment}" if answer.environment else ""
    is_what = "is not set" if value is None else f"is {value or 'empty'}"
    rows = [("set by", _setter(found.winner))]
    rows += [("over" if each is found.losers[0] else "", _whole(each, answer)) for each in found.losers]
    if found.next:
        rows.append(("without it", _whole(found.next, answer)))
    if found.option.default_note:
        rows.append(("by default", found.option.default_note))
    if found.option.recommended:
        they = "it creates" if len(found.option.recommended.by) == 1 else "they create"
        rows.append(("clients", f"{clients_in_words(found.option.recommended)} on what {they}, over files"))
    if found.ignored:
        rows.append(("ignored", found.ignored))
    if found.option.deprecated:
        rows.append(("deprecated", found.option.deprecated))
    rows += [("means", found.option.about), ("here", found.here), ("a change", answer.change)]
    lines = [f"  {name:<11} {text}" for name, text in rows]
    return "\n".join([f"{resource}{found.namespace}:{found.name} {is_what}{where}", *lines])


def _setter(said: Contribution) -> str:
    if said.layer is not Layer.DEFAULT:
        return _who(said)
    return "nobody, and there is no default" if said.value is None else f"nobody: it is the {_who(said)}"


def _who(said: Contribution) -> str:
    if said.at:
        return str(said.at)
    return _LAYERS[said.layer] + (f" {said.because}" if said.because else "")


def _whole(said: Contribution, answer: Answer) -> str:
    if said.layer is Layer.DEFAULT and said.value is None:
        return "no default"
    return f"{answer.shown(said.value) or 'empty'} ({_who(said)})"


def _document(answer: Answer) -> dict[str, Any]:
    found = answer.explanation
    document: dict[str, Any] = {
        "Namespace": found.namespace,
        "OptionName": found.name,
        "ResourceName": found.resource_name or None,
        "EnvironmentName": answer.environment or None,
        "VersionLabel": answer.label or None,
    }
    return document | {
        **_said(found.winner, answer),
        "Default": answer.shown(found.default),
        "Losers": [_said(each, answer) for each in found.losers],
        "Without": _said(found.next, answer) if found.next else None,
        "ActedOn": found.option.local,
        "Here": found.here,
        "Ignored": found.ignored or None,
        "Clients": clients_in_words(found.option.recommended) if found.option.recommended else None,
        "Deprecated": found.option.deprecated or None,
        "Change": answer.change,
    }


def _said(said: Contribution, answer: Answer) -> dict[str, Any]:
    return {
        "Value": answer.shown(said.value),
        "Layer": str(said.layer),
        "At": str(said.at) if said.at else None,
        "Because": said.because or None,
    }
