"""What becomes of a project on a target, in a mode: everything it says is applied, or not and why."""

from __future__ import annotations

import pytest

from beanstalk.service.validation import Report, Severity, validate
from beanstalk.source.ebextensions import KEYS
from beanstalk.source.recognise import Kind
from tests.service.test_validation import COMMAND, check, errors, project


def effects(report: Report) -> tuple[dict[str, str], dict[str, str]]:
    return {each.what: each.why for each in report.applied}, {each.what: each.why for each in report.ignored}


def test_what_is_applied_and_what_is_not_is_told_with_the_reason() -> None:
    text = f"{COMMAND}Timeout: 60\n  aws:autoscaling:launchconfiguration: {{EC2KeyName: a}}\n"
    text += "packages: {yum: {git: []}}\nResources: {Q: {Type: 'AWS::SQS::Queue'}}\n"
    hook = {".platform/hooks/predeploy/a.sh": "#!/bin/sh\n", ".platform/nginx/conf.d/a.conf": ""}
    files = {".ebextensions/a.config": text, "Procfile": "web: a\nworker: b\n", "requirements.txt": "", **hook}
    applied, ignored = effects(validate(project(files)))
    assert applied["Procfile"] == "starts web, worker; only web gets requests"
    assert {"requirements.txt", "aws:elasticbeanstalk:command: Timeout"} < set(applied)
    proxy, key = ".platform/nginx/conf.d/a.conf", "aws:autoscaling:launchconfiguration: EC2KeyName"
    assert {"packages", "Resources", proxy, key} == set(ignored)
    assert "only on AWS" in ignored["Resources"]


def test_what_runs_beside_processes_is_applied() -> None:
    applied, ignored = effects(validate(project(WHOLE)))
    assert {"container_commands", "Buildfile", *HOOKS} < set(applied)
    assert {"packages", "groups", "users", "sources", "files", "commands", "services"} < set(ignored)


def test_hooks_of_a_configuration_are_said_to_run_only_with_a_change_of_settings() -> None:
    path = ".platform/confighooks/predeploy/a.sh"
    files = project({path: "#!/bin/sh\n", "app.py": ""})
    assert effects(validate(files))[0][path].startswith("only with a change of settings: runs ")
    assert effects(validate(files, target="aws"))[1][path].startswith("a task is not told that settings")


def test_the_tasks_of_cron_yaml_are_begun_in_a_worker_everywhere() -> None:
    text = 'version: 1\ncron: [{name: backup, url: /backup, schedule: "0 3 * * *"}]\n'
    files = project({"cron.yaml": text, "app.py": ""})
    assert "worker environment" in effects(validate(files))[0]["cron.yaml"]
    assert "worker environment" in effects(validate(files, target="aws"))[0]["cron.yaml"]


def test_a_command_that_counts_on_what_is_not_here_is_a_warning() -> None:
    text = "container_commands: {a: {command: {Ref: AWSEBSecurityGroup}}, b: {command: 'ls /var/app/venv'}}\n"
    report = check(_ebextensions__a_config=text, Procfile="web: a\n")
    assert (report.is_right, report.count(Severity.WARNING)) == (True, 2)
    assert {each.problem.text.partition(":")[0] for each in report.findings} == {
        "container command a is not run",
        "container command b names /var/app/venv, which a process on this machine does not have",
    }


def test_a_secret_is_applied_and_one_with_a_function_is_not() -> None:
    space = "aws:elasticbeanstalk:application:environmentsecrets"
    arn = "arn:aws:ssm:eu-west-1:1:parameter/a"
    text = f'option_settings:\n  {space}:\n    A: {arn}\n    B: \'`{{"Ref": "Q"}}`\'\n'
    applied, ignored = effects(validate(project({".ebextensions/a.config": text, "app.py": ""})))
    assert "read by the agent when an instance starts" in applied[f"{space}: A"]
    assert "no instance gets it" in ignored[f"{space}: B"]


def test_a_property_with_a_function_is_not_said_to_be_applied() -> None:
    text = "option_settings:\n  aws:elasticbeanstalk:application:environment:\n    STAGE: dev\n"
    text += "    TOPIC: '`{\"Ref\": \"T\"}`'\nResources: {T: {Type: 'AWS::SNS::Topic'}}\n"
    applied, ignored = effects(check(_ebextensions__a_config=text, Procfile="web: a\n"))
    properties = "aws:elasticbeanstalk:application:environment"
    assert applied[f"{properties}: STAGE"] == "given to the application"
    assert "only CloudFormation evaluates" in ignored[f"{properties}: TOPIC"]


def test_what_is_said_of_one_option_of_several_names_it() -> None:
    applied, _ = effects(
        check(_ebextensions__a_config="option_settings:\n  aws:autoscaling:asg: {MinSize: 2, MaxSize: 3}\n")
    )
    [text] = [why for what, why in applied.items() if what == "aws:autoscaling:asg: MaxSize, MinSize"]
    assert "MaxSize (" in text and "MinSize (" in text


@pytest.mark.parametrize(
    ("files", "winner"),
    [
        ({"aws-windows-deployment-manifest.json": "{}"}, Kind.WINDOWS),
        ({"WEB-INF/web.xml": ""}, Kind.TOMCAT),
        ({"platform.yaml": "version: '1.0'\nprovisioner: {type: packer, template: t.json}"}, Kind.CUSTOM),
    ],
)
def test_an_application_that_nothing_here_runs_is_ignored_with_the_reason(files: dict[str, str], winner: Kind) -> None:
    report = validate(project(files))
    assert report.platform and report.platform.winner is winner
    assert report.ignored[0].what == report.platform.present[0].path


@pytest.mark.parametrize(
    ("files", "winner"),
    [
        ({"docker-compose.yml": "services: {web: {image: nginx}}", "Dockerfile": ""}, Kind.COMPOSE),
        ({"Dockerrun.aws.json": '{"AWSEBDockerrunVersion": 2, "containerDefinitions": 3}'}, Kind.ECS),
        ({"Dockerfile": "FROM x"}, Kind.DOCKERFILE),
    ],
)
def test_what_describes_containers_is_applied(files: dict[str, str], winner: Kind) -> None:
    report = validate(project(files))
    assert report.platform and report.platform.winner is winner
    assert report.platform.present[0].path in [each.what for each in report.applied]


DOCKER_AND_PYTHON = {"Dockerfile": "FROM x", "app.py": "", "Dockerrun.aws.json": "{", "Procfile": "web: a"}


def test_as_processes_a_bundle_is_what_it_is_without_its_files_for_containers() -> None:
    report = validate(project(DOCKER_AND_PYTHON), mode="process")
    applied, ignored = effects(report)
    assert report.platform and report.platform.winner is Kind.PYTHON
    assert (set(applied), report.is_right) == ({"app.py", "Procfile"}, True)
    assert ignored["Dockerfile"] == ignored["Dockerrun.aws.json"] == "--mode process runs no containers"
    assert report.count(Severity.WARNING) == 1


def test_without_a_mode_a_bundle_lives_in_containers_when_it_asks_for_them() -> None:
    modes = {name: validate(project({name: ""})).home for name in ("Dockerfile", "app.py")}
    assert [(home.target, home.mode) for home in modes.values() if home] == [("local", "docker"), ("local", "process")]


EVERYTHING = """\
option_settings:
  aws:elasticbeanstalk:command: {Timeout: 60}
  aws:elb:policies: {ConnectionDrainingEnabled: true}
  beanstalk:deployment: {DrainSeconds: 3}
packages: {yum: {git: []}}
groups: {a: {}}
users: {b: {}}
sources: {/opt/c: "https://example.org/c.zip"}
files: {/etc/d: {content: e}}
commands: {e: {command: f}}
services: {sysvinit: {nginx: {enabled: true}}}
container_commands: {g: {command: h}}
Resources: {T: {Type: 'AWS::SNS::Topic'}}
Outputs: {O: {Value: {Ref: T}}}
Mappings: {M: {a: {b: c}}}
Parameters: {P: {Type: String, Default: x}}
Conditions: {C: {"Fn::Equals": [a, b]}}
"""
HOOKS = {f".platform/hooks/{stage}/a.sh": "#!/bin/sh\n" for stage in ("prebuild", "predeploy", "postdeploy")}
WHOLE = {
    ".ebextensions/a.config": EVERYTHING,
    "requirements.txt": "",
    "Buildfile": "a: make\n",
    "cron.yaml": "version: 1\ncron: [{name: a, url: /a, schedule: '* * * * *'}]",
    "env.yaml": "AWSConfigurationTemplateVersion: 1.1.0.0\n",
    ".platform/nginx/conf.d/a.conf": "",
    **HOOKS,
}


IDLE_ON_AWS = {"aws:elb:policies: ConnectionDrainingEnabled", ".platform/nginx/conf.d/a.conf"}
DOCKERFILE = {"Dockerfile": "FROM a\nEXPOSE 80"}
OF_THE_MACHINE = {"packages", "groups", "users", "sources", "files", "commands", "services"}


def on_aws(files: dict[str, str], launch: str) -> tuple[dict[str, str], dict[str, str]]:
    """(applied, ignored) of a project with this launch type."""
    said = f"option_settings: {{'beanstalk:aws': {{LaunchType: {launch}}}}}\n"
    report = validate(project({**files, ".ebextensions/b.config": said}), target="aws")
    assert report.is_right, errors(report)
    return effects(report)


@pytest.mark.parametrize(("launch", "more"), [("FARGATE", {"services"}), ("EC2", set())])
def test_on_aws_an_image_of_a_platform_takes_nearly_everything(launch: str, more: set[str]) -> None:
    applied, ignored = on_aws(WHOLE, launch)
    assert set(ignored) == IDLE_ON_AWS | more
    assert {*KEYS[1:], "requirements.txt", "Buildfile", "cron.yaml", "env.yaml"} - more < set(applied)
    assert ("layer of the image" in applied["files"], "cfn-init" in applied["files"]) == (True, launch == "EC2")


def test_on_aws_only_the_start_of_an_image_of_somebody_else_is_changed() -> None:
    files = {name: text for name, text in WHOLE.items() if name != "requirements.txt"} | DOCKERFILE
    on_fargate, on_ec2 = (on_aws(files, launch) for launch in ("FARGATE", "EC2"))
    assert set(on_fargate[1]) - set(on_ec2[1]) == OF_THE_MACHINE
    assert "Buildfile" in on_ec2[1]
    assert {"container_commands", *HOOKS} < set(on_fargate[0])


def test_on_aws_what_a_leader_runs_is_run_whatever_the_image_is() -> None:
    text = "container_commands: {a: {command: b, leader_only: true}}\n"
    applied, _ = effects(validate(project({**DOCKERFILE, ".ebextensions/a.config": text}), target="aws"))
    assert "as a task of its own" in applied["container_commands"]


@pytest.mark.parametrize(("launch", "idle"), [("FARGATE", True), ("EC2", False)])
def test_on_fargate_there_are_no_instances(launch: str, idle: bool) -> None:
    text = "option_settings: {'aws:autoscaling:launchconfiguration': {EC2KeyName: a}}\n"
    _, ignored = on_aws({"app.py": "", ".ebextensions/a.config": text}, launch)
    assert ("aws:autoscaling:launchconfiguration: EC2KeyName" in ignored) is idle


@pytest.mark.parametrize("mode", ["process", "docker"])
def test_whatever_a_bundle_says_is_either_applied_or_not(mode: str) -> None:
    there = effects(validate(project(WHOLE), target="aws"))
    here = effects(validate(project(WHOLE), mode=mode))
    assert set(here[0]) | set(here[1]) >= set(there[0]) - {"requirements.txt"}
    assert not set(here[0]) & set(here[1])


def test_in_an_instance_without_a_proxy_its_files_have_no_effect() -> None:
    files = {"docker-compose.yml": "services: {web: {image: nginx}}", ".platform/nginx/conf.d/a.conf": ""}
    _, ignored = effects(validate(project(files), target="aws"))
    assert "has no proxy" in ignored[".platform/nginx/conf.d/a.conf"]


def test_the_platform_that_the_project_names_decides_which_options_mean_something() -> None:
    text = "option_settings:\n  aws:elasticbeanstalk:container:python: {NumThreads: 3}\n"
    named = "global: {default_platform: Tomcat 8.5 with Corretto 11}\n"
    files = {".ebextensions/a.config": text, "app.py": "", ".elasticbeanstalk/config.yml": named}
    report = validate(project(files))
    [warning] = [each.problem for each in report.findings]
    assert report.named == "Tomcat 8.5 with Corretto 11" and "only with the platform python" in warning.hint


def test_what_is_deployed_instead_of_the_project_is_told() -> None:
    files = {"app.py": "", ".elasticbeanstalk/config.global.yml": "deploy: {artifact: a.zip}\n"}
    applied, _ = effects(validate(project(files)))
    assert "a.zip is deployed instead of these files" in applied["deploy: artifact"]
