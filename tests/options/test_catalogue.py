"""The catalogue: what it holds, and what it says about settings that do not fit."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import Where
from beanstalk.model import OptionSetting, Policy
from beanstalk.options.catalogue import catalogue
from beanstalk.options.values import has_function, misfit

ASG = "aws:autoscaling:asg"
COMMAND = "aws:elasticbeanstalk:command"
PROCESS = "aws:elasticbeanstalk:environment:process:default"
PROPERTIES = "aws:elasticbeanstalk:application:environment"
HEALTH = "aws:elasticbeanstalk:healthreporting:system"
OURS = "beanstalk:deployment"


@pytest.mark.parametrize(
    ("namespace", "name", "default"),
    [
        (ASG, "MinSize", "1"),
        (ASG, "MaxSize", "4"),
        (COMMAND, "DeploymentPolicy", "AllAtOnce"),
        (COMMAND, "BatchSize", "100"),
        (COMMAND, "BatchSizeType", "Percentage"),
        (COMMAND, "Timeout", "600"),
        (COMMAND, "IgnoreHealthCheck", "false"),
        (PROCESS, "HealthCheckPath", "/"),
        (PROCESS, "HealthCheckInterval", None),
        (PROCESS, "HealthyThresholdCount", None),
        (PROCESS, "HealthCheckTimeout", "5"),
        (PROCESS, "UnhealthyThresholdCount", "5"),
        (PROCESS, "MatcherHTTPCode", "200"),
        ("aws:elasticbeanstalk:trafficsplitting", "NewVersionPercent", "10"),
        ("aws:elasticbeanstalk:trafficsplitting", "EvaluationTime", "5"),
        ("aws:elasticbeanstalk:container:python", "WSGIPath", "application"),
        (OURS, "ProbeIntervalMilliseconds", "50"),
        (OURS, "HealthyPasses", "1"),
        (OURS, "EvaluationSeconds", None),
        (OURS, "DrainSeconds", "20"),
        (OURS, "GraceSeconds", "10"),
        (OURS, "OnFailure", "rollback"),
    ],
)
def test_the_defaults_are_those_we_promise(namespace, name, default):
    option = catalogue().find(namespace, name)
    assert option is not None
    assert option.default == default


def test_every_option_is_complete_and_its_default_fits():
    for option in catalogue().options():
        assert option.about and option.source
        assert option.values or option.type != "enum", option
        assert not option.values or option.type in ("enum", "integer", "comma-list"), option
        assert option.default is None or misfit(option, option.default) is None, option
        assert option.minimum is None or option.maximum is None or option.minimum < option.maximum
        assert not option.pattern or option.form


def test_the_policies_of_the_catalogue_are_those_of_the_model():
    option = catalogue().find(COMMAND, "DeploymentPolicy")
    assert set(option.values) == {str(policy) for policy in Policy} - {"Resize"}


def test_there_are_all_65_namespaces_of_elastic_beanstalk_and_ours():
    assert sum(name.startswith("aws:") for name in catalogue().namespaces) == 65
    ours = [OURS, "beanstalk:docker", "beanstalk:aws", "beanstalk:aws:task:{task_name}"]
    assert [name for name in catalogue().namespaces if not name.startswith("aws:")] == ours


def test_there_are_339_options_with_a_name_and_12_for_any_name():
    names = [
        (namespace.name, name)
        for namespace in catalogue().namespaces.values()
        if namespace.name.startswith("aws:")
        for name in (*namespace.options, *namespace.aliases)
    ]
    assert len(names) == len(set(names))
    assert sum(name != "*" for _, name in names) == 339
    assert sum(name == "*" for _, name in names) == 12
    assert len(catalogue().namespaces[OURS].options) == 8


def by_hand(namespace, name):
    """The facts of an option that a row of the table below tells."""
    option = catalogue().find(namespace, name)
    return {
        field: getattr(option, field)
        for field in ("type", "default", "minimum", "maximum", "change", "immutable", "local", "documented")
    }


def row(type, default, minimum=None, maximum=None, change="none", immutable=False, local=False, documented=True):
    return locals()


GOLDEN = {
    (ASG, "Cooldown"): row("integer", "360", 0, 10000),
    ("aws:autoscaling:launchconfiguration", "RootVolumeSize"): row("integer", None, 8, 16384, "replace"),
    ("aws:autoscaling:trigger", "LowerBreachScaleIncrement"): row("integer", "-1"),
    ("aws:autoscaling:updatepolicy:rollingupdate", "Timeout"): row("duration", "PT30M", 300, 3600),
    ("aws:ec2:instances", "SpotMaxPrice"): row("number", None, 0.001, 20, "unknown"),
    ("aws:elasticbeanstalk:environment", "LoadBalancerType"): row("enum", "application", immutable=True),
    ("aws:elasticbeanstalk:environment", "EnvironmentType"): row("enum", "LoadBalanced", change="replace", local=True),
    ("aws:elasticbeanstalk:sqsd", "VisibilityTimeout"): row("integer", "300", 0, 43200, "unknown", local=True),
    ("aws:elasticbeanstalk:environment:process:api", "DeregistrationDelay"): row("integer", "20", 0, 3600),
    ("aws:elasticbeanstalk:container:python", "NumThreads"): row("integer", "15", 0, change="restart", local=True),
    ("aws:elasticbeanstalk:container:dotnet:apppool", "Enable 32-bit Applications"): row(
        "boolean", "False", change="unknown"
    ),
    ("aws:elasticbeanstalk:eks:environment:liveness-probe", "period-seconds"): row("integer", "30", 1, 3600, "unknown"),
    ("aws:elasticbeanstalk:eks:environment", "subnets"): row("comma-list", None, change="unknown", immutable=True),
    ("aws:elb:listener:443", "SSLCertificateId"): row("arn", None, change="unknown"),
    ("aws:elbv2:listener:8443", "Rules"): row("comma-list", None, change="unknown"),
    ("aws:rds:dbinstance", "DBStorageType"): row("enum", "standard", change="unknown", documented=False),
    (PROPERTIES, "ANY"): row("string", None, change="restart", local=True),
}


@pytest.mark.parametrize(("namespace", "name"), GOLDEN)
def test_an_option_is_as_it_was_written_down_by_hand(namespace, name):
    assert by_hand(namespace, name) == GOLDEN[namespace, name]


def test_what_depends_on_something_else_is_told():
    check = catalogue().find(PROCESS, "HealthCheckInterval")
    assert check.default_by.what == "load_balancer"
    assert check.default_by.cases == {"classic": ("15",), "application": ("15",), "network": ("30",)}
    assert catalogue().find(COMMAND, "BatchSize").range_by.cases["Fixed"] == ("1", f"{ASG}:MaxSize")
    assert catalogue().find("aws:ec2:instances", "SpotMaxPrice").requires == {
        ("aws:ec2:instances", "EnableSpot"): ("true",)
    }
    assert catalogue().find("aws:ec2:instances", "SpotFleetOnDemandBase").limit == (ASG, "MaxSize")


def test_what_clients_set_on_their_own_is_told():
    batch = catalogue().find(COMMAND, "BatchSize").recommended
    assert (batch.by, batch.value) == (("console", "eb"), "30")
    assert catalogue().find("aws:autoscaling:launchconfiguration", "EC2KeyName").recommended.value is None
    assert sum(option.recommended is not None for option in catalogue().options()) == 19


def references():
    for option in catalogue().options():
        yield from (*option.requires, *option.required_if, *([option.limit] if option.limit else []))
        for by in (option.default_by, option.range_by, option.values_by):
            if by and by.what not in ("load_balancer", "platform", "environment_type", "tier"):
                yield option.namespace, by.what


def test_every_option_that_another_one_names_exists():
    for namespace, name in references():
        home = namespace.replace("{listener_port}", "443")
        assert catalogue().find(home, name) is not None, (namespace, name)


PLATFORMS = {
    "nodejs",
    "python",
    "php",
    "ruby",
    "tomcat",
    "go",
    "java-se",
    "docker",
    "dotnet-core-linux",
    "windows",
    "custom",
}


def test_circumstances_are_written_in_one_way():
    known = {
        "platform": PLATFORMS,
        "load_balancer": {"classic", "application", "network"},
        "environment_type": {"SingleInstance", "LoadBalanced"},
        "tier": {"Worker", "Cluster"},
        "shared": {"false"},
    }
    for option in catalogue().options():
        for what, values in option.applies_to.items():
            assert set(values) <= known[what], option


@pytest.mark.parametrize("option", catalogue().options(), ids=lambda option: f"{option.namespace}:{option.name}")
def test_every_default_and_every_documented_value_is_accepted(option):
    bounds = [option.minimum, option.maximum] if option.type in ("integer", "number") and not option.values else []
    values = [*option.values, *(f"{bound}" for bound in bounds if bound is not None)]
    for by in (option.default_by, option.values_by):
        values += [value for texts in (by.cases.values() if by else ()) for value in texts]
    for value in [*values, *([] if option.default is None else [option.default])]:
        assert misfit(option, value) is None, value


def test_the_free_part_of_a_namespace_has_a_form():
    assert catalogue().namespace("aws:elbv2:listener:default").name == "aws:elbv2:listener:default"
    assert catalogue().namespace("aws:elbv2:listener:443").name == "aws:elbv2:listener:{listener_port}"
    assert catalogue().namespace("aws:elbv2:listener:https") is None
    assert catalogue().namespace("aws:elasticbeanstalk:environment:process:a:b") is None
    assert catalogue().key("aws:elb:listener:443", "InstancePort") == ("aws:elb:listener:443", "InstancePort", "")


def test_an_alias_is_the_option_of_the_other_namespace():
    assert catalogue().find(COMMAND, "HealthCheckSuccessThreshold").namespace == HEALTH
    assert catalogue().key(COMMAND, "HealthCheckSuccessThreshold") == (HEALTH, "HealthCheckSuccessThreshold", "")


def test_any_name_is_an_environment_property_but_listed_ones_keep_their_type():
    assert catalogue().find(PROPERTIES, "API_URL").name == "*"
    assert catalogue().find(PROPERTIES, "PORT").type == "integer"
    assert catalogue().find(PROPERTIES, "A B") is None


def test_a_resource_name_counts_for_scheduled_actions_only():
    assert catalogue().key("aws:autoscaling:scheduledaction", "MinSize", "Nightly")[2] == "Nightly"
    assert catalogue().key(ASG, "MinSize", "AWSEBAutoScalingGroup")[2] == ""


@pytest.mark.parametrize(
    ("namespace", "name", "value"),
    [
        (ASG, "MinSize", "0"),
        (ASG, "MaxSize", "10000"),
        (COMMAND, "IgnoreHealthCheck", "TRUE"),
        (COMMAND, "IgnoreHealthCheck", "False"),
        (COMMAND, "Timeout", "3600"),
        (PROCESS, "HealthCheckPath", "/health?deep=1"),
        (PROCESS, "MatcherHTTPCode", "200-299,302"),
        (PROPERTIES, "EMPTY", ""),
        (PROPERTIES, "a.b/c:d", "a=b\nc"),
        ("aws:elasticbeanstalk:application", "Application Healthcheck URL", "HTTP:80/health"),
        ("aws:elasticbeanstalk:application", "Application Healthcheck URL", ""),
        (HEALTH, "ConfigDocument", '{"Version":1}'),
        (OURS, "DrainSeconds", "0.5"),
        (ASG, "MinSize", '`{"Fn::FindInMap": ["a", "b", "c"]}`'),
        (HEALTH, "SystemType", "enhanced"),
        ("aws:ec2:vpc", "VPCId", "anything"),
        ("aws:ec2:vpc", "Subnets", ""),
        ("aws:elb:listener:443", "ListenerProtocol", "SSL"),
        ("aws:elasticbeanstalk:container:dotnet:apppool", "Enable 32-bit Applications", "true"),
        ("aws:autoscaling:updatepolicy:rollingupdate", "PauseTime", "PT1M30S"),
        ("aws:ec2:instances", "InstanceTypes", "t3.micro, t3.small"),
        ("aws:elbv2:listener:443", "SSLCertificateArns", ""),
        (
            "aws:elasticbeanstalk:application:environmentsecrets",
            "KEY",
            "arn:aws:secretsmanager:eu-west-1:1:secret:a-b:k",
        ),
        ("aws:elasticbeanstalk:eks:environment", "cpu", "1.5"),
    ],
)
def test_a_fitting_value_has_no_problem(namespace, name, value):
    assert catalogue().check(OptionSetting(namespace, name, value)) == ()


@pytest.mark.parametrize(
    ("namespace", "name", "value", "text", "hint"),
    [
        (ASG, "MinSize", "two", "'two' is not a whole number", "from 0 to 10000"),
        (ASG, "MinSize", "2.5", "'2.5' is not a whole number", "whole number"),
        (ASG, "MinSize", " 2", "' 2' is not a whole number", "whole number"),
        (ASG, "MinSize", "२", "is not a whole number", "whole number"),
        (ASG, "MinSize", "9" * 5000, "is not a whole number", "whole number"),
        (ASG, "MinSize", "", "the value is empty", "leave the option out"),
        (ASG, "MaxSize", "10001", "10001 is more than 10000", "from 0 to 10000"),
        (COMMAND, "Timeout", "0", "0 is less than 1", "from 1 to 3600 (seconds)"),
        (COMMAND, "IgnoreHealthCheck", "yes", "'yes' is not a boolean", "true or false"),
        (COMMAND, "DeploymentPolicy", "rolling", "not one of the values", "write Rolling"),
        (COMMAND, "DeploymentPolicy", "Canary", "not one of the values", "AllAtOnce or Rolling or"),
        (COMMAND, "BatchSise", "1", "unknown option 'BatchSise'", "did you mean BatchSize?"),
        (COMMAND, "timeout", "1", "unknown option 'timeout'", "did you mean Timeout?"),
        (COMMAND, "MinSize", "1", "unknown option 'MinSize'", "MinSize belongs to aws:autoscaling:asg"),
        (COMMAND, "Zzz", "1", "unknown option 'Zzz'", "has DeploymentPolicy, Timeout"),
        (
            "aws:elb:listener:443",
            "Protocol",
            "HTTPS",
            "unknown option 'Protocol'",
            "did you mean ListenerProtocol or InstanceProtocol? Protocol belongs to aws:elbv2:listener:443",
        ),
        (
            "aws:elasticbeanstalk:comand",
            "Timeout",
            "1",
            "unknown option namespace",
            "did you mean aws:elasticbeanstalk:command?",
        ),
        ("AWS:autoscaling:ASG", "MinSize", "1", "unknown option namespace", "did you mean aws:autoscaling:asg?"),
        ("aws:ec2:vpcs", "VPCId", "x", "unknown option namespace", "did you mean aws:ec2:vpc?"),
        ("", "x", "x", "unknown option namespace ''", "documentation"),
        (PROPERTIES, "A B", "1", "'A B' cannot be a name", "letters, digits"),
        (PROPERTIES, "A=B", "1", "'A=B' cannot be a name", "letters, digits"),
        (PROPERTIES, "A", "a\0b", "NUL character", "take it out"),
        (PROPERTIES, "A", "\udcff", "not UTF-8", "UTF-8"),
        (PROPERTIES, "PORT", "70000", "70000 is more than 65535", "from 1 to 65535"),
        (PROCESS, "HealthCheckPath", "health", "'health' is not a path that begins with /", "begins with /"),
        (PROCESS, "HealthCheckPath", "/" + "a" * 2000, "has 2001 characters", "at most 1024"),
        (PROCESS, "MatcherHTTPCode", "20x", "not a list of HTTP statuses", "from 200 to 499"),
        (PROCESS, "MatcherHTTPCode", "302,500", "'500' is no possible HTTP status", "from 200 to 499"),
        (PROCESS, "MatcherHTTPCode", "299-200", "'299-200' is no possible HTTP status", "200-299"),
        (HEALTH, "ConfigDocument", "{", "is not JSON", "a JSON document"),
        (HEALTH, "ConfigDocument", "[" * 30000, "nested too deeply", "flatter"),
        ("aws:autoscaling:updatepolicy:rollingupdate", "PauseTime", "PT2H", "too short or too long", "PT0S to PT1H"),
        ("aws:autoscaling:updatepolicy:rollingupdate", "PauseTime", "5", "'5' is not a duration", "PT1H30M"),
        ("aws:ec2:instances", "InstanceTypes", "a," * 41, "the list has 41 entries", "at most 40"),
        ("aws:ec2:instances", "SupportedArchitectures", "arm64,ARM64", "'ARM64' is not one of", "write arm64"),
        ("aws:elbv2:listenerrule:a", "HostHeaders", "x" * 129, "has 129 characters", "at most 128"),
        ("aws:elbv2:listener:443", "SSLCertificateArns", "cert", "'cert' is not an ARN", "arn:aws:acm"),
        ("aws:elasticbeanstalk:cloudwatch:logs", "RetentionInDays", "2", "2 is not one of the values", "1 or 3 or 5"),
        ("aws:elasticbeanstalk:managedactions", "PreferredStartTime", "Sunday", "is not day and time", "Tue:09:00"),
        ("aws:elasticbeanstalk:environment:proxy:staticfiles", "static", "s", "cannot be a name", "begins with /"),
        (OURS, "DrainSeconds", "inf", "'inf' is not a number", "a number from 0 to 3600"),
    ],
)
def test_a_wrong_setting_is_told_with_its_place_and_a_remedy(namespace, name, value, text, hint):
    at = Where(".ebextensions/01.config", 3, 5)
    (problem,) = catalogue().check(OptionSetting(namespace, name, value, at=at))
    assert text in problem.text
    assert hint in problem.hint
    assert problem.at == at
    assert "\n" not in problem.text + problem.hint and len(problem.text) < 200


def test_a_secret_is_not_shown_when_it_does_not_fit():
    (problem,) = catalogue().check(OptionSetting("aws:rds:dbinstance", "DBPassword", "geheim/1"))
    assert "geheim" not in str(problem) and "without /" in problem.hint


def test_no_instance_at_all_gets_a_notice():
    notice = catalogue().notice(OptionSetting(ASG, "MinSize", "0"))
    assert notice is not None and "documents 1 as the least" in notice.hint


@settings(deadline=None)
@given(st.text(), st.text(), st.text())
def test_any_text_gets_an_answer(namespace, name, value):
    assert catalogue().check(OptionSetting(namespace, name, value))


@settings(deadline=None)
@given(st.sampled_from(catalogue().options()), st.text() | st.from_regex(re.compile(r"[-+]?\d+(\.\d+)?")))
def test_any_value_of_a_known_option_gets_an_answer_on_one_line(option, value):
    for problem in catalogue().check(OptionSetting(option.namespace, option.name, value)):
        assert len(problem.text.splitlines()) == 1


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ('`{"Ref": "X"}`', True),
        ("` { } `", True),
        ("`ls`", False),
        ('{"Ref": "X"}', False),
        ("`{", False),
        ("`", False),
    ],
)
def test_a_function_stands_in_backquotes(value, answer):
    assert has_function(value) is answer


def test_importing_the_options_does_not_import_yaml():
    code = "import sys, beanstalk.options.resolve; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reading_the_catalogue_takes_well_below_a_tenth_of_a_second_of_the_processor():
    code = (
        "import time, yaml; from beanstalk.options.facts import read_namespaces; "
        "begin = time.process_time(); list(read_namespaces()); print(time.process_time() - begin)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.1
