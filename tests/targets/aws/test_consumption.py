"""What an environment consumes, and what that costs by the user's own prices."""

from __future__ import annotations

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.change_set import LOAD_BALANCER
from beanstalk.targets.aws.consumption import Consumption, consumption_of, read_prices

PRICES = b"currency: EUR\nvcpu_hour: 0.04\ngb_hour: 0.005\nload_balancer_hour: 0.02\n"


def template(**task):
    tasks = {"Type": "AWS::ECS::TaskDefinition", "Properties": task}
    return {"Resources": {"TaskDefinition": tasks, "LoadBalancer": {"Type": LOAD_BALANCER}}}


def test_a_task_has_the_size_that_it_is_given():
    assert consumption_of(template(Cpu="512", Memory="1024"), 4) == Consumption(2.0, 4.0, 1)


def test_a_task_without_a_size_counts_what_its_containers_reserve():
    containers = [{"Cpu": 256, "MemoryReservation": 512}, {"Memory": 512}]
    assert consumption_of(template(ContainerDefinitions=containers), 2) == Consumption(0.5, 2.0, 1)


def test_money_is_what_the_price_file_says():
    prices = read_prices("prices.yml", PRICES)
    assert prices.currency == "EUR"
    assert prices.hourly(Consumption(2.0, 4.0, 1)) == pytest.approx(0.12)


def test_every_price_that_is_missing_or_no_number_is_told():
    with pytest.raises(InvalidInput) as caught:
        read_prices("prices.yml", b"vcpu_hour: cheap\ngb_hour: 1\n")
    assert [each.text for each in caught.value.problems] == [
        "vcpu_hour: 'cheap' is no number", "load_balancer_hour is missing",
    ]  # fmt: skip
