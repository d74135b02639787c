"""Environment properties that will not arrive as they were set."""

from __future__ import annotations

import json

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.model import OptionSetting
from beanstalk.records import Instance, State
from beanstalk.service import changes, updates
from beanstalk.service.configuration import PROPERTIES
from beanstalk.service.properties import GIVEN, PORT
from beanstalk.targets.local.processes import environment_of
from beanstalk.workload import Workload


def warnings(bench, *names):
    change = updates.prepare_properties(bench.service, "prod-1", [(name, "s3cr3t") for name in names])
    return [str(each) for each in change.warnings]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (GIVEN[0], "every instance is given its own"),
        (GIVEN[1], "every instance is given its own"),
        ("my-var", "may not reach the application: my-var"),
        ("1A", "may not reach the application: 1A"),
    ],
)
def test_a_property_that_does_not_arrive_is_told_without_its_value(bench, name, said):
    bench.create()
    [told] = warnings(bench, name)
    assert said in told
    assert "s3cr3t" not in told


def test_the_port_is_given_by_the_platform(bench):
    bench.create()
    change = updates.prepare_properties(bench.service, "prod-1", [(PORT, "5000")])
    [told] = change.warnings
    assert "PORT has no effect here: every instance is given a port of its own" in told.text


def test_usual_names_are_nothing_to_tell(bench):
    bench.create()
    assert warnings(bench, "A", "_b1", "LOG_LEVEL", "PATH") == []


def test_what_every_instance_is_given_is_what_this_module_knows(bench):
    bench.create()
    deployment = bench.store.deployments.get(bench.store.environment("prod-1").deployment_id)
    workload = Workload.from_json(json.loads(deployment.workload_json))
    instance = Instance("i-1", "e-1", 1, State.PENDING, 20000, 0.0, 0.0)
    given = environment_of(workload, instance, ("prod-1", "v1"), {}, {})
    assert set(given) - set(dict(workload.environment)) == {PORT, *GIVEN}


def test_they_have_room_in_4096_bytes_together(bench):
    bench.create()
    fits = [OptionSetting(PROPERTIES, "A", "x" * 2000), OptionSetting(PROPERTIES, "B", "x" * 2092)]
    assert updates.prepare_configure(bench.service, "prod-1", fits).differences == ["A set", "B set"]
    with pytest.raises(InvalidInput, match="more than 4096"):
        updates.prepare_configure(bench.service, "prod-1", [*fits, OptionSetting(PROPERTIES, "C", "")])


def test_of_several_values_for_one_name_the_last_one_counts(bench):
    bench.create()
    bench.finish(changes.begin(bench.service, updates.prepare_properties(bench.service, "prod-1", [("A", "1")])))
    assert updates.prepare_properties(bench.service, "prod-1", [("A", "2"), ("A", "")]).differences == ["A removed"]
    changed = updates.prepare_properties(bench.service, "prod-1", [("A", ""), ("A", "3")])
    assert changed.configuration.properties() == {"A": "3"}
