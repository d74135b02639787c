"""What is said to have no effect on AWS, held to what templates ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from beanstalk.options.configuration import Configuration
from beanstalk.service.validation_homes_aws import idle_on_aws
from tests.targets.aws.blueprints import make_blueprint, template_of
from tests.targets.aws.template.cases import CASES

READ_AS_A_WHOLE = ("aws:elasticbeanstalk:healthreporting", "beanstalk:deployment")
"""The health check of a workload is one value, and a template takes its path alone."""


@pytest.mark.parametrize("name", CASES)
def test_nothing_that_a_template_asks_for_is_said_to_be_idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked: set[tuple[str, str]] = set()
    honest = Configuration.resolved

    def resolved(self: Configuration, namespace: str, name: str, resource_name: str = "") -> object:
        asked.add((namespace, name))
        return honest(self, namespace, name, resource_name)

    case = CASES[name]
    blueprint = make_blueprint(tmp_path, case.files, case.options, tier=case.tier)
    monkeypatch.setattr(Configuration, "resolved", resolved)
    template_of(blueprint)
    wrong = [each for each in asked if idle_on_aws(*each, "EC2") and not each[0].startswith(READ_AS_A_WHOLE)]
    assert (len(asked) > 30, wrong) == (True, [])


def test_a_namespace_below_one_is_idle_and_one_beside_it_is_not() -> None:
    assert idle_on_aws("aws:elb:listener:443", "InstancePort", "FARGATE")
    assert not idle_on_aws("aws:elbv2:listener:443", "Protocol", "FARGATE")
    assert not idle_on_aws("aws:elasticbeanstalk:environment", "LoadBalancerType", "FARGATE")
    assert idle_on_aws("aws:elasticbeanstalk:environment", "ServiceRole", "FARGATE")
