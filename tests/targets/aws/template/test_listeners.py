"""Listeners and their rules: who sends what where."""

from __future__ import annotations

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.template.listeners import forwarding_listeners, make_layout
from tests.targets.aws.blueprints import make_blueprint, template_of
from tests.targets.aws.template.cases import EXAMPLES, HTTPS

FILES = {"Dockerfile": "FROM a\nEXPOSE 8000\n"}
LISTENER, RULE, PROCESS = "aws:elbv2:listener:", "aws:elbv2:listenerrule:", "aws:elasticbeanstalk:environment:process:"
REDIRECT = {".ebextensions/r.config": (EXAMPLES / "https-redirect.config").read_text()}
ONLY_HTTPS = f"{LISTENER}default:ListenerEnabled=false"
NETWORK = "aws:elasticbeanstalk:environment:LoadBalancerType=network"


@pytest.fixture
def blueprint(tmp_path):
    return lambda *options, more=(): make_blueprint(tmp_path, {**FILES, **dict(more)}, options)


def rules(blueprint):
    """{logical id: priority} of the rules."""
    resources = template_of(blueprint).body["Resources"]
    kind = "AWS::ElasticLoadBalancingV2::ListenerRule"
    return {name: each["Properties"]["Priority"] for name, each in resources.items() if each["Type"] == kind}


@pytest.mark.parametrize(
    ("options", "more", "forwarding", "production"),
    [
        ((), {}, 1, 80),
        ((HTTPS,), {}, 2, 443),
        ((HTTPS, ONLY_HTTPS), {}, 1, 443),
        ((HTTPS, "beanstalk:aws:RedirectHTTP=true"), {}, 1, 443),
        ((HTTPS,), REDIRECT, 1, 443),
        ((f"{LISTENER}8080:Protocol=HTTP",), {}, 2, 80),
        ((f"{RULE}api:PathPatterns=/api", f"{LISTENER}default:Rules=api"), {}, 2, 80),
        ((NETWORK,), {}, 1, 80),
    ],
)
def test_where_requests_are_forwarded(blueprint, options, more, forwarding, production):
    made = blueprint(*options, more=more)
    assert forwarding_listeners(made) == forwarding
    assert make_layout(made).production.port == production


@pytest.mark.parametrize("kind", ["SingleInstance"])
def test_without_a_load_balancer_nothing_is_forwarded(blueprint, kind):
    assert forwarding_listeners(blueprint(f"aws:elasticbeanstalk:environment:EnvironmentType={kind}")) == 0


def test_no_listener_that_forwards_is_refused(blueprint):
    with pytest.raises(InvalidInput, match="no listener sends requests to the application"):
        make_layout(blueprint(ONLY_HTTPS))


def test_priorities_stay_and_those_without_get_the_next_free_ones(blueprint):
    options = [f"{RULE}{name}:PathPatterns=/{name}" for name in "abc"]
    made = blueprint(*options, f"{RULE}b:Priority=1", f"{LISTENER}default:Rules=a,b,c")
    assert rules(made) == {"ListenerRuleA80": 2, "ListenerRuleB80": 1, "ListenerRuleC80": 3, "ProductionRule": 50_000}


def test_a_priority_twice_is_refused_by_name(blueprint):
    options = [f"{RULE}{name}:PathPatterns=/{name}" for name in "ab"] + [f"{RULE}{name}:Priority=5" for name in "ab"]
    with pytest.raises(InvalidInput, match=f"{RULE}b:Priority: 5 is the priority of the rule a, too"):
        template_of(blueprint(*options, f"{LISTENER}default:Rules=a,b"))


def test_a_rule_without_conditions_is_refused(blueprint):
    with pytest.raises(InvalidInput, match="the rule has no HostHeaders and no PathPatterns"):
        template_of(blueprint(f"{RULE}a:Priority=1", f"{LISTENER}default:Rules=a"))


def test_the_production_rule_is_the_same_whatever_is_set(blueprint, tmp_path):
    plain = template_of(blueprint()).body["Resources"]["ProductionRule"]
    options = [f"{RULE}a:PathPatterns=/a", f"{LISTENER}default:Rules=a", f"{PROCESS}default:HealthCheckPath=/up"]
    assert template_of(blueprint(*options)).body["Resources"]["ProductionRule"] == plain


def test_a_further_process_has_a_group_and_a_place_in_the_service_of_its_own(blueprint):
    options = (f"{PROCESS}api:Port=9000", f"{PROCESS}api:HealthCheckPath=/up", f"{RULE}a:PathPatterns=/a")
    made = template_of(blueprint(*options, f"{RULE}a:Process=api", f"{LISTENER}default:Rules=a"))
    resources = made.body["Resources"]
    group = resources["TargetGroupApi"]["Properties"]
    assert group["HealthCheckPath"] == "/up"
    first, second = resources["Service"]["Properties"]["LoadBalancers"]
    assert (first["ContainerPort"], "AdvancedConfiguration" in first) == (8000, True)
    assert (second["ContainerPort"], "AdvancedConfiguration" in second) == (9000, False)
    assert "ListenerRuleA80" in resources["Service"]["DependsOn"]
    assert "ListenerRuleA80" in resources
    ports = [each["ContainerPort"] for each in container(resources)["PortMappings"]]
    assert sorted(ports) == [8000, 9000]


def test_another_port_of_the_application_replaces_no_target_group(tmp_path):
    def groups(port):
        resources = template_of(make_blueprint(tmp_path, {"Dockerfile": f"FROM a\nEXPOSE {port}\n"})).body["Resources"]
        assert resources["Service"]["Properties"]["LoadBalancers"][0]["ContainerPort"] == port
        return resources["TargetGroup"], resources["AlternateTargetGroup"]

    assert groups(8000) == groups(9000)


def test_the_listener_of_a_network_load_balancer_is_what_requests_move_by(blueprint):
    resources = template_of(blueprint(NETWORK)).body["Resources"]
    advanced = resources["Service"]["Properties"]["LoadBalancers"][0]["AdvancedConfiguration"]
    assert advanced["ProductionListenerRule"] == {"Ref": "HttpListener"} and "ProductionRule" not in resources


def container(resources):
    return resources["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]
