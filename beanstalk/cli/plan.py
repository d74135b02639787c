"""What --dry-run shows: the plan of a change, as text and as a document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

import click

from beanstalk.cli.following import TITLES
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import count_text, duration_text, table, warn, write_json
from beanstalk.model import Await, Group, Hold, OnFailure, Policy, Route, Scale, Step
from beanstalk.options.configuration import Layer
from beanstalk.options.updates import Changed, impact
from beanstalk.records import Environment, Kind
from beanstalk.service.changes import Change
from beanstalk.service.configuration import COMMAND

_FEW_STEPS = 6
_WORD = {Group.OLD: "old", Group.NEW: "new"}


def show_plan(session: Session, change: Change) -> None:
    """Print what would happen."""
    for problem in change.warnings:
        warn(str(problem), session.quiet)
    if session.json:
        write_json(plan_document(change, _blue(session, change)))
    else:
        click.echo(plan_text(change, _blue(session, change)))


def plan_document(change: Change, blue: Environment | None = None) -> dict[str, Any]:
    """blue: of a blue/green deployment the environment that serves now, and goes on doing so until the end."""
    plan, rollout = change.plan, change.rollout
    least, most = _promises(change, blue)
    return {
        "Operation": str(change.kind),
        "EnvironmentName": change.environment.name,
        "VersionLabel": change.version.label,
        "Unchanged": change.unchanged,
        "Policy": str(rollout.policy),
        "BatchSize": rollout.batch,
        "Instances": rollout.size,
        "LeastInService": least,
        "MostRunning": most,
        "Steps": [] if change.unchanged else [*map(_step_document, plan.steps), *_last_documents(change, blue)],
        "RollBack": [] if change.unchanged else [*map(_step_document, plan.way_back)],
        "Estimate": None if plan.seconds is None else {"Seconds": round(plan.seconds, 3)},
        "Settings": change.differences,
        "Changes": [_changed_document(each) for each in change.changed],
        "Impact": impact(change.changed),
        "Warnings": [str(problem) for problem in change.warnings],
    }


def plan_text(change: Change, blue: Environment | None = None) -> str:
    """A short table in words."""
    least, most = _promises(change, blue)
    plan, rollout, environment = change.plan, change.rollout, change.environment
    if change.unchanged:
        return f"{environment.name} runs {change.version.label} like this already; nothing would change."
    size = count_text(rollout.size, "instance")
    lines = [f"{TITLES[change.kind].format(environment.name)}: {change.version.label} on {size}", ""]
    words = [*_in_words(plan.steps, change), *_last_words(change, blue)]
    lines += [f"  {number:>2}. {each}" for number, each in enumerate(words, 1)] or ["  no instance starts or stops"]
    walk = [
        ("policy", f"{rollout.policy}{_batches(change)} ({_source(change)})"),
        ("in service", f"{least} at least{_outage(change, least)}"),
        ("running", f"{most} at most"),
        ("takes", "not known yet" if plan.seconds is None else f"about {duration_text(plan.seconds)}"),
        ("on failure", _failure(change)),
    ]
    settings = [("" if number else "settings", text) for number, text in enumerate(change.consequences)]
    rows = [*(walk if words else []), *settings]
    cells = [(f"  {name}", text) for name, text in rows]
    return "\n".join([*lines, *(table(("", ""), cells).splitlines() if cells else [])])


def _changed_document(changed: Changed) -> dict[str, Any]:
    """Without its values, which may be secrets."""
    namespace, name, resource = changed.key
    return {
        "Namespace": namespace,
        "OptionName": name,
        "ResourceName": resource or None,
        "Change": changed.verb,
        "Causes": changed.option.change,
        "ActedOn": changed.option.local,
        "At": str(changed.at) if changed.at else None,
    }


def _source(change: Change) -> str:
    """Who chose the policy."""
    if change.rollout.policy is Policy.RESIZE:
        return "only the number of instances changes"
    if change.kind is Kind.BLUE_GREEN:
        return "in the second environment, which serves nobody yet"
    if change.new:
        return "there is nothing to replace yet"
    if change.kind is Kind.REBUILD:
        return "as a rebuild does"
    layer = change.configuration.layer(COMMAND, "DeploymentPolicy")
    return {Layer.ENVIRONMENT: "set on the environment or for this once", Layer.EBEXTENSIONS: "from .ebextensions"}.get(
        layer, str(layer)
    )


def _batches(change: Change) -> str:
    rollout = change.rollout
    if rollout.policy not in (Policy.ROLLING, Policy.ADDITIONAL_BATCH):
        return ""
    return f", {rollout.batch} at a time"


def _blue(session: Session, change: Change) -> Environment | None:
    on = dict(change.arguments).get("on")
    return session.service.store.environments.get(on) if on else None


def _promises(change: Change, blue: Environment | None) -> tuple[int, int]:
    """(least instances in service, most running), of both environments when there are two."""
    plan = change.plan
    return (blue.size, blue.size + plan.most_running) if blue else (plan.least_serving, plan.most_running)


def _last_words(change: Change, blue: Environment | None) -> list[str]:
    if blue is None:
        return []
    terminates = dict(change.arguments).get("terminate_old")
    swap = f"exchange the CNAMEs of {blue.name} and {change.environment.name}"
    return [swap, *([f"terminate {blue.name}"] if terminates else [])]


def _last_documents(change: Change, blue: Environment | None) -> list[dict[str, Any]]:
    if blue is None:
        return []
    terminates = dict(change.arguments).get("terminate_old")
    swap = {"Step": "Swap", "EnvironmentName": blue.name, "With": change.environment.name}
    return [swap, *([{"Step": "Terminate", "EnvironmentName": blue.name}] if terminates else [])]


def _outage(change: Change, least: int) -> str:
    plan = change.plan
    if least or not change.rollout.old_size:
        return ""
    if plan.seconds is None:
        return ": an outage until the new instances are healthy"
    return f": an outage of about {duration_text(plan.seconds)}"


def _failure(change: Change) -> str:
    if change.rollout.on_failure is OnFailure.STOP:
        return "it stops and stays as it is then"
    if change.kind is Kind.BLUE_GREEN:
        return "the CNAMEs stay, and what serves was never touched"
    if change.new:
        return "the environment is removed again"
    counts = [step for step in change.plan.way_back if isinstance(step, Scale)]
    steps = ", ".join(f"{step.group.value} to {step.count}" for step in counts)
    many = f"in {len(counts)} steps"
    back = f"back to {change.environment.version_label}"
    return f"{back}: {steps if len(counts) <= _FEW_STEPS else many}" if counts else back


def _in_words(steps: Iterable[Step], change: Change) -> list[str]:
    counts = {Group.OLD: change.rollout.old_size, Group.NEW: 0}
    alone = change.rollout.policy is Policy.RESIZE
    if alone:
        counts[Group.NEW] = change.rollout.old_size
    words, left = [], False
    for step in steps:
        match step:
            case Scale(group, count):
                words.append(_scale(group, counts[group], count, alone))
                left = count < counts[group]
                counts[group] = count
            case Await(group, count):
                words.append(_await(group, count, alone, left))
            case Route(percent):
                words.append(f"send {percent} % of the requests to the new version")
            case Hold(seconds):
                words.append(f"watch it for {duration_text(seconds)}")
            case _:
                assert_never(step)
    return words


def _scale(group: Group, before: int, count: int, alone: bool) -> str:
    word = "" if alone else f"{_WORD[group]} "
    if count > before:
        more = f"{word}{'instance' if count - before == 1 else 'instances'}"
        return f"start {count - before} {more}" + (f" (then {count})" if before else "")
    gone = before - count
    left = f" ({count} left)" if count else ""
    return f"drain and stop {gone} {word}{'instance' if gone == 1 else 'instances'}{left}"


def _await(group: Group, count: int, alone: bool, left: bool) -> str:
    """left: instances of the group were let go just before."""
    word = "" if alone else f"{_WORD[group]} "
    if count == 0:
        return f"wait until no {word}instance is left"
    if group is Group.OLD and left:
        return (
            f"wait until those that leave are gone, with {count} {word}{'instance' if count == 1 else 'instances'} left"
        )
    return f"wait until {count} {word}{'instance is' if count == 1 else 'instances are'} in service"


def _step_document(step: Step) -> dict[str, Any]:
    match step:
        case Scale(group, count):
            return {"Step": "Scale", "Group": group.value, "Count": count}
        case Await(group, count):
            return {"Step": "Await", "Group": group.value, "Count": count}
        case Route(percent):
            return {"Step": "Route", "NewPercent": percent}
        case Hold(seconds):
            return {"Step": "Hold", "Seconds": seconds}
        case _:
            assert_never(step)
