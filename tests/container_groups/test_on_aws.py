"""For AWS nothing is left out that Amazon ECS can do and this machine cannot."""

import json

from beanstalk.container_groups import container_group
from beanstalk.containers import Mount, MountKind
from tests.bundles import make_bundle
from tests.container_groups.making import configured


def on_aws(folder, files, *options):
    group, warnings = container_group(make_bundle(folder, files), configured(options), on_aws=True)
    return group, [str(problem) for problem in warnings]


def test_rights_log_drivers_and_paths_of_the_system_are_kept(tmp_path):
    compose = """
services:
  web:
    image: nginx
    ports: ["80:80"]
    privileged: true
    cap_add: [SYS_ADMIN]
    logging: {driver: awslogs, options: {awslogs-group: mine}}
    volumes: ["/var/run/docker.sock:/docker.sock"]
"""
    group, told = on_aws(tmp_path, {"docker-compose.yml": compose})
    [web] = group.containers
    assert (web.privileged, web.capabilities_added) == (True, ("SYS_ADMIN",))
    assert (web.log_driver, web.log_options) == ("awslogs", (("awslogs-group", "mine"),))
    assert web.mounts == (Mount(MountKind.HOST, "/var/run/docker.sock", "/docker.sock"),)
    assert told == []


def test_nothing_of_a_dockerrun_is_told_to_be_only_on_aws(tmp_path):
    document = {
        "AWSEBDockerrunVersion": 2,
        "executionRoleArn": "arn:aws:iam::111122223333:role/tasks",
        "containerDefinitions": [
            {
                "name": "web",
                "image": "nginx",
                "memory": 128,
                "portMappings": [{"hostPort": 80, "containerPort": 80}],
                "secrets": [{"name": "KEY", "valueFrom": "arn:aws:ssm:us-east-1:111122223333:parameter/key"}],
                "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:us-east-1:1:secret:x"},
            }
        ],
    }
    assert on_aws(tmp_path, {"Dockerrun.aws.json": json.dumps(document)})[1] == []


def test_a_mirror_of_this_machine_is_not_that_of_aws(tmp_path):
    compose = 'services: {web: {image: nginx, ports: ["80:80"]}}\n'
    option = "beanstalk:docker:RegistryMirror=localhost:5000"
    group, _ = on_aws(tmp_path, {"docker-compose.yml": compose}, option)
    assert group.containers[0].image.reference == "nginx"
