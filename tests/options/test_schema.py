"""The JSON Schema of option settings: in step with the catalogue, and of one mind with it about good and bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from beanstalk.errors import InvalidInput
from beanstalk.options.catalogue import catalogue
from beanstalk.options.resolve import Layer, resolve
from beanstalk.options.schema import dump, schema
from beanstalk.source.ebextensions import read_extensions

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs/schema/option_settings.schema.json"
EXAMPLES = sorted((ROOT / "ebextensions_examples").glob("*.config"))
VALIDATOR = Draft202012Validator(schema(catalogue()))

GOOD = """
- {aws:autoscaling:asg: {MinSize: 2, MaxSize: "4"}}
- {aws:elasticbeanstalk:command: {IgnoreHealthCheck: true, HealthCheckSuccessThreshold: Warning}}
- {aws:elasticbeanstalk:command: {IgnoreHealthCheck: "TRUE"}}
- {API_URL: "https://example.org", COUNT: 3, EMPTY: null}
- {aws:elasticbeanstalk:application:environment: {A: 1, b.c/d: [x, y], PORT: 8000}}
- {Nightly.aws:autoscaling:scheduledaction: {MinSize: 0, Recurrence: "0 22 * * *"}}
- {AWSEBAutoScalingGroup.aws:autoscaling:asg: {MinSize: 1}}
- {"aws:elb:listener:443": {ListenerProtocol: HTTPS, SSLCertificateId: "arn:aws:acm:eu-west-1:1:certificate/x"}}
- {aws:elbv2:listener:default: {ListenerEnabled: false}}
- {"aws:elbv2:listener:8443": {Rules: "a,b"}}
- {aws:elasticbeanstalk:environment:process:api: {MatcherHTTPCode: 200}}
- {aws:elasticbeanstalk:healthreporting:system: {ConfigDocument: {Version: 1}}}
- {aws:elasticbeanstalk:healthreporting:system: {ConfigDocument: '{"Version": 1}'}}
- aws:elasticbeanstalk:healthreporting:system:
    ConfigDocument: {Version: 1, CloudWatchMetrics: {Environment: {InstancesOk: 60, InstancesSevere: null}}}
- {aws:elasticbeanstalk:cloudwatch:logs: {RetentionInDays: 14}}
- {aws:autoscaling:updatepolicy:rollingupdate: {PauseTime: PT10M}}
- {aws:elb:loadbalancer: {LoadBalancerHTTPSPort: 443}}
- {aws:autoscaling:asg: {Cooldown: '`{"Ref": "X"}`', Availability Zones: {"Fn::GetOptionSetting": {OptionName: M}}}}
- {aws:ec2:vpc: {ELBScheme: internel, Subnets: [a, b]}}
- {aws:ec2:instances: {SupportedArchitectures: "arm64, x86_64"}}
- {aws:elasticbeanstalk:customoption: {Any name at all: 1}}
- {beanstalk:deployment: {DrainSeconds: 0.5}}
- [{option_name: A, value: 1}]
- [{namespace: aws:autoscaling:asg, option_name: MinSize, value: "1"}]
- [{namespace: aws:autoscaling:scheduledaction, resource_name: Day, option_name: MinSize, value: 1}]
- [{namespace: Day.aws:autoscaling:scheduledaction, option_name: MinSize, value: 1}]
- [{namespace: "aws:elb:listener:443", option_name: InstancePort, value: 80}]
- []
"""
BAD = """
- {aws:autoscaling:asgs: {MinSize: 2}}
- {aws:autoscaling:asg: {MinSise: 2}}
- {aws:autoscaling:asg: {MinSize: two}}
- {aws:autoscaling:asg: {MinSize: 10001}}
- {aws:elasticbeanstalk:command: {IgnoreHealthCheck: 1}}
- {aws:elasticbeanstalk:command: {DeploymentPolicy: rolling}}
- {aws:elasticbeanstalk:command: {HealthCheckSuccessThreshold: Bad}}
- {aws:elasticbeanstalk:application:environment: {A B: 1}}
- {aws:elasticbeanstalk:application:environment: {PORT: 70000}}
- {aws:autoscaling:scheduledaction: {MinSize: 0}}
- {"aws:elb:listener:https": {InstancePort: 443}}
- {aws:elasticbeanstalk:cloudwatch:logs: {RetentionInDays: 2}}
- {aws:autoscaling:updatepolicy:rollingupdate: {PauseTime: 10 minutes}}
- {aws:elasticbeanstalk:environment:process:default: {HealthCheckPath: health}}
- {aws:elasticbeanstalk:environment:process:api: {MatcherHTTPCode: 20x}}
- {aws:ec2:instances: {SupportedArchitectures: "arm64, mips"}}
- {aws:elasticbeanstalk:healthreporting:system: {ConfigDocument: {Version: 2}}}
- {aws:elasticbeanstalk:healthreporting:system: {ConfigDocument: [1]}}
- aws:elasticbeanstalk:healthreporting:system:
    ConfigDocument: {Version: 1, CloudWatchMetrics: {Environment: {InstancesOk: 30}}}
- {"aws:elbv2:loadbalancer": {SharedLoadBalancer: my-balancer}}
- [{namespace: aws:autoscaling:asg, option_name: MinSise, value: "1"}]
- [{namespace: aws:autoscaling:asg, option_name: MinSize, value: "x"}]
- [{namespace: aws:autoscaling:asgs, option_name: MinSize, value: "1"}]
- [{namespace: aws:autoscaling:asg, option_name: MinSize}]
- [{namespace: aws:autoscaling:asg, name: MinSize, value: 1}]
- {aws:autoscaling:asg: 3}
- {aws:elasticbeanstalk:application:environmentsecrets: {KEY: secret}}
- [{namespace: aws:elasticbeanstalk:application:environmentsecrets, option_name: KEY, value: secret}]
"""


def fits(content: Any, key: str = "option_settings") -> bool:
    return VALIDATOR.is_valid({key: content})


def resolves(content: Any) -> bool:
    try:
        found = read_extensions([(".ebextensions/a.config", json.dumps({"option_settings": content}).encode())])
        resolve({Layer.EBEXTENSIONS: found.settings})
    except InvalidInput:
        return False
    return True


def test_the_schema_of_the_documentation_is_that_of_the_catalogue():
    assert FILE.read_text() == dump(catalogue()), "python -m beanstalk.options.schema > " + str(FILE.relative_to(ROOT))


def test_it_is_a_schema():
    Draft202012Validator.check_schema(schema(catalogue()))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_fit(path):
    assert VALIDATOR.is_valid(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("content", yaml.safe_load(GOOD), ids=str)
def test_good_settings_fit_and_are_taken(content):
    assert fits(content)
    assert resolves(content)


@pytest.mark.parametrize("content", yaml.safe_load(BAD), ids=str)
def test_bad_settings_do_not_fit_and_are_refused(content):
    assert not fits(content)
    assert not resolves(content)


@pytest.mark.parametrize("content", [each for each in yaml.safe_load(GOOD) if isinstance(each, dict)], ids=str)
def test_a_saved_configuration_takes_the_same_but_no_property_without_its_namespace(content):
    assert fits(content, "OptionSettings") == all(":" in key for key in content)


FORMS = st.integers(-1, 70000).map(str) | st.sampled_from(
    [
        "true",
        "False",
        "",
        "x",
        "/",
        "80",
        "1.5",
        "PT5M",
        "200-299,302",
        "{}",
        "[1]",
        "arn:aws:s3:::x",
        "a,b",
        "Tue:09:00",
    ]
)


@settings(deadline=None)
@given(st.sampled_from(catalogue().options()), st.data())
def test_whatever_the_catalogue_takes_the_schema_takes_as_text(option, data):
    value = data.draw(FORMS | st.sampled_from([*option.values, option.default or ""]))
    name = "/A" if option.name == "*" else option.name
    namespace = option.namespace.replace("{listener_port}", "443").partition("{")[0]
    namespace += "some" if "{" in option.namespace and "port" not in option.namespace else ""
    resource = "Day." if catalogue().namespace(namespace).by_resource else ""
    assert catalogue().find(namespace, name) is option
    content = {resource + namespace: {name: value}}
    item = {"namespace": resource + namespace, "option_name": name, "value": value}
    if resolves(content) or option.lenient:
        assert fits(content) and fits([item])
    assert fits(content) == fits([item])
