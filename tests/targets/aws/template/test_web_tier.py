"""Network, load balancer, service and roles of a web tier, option by option."""

from __future__ import annotations

import json

import pytest

from beanstalk.errors import InvalidInput
from tests.targets.aws.blueprints import make_blueprint, template_of
from tests.targets.aws.template.cases import EXISTING, example

DOCKERFILE = {"Dockerfile": "FROM a\nEXPOSE 8000\n"}
EC2 = "beanstalk:aws:LaunchType=EC2"
VPC, OURS, BALANCER = "aws:ec2:vpc:", "beanstalk:aws:", "aws:elbv2:loadbalancer:"
ENVIRONMENT = "aws:elasticbeanstalk:environment:"
PROCESS = f"{ENVIRONMENT}process:default:"
SINGLE = f"{ENVIRONMENT}EnvironmentType=SingleInstance"
LAUNCH = "aws:autoscaling:launchconfiguration:"
GROUP = "sg-0123456789abcdef0"


@pytest.fixture
def made(tmp_path):
    return lambda *options, files=DOCKERFILE: template_of(make_blueprint(tmp_path, files, options))


@pytest.fixture
def stack(made):
    """{logical id: properties} of an environment with these options."""

    def properties(*options, files=DOCKERFILE):
        return {
            name: each.get("Properties", {}) for name, each in made(*options, files=files).body["Resources"].items()
        }

    return properties


def attributes(properties, name):
    return {each["Key"]: each["Value"] for each in properties[name]}


def rules(group):
    """(first port, last port, who) of a security group."""
    found = []
    for each in group.get("SecurityGroupIngress", []):
        who = each.get("CidrIp") or each.get("CidrIpv6") or each["SourceSecurityGroupId"]
        found.append((each["FromPort"], each["ToPort"], who if isinstance(who, str) else "balancer"))
    return found


def test_the_tasks_let_in_the_load_balancer_alone(stack):
    found = stack()
    assert rules(found["LoadBalancerSecurityGroup"]) == [(80, 80, "0.0.0.0/0")]
    assert rules(found["InstanceSecurityGroup"]) == [(8000, 8000, "balancer")]


def test_a_balancer_with_both_kinds_of_addresses_lets_in_both(stack):
    found = stack(f"{BALANCER}IpAddressType=dualstack")
    assert rules(found["LoadBalancerSecurityGroup"]) == [(80, 80, "0.0.0.0/0"), (80, 80, "::/0")]


def test_with_dynamic_ports_all_of_them_are_open_to_the_load_balancer(stack):
    found = stack(EC2, f"{OURS}NetworkMode=bridge")
    assert rules(found["InstanceSecurityGroup"]) == [(32768, 65535, "balancer")]
    assert found["TargetGroup"]["TargetType"] == "instance"
    assert "NetworkConfiguration" not in found["Service"]


def test_ssh_is_for_instances_alone(stack):
    option = f"{LAUNCH}SSHSourceRestriction=tcp, 22, 22, 203.0.113.0/24"
    assert (22, 22, "203.0.113.0/24") in rules(stack(option, EC2)["InstanceSecurityGroup"])
    assert (22, 22, "203.0.113.0/24") not in rules(stack(option)["InstanceSecurityGroup"])


def test_groups_of_ones_own(stack):
    found = stack(f"{BALANCER}ManagedSecurityGroup={GROUP}", f"{LAUNCH}SecurityGroups=sg-0123456789abcdef1")
    assert "LoadBalancerSecurityGroup" not in found and found["LoadBalancer"]["SecurityGroups"] == [GROUP]
    assert rules(found["InstanceSecurityGroup"]) == [(8000, 8000, GROUP)]
    network = found["Service"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["SecurityGroups"][1] == "sg-0123456789abcdef1"


def test_without_the_default_group_there_have_to_be_others(stack):
    off = f"{LAUNCH}DisableDefaultEC2SecurityGroup=true"
    groups = (f"{LAUNCH}SecurityGroups={GROUP}", f"{BALANCER}SecurityGroups={GROUP}")
    assert "InstanceSecurityGroup" not in stack(off, *groups)
    with pytest.raises(InvalidInput, match="SecurityGroups"):
        stack(off)


def test_a_group_by_name_is_refused(stack):
    with pytest.raises(InvalidInput, match="'office' is no id of a security group"):
        stack(f"{LAUNCH}SecurityGroups=office")


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ((), "ENABLED"),
        ((f"{VPC}AssociatePublicIpAddress=false",), "DISABLED"),
        (EXISTING[:2], "DISABLED"),
        ((*EXISTING[:2], f"{VPC}AssociatePublicIpAddress=true"), "ENABLED"),
        ((*EXISTING[:2], SINGLE), "ENABLED"),
    ],
)
def test_public_addresses(stack, options, address):
    assert stack(*options)["Service"]["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == address


def test_a_network_that_is_named_is_the_default_of_its_parameters(made):
    found = made(*EXISTING).body["Parameters"]
    assert found["VpcId"]["Default"] == "vpc-0123456789abcdef0"
    assert found["LoadBalancerSubnets"]["Default"] == "subnet-0bbbbbbbbbbbbbbb1,subnet-0bbbbbbbbbbbbbbb2"
    without = made(*EXISTING[:2]).body["Parameters"]
    assert without["LoadBalancerSubnets"]["Default"] == without["Subnets"]["Default"]


def test_a_network_of_the_bundle_takes_the_place_of_the_parameters(made):
    text = """
option_settings:
  aws:ec2:vpc:
    VPCId: '`{"Ref": "Net"}`'
    Subnets: '`{"Fn::Join": [",", [{"Ref": "One"}, {"Ref": "Two"}]]}`'
Resources:
  Net: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 10.0.0.0/16}}
  One: {Type: "AWS::EC2::Subnet", Properties: {VpcId: {Ref: Net}, CidrBlock: 10.0.0.0/24}}
  Two: {Type: "AWS::EC2::Subnet", Properties: {VpcId: {Ref: Net}, CidrBlock: 10.0.1.0/24}}
"""
    found = made(files={**DOCKERFILE, ".ebextensions/net.config": text}).body
    assert "VpcId" not in found["Parameters"]
    assert found["Resources"]["TargetGroup"]["Properties"]["VpcId"] == {"Ref": "Net"}


def test_what_exists_is_not_made(stack):
    found = stack(*EXISTING)
    gone = {"Cluster", "ExecutionRole", "TaskRole", "InfrastructureRole", "LoadBalancerSecurityGroup"}
    assert gone & found.keys() == set()
    assert found["Service"]["Cluster"].endswith(":cluster/shared")
    assert found["LoadBalancer"]["Scheme"] == "internal"
    assert found["TaskDefinition"]["TaskRoleArn"].endswith(":role/works")


def test_the_checks_of_a_process(stack):
    options = ("HealthCheckPath=/up", "HealthCheckInterval=20", "HealthCheckTimeout=7", "MatcherHTTPCode=200-299",
               "HealthyThresholdCount=2", "UnhealthyThresholdCount=4", "DeregistrationDelay=45")  # fmt: skip
    group = stack(*(PROCESS + each for each in options))["TargetGroup"]
    assert (group["HealthCheckPath"], group["Matcher"]) == ("/up", {"HttpCode": "200-299"})
    assert (group["HealthCheckIntervalSeconds"], group["HealthCheckTimeoutSeconds"]) == (20, 7)
    assert (group["HealthyThresholdCount"], group["UnhealthyThresholdCount"]) == (2, 4)
    assert attributes(group, "TargetGroupAttributes")["deregistration_delay.timeout_seconds"] == "45"


def test_the_older_option_for_the_path_counts(stack):
    option = "aws:elasticbeanstalk:application:Application Healthcheck URL=/alive"
    assert stack(option)["TargetGroup"]["HealthCheckPath"] == "/alive"


def test_a_network_load_balancer_checks_by_connecting_unless_a_path_is_named(stack):
    network = f"{ENVIRONMENT}LoadBalancerType=network"
    assert stack(network)["TargetGroup"]["HealthCheckProtocol"] == "TCP"
    named = stack(network, f"{PROCESS}HealthCheckPath=/up")["TargetGroup"]
    assert (named["HealthCheckProtocol"], named["HealthCheckPath"]) == ("HTTP", "/up")


def test_a_classic_load_balancer_is_refused_with_the_way_out(stack):
    with pytest.raises(InvalidInput, match="a Classic Load Balancer cannot reach\n  hint: set it to application"):
        stack(f"{ENVIRONMENT}LoadBalancerType=classic")


def test_access_logs_need_a_bucket(stack):
    logged = f"{BALANCER}AccessLogsS3Enabled=true"
    with pytest.raises(InvalidInput, match="there is no bucket for the logs"):
        stack(logged)
    found = stack(logged, f"{BALANCER}AccessLogsS3Bucket=logs", f"{BALANCER}AccessLogsS3Prefix=shop")["LoadBalancer"]
    assert attributes(found, "LoadBalancerAttributes")["access_logs.s3.prefix"] == "shop"


def test_a_shared_load_balancer_needs_names(stack):
    shared = f"{ENVIRONMENT}LoadBalancerIsShared=true"
    balancer = f"{BALANCER}SharedLoadBalancer=arn:aws:elasticloadbalancing:r:123456789012:loadbalancer/app/a/1"
    with pytest.raises(InvalidInput, match="needs the host names of the environment"):
        stack(shared, balancer)
    found = stack(shared, balancer, "aws:elbv2:listenerrule:default:HostHeaders=a.example.org")
    assert "LoadBalancer" not in found and found["ProductionRule"]["ListenerArn"] == {"Ref": "SharedListener"}


def test_a_single_task_has_no_load_balancer_and_is_open_to_all(stack):
    found = stack(SINGLE)
    assert {"LoadBalancer", "TargetGroup", "InfrastructureRole"} & found.keys() == set()
    assert rules(found["InstanceSecurityGroup"]) == [(8000, 8000, "0.0.0.0/0")]
    assert "LoadBalancers" not in found["Service"]


def test_the_live_count_stays_when_it_is_to_stay(stack):
    kept, wanted = stack()["Service"]["DesiredCount"]["Fn::If"][1:]
    assert (kept, wanted) == ({"Ref": "AWS::NoValue"}, {"Ref": "DesiredCount"})


@pytest.mark.parametrize(
    ("written", "placed"),
    [
        ("binpack:memory", [("binpack", "memory")]),
        ("binpack:CPU", [("binpack", "cpu")]),
        ("random", [("random", None)]),
        ("spread:availability-zone,random", [("spread", "attribute:ecs.availability-zone"), ("random", None)]),
    ],
)
def test_placement(stack, written, placed):
    found = stack(EC2, f"{OURS}PlacementStrategy={written}")["Service"]
    assert [(each["Type"], each.get("Field")) for each in found["PlacementStrategies"]] == placed
    assert found["AvailabilityZoneRebalancing"] == ("ENABLED" if "zone" in written else "DISABLED")


def test_placement_that_there_is_not_is_refused_with_all_its_parts(stack):
    with pytest.raises(InvalidInput) as caught:
        stack(EC2, f"{OURS}PlacementStrategy=pack:cpu,binpack:disk,random:x")
    assert len(caught.value.problems) == 3


def test_constraints_go_to_the_service_when_they_are_of_the_service(stack):
    written = json.dumps([{"type": "distinctInstance"}])
    found = stack(EC2, f"{OURS}PlacementConstraints={written}")["Service"]
    assert found["PlacementConstraints"] == [{"Type": "distinctInstance"}]
    with pytest.raises(InvalidInput, match="it is no list of constraints"):
        stack(EC2, f'{OURS}PlacementConstraints={{"type": "distinctInstance"}}')


def statements(role):
    return {str(each["Action"]): each["Resource"] for each in role["Policies"][0]["PolicyDocument"]["Statement"]}


def test_the_execution_role_reads_what_the_containers_name(stack):
    found = statements(stack(files={**DOCKERFILE, **example("secrets.config")})["ExecutionRole"])
    account = "eu-central-1:123456789012"
    assert found["secretsmanager:GetSecretValue"] == [f"arn:aws:secretsmanager:{account}:secret:shop/database-AbCdEf"]
    assert found["ssm:GetParameters"] == [f"arn:aws:ssm:{account}:parameter/shop/smtp-password"]


def test_the_execution_role_pulls_from_the_repositories_of_the_containers(stack):
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:7"
    run = json.dumps({"AWSEBDockerrunVersion": "1", "Image": {"Name": image}, "Ports": [{"ContainerPort": 80}]})
    role = stack(files={"Dockerrun.aws.json": run})["ExecutionRole"]
    assert json.dumps(role).count(":ecr:eu-west-1:123456789012:repository/shop/web") == 1


def test_an_image_of_another_registry_needs_no_right(stack):
    run = json.dumps({"AWSEBDockerrunVersion": "1", "Image": {"Name": "web:7"}, "Ports": [{"ContainerPort": 80}]})
    assert "ecr:" not in json.dumps(stack(files={"Dockerrun.aws.json": run})["ExecutionRole"])


def test_the_application_may_use_what_its_properties_name(stack):
    files = {**DOCKERFILE, **example("queue.config", "topic.config", "database-resource.config")}
    found = statements(stack(files=files)["TaskRole"])
    assert {"Fn::GetAtt": ["OrdersQueue", "Arn"]} in found.values()
    assert {"Ref": "OrdersTopic"} in found.values()
    assert {"Fn::GetAtt": ["FailedOrdersQueue", "Arn"]} not in found.values()
    assert found["secretsmanager:GetSecretValue"] == {"Fn::GetAtt": ["ShopDatabase", "MasterUserSecret.SecretArn"]}


def test_the_task_role_has_nothing_by_itself(stack):
    found = stack()["TaskRole"]
    assert "Policies" not in found and "ManagedPolicyArns" not in found


def test_what_the_user_adds_to_the_task_role(stack):
    policy, bound = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::123456789012:policy/bound"
    options = (f"{OURS}TaskRolePolicies={policy}", f"{OURS}PermissionsBoundary={bound}")
    found = stack(*options, f"{OURS}EnableExecuteCommand=true")
    assert found["TaskRole"]["ManagedPolicyArns"] == [policy]
    assert {found[name]["PermissionsBoundary"] for name in ("TaskRole", "ExecutionRole", "InfrastructureRole")} == {
        bound
    }
    assert "ssmmessages:OpenDataChannel" in json.dumps(found["TaskRole"])


def test_roles_are_for_tasks_of_this_account_alone(stack):
    (statement,) = stack()["TaskRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


@pytest.mark.parametrize(
    ("options", "policy"),
    [((), "Delete"), (("StreamLogs=true",), "Retain"), (("StreamLogs=true", "DeleteOnTerminate=true"), "Delete")],
)
def test_logs_stay_only_where_that_was_asked_for(made, options, policy):
    found = made(*(f"aws:elasticbeanstalk:cloudwatch:logs:{each}" for each in options)).body["Resources"]["LogGroup"]
    assert (found["DeletionPolicy"], found["Properties"]["RetentionInDays"]) == (policy, 7)
