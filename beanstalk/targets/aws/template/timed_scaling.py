"""`aws:autoscaling:scheduledaction`: other bounds for the number of tasks at set times, in UTC.

Amazon ECS has no wish for a number of tasks beside its bounds, so DesiredCapacity becomes the lower bound when there is
no MinSize. Source: Application Auto Scaling User Guide, "Scheduled scaling".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.options.configuration import Resolved
from beanstalk.source.schedule import NotASchedule, read_schedule
from beanstalk.targets.aws.blueprint import Blueprint, Json
from beanstalk.targets.aws.cron import NotExpressible, aws_cron

ACTION = "aws:autoscaling:scheduledaction"


@dataclass(frozen=True)
class _Action:
    name: str
    options: dict[str, Resolved]

    def text(self, option: str) -> str:
        return (self.options[option].value or "") if option in self.options else ""

    def at(self, option: str = "") -> Where | None:
        found = self.options.get(option) or next(iter(self.options.values()))
        return found.winner.at


def scheduled_actions(blueprint: Blueprint) -> list[Json]:
    """As a scalable target has them. Raises InvalidInput with every action that has no time or no size."""
    problems: list[Problem] = []
    found = []
    for action in _actions(blueprint):
        if action.text("Suspend").lower() == "true":
            continue
        bounds = _bounds(action)
        if not bounds:
            problems.append(Problem(f"the scheduled action {action.name!r} sets no size", action.at(), "set MinSize"))
        try:
            found.append(_action(action, bounds))
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return found


def warnings(blueprint: Blueprint) -> list[Problem]:
    """Where DesiredCapacity is not the number of tasks that there then are."""
    return [
        Problem(
            f"DesiredCapacity of the scheduled action {action.name!r} is taken as its lower bound",
            action.at("DesiredCapacity"),
            "the service has so many tasks at least from then on; set MinSize and MaxSize to say both bounds",
        )
        for action in _actions(blueprint)
        if action.text("DesiredCapacity")
    ]


def _actions(blueprint: Blueprint) -> Iterator[_Action]:
    by_name: dict[str, dict[str, Resolved]] = {}
    for each in blueprint.configuration.stated():
        if each.namespace == ACTION:
            by_name.setdefault(each.resource_name, {})[each.name] = each
    yield from (_Action(name, by_name[name]) for name in sorted(by_name))


def _bounds(action: _Action) -> Json:
    least = action.text("MinSize") or action.text("DesiredCapacity")
    found = {"MinCapacity": least, "MaxCapacity": action.text("MaxSize")}
    return {name: int(text) for name, text in found.items() if text}


def _action(action: _Action, bounds: Json) -> Json:
    """An action that recurs begins and ends at its times; another one happens once."""
    recurs = action.text("Recurrence")
    start = action.text("StartTime")
    found: Json = {"ScheduledActionName": action.name, "Timezone": "UTC", "ScalableTargetAction": bounds}
    if not recurs:
        if not start:
            text = f"the scheduled action {action.name!r} has no time"
            raise InvalidInput([Problem(text, action.at(), "set StartTime or Recurrence")])
        return {**found, "Schedule": f"at({start.removesuffix('Z')[:19]})"}
    try:
        found["Schedule"] = aws_cron(read_schedule(recurs))
    except NotExpressible as error:
        text = f"the scheduled action {action.name!r}: {error.reason}"
        raise InvalidInput([Problem(text, action.at("Recurrence"), error.hint)]) from None
    except NotASchedule as error:
        raise InvalidInput([Problem(text, action.at("Recurrence"), hint) for text, hint in error.reasons]) from None
    times = {"StartTime": start, "EndTime": action.text("EndTime")}
    return {**found, **{name: text for name, text in times.items() if text}}
