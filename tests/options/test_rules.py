"""Rules between options: one row a rule, with the words that a person reads."""

from __future__ import annotations

from time import process_time

import pytest

from beanstalk.errors import InvalidInput, Where
from beanstalk.model import OptionSetting
from beanstalk.options.resolve import Circumstances, Layer, family, parse_option, resolve

ASG = "aws:autoscaling:asg"
COMMAND = "aws:elasticbeanstalk:command"
ENVIRONMENT = "aws:elasticbeanstalk:environment"
PROCESS = "aws:elasticbeanstalk:environment:process"
UPDATES = "aws:autoscaling:updatepolicy:rollingupdate"
LAUNCH = "aws:autoscaling:launchconfiguration"
HEALTH = "aws:elasticbeanstalk:healthreporting:system"
MANAGED = "aws:elasticbeanstalk:managedactions"
TRIGGER = "aws:autoscaling:trigger"
DATABASE = "aws:rds:dbinstance"
EKS = "aws:elasticbeanstalk:eks"
SINGLE = f"{ENVIRONMENT}:EnvironmentType=SingleInstance"
CLASSIC, APPLICATION, NETWORK = (
    f"{ENVIRONMENT}:LoadBalancerType={kind}" for kind in ("classic", "application", "network")
)

METRICS = '"Version": 1, "CloudWatchMetrics": {"%s": {"%s": %s}}'
RULE = '"Version": 1, "Rules": {"Environment": {"ELB": {"ELBRequests4xx": {"Enabled": %s}}}}'


def document(members: str) -> str:
    return f"{HEALTH}:ConfigDocument={{{members}}}"


def settings_of(*options: str) -> list[OptionSetting]:
    return [parse_option(option) for option in options]


def problems(*options: str, about: Circumstances | None = None) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        resolve({Layer.ENVIRONMENT: settings_of(*options)}, about)
    return [str(problem) for problem in caught.value.problems]


def warnings(*options: str, about: Circumstances | None = None) -> list[str]:
    return [str(warning) for warning in resolve({Layer.ENVIRONMENT: settings_of(*options)}, about).warnings]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            [NETWORK, f"{PROCESS}:default:HealthCheckInterval=20"],
            "HealthCheckInterval: 20 is not one of the values, with load balancer network\n  hint: give 10 or 30",
        ),
        ([NETWORK, f"{PROCESS}:api:HealthCheckInterval=15"], f"{PROCESS}:api:HealthCheckInterval: 15 is not one of"),
        ([NETWORK, f"{PROCESS}:default:Protocol=HTTP"], "'HTTP' is not one of the values"),
        ([APPLICATION, "aws:elbv2:listener:443:Protocol=TCP"], "'TCP' is not one of the values"),
        ([NETWORK, f"{PROCESS}:default:MatcherHTTPCode=200-404"], "'200-404' is no possible HTTP status"),
        (
            [f"{PROCESS}:api:HealthCheckInterval=5", f"{PROCESS}:api:HealthCheckTimeout=9"],
            "set HealthCheckTimeout to 4",
        ),
        (
            [f"{PROCESS}:default:HealthCheckTimeout=20"],
            "HealthCheckTimeout 20 is not less than HealthCheckInterval 15, its default\n"
            "  hint: set HealthCheckTimeout to 14 or less, or HealthCheckInterval to more than 20",
        ),
        ([document('"Version": 2')], "Version: '2' is not possible\n  hint: allowed are 1"),
        ([document(METRICS % ("Environment", "ApplicationRequests5xx", "30"))], "allowed are 60, null"),
        ([document(METRICS % ("Instance", "CPUUser", '"60"'))], "CloudWatchMetrics.Instance.CPUUser: '60'"),
        ([document(RULE % '"false"')], "Enabled: a text where true or false belongs\n  hint: write false without"),
        ([f"{HEALTH}:ConfigDocument=[1]"], "a list [ ] where an object { } belongs"),
        (
            [CLASSIC, "aws:elb:healthcheck:Interval=5", "aws:elb:healthcheck:Timeout=5"],
            "Timeout 5 is not less than Interval 5",
        ),
        (
            [f"{LAUNCH}:RootVolumeType=gp3", f"{LAUNCH}:RootVolumeIOPS=100"],
            "100 is less than 3000, with RootVolumeType gp3",
        ),
        ([f"{LAUNCH}:RootVolumeType=io1"], "RootVolumeSize is not set"),
        (
            [CLASSIC, "aws:elb:listener:443:ListenerProtocol=TCP", "aws:elb:listener:443:InstanceProtocol=HTTP"],
            "'HTTP' is not one of the values, with ListenerProtocol TCP",
        ),
        (
            [
                CLASSIC,
                "aws:elb:listener:81:InstancePort=80",
                "aws:elb:listener:81:InstanceProtocol=HTTP",
                "aws:elb:listener:82:InstancePort=80",
                "aws:elb:listener:82:InstanceProtocol=HTTPS",
            ],
            "HTTPS for port 80, which is HTTP in aws:elb:listener:81",
        ),
        ([CLASSIC, f"{COMMAND}:DeploymentPolicy=TrafficSplitting"], "TrafficSplitting needs a load balancer of type"),
        ([f"{ENVIRONMENT}:LoadBalancerIsShared=true"], "SharedLoadBalancer is not set"),
        ([f"{UPDATES}:MinInstancesInService=4"], "MinInstancesInService 4 is not less than MaxSize, which is 4"),
        (
            ["aws:ec2:instances:EnableSpot=true", "aws:ec2:instances:SpotFleetOnDemandBase=9"],
            "9 is more than MaxSize, which is 4",
        ),
        (
            [f"{LAUNCH}:DisableDefaultEC2SecurityGroup=true", "aws:elbv2:loadbalancer:SecurityGroups=sg-1"],
            f"{LAUNCH}:SecurityGroups is not set",
        ),
        ([f"{EKS}:environment:arch=arm64", f"{ASG}:MinSize=1"], "they take no aws:autoscaling:asg"),
        ([f"{EKS}:environment:autoscaling:min-replica=11"], "min-replica 11 is more than max-replica, which is 10"),
        (["aws:elbv2:listenerrule:a:PathPatterns=/*/*/*/*"], "has more than 3 of * and ?"),
        (
            ["aws:elbv2:listenerrule:a:PathPatterns=/a,/b,/c", "aws:elbv2:listenerrule:a:HostHeaders=a,b,c"],
            "6 host names and paths, more than 5",
        ),
    ],
)
def test_what_an_update_would_refuse_is_an_error(options, text):
    (problem,) = problems(*options)
    assert text in problem


def test_managed_updates_need_a_time_and_a_level():
    assert len(problems(f"{MANAGED}:ManagedActionsEnabled=true")) == 2
    complete = [
        f"{MANAGED}:ManagedActionsEnabled=true", f"{MANAGED}:PreferredStartTime=Sun:02:00",
        f"{MANAGED}:platformupdate:UpdateLevel=minor",
    ]  # fmt: skip
    assert warnings(*complete) == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["aws:elb:policies:CookieName=x"], "unknown option"),
        (["aws:elb:listener:https:InstancePort=1"], "a port without a colon has to follow aws:elb:listener:"),
        (["aws:autoscaling:scheduledaction:MinSize=1"], "has no resource name\n  hint: write NAME.aws:autoscaling:"),
    ],
)
def test_what_cannot_be_is_an_error(options, text):
    (problem,) = problems(*options)
    assert text in problem


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            ["aws:elb:policies:ConnectionDrainingEnabled=true", "aws:elb:policies:ConnectionDrainingTimeout=9"],
            "ConnectionDrainingEnabled, ConnectionDrainingTimeout: ignored by Elastic Beanstalk\n"
            "  hint: only with a load balancer of type classic; this environment has application",
        ),
        (
            [SINGLE, f"{PROCESS}:default:HealthCheckPath=/x"],
            "only with an environment of type LoadBalanced; this one is SingleInstance",
        ),
        ([SINGLE, "aws:elbv2:loadbalancer:IdleTimeout=9"], "this environment has none"),
        (
            [f"{LAUNCH}:InstanceType=t3.micro"],
            "InstanceType: deprecated\n  hint: use InstanceTypes of aws:ec2:instances",
        ),
        (
            [
                "aws:elasticbeanstalk:container:nodejs:NodeVersion=8",
                "aws:elasticbeanstalk:container:nodejs:NodeCommand=x",
            ],
            "NodeCommand, NodeVersion: deprecated",
        ),
        (
            ["aws:elasticbeanstalk:container:python:staticfiles:/static=static"],
            "use aws:elasticbeanstalk:environment:proxy:staticfiles",
        ),
        (["aws:elasticbeanstalk:control:LaunchTimeout=3"], "deprecated"),
        ([f"{MANAGED}:platformupdate:InstanceRefreshEnabled=true"], "ManagedActionsEnabled is false"),
        (
            ["aws:ec2:instances:SpotMaxPrice=0.5"],
            "aws:ec2:instances:EnableSpot is false\n  hint: set EnableSpot to true",
        ),
        (["aws:elasticbeanstalk:trafficsplitting:NewVersionPercent=9"], "DeploymentPolicy is AllAtOnce"),
        ([f"{UPDATES}:Timeout=PT10M"], "RollingUpdateType is Time"),
        ([f"{UPDATES}:MaxBatchSize=1", f"{UPDATES}:RollingUpdateEnabled=false"], "MaxBatchSize turns it on"),
        ([SINGLE, f"{UPDATES}:RollingUpdateType=Health"], "no batches for RollingUpdateType Health"),
        ([f"{COMMAND}:DeploymentPolicy=Rolling"], "replaces all instances at once"),
        (
            [f"{COMMAND}:DeploymentPolicy=Immutable", f"{HEALTH}:SystemType=basic"],
            "DeploymentPolicy Immutable needs enhanced",
        ),
        (
            [f"{TRIGGER}:BreachDuration=5", f"{TRIGGER}:Period=2", f"{TRIGGER}:EvaluationPeriods=2"],
            "5 is not Period 2 times",
        ),
        (["aws:elbv2:listener:443:Protocol=HTTPS"], "there is no SSLCertificateArns"),
        (
            ["aws:elbv2:listener:443:DefaultProcess=api"],
            "names 'api', and nothing is set in aws:elasticbeanstalk:environment:process:api",
        ),
        (["aws:elbv2:listener:443:Rules=admin"], "names 'admin'"),
        (
            ["aws:elbv2:listenerrule:a:PathPatterns=/a", "aws:elbv2:listenerrule:b:PathPatterns=/b"],
            "Priority 1 is that of",
        ),
        (["aws:ec2:vpc:ELBScheme=private"], "'private' is not one of the values"),
        (["aws:elasticbeanstalk:application:environment:NPM_USE_PRODUCTION=1"], "'1' is not a boolean"),
        ([f"{DATABASE}:DBPassword=short"], "8 to 16 printable"),
        ([f'{ASG}:Cooldown=`{{"Ref": "X"}}`'], "it is taken as plain text"),
    ],
)
def test_what_is_taken_and_ignored_is_a_single_warning(options, text):
    (warning,) = warnings(*options)
    assert text in warning


SHARED = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/x/1"


def test_of_a_shared_load_balancer_little_can_be_set():
    common = [f"{ENVIRONMENT}:LoadBalancerIsShared=true", f"aws:elbv2:loadbalancer:SharedLoadBalancer={SHARED}"]
    assert warnings(*common, "aws:elbv2:listener:443:Rules=default") == []
    (listener,) = warnings(*common, "aws:elbv2:listener:443:ListenerEnabled=true")
    assert "only Rules counts" in listener
    (first,) = warnings(*common, "aws:elbv2:listener:default:ListenerEnabled=true")
    assert "not with a shared load balancer" in first
    assert len(problems(*common, NETWORK)) == 1


def action(name: str, **options: str) -> list[OptionSetting]:
    return [OptionSetting("aws:autoscaling:scheduledaction", key, value, name) for key, value in options.items()]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (action("Day", MinSize="3", MaxSize="2", Recurrence="0 6 * * *"), "Day does not have MinSize <="),
        (action("Day", MinSize="1", StartTime="2026-01-02T00:00:00Z", EndTime="2026-01-01T00:00:00Z"), "ends before"),
    ],
)
def test_a_scheduled_action_that_cannot_be_is_an_error(settings, text):
    with pytest.raises(InvalidInput) as caught:
        resolve({Layer.EBEXTENSIONS: settings})
    assert text in str(caught.value)


def test_two_actions_at_the_same_time_or_none_are_warnings():
    at = {"StartTime": "2026-01-02T00:00:00Z", "MinSize": "1"}
    both = resolve({Layer.EBEXTENSIONS: [*action("Day", **at), *action("Night", **at)]})
    assert [warning.text for warning in both.warnings] == ["the scheduled actions Day and Night begin at the same time"]
    (never,) = resolve({Layer.EBEXTENSIONS: action("Never", MinSize="1")}).warnings
    assert "neither StartTime nor Recurrence" in never.text


def test_options_of_another_platform_or_tier_are_told_where_those_are_known():
    php, worker = "aws:elasticbeanstalk:container:php:phpini:memory_limit=1G", "aws:elasticbeanstalk:sqsd:HttpPath=/x"
    assert warnings(php, worker) == []
    told = warnings(php, worker, about=Circumstances(family("python"), "WebServer"))
    assert [text.partition("only ")[2] for text in told] == [
        "with the platform php; this one is python",
        "with an environment of tier Worker; this one is WebServer",
    ]
    assert warnings("aws:elasticbeanstalk:application:environment:RACK_ENV=x", about=Circumstances("python")) == []


def test_a_cluster_environment_takes_its_own_namespaces_only_and_needs_roles():
    told = problems(f"{ASG}:MinSize=1", about=Circumstances(tier="Cluster"))
    assert [line.splitlines()[0] for line in told] == [
        "a Beanstalk Cluster environment takes no options of aws:autoscaling:asg",
        f"a Beanstalk Cluster environment needs {EKS}:cluster-role",
        f"a Beanstalk Cluster environment needs {EKS}:node-role",
        f"a Beanstalk Cluster environment needs {EKS}:environment:observability-role",
    ]


def test_a_rule_points_to_the_place_of_what_is_wrong():
    at = Where(".ebextensions/01.config", 3, 5)
    written = OptionSetting(f"{PROCESS}:default", "HealthCheckInterval", "20", at=at)
    with pytest.raises(InvalidInput) as caught:
        resolve({Layer.EBEXTENSIONS: [written], Layer.ENVIRONMENT: settings_of(NETWORK)})
    assert caught.value.problems[0].at == at


def test_what_create_recommends_causes_no_warning():
    recommended = settings_of(f"{COMMAND}:BatchSize=30", APPLICATION, f"{UPDATES}:RollingUpdateType=Health")
    assert resolve({Layer.RECOMMENDED: recommended}).warnings == ()


def test_a_great_many_settings_are_checked_in_reasonable_time():
    """A file can hold twenty thousand; what grows with their square would hang."""
    many = [
        setting
        for number in range(3000)
        for setting in (
            OptionSetting(f"{PROCESS}:p{number}", "HealthCheckPath", "/x"),
            OptionSetting(f"aws:elbv2:listenerrule:r{number}", "Process", f"p{number}"),
            *action(f"a{number}", MinSize="1", Recurrence="0 6 * * *"),
        )
    ]
    begin = process_time()
    resolve({Layer.EBEXTENSIONS: many})
    assert process_time() - begin < 5


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ("", ["has no Version"]),
        (
            METRICS % ("Instance", "CPUUsr", "60"),
            ["the key CPUUsr is not known here and has no effect\n  hint: did you mean CPUUser?"],
        ),
        (METRICS % ("Instance", "InstancesOk", "60"), ["the key InstancesOk is not known"]),
        (
            '"Version": "1", "Role": {}',
            ["the key Role is not known here and has no effect\n  hint: did you mean Rules?"],
        ),
        (METRICS % ("Environment", "ApplicationLatencyP99.9", "null"), []),
        (RULE % "false", []),
    ],
)
def test_an_unknown_member_of_a_document_is_a_warning(members: str, told: list[str]) -> None:
    found = warnings(document(members))
    assert len(found) == len(told) and all(each in text for each, text in zip(told, found, strict=True)), found


def test_a_document_without_enhanced_health_is_idle() -> None:
    [warning] = warnings(document('"Version": 1'), f"{HEALTH}:SystemType=basic")
    assert "ConfigDocument is ignored" in warning
