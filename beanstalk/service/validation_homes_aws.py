"""Where a bundle lives on AWS, and what becomes there of each thing that it can say. Data alone.

An image of a platform is ours, so what changes the machine of an instance becomes a part of it; of an image of somebody
else that is built from the bundle only the start is changed. On instances of the environment (launch type EC2) cfn-init
does the same for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from beanstalk.service.validation_files import FileKind
from beanstalk.service.validation_homes import AWS, CONTAINERS, Home, applied, ignored
from beanstalk.source.ebextensions import TEMPLATE_KEYS
from beanstalk.source.hooks import Stage
from beanstalk.source.recognise import Kind

FARGATE, EC2 = "FARGATE", "EC2"
_OF_THE_MACHINE = ("packages", "groups", "users", "sources", "files", "commands")
_TEMPLATE = {key: applied("goes into the environment's CloudFormation stack") for key in TEMPLATE_KEYS}
_CRON = applied("its tasks become schedules of a worker environment; nothing comes of it in a web environment")
_ENVIRONMENT = applied("names, settings, tags and links of an environment that is created")
_NO_PROXY = ignored("a task has no proxy: the load balancer sends requests to the application")
_AFTER = applied("runs in every task when the application listens; a failure ends the task")
_ON_INSTANCES = applied("made on each instance of the environment when it starts, by cfn-init")
_SERVICES = applied("started, stopped or enabled on each instance of the environment, by cfn-init")
_ENTRY = "in the entry point of the image, in every task, before the application starts"
_OURS = Home(
    AWS,
    "",
    "aws, in tasks of Amazon ECS on Fargate, from an image of its platform",
    None,
    {
        **dict.fromkeys(
            _OF_THE_MACHINE, applied("becomes a layer of the image, before the application is copied into it")
        ),
        "commands": applied("run as root when the image is built, before the application is copied into it"),
        "services": ignored(
            "a task on Fargate has no services; a process beside the application is a line of the Procfile"
        ),
        "container_commands": applied(f"run {_ENTRY}; leader_only once in a deployment, as a task of its own"),
        **_TEMPLATE,
    },
    {
        FileKind.BUILDFILE: applied("its commands run as root when the image is built"),
        FileKind.CRON: _CRON,
        FileKind.MANIFEST: _ENVIRONMENT,
    },
    {
        Stage.PREBUILD: applied(f"runs {_ENTRY}"),
        Stage.PREDEPLOY: applied(f"runs {_ENTRY}"),
        Stage.POSTDEPLOY: _AFTER,
    },
    _NO_PROXY,
    at_change=False,
    launch=FARGATE,
)
_NO_MACHINE = ignored(
    "it changes the machine of an instance, and on Fargate there is none: put it into the Dockerfile, or set"
    " beanstalk:aws:LaunchType to EC2"
)
_BUILT = "an image that is built from the bundle: before the application starts; nothing runs it in a ready-made image"
_THEIRS = replace(
    _OURS,
    title="aws, in tasks of Amazon ECS on Fargate",
    keys={
        **dict.fromkeys((*_OF_THE_MACHINE, "services"), _NO_MACHINE),
        "container_commands": applied(f"run in the entry point of {_BUILT}"),
        **_TEMPLATE,
    },
    files={FileKind.CRON: _CRON, FileKind.MANIFEST: _ENVIRONMENT},
    hooks={
        **dict.fromkeys((Stage.PREBUILD, Stage.PREDEPLOY), applied(f"runs in the entry point of {_BUILT}")),
        Stage.POSTDEPLOY: _AFTER,
    },
    leaders=applied("run once in a deployment, as a task of its own; the others in the entry point of a built image"),
)
_BOTH = applied("becomes a layer of the image, and is made on each instance of the environment by cfn-init")


def home_on_aws(winner: Kind | None, launch: str) -> Home:
    """launch: FARGATE or EC2."""
    home = _THEIRS if winner in CONTAINERS else _OURS
    if launch != EC2:
        return home
    on_instances = dict.fromkeys(_OF_THE_MACHINE, _ON_INSTANCES if home is _THEIRS else _BOTH)
    return replace(
        home,
        title=home.title.replace("on Fargate", "on instances of the environment"),
        keys={**home.keys, **on_instances, "services": _SERVICES},
        launch=EC2,
    )


_IDLE: Mapping[str, str] = {
    "aws:cloudformation:template": "it describes a stack of Elastic Beanstalk's own",
    "aws:elasticbeanstalk:control": "it is for instances that Elastic Beanstalk manages",
    "aws:elasticbeanstalk:container:golang:staticfiles": _NO_PROXY.why,
    "aws:elasticbeanstalk:container:java:staticfiles": _NO_PROXY.why,
    "aws:elasticbeanstalk:container:nodejs": _NO_PROXY.why,
    "aws:elasticbeanstalk:container:python:staticfiles": _NO_PROXY.why,
    "aws:elasticbeanstalk:cloudwatch:logs:health": "the health of tasks is with their load balancer and in alarms",
    "aws:elasticbeanstalk:eks": "it is for Beanstalk Cluster environments",
    "aws:elasticbeanstalk:environment:proxy": _NO_PROXY.why,
    "aws:elasticbeanstalk:healthreporting": "the health of tasks is with their load balancer and in alarms",
    "aws:elasticbeanstalk:hostmanager": "the output of containers goes to CloudWatch Logs",
    "aws:elasticbeanstalk:managedactions": "an image is built anew with each version, and AWS keeps Fargate up to date",
    "aws:elasticbeanstalk:monitoring": "Amazon ECS replaces what is unhealthy in any case",
    "aws:elasticbeanstalk:windows": "there are no Windows instances",
    "aws:elasticbeanstalk:xray": "run its daemon as a container of the task",
    "aws:elb": "a Classic Load Balancer cannot reach tasks of Amazon ECS: use aws:elbv2",
}
"""Beginnings of namespaces, with why nothing on AWS acts on their options."""
_FOR_PROBES = "the load balancer checks the tasks, by the options of aws:elasticbeanstalk:environment:process"
_IDLE_OPTIONS: Mapping[tuple[str, str], str] = {
    ("beanstalk:deployment", "HealthyPasses"): _FOR_PROBES,
    ("beanstalk:deployment", "Mode"): "everything runs in containers there",
    ("beanstalk:deployment", "ProbeIntervalMilliseconds"): _FOR_PROBES,
    ("beanstalk:deployment", "WrongAnswerSeconds"): _FOR_PROBES,
    ("beanstalk:docker", "NetworkRange"): "containers of a task have its address",
    ("aws:elasticbeanstalk:environment", "ServiceRole"): "the services of AWS have roles of the stack",
}
_INSTANCES = ("aws:autoscaling:launchconfiguration", "aws:autoscaling:updatepolicy:rollingupdate")
_OF_TASKS = ("DisableDefaultEC2SecurityGroup", "SecurityGroups")
"""Options of instances that hold for tasks, too."""


def idle_on_aws(namespace: str, name: str, launch: str) -> str:
    """Why nothing acts on an option, "" when something does."""
    for beginning, why in _IDLE.items():
        if namespace == beginning or namespace.startswith(f"{beginning}:"):
            return why
    if launch == FARGATE and namespace in _INSTANCES and name not in _OF_TASKS:
        return "there are no instances on Fargate"
    return _IDLE_OPTIONS.get((namespace, name), "")
