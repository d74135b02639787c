"""What --dry-run shows on AWS, as text and as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from beanstalk.cli.following import TITLES
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import count_text, table, warn, write_json
from beanstalk.errors import NotFound
from beanstalk.options.updates import impact
from beanstalk.service.aws.plan import CloudPlan, plan_on_aws
from beanstalk.service.aws.planning import CloudChange
from beanstalk.service.consequences import consequences
from beanstalk.targets.aws.consumption import HOURS_A_MONTH, Consumption, Prices, read_prices
from beanstalk.targets.aws.scheduler import Course


def show_cloud_plan(session: Session, change: CloudChange, prices: str | None) -> None:
    """Print what would happen. prices: path of a price file."""
    found = plan_on_aws(session.cloud_service, change)
    money = _prices(prices) if prices else None
    for problem in found.change.warnings:
        warn(str(problem), session.quiet)
    if session.json:
        write_json(plan_document(found, money))
    else:
        click.echo(plan_text(found, money))


def plan_document(plan: CloudPlan, money: Prices | None) -> dict[str, Any]:
    change, least, most = plan.change, *_bounds(plan)
    return {
        "Operation": str(change.kind),
        "EnvironmentName": change.environment.name,
        "VersionLabel": change.version.label,
        "Unchanged": not plan.lines and not change.force,
        "Policy": str(change.rollout.policy),
        "Strategy": str(change.strategy.kind),
        "MinimumHealthyPercent": change.strategy.minimum_percent,
        "MaximumPercent": change.strategy.maximum_percent,
        "BatchSize": change.rollout.batch,
        "Instances": change.size,
        "LeastInService": least,
        "MostRunning": most,
        "Steps": _steps(plan.course) if plan.course else [],
        "RollBack": [],
        "Estimate": None,
        "Resources": [
            {"Change": each.verb, "LogicalResourceId": each.logical_id, "What": each.what, "Why": each.why or None}
            for each in plan.lines
        ],
        "Refused": [each.text for each in plan.refused],
        "Impact": impact(change.changed),
        "Settings": consequences(change.changed, ()),
        "Consumption": _consumption_document(plan, money),
        "Warnings": [str(problem) for problem in change.warnings],
    }


def plan_text(plan: CloudPlan, money: Prices | None) -> str:
    """In words: what changes, what goes on meanwhile, what it consumes."""
    change = plan.change
    if not plan.lines and not change.force:
        return f"{change.environment.name} is like this already; nothing would change."
    size = count_text(change.size, "instance")
    lines = [f"{TITLES[change.kind].format(change.environment.name)}: {change.version.label} on {size}", ""]
    lines += [f"  {each.text}" for each in plan.lines] or ["  no resource changes; all tasks are replaced"]
    rows = [*_capacity(plan), *_settings(plan), *_consumes(plan, money)]
    cells = [(f"  {name}", text) for name, text in rows]
    refused = [f"  refused unless --allow-replace: {each.text}" for each in plan.refused]
    return "\n".join([*lines, *table(("", ""), cells).splitlines(), *refused])


def _capacity(plan: CloudPlan) -> list[tuple[str, str]]:
    change, strategy = plan.change, plan.change.strategy
    if plan.course is None:
        text = "there is nothing to replace yet" if change.new else "no task is replaced"
        return [("policy", f"{change.rollout.policy}: {text}")]
    least, most = _bounds(plan)
    figures = f"{strategy.kind}, {strategy.minimum_percent} to {strategy.maximum_percent} %"
    walk = " → ".join(map(str, plan.course.counts))
    rows = [
        ("policy", f"{change.rollout.policy}: {figures}"),
        ("in service", f"{least} at least" + ("" if least else ": an outage until the new tasks are healthy")),
        ("running", f"{most} at most ({walk})"),
        ("on failure", "back to the old version" if strategy.goes_back else "it stops and stays as it is then"),
    ]
    return rows + [("", text) for text in strategy.why]


def _settings(plan: CloudPlan) -> list[tuple[str, str]]:
    told = consequences(plan.change.changed, ())
    return [("" if number else "settings", text) for number, text in enumerate(told)]


def _consumes(plan: CloudPlan, money: Prices | None) -> list[tuple[str, str]]:
    more = plan.after - plan.before
    rows = [("consumes", f"each hour {_in_words(plan.after)} ({_difference(more)})")]
    if money is not None:
        hourly, difference = money.hourly(plan.after), money.hourly(more)
        text = f"{hourly:.4f} {money.currency} an hour ({difference:+.4f}), about {hourly * HOURS_A_MONTH:.2f} a month"
        rows.append(("costs", text))
    return rows


def _in_words(consumption: Consumption) -> str:
    balancers = count_text(consumption.load_balancers, "load balancer")
    return f"{consumption.vcpu:g} vCPU, {consumption.gb:g} GB, {balancers}"


def _difference(more: Consumption) -> str:
    if more == Consumption(0, 0, 0):
        return "as before"
    return f"{more.vcpu:+g} vCPU, {more.gb:+g} GB, {more.load_balancers:+d} load balancers"


def _consumption_document(plan: CloudPlan, money: Prices | None) -> dict[str, Any]:
    def document(consumption: Consumption) -> dict[str, Any]:
        found = {
            "VCpuHours": consumption.vcpu, "GBHours": consumption.gb, "LoadBalancerHours": consumption.load_balancers
        }  # fmt: skip
        return found | ({"Money": round(money.hourly(consumption), 6), "Currency": money.currency} if money else {})

    return {"Before": document(plan.before), "After": document(plan.after)}


def _bounds(plan: CloudPlan) -> tuple[int, int]:
    """(least in service, most running) on the way."""
    if plan.course is None:
        size = plan.change.size
        return (0, size) if plan.change.new else (min(size, plan.change.rollout.old_size), size)
    return plan.course.least_in_service, plan.course.most_running


def _steps(course: Course) -> list[dict[str, Any]]:
    """Tasks that start and stop, one after the other; of a traffic shift all new ones start before an old one stops."""
    pairs = zip(course.counts, course.counts[1:], strict=False)
    return [{"Step": "Start" if after > before else "Stop", "Count": abs(after - before)} for before, after in pairs]


def _prices(path: str) -> Prices:
    try:
        return read_prices(path, Path(path).read_bytes())
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}", hint="--prices takes a price file") from None
