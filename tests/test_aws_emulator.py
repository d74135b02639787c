"""The emulator does what our tests rely on: guards the pinned version, whose private names the patches touch."""

from __future__ import annotations

import time

import pytest

from tests.engine import build_image

pytestmark = [pytest.mark.docker, pytest.mark.aws]

APP = b"""import http.server, os, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ.get(self.path[1:], "ok").encode())
    def log_message(self, *args):
        print("asked for", self.path, flush=True)
if os.environ.get("BROKEN"):
    sys.exit("broken on purpose")
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
print("started", flush=True)
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def image(engine, python_image):
    text = f'FROM {python_image}\nCOPY app.py /app.py\nEXPOSE 8080\nENTRYPOINT ["false"]\n'
    return build_image(engine, "beanstalk-tests/aws", {"Dockerfile": text.encode(), "app.py": APP})


def web(image, network, *, environment=(), count=2, weights=(1, 0), health_path="/", sidecar=False, says_count=True):
    """A template of two groups, a rule with weights, and a service; its count is a parameter."""
    container = {
        "Name": "web",
        "Image": image,
        "EntryPoint": ["python3", "/app.py"],
        "Environment": [{"Name": name, "Value": value} for name, value in environment],
        "Secrets": [
            {"Name": "PASSWORD", "ValueFrom": {"Ref": "Password"}},
            {"Name": "TOKEN", "ValueFrom": "/shop/token"},
        ],
        "PortMappings": [{"ContainerPort": 8080}],
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {
                "awslogs-group": {"Ref": "Logs"},
                "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": "shop",
            },
        },
    }
    neighbour = {
        "Name": "neighbour",
        "Image": image,
        "EntryPoint": ["python3", "-c"],
        "Command": [
            "import time, urllib.request\n"
            "while True:\n"
            "    try:\n"
            "        print(urllib.request.urlopen('http://localhost:8080/PASSWORD').read().decode(), flush=True)\n"
            "    except OSError:\n"
            "        pass\n"
            "    time.sleep(0.1)"
        ],
        "LogConfiguration": container["LogConfiguration"],
    }
    group = {
        "Port": 8080,
        "Protocol": "HTTP",
        "TargetType": "ip",
        "VpcId": network["vpc"],
        "HealthCheckPath": health_path,
    }
    forward = [
        {"TargetGroupArn": {"Ref": name}, "Weight": weight}
        for name, weight in zip(("One", "Two"), weights, strict=True)
    ]
    return {
        "Parameters": {"Count": {"Type": "Number", "Default": count}},
        "Resources": {
            "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/shop"}},
            "Password": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "secret-of-a-stack"}},
            "Balancer": {
                "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
                "Properties": {"Name": "shop", "Subnets": network["subnets"]},
            },
            "One": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": group},
            "Two": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": group},
            "Listener": {
                "Type": "AWS::ElasticLoadBalancingV2::Listener",
                "Properties": {
                    "LoadBalancerArn": {"Ref": "Balancer"},
                    "Port": 80,
                    "Protocol": "HTTP",
                    "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
                },
            },
            "Rule": {
                "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
                "Properties": {
                    "ListenerArn": {"Ref": "Listener"},
                    "Priority": 1,
                    "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
                    "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": forward}}],
                },
            },
            "Group": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {"GroupDescription": "tasks", "VpcId": network["vpc"]},
            },
            "FromBalancer": {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": {
                    "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
                    "IpProtocol": "tcp",
                    "FromPort": 8080,
                    "ToPort": 8080,
                    "CidrIp": "10.0.0.0/8",
                },
            },
            "Cluster": {"Type": "AWS::ECS::Cluster"},
            "Task": {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {
                    "Cpu": "256",
                    "Memory": "512",
                    "NetworkMode": "awsvpc",
                    "RequiresCompatibilities": ["FARGATE"],
                    "ContainerDefinitions": [container, *([neighbour] if sidecar else [])],
                },
            },
            "Service": {
                "Type": "AWS::ECS::Service",
                "DependsOn": ["Rule"],
                "Properties": {
                    "Cluster": {"Ref": "Cluster"},
                    "TaskDefinition": {"Ref": "Task"},
                    "DesiredCount": {"Ref": "Count" if says_count else "AWS::NoValue"},
                    "LaunchType": "FARGATE",
                    "DeploymentConfiguration": {
                        "MinimumHealthyPercent": 100,
                        "MaximumPercent": 200,
                        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
                    },
                    "LoadBalancers": [
                        {"ContainerName": "web", "ContainerPort": 8080, "TargetGroupArn": {"Ref": "One"}}
                    ],
                    "NetworkConfiguration": {
                        "AwsvpcConfiguration": {"Subnets": network["subnets"], "SecurityGroups": [{"Ref": "Group"}]}
                    },
                },
            },
            "Target": {
                "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
                "Properties": {
                    "ServiceNamespace": "ecs",
                    "ScalableDimension": "ecs:service:DesiredCount",
                    "ResourceId": {"Fn::Sub": "service/${Cluster}/${Service.Name}"},
                    "MinCapacity": 1,
                    "MaxCapacity": 4,
                },
            },
        },
        "Outputs": {"One": {"Value": {"Ref": "One"}}},
    }


@pytest.fixture
def deploy(emulator, image):
    emulator.client("ssm").put_parameter(Name="/shop/token", Value="secret-of-ssm", Type="SecureString")
    network = emulator.network()

    def act(parameters=None, **words):
        return emulator.deploy("shop", web(image, network, **words), **(parameters or {}))

    return act


def test_a_stack_is_complete_when_its_containers_run_and_answer(emulator, deploy):
    assert deploy() == "CREATE_COMPLETE", emulator.failures("shop")
    assert len(emulator.containers(container_name="web")) == 2
    assert [emulator.get("shop", "/" + name).text for name in ("PASSWORD", "TOKEN")] == [
        "secret-of-a-stack", "secret-of-ssm",
    ]  # fmt: skip


def test_the_count_of_a_service_comes_from_a_parameter_and_without_one_the_live_count_stays(emulator, deploy):
    deploy({"Count": "1"})
    assert len(emulator.containers(container_name="web")) == 1
    services, cluster = emulator.client("ecs"), emulator.client("ecs").list_clusters()["clusterArns"][0]
    [service] = services.list_services(cluster=cluster)["serviceArns"]
    services.update_service(cluster=cluster, service=service, desiredCount=3)
    deploy(says_count=False, environment=(("COLOR", "green"),))
    assert services.describe_services(cluster=cluster, services=[service])["services"][0]["desiredCount"] == 3


def test_an_update_replaces_the_containers_and_a_broken_one_is_rolled_back(emulator, deploy):
    deploy(environment=(("COLOR", "blue"),))
    assert deploy(environment=(("COLOR", "green"),)) == "UPDATE_COMPLETE"
    assert emulator.get("shop", "/COLOR").text == "green"
    assert deploy(environment=(("COLOR", "red"), ("BROKEN", "1"))) == "UPDATE_ROLLBACK_COMPLETE"
    assert emulator.get("shop", "/COLOR").text == "green"
    assert any("Circuit Breaker" in each for each in emulator.failures("shop"))


def test_a_first_deployment_that_fails_leaves_no_container(emulator, deploy):
    assert deploy(environment=(("BROKEN", "1"),)) == "ROLLBACK_COMPLETE"
    assert emulator.containers() == []


def test_requests_are_divided_by_weight(emulator, deploy):
    deploy(weights=(0, 1))
    assert emulator.get("shop").status == 503
    deploy(weights=(1, 0))
    assert emulator.get("shop").status == 200


def test_the_health_of_targets_is_that_of_their_answers(emulator, deploy):
    deploy(health_path="/")
    balancing = emulator.client("elbv2")
    arn = emulator.client("cloudformation").describe_stacks(StackName="shop")["Stacks"][0]["Outputs"][0]["OutputValue"]
    balancing.modify_target_group(TargetGroupArn=arn, Matcher={"HttpCode": "201-299"})

    def states():
        health = balancing.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {each["TargetHealth"]["State"] for each in health}

    until = time.monotonic() + 30
    while states() != {"unhealthy"} and time.monotonic() < until:
        time.sleep(0.05)
    assert states() == {"unhealthy"}


def test_containers_of_a_task_reach_each_other_at_localhost(emulator, deploy):
    deploy(count=1, sidecar=True)
    logs = emulator.client("logs")
    said: list[str] = []
    until = time.monotonic() + 30
    while "secret-of-a-stack" not in said and time.monotonic() < until:
        said = [each["message"] for each in logs.filter_log_events(logGroupName="/shop")["events"]]
        time.sleep(0.05)
    assert {"started", "secret-of-a-stack"} <= set(said)


def test_a_container_reaches_the_services_where_its_variables_lead(emulator, engine, python_image):
    program = (
        "import os; from urllib.request import urlopen\n"
        "print(urlopen(os.environ['AWS_ENDPOINT_URL'] + '/_ministack/health').status)"
    )
    text = f'FROM {python_image}\nCOPY ask.py /ask.py\nENTRYPOINT ["python3", "/ask.py"]\n'
    image = build_image(engine, "beanstalk-tests/aws-asks", {"Dockerfile": text.encode(), "ask.py": program.encode()})
    assert emulator.run_once(image) == (0, ["200"])


def test_a_reference_to_nothing_is_refused_before_anything_is_made(emulator):
    body = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Nobody"}}}}}
    with pytest.raises(Exception, match=r"Unresolved resource dependencies \[Nobody\]"):
        emulator.deploy("shop", body)


def test_a_test_finds_nothing_of_the_one_before(emulator):
    assert emulator.client("cloudformation").describe_stacks()["Stacks"] == []
    assert emulator.containers() == []
