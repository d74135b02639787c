"""Task definitions of every kind of bundle."""

import pytest

from beanstalk.targets.aws.taskdef import Surroundings, task_definition
from tests.targets.aws.taskdefs import (
    DOCKERFILE,
    EC2,
    PROPERTIES,
    SECRETS,
    blueprint,
    compose,
    define,
    dockerrun,
    named,
    one,
    refused,
    told,
)

V1 = {
    "Dockerrun.aws.json": """{"AWSEBDockerrunVersion": "1", "Image": {"Name": "nginx:1.27"},
 "Ports": [{"ContainerPort": 8080}], "Command": "serve --all",
 "Volumes": [{"HostDirectory": "/srv/data", "ContainerDirectory": "/data"}], "Logging": "/var/log/nginx"}"""
}
TWO = """
services:
  web: {image: nginx, ports: ["80:8080"], depends_on: [cache], mem_limit: 300m}
  cache: {image: redis, mem_limit: 200m, volumes: ["data:/data"]}
volumes: {data: }
"""
PYTHON = {"application.py": "application = None\n", "requirements.txt": "flask\n"}
SSM = "arn:aws:ssm:eu-west-1:111122223333:parameter/shop/key"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-AbCdEf"


def test_a_dockerfile_is_one_container_on_fargate_at_its_exposed_port(tmp_path):
    document = define(tmp_path, DOCKERFILE).document
    assert (document["networkMode"], document["requiresCompatibilities"]) == ("awsvpc", ["FARGATE"])
    assert (document["cpu"], document["memory"], document["family"]) == ("256", "512", "shop-prod")
    [web] = document["containerDefinitions"]
    assert web["portMappings"] == [{"containerPort": 8000, "protocol": "tcp"}]
    assert web["image"] == "registry/web@sha256:0"
    assert "volumes" not in document


def test_the_size_on_fargate_is_that_of_all_containers_rounded_up_with_the_reason(tmp_path):
    found = define(tmp_path, compose(TWO))
    assert (found.document["cpu"], found.document["memory"]) == ("256", "512")
    assert "at least 500 MiB" in found.why[0]


def test_a_container_that_does_not_say_what_it_needs_counts_beside_others(tmp_path):
    text = TWO.replace(", mem_limit: 300m", "")
    assert define(tmp_path, compose(text.replace("200m", "300m"))).document["memory"] == "1024"


def test_the_size_that_is_asked_for_is_rounded_up(tmp_path):
    found = define(tmp_path, DOCKERFILE, "beanstalk:aws:Cpu=300", "beanstalk:aws:Memory=700")
    assert (found.document["cpu"], found.document["memory"]) == ("512", "1024")


def test_more_than_fargate_has_is_refused(tmp_path):
    assert "no task on Fargate is as large" in refused(tmp_path, DOCKERFILE, "beanstalk:aws:Memory=300000")[0]


def test_a_dockerrun_of_version_1_on_ec2_has_folders_of_the_instance(tmp_path):
    found = define(tmp_path, V1, EC2)
    [web] = found.document["containerDefinitions"]
    assert (web["image"], web["command"], web["memoryReservation"]) == ("nginx:1.27", ["serve", "--all"], 256)
    assert found.document["volumes"] == [
        {"name": "awseb-logs-web", "host": {"sourcePath": "/var/log/containers/web"}},
        {"name": "srv-data", "host": {"sourcePath": "/srv/data"}},
    ]
    assert {each["sourceVolume"]: each["containerPath"] for each in web["mountPoints"]} == {
        "awseb-logs-web": "/var/log/nginx",
        "srv-data": "/data",
    }


def test_on_fargate_a_folder_of_a_host_is_refused_with_its_place_and_a_remedy(tmp_path):
    [problem] = refused(tmp_path, V1)
    assert "the folder /srv/data of an instance, and Fargate has none" in problem
    assert "beanstalk:aws:LaunchType=EC2" in problem


def test_a_folder_of_the_bundle_is_in_no_task_on_fargate(tmp_path):
    files = compose('services: {web: {image: nginx, ports: ["80:80"], volumes: ["./conf:/conf"]}}\n')
    [problem] = refused(tmp_path, files | {"conf/a": "b"})
    assert problem.startswith("docker-compose.yml:1:") and "mounts conf from the bundle" in problem
    assert "FROM nginx and COPY" in problem
    found = define(tmp_path, files | {"conf/a": "b"}, EC2)
    volume = {"name": "var-app-current-conf", "host": {"sourcePath": "/var/app/current/conf"}}
    assert found.document["volumes"] == [volume]
    assert "instances on AWS do not get the bundle: the folder is empty" in told(found)
    described = dockerrun({}, volumes=[volume])
    assert "the volume var-app-current-conf is /var/app/current/conf" in told(define(tmp_path, described, EC2))


def test_a_named_volume_is_dockers_on_ec2_and_a_part_of_the_task_on_fargate(tmp_path):
    assert define(tmp_path, compose(TWO)).document["volumes"] == [{"name": "data"}]
    [volume] = define(tmp_path, compose(TWO), EC2).document["volumes"]
    assert volume["dockerVolumeConfiguration"] == {"scope": "task", "driver": "local"}


def test_containers_that_know_each_other_by_name_are_told_of_localhost(tmp_path):
    assert "reach each other at localhost, not by their names (cache)" in told(define(tmp_path, compose(TWO)))


def test_in_a_bridge_a_service_has_a_link_to_what_it_waits_for(tmp_path):
    found = define(tmp_path, compose(TWO), EC2, "beanstalk:aws:NetworkMode=bridge")
    web = next(each for each in found.document["containerDefinitions"] if each["name"] == "web")
    assert web["links"] == ["cache"]
    assert web["dependsOn"] == [{"containerName": "cache", "condition": "START"}]
    assert web["portMappings"] == [{"containerPort": 8080, "protocol": "tcp", "hostPort": 0}]
    assert "localhost" not in told(found)


@pytest.mark.parametrize(
    ("options", "files", "mode"),
    [
        ((), DOCKERFILE, "awsvpc"),
        ((EC2,), DOCKERFILE, "awsvpc"),
        ((EC2,), dockerrun({}), "bridge"),
        ((EC2,), V1, "awsvpc"),
        ((EC2, "beanstalk:aws:NetworkMode=host"), DOCKERFILE, "host"),
        ((), dockerrun({}), "awsvpc"),
    ],
)
def test_the_network_mode_follows_from_what_is_wanted(tmp_path, options, files, mode):
    assert define(tmp_path, files, *options).document["networkMode"] == mode


def test_a_platform_has_its_variables_its_port_and_no_volume_over_its_application(tmp_path):
    web = one(tmp_path, PYTHON | {".platform/hooks/predeploy/a.sh": "#!/bin/sh\n"}, f"{PROPERTIES}:COLOUR=red")
    variables = named(web["environment"])
    assert (variables["COLOUR"], variables["PYTHONUNBUFFERED"]) == ("red", "1")
    assert web["portMappings"] == [{"containerPort": int(variables["PORT"]), "protocol": "tcp"}]
    assert "mountPoints" not in web


def test_several_processes_of_a_procfile_are_one_container(tmp_path):
    web = one(tmp_path, PYTHON | {"Procfile": "web: serve\nworker: work\n"})
    assert web["name"] == "web" and web["essential"] is True


def test_only_the_container_that_gets_the_requests_is_essential_in_compose(tmp_path):
    text = TWO.replace("image: redis", "image: redis, restart: on-failure")
    containers = {each["name"]: each for each in define(tmp_path, compose(text)).document["containerDefinitions"]}
    assert containers["web"]["essential"] and not containers["cache"]["essential"]
    assert containers["cache"]["restartPolicy"] == {"enabled": True, "ignoredExitCodes": [0]}


def test_what_a_service_says_becomes_what_ecs_knows(tmp_path):
    text = """
services:
  web:
    image: nginx
    ports: ["80:80", "53:53/udp"]
    command: ["a", "b c"]
    user: "1000"
    working_dir: /srv
    read_only: true
    init: true
    cpus: 0.5
    mem_reservation: 100m
    stop_grace_period: 45s
    ulimits: {nofile: {soft: 10, hard: 20}}
    sysctls: {net.core.somaxconn: "1024"}
    labels: {Who: us}
    tmpfs: ["/run:size=8m"]
    cap_drop: [ALL]
    healthcheck: {test: ["CMD", "true"], interval: 1s, retries: 3}
"""
    found = define(tmp_path, compose(text))
    [web] = found.document["containerDefinitions"]
    assert {(each["containerPort"], each["protocol"]) for each in web["portMappings"]} == {(80, "tcp"), (53, "udp")}
    assert (web["command"], web["user"], web["workingDirectory"]) == (["a", "b c"], "1000", "/srv")
    assert (web["cpu"], web["memoryReservation"], web["stopTimeout"]) == (512, 100, 45)
    assert web["readonlyRootFilesystem"] is True
    assert web["ulimits"] == [{"name": "nofile", "softLimit": 10, "hardLimit": 20}]
    assert web["systemControls"] == [{"namespace": "net.core.somaxconn", "value": "1024"}]
    assert web["dockerLabels"] == {"Who": "us"}
    assert web["linuxParameters"] == {
        "initProcessEnabled": True,
        "tmpfs": [{"containerPath": "/run", "size": 8}],
        "capabilities": {"drop": ["ALL"]},
    }
    assert web["healthCheck"] == {"command": ["CMD", "true"], "interval": 5, "retries": 3}
    assert "becomes 5: ECS knows 5 to 300" in told(found)
    assert found.document["cpu"] == "512"


def test_host_names_and_stop_signals_that_ecs_has_not_are_told(tmp_path):
    text = 'services: {web: {image: nginx, ports: ["80:80"], hostname: shop, stop_signal: SIGQUIT}}\n'
    found = define(tmp_path, compose(text))
    assert "hostname" not in found.document["containerDefinitions"][0]
    assert "not called shop" in told(found) and "SIGQUIT" in told(found)


def test_secrets_are_those_of_the_container_that_gets_the_requests(tmp_path):
    options = (f"{SECRETS}:KEY={SSM}", f"{SECRETS}:PASSWORD={SECRET}:password", f"{SECRETS}:ALL={SECRET}")
    web = one(tmp_path, DOCKERFILE, *options)
    assert named(web["secrets"]) == {"KEY": SSM, "PASSWORD": f"{SECRET}:password::", "ALL": SECRET}
    assert "environment" not in web


def test_a_secret_is_given_to_the_services_that_ask_for_it(tmp_path):
    text = """
services:
  web: {image: nginx, ports: ["80:80"], environment: {PASSWORD: "${KEY}"}}
  db: {image: redis, env_file: .env}
  cache: {image: redis}
"""
    found = define(tmp_path, compose(text), f"{SECRETS}:KEY={SECRET}").document["containerDefinitions"]
    secrets = {each["name"]: named(each.get("secrets", [])) for each in found}
    assert secrets == {"web": {"PASSWORD": SECRET}, "db": {"KEY": SECRET}, "cache": {}}


def test_a_secret_of_a_dockerrun_goes_before_that_of_the_environment(tmp_path):
    own = [{"name": "KEY", "valueFrom": SSM}]
    files = dockerrun({"secrets": own}, {"name": "db"}, executionRoleArn="arn:aws:iam::111122223333:role/tasks")
    web, db = define(tmp_path, files, f"{SECRETS}:KEY={SECRET}").document["containerDefinitions"]
    assert (web["secrets"], named(db["secrets"])) == (own, {"KEY": SECRET})


@pytest.mark.parametrize("reference", ["file:/etc/password", "command:pass show shop"])
def test_secrets_of_this_machine_are_refused_in_a_sentence_that_does_not_show_them(tmp_path, reference):
    [problem] = refused(tmp_path, DOCKERFILE, f"{SECRETS}:KEY={reference}")
    assert "the secret KEY comes from a" in problem and "of this machine" in problem
    assert "pass show" not in problem and "/etc" not in problem


def test_every_container_of_a_dockerrun_of_version_2_has_the_properties_and_its_own_win(tmp_path):
    files = dockerrun({"environment": [{"name": "A", "value": "own"}]}, {"name": "db"})
    found = define(tmp_path, files, f"{PROPERTIES}:A=1", f"{PROPERTIES}:B=2", EC2)
    web, db = found.document["containerDefinitions"]
    assert named(web["environment"]) == {"A": "own", "B": "2"}
    assert named(db["environment"]) == {"A": "1", "B": "2"}


def test_a_property_may_be_evaluated_by_cloudformation(tmp_path):
    web = one(tmp_path, DOCKERFILE, PROPERTIES + ':QUEUE=`{"Ref": "AWSEBWorkerQueue"}`')
    assert named(web["environment"])["QUEUE"] == {"Ref": "WorkerQueue"}


def test_a_host_port_of_a_dockerrun_is_dynamic_where_the_balancer_sends_requests(tmp_path):
    ports = [{"hostPort": 80, "containerPort": 8080}, {"hostPort": 9000, "containerPort": 9000, "protocol": "TCP"}]
    found = define(tmp_path, dockerrun({"portMappings": ports}), EC2)
    assert found.document["containerDefinitions"][0]["portMappings"] == [
        {"hostPort": 0, "containerPort": 8080},
        {"hostPort": 9000, "containerPort": 9000, "protocol": "tcp"},
    ]
    assert "two tasks of it never fit on one instance" in told(found)
    further = "aws:elasticbeanstalk:environment:process:admin:Port=9000"
    served = define(tmp_path, dockerrun({"portMappings": ports}), EC2, further)
    assert [each["hostPort"] for each in served.document["containerDefinitions"][0]["portMappings"]] == [0, 0]


def test_on_fargate_a_container_is_reached_at_its_own_port(tmp_path):
    ports = [{"hostPort": 80, "containerPort": 8080}, {"hostPort": 9000, "containerPort": 9001}]
    found = define(tmp_path, dockerrun({"portMappings": ports}))
    mappings = found.document["containerDefinitions"][0]["portMappings"]
    assert mappings == [{"containerPort": 8080}, {"containerPort": 9001}]
    assert "reached at its own port 9001, not at 9000" in told(found)


def test_the_logs_volume_of_a_container_is_there_for_who_mounts_it(tmp_path):
    files = dockerrun({"mountPoints": [{"sourceVolume": "awseb-logs-web", "containerPath": "/logs"}]})
    [volume] = define(tmp_path, files, EC2).document["volumes"]
    assert volume == {"name": "awseb-logs-web", "host": {"sourcePath": "/var/log/containers/web"}}
    on_fargate = define(tmp_path, files)
    assert on_fargate.document["volumes"] == [{"name": "awseb-logs-web"}]
    assert "nothing collects them" in told(on_fargate)


def test_a_role_of_the_file_goes_before_ours_and_an_option_before_both(tmp_path):
    files = dockerrun({}, executionRoleArn="arn:aws:iam::111122223333:role/file")
    assert define(tmp_path, files).document["executionRoleArn"].endswith("role/file")
    option = "beanstalk:aws:ExecutionRoleArn=arn:aws:iam::111122223333:role/option"
    assert define(tmp_path, files, option).document["executionRoleArn"].endswith("role/option")


def test_output_goes_to_cloudwatch_logs_unless_something_else_is_said(tmp_path):
    logs = one(tmp_path, DOCKERFILE)["logConfiguration"]
    assert logs["logDriver"] == "awslogs"
    assert logs["options"] == {
        "awslogs-group": {"Ref": "LogGroup"},
        "awslogs-region": {"Ref": "AWS::Region"},
        "awslogs-stream-prefix": "beanstalk",
    }
    options = ("beanstalk:aws:LogDriver=splunk", 'beanstalk:aws:LogOptions={"splunk-url": "https://example.org"}')
    assert one(tmp_path, DOCKERFILE, *options)["logConfiguration"] == {
        "logDriver": "splunk",
        "options": {"splunk-url": "https://example.org"},
    }
    assert "logConfiguration" not in one(tmp_path, DOCKERFILE, "beanstalk:aws:LogDriver=none")


def test_a_log_driver_of_compose_is_passed_on_and_completed_and_one_of_the_machine_is_not(tmp_path):
    web = {"driver": "awslogs", "options": {"awslogs-group": "mine"}}
    text = f'services: {{web: {{image: nginx, ports: ["80:80"], logging: {web}}}}}\n'
    options = one(tmp_path, compose(text))["logConfiguration"]["options"]
    assert (options["awslogs-group"], options["awslogs-stream-prefix"]) == ("mine", "beanstalk")
    text = 'services: {web: {image: nginx, ports: ["80:80"], logging: {driver: json-file}}}\n'
    found = define(tmp_path, compose(text))
    assert found.document["containerDefinitions"][0]["logConfiguration"]["logDriver"] == "awslogs"
    assert "does not stay on a machine" in told(found)


def test_the_router_of_firelens_logs_to_cloudwatch_itself(tmp_path):
    files = dockerrun({}, {"name": "router", "firelensConfiguration": {"type": "fluentbit"}})
    web, router = define(tmp_path, files, "beanstalk:aws:LogDriver=awsfirelens").document["containerDefinitions"]
    assert web["logConfiguration"] == {"logDriver": "awsfirelens"}
    assert router["logConfiguration"]["logDriver"] == "awslogs"


def test_a_shared_file_system_is_mounted_in_every_container_unless_the_stack_does_it(tmp_path):
    plan = blueprint(tmp_path, compose(TWO), "beanstalk:aws:SharedFileSystem=fs-0123456789abcdef0")
    alone = task_definition(plan, {}, Surroundings(file_system="fs-0123456789abcdef0")).document
    assert alone["volumes"][-1]["efsVolumeConfiguration"] == {
        "fileSystemId": "fs-0123456789abcdef0",
        "rootDirectory": "/",
        "transitEncryption": "ENABLED",
    }
    for each in alone["containerDefinitions"]:
        mount = {"sourceVolume": "beanstalk-shared", "containerPath": "/mnt/shared", "readOnly": False}
        assert mount in each["mountPoints"]
    assert [each["name"] for each in task_definition(plan, {}).document["volumes"]] == ["data"]


def test_platform_disk_and_placement_are_options(tmp_path):
    found = define(tmp_path, DOCKERFILE, "beanstalk:aws:Architecture=ARM64", "beanstalk:aws:EphemeralStorage=50")
    assert found.document["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    assert found.document["ephemeralStorage"] == {"sizeInGiB": 50}
    constraints = '[{"type": "distinctInstance"}, {"type": "memberOf", "expression": "attribute:a == b"}]'
    found = define(tmp_path, DOCKERFILE, EC2, f"beanstalk:aws:PlacementConstraints={constraints}")
    assert found.document["placementConstraints"] == [{"type": "memberOf", "expression": "attribute:a == b"}]


def test_what_fargate_cannot_do_is_named_thing_by_thing_with_lines(tmp_path):
    files = dockerrun(
        {"links": ["db"], "privileged": True, "dnsServers": ["1.1.1.1"]},
        {"name": "db", "extraHosts": [{"hostname": "a", "ipAddress": "1.2.3.4"}]},
    )
    problems = refused(tmp_path, files)
    assert len(problems) == 4
    assert all(each.startswith("Dockerrun.aws.json:") and "LaunchType=EC2" in each for each in problems)
    assert "localhost" in problems[0]


def test_a_sidecar_is_checked_with_the_others_and_counts_for_the_size(tmp_path):
    sidecar = {"name": "queue", "image": "q", "memoryReservation": 600, "essential": True}
    found = task_definition(blueprint(tmp_path, DOCKERFILE), {"web": "w"}, sidecars=[sidecar])
    assert [each["name"] for each in found.document["containerDefinitions"]] == ["web", "queue"]
    assert found.document["memory"] == "1024"


def test_passwords_of_registries_come_from_a_secret_and_not_from_a_file_in_s3(tmp_path):
    v1 = (
        V1["Dockerrun.aws.json"]
        .replace('"Logging"', '"Authentication": {"Bucket": "b", "Key": "k"}, "Logging"')
        .replace("/srv/data", "/var/log/containers/a")
    )
    files = {"Dockerrun.aws.json": v1}
    assert "ECS does not read the registry's password of web from s3://b/k" in told(define(tmp_path, files))
    assert "from s3://b/k" in told(define(tmp_path, dockerrun({}, authentication={"bucket": "b", "key": "k"})))
    option = f"beanstalk:aws:RegistryCredentials={SECRET}"
    assert one(tmp_path, files, option)["repositoryCredentials"] == {"credentialsParameter": SECRET}
    assert told(define(tmp_path, files, option)).count("password") == 0
    own = {"credentialsParameter": f"{SECRET}-own"}
    ecr = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/db"
    found = define(
        tmp_path, dockerrun({"repositoryCredentials": own}, {"name": "db"}, {"name": "ecr", "image": ecr}), option
    )
    web, db, of_amazon = found.document["containerDefinitions"]
    assert (web["repositoryCredentials"], db["repositoryCredentials"]["credentialsParameter"]) == (own, SECRET)
    assert "repositoryCredentials" not in of_amazon
    assert "repositoryCredentials" not in one(tmp_path, DOCKERFILE, option)


def test_a_platform_takes_no_notice_of_files_that_describe_containers(tmp_path):
    files = PYTHON | {"Dockerrun.aws.json": '{"AWSEBDockerrunVersion": ', "docker-compose.yml": "services: [}"}
    found = task_definition(blueprint(tmp_path, files, platform="python"), {"web": "image"})
    assert [each["image"] for each in found.document["containerDefinitions"]] == ["image"]
