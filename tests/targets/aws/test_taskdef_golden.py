"""Task definitions as `render taskdef` prints them, written down whole; each is one that the API's own model takes."""

import json

import botocore.session
import pytest
from botocore.validate import ParamValidator

from beanstalk.options.resolve import parse_option
from beanstalk.platforms import list_platforms, sample_files
from beanstalk.service.aws.drafting import Draft
from beanstalk.service.aws.rendering import render_task_definition
from tests.bundles import make_bundle
from tests.targets.aws.taskdefs import DOCKERFILE, EC2, PROPERTIES, SECRETS, compose, dockerrun

PLATFORMS = {each.name: each for each in list_platforms() if not each.containers}
DOTNET = {"shop.runtimeconfig.json": '{"runtimeOptions": {"framework": {"version": "9.0.1"}}}', "shop.dll": ""}
V1 = {
    "Dockerrun.aws.json": """{"AWSEBDockerrunVersion": "1", "Image": {"Name": "nginx:1.27"},
 "Ports": [{"ContainerPort": 8080}], "Entrypoint": "/entry", "Command": "serve --all", "Logging": "/var/log/nginx"}"""
}
WITH_LINKS = dockerrun(
    {
        "links": ["php-app"],
        "mountPoints": [
            {"sourceVolume": "conf", "containerPath": "/etc/nginx/conf.d", "readOnly": True},
            {"sourceVolume": "awseb-logs-web", "containerPath": "/var/log/nginx"},
        ],
    },
    {
        "name": "php-app",
        "image": "php:fpm",
        "memoryReservation": 128,
        "memory": 256,
        "environment": [{"name": "CONTAINER", "value": "php"}],
        "mountPoints": [{"sourceVolume": "code", "containerPath": "/srv"}],
    },
    volumes=[
        {"name": "conf", "host": {"sourcePath": "/var/app/current/conf"}},
        {"name": "code", "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": True}},
    ],
)
WITH_EFS = dockerrun(
    {"mountPoints": [{"sourceVolume": "files", "containerPath": "/files"}]},
    {
        "name": "router",
        "image": "fluent-bit",
        "firelensConfiguration": {"type": "fluentbit", "options": {"enable-ecs-log-metadata": "true"}},
    },
    volumes=[
        {
            "name": "files",
            "efsVolumeConfiguration": {
                "fileSystemId": "fs-0123456789abcdef0",
                "transitEncryption": "ENABLED",
                "authorizationConfig": {"accessPointId": "fsap-0123456789abcdef0", "iam": "ENABLED"},
            },
        }
    ],
)
COMPOSE = compose("""
services:
  web:
    build: .
    ports: ["80:8000"]
    depends_on: {migrate: {condition: service_completed_successfully}, cache: {condition: service_healthy}}
    mem_limit: 600m
    environment: {CACHE: "redis://localhost:6379"}
  migrate: {build: ., command: ["./migrate"], mem_limit: 200m}
  cache:
    image: redis:7
    mem_limit: 100m
    volumes: ["data:/data"]
    healthcheck: {test: redis-cli ping, interval: 10s, timeout: 3s, retries: 3}
    restart: always
volumes: {data: }
""")
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-AbCdEf"
PARAMETER = "arn:aws:ssm:eu-west-1:111122223333:parameter/shop/key"
CASES = {
    "dockerfile": (DOCKERFILE, ()),
    "dockerfile-ec2": (DOCKERFILE, (EC2,)),
    "dockerfile-host-network": (DOCKERFILE, (EC2, "beanstalk:aws:NetworkMode=host")),
    "dockerrun-v1": (V1, ()),
    "dockerrun-v1-ec2": (V1, (EC2,)),
    "dockerrun-v2": (WITH_LINKS | {"conf/a.conf": ""}, (EC2, f"{PROPERTIES}:COLOUR=red")),
    "dockerrun-v2-efs": (WITH_EFS, ("beanstalk:aws:LogDriver=awsfirelens",)),
    "compose": (COMPOSE | DOCKERFILE, ()),
    "compose-ec2": (COMPOSE | DOCKERFILE, (EC2, "beanstalk:aws:NetworkMode=bridge")),
    "secrets": (DOCKERFILE, (f"{SECRETS}:PASSWORD={SECRET}:password", f"{SECRETS}:KEY={PARAMETER}")),
    "shared-file-system": (DOCKERFILE, ("beanstalk:aws:SharedFileSystem=fs-0123456789abcdef0",)),
    "large-arm": (
        DOCKERFILE,
        ("beanstalk:aws:Cpu=3000", "beanstalk:aws:Memory=9000", "beanstalk:aws:Architecture=ARM64",
         "beanstalk:aws:EphemeralStorage=100"),
    ),
    **{f"platform-{name}": (sample_files(platform) or DOTNET, ()) for name, platform in PLATFORMS.items()},
    "platform-python-ec2": (sample_files(PLATFORMS["python"]), (EC2, f"{PROPERTIES}:COLOUR=red")),
}  # fmt: skip


def rendered(folder, files, options):
    draft = Draft(
        make_bundle(folder, files),
        settings=[parse_option(option) for option in options],
        application="shop",
        environment="shop-prod",
    )
    return render_task_definition(draft, "eu-west-1")


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_task_definition_is_as_it_was_written_down(name, tmp_path, golden):
    found = rendered(tmp_path, *CASES[name])
    golden(f"aws/taskdef/{name}.json", json.dumps(found.document, indent=2) + "\n")


@pytest.mark.parametrize("name", sorted(CASES))
def test_amazons_own_client_takes_it(name, tmp_path):
    shape = (
        botocore.session.get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition").input_shape
    )
    report = ParamValidator().validate(rendered(tmp_path, *CASES[name]).document, shape)
    assert not report.has_errors(), report.generate_report()


def test_every_platform_has_its_golden():
    assert {name.removeprefix("platform-") for name in CASES if name.startswith("platform-")} >= {*PLATFORMS}
