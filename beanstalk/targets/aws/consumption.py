"""What an environment consumes in an hour, as far as it can be told from its template, and what that costs. Pure.

Only what counts by the hour: requests, traffic, storage, logs and databases are not in it. Prices are the user's: they
differ by region and contract, and change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.document import plain, read_document
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.change_set import LOAD_BALANCER

_UNITS_A_CPU, _MB_A_GB = 1024, 1024
PRICES = ("vcpu_hour", "gb_hour", "load_balancer_hour")
"""Keys of a price file, beside `currency`."""
HOURS_A_MONTH = 730


@dataclass(frozen=True, slots=True)
class Consumption:
    """vcpu, gb: of all tasks together.  load_balancers: how many."""

    vcpu: float
    gb: float
    load_balancers: int

    def __sub__(self, other: Consumption) -> Consumption:
        return Consumption(self.vcpu - other.vcpu, self.gb - other.gb, self.load_balancers - other.load_balancers)


@dataclass(frozen=True, slots=True)
class Prices:
    """Of one hour, each."""

    currency: str
    vcpu_hour: float
    gb_hour: float
    load_balancer_hour: float

    def hourly(self, consumption: Consumption) -> float:
        return (
            consumption.vcpu * self.vcpu_hour
            + consumption.gb * self.gb_hour
            + consumption.load_balancers * self.load_balancer_hour
        )


def consumption_of(body: Json, size: int) -> Consumption:
    """Of a template whose service runs `size` tasks. A task without a size of its own (on EC2) counts as its containers
    reserve."""
    resources: Json = body.get("Resources", {})
    task: Json = resources.get("TaskDefinition", {}).get("Properties", {})
    containers: list[Json] = task.get("ContainerDefinitions", [])
    cpu = _number(task.get("Cpu")) or sum(_number(each.get("Cpu")) for each in containers)
    memory = _number(task.get("Memory")) or sum(
        _number(each.get("Memory") or each.get("MemoryReservation")) for each in containers
    )
    balancers = sum(each["Type"] == LOAD_BALANCER for each in resources.values())
    return Consumption(cpu * size / _UNITS_A_CPU, memory * size / _MB_A_GB, balancers)


def read_prices(path: str, content: bytes) -> Prices:
    """A YAML mapping with `currency` and PRICES. Raises InvalidInput with everything that is wrong."""
    root = read_document(path, content).root
    data = plain(root) if root is not None else None
    if not isinstance(data, dict):
        raise InvalidInput([Problem("is no mapping", Where(path), f"write {', '.join(PRICES)}, each with a number")])
    problems = []
    numbers = {}
    for name in PRICES:
        try:
            numbers[name] = float(data[name])
        except KeyError:
            problems.append(Problem(f"{name} is missing", Where(path), "write the price of one hour"))
        except (TypeError, ValueError):
            problems.append(Problem(f"{name}: {str(data[name])[:40]!r} is no number", Where(path)))
    if problems:
        raise InvalidInput(problems)
    return Prices(str(data.get("currency", "USD")), **numbers)


def _number(value: Any) -> float:
    """0 for what is no plain number: a function of a template."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
