"""Environments whose templates are kept in `tests/golden/aws/templates/`: the files of a bundle, and options.

The concerns that stand beside the load balancer and the service have theirs in `cases_of_parts`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from beanstalk.platforms import find_platform, sample_files
from beanstalk.targets.aws.blueprint import Tier

EXAMPLES = Path(__file__).parents[4] / "ebextensions_examples"
DOCKERFILE = "FROM registry.example.com/base:1\nEXPOSE 8000\n"
CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
HTTPS = f"aws:elbv2:listener:443:SSLCertificateArns={CERTIFICATE}"
POLICY = "aws:elasticbeanstalk:command:DeploymentPolicy="
ENVIRONMENT = "aws:elasticbeanstalk:environment:"
EC2 = "beanstalk:aws:LaunchType=EC2"
_IMAGES = "registry.example.com/shop"


@dataclass(frozen=True)
class Case:
    files: Mapping[str, str]
    options: tuple[str, ...] = ()
    tier: Tier = Tier.WEB_SERVER
    tags: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = field(default=())
    """How what is told begins, place and all."""


def example(*names: str) -> dict[str, str]:
    """Files of `ebextensions_examples` in the folder where a bundle has them."""
    return {f".ebextensions/{name}": (EXAMPLES / name).read_text() for name in names}


def docker(*options: str, warnings: tuple[str, ...] = ()) -> Case:
    """One container of an image that is built."""
    return Case({"Dockerfile": DOCKERFILE}, options, warnings=warnings)


def extended(*names: str, options: tuple[str, ...] = (), warnings: tuple[str, ...] = ()) -> Case:
    return Case({"Dockerfile": DOCKERFILE, **example(*names)}, options, warnings=warnings)


def platform(name: str) -> Case:
    return Case({path: text.decode() for path, text in sample_files(find_platform(name)).items()})


DOCKERRUN_V1 = json.dumps(
    {
        "AWSEBDockerrunVersion": "1",
        "Image": {"Name": f"{_IMAGES}:7", "Update": "false"},
        "Ports": [{"ContainerPort": 5000}],
        "Logging": "/var/log/shop",
    }
)
DOCKERRUN_V2 = json.dumps(
    {
        "AWSEBDockerrunVersion": 2,
        "volumes": [{"name": "static", "host": {"sourcePath": "/var/app/current/static"}}],
        "containerDefinitions": [
            {
                "name": "app",
                "image": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/app:7",
                "essential": True,
                "memory": 256,
                "environment": [{"name": "MODE", "value": "production"}],
            },
            {
                "name": "proxy",
                "image": f"{_IMAGES}/proxy:3",
                "essential": True,
                "memory": 128,
                "portMappings": [{"hostPort": 80, "containerPort": 80}],
                "links": ["app"],
                "mountPoints": [{"sourceVolume": "static", "containerPath": "/static", "readOnly": True}],
            },
        ],
    }
)
COMPOSE = f"""
services:
  web:
    image: {_IMAGES}/web:7
    ports: ["80:8000"]
    depends_on: [cache]
    environment: {{MODE: production}}
  cache:
    image: {_IMAGES}/cache:1
    mem_limit: 128m
"""
EXISTING = (
    "aws:ec2:vpc:VPCId=vpc-0123456789abcdef0",
    "aws:ec2:vpc:Subnets=subnet-0aaaaaaaaaaaaaaa1,subnet-0aaaaaaaaaaaaaaa2",
    "aws:ec2:vpc:ELBSubnets=subnet-0bbbbbbbbbbbbbbb1,subnet-0bbbbbbbbbbbbbbb2",
    "aws:ec2:vpc:ELBScheme=internal",
    "aws:elbv2:loadbalancer:SecurityGroups=sg-0123456789abcdef0",
    "aws:autoscaling:launchconfiguration:SecurityGroups=sg-0123456789abcdef1",
    "beanstalk:aws:Cluster=arn:aws:ecs:eu-central-1:123456789012:cluster/shared",
    "beanstalk:aws:ExecutionRoleArn=arn:aws:iam::123456789012:role/starts",
    "beanstalk:aws:TaskRoleArn=arn:aws:iam::123456789012:role/works",
    "beanstalk:aws:InfrastructureRoleArn=arn:aws:iam::123456789012:role/moves",
)
OVERRIDES = """
option_settings:
  aws:elasticbeanstalk:application:environment:
    JOBS: '`{"Ref": "Jobs"}`'
    BALANCER: 'http://`{"Fn::GetAtt": ["AWSEBV2LoadBalancer", "DNSName"]}`/'
  aws:elasticbeanstalk:customoption:
    Seconds: 120
Parameters:
  Stage: {Type: String, Default: prod}
Mappings:
  Stages:
    prod: {Days: 14}
Conditions:
  IsProduction: {"Fn::Equals": [{Ref: Stage}, prod]}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: {"Fn::GetOptionSetting": {OptionName: Seconds}}
      Tags: [{Key: environment, Value: {Ref: AWSEBEnvironmentName}}]
  AWSEBV2LoadBalancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      LoadBalancerAttributes: [{Key: routing.http.drop_invalid_header_fields.enabled, Value: "true"}]
  AWSEBV2LoadBalancerTargetGroup:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      HealthCheckPath: /alive
  LogGroup:
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: {"Fn::FindInMap": [Stages, {Ref: Stage}, Days]}
  OfficeIngress:
    Type: AWS::EC2::SecurityGroupIngress
    Condition: IsProduction
    Properties:
      GroupId: {"Fn::GetAtt": [AWSEBSecurityGroup, GroupId]}
      IpProtocol: tcp
      FromPort: 9100
      ToPort: 9100
      CidrIp: 10.0.8.0/24
Outputs:
  JobsUrl:
    Value: {"Fn::Sub": "${Jobs}"}
"""

CASES: dict[str, Case] = {
    **{f"platform-{name}": platform(name) for name in ("python", "node", "ruby", "php", "java", "go", "static")},
    "platform-procfile": platform("procfile"),
    "platform-dotnet": Case({"shop.dll": "", "shop.runtimeconfig.json": "{}", "Procfile": "web: dotnet shop.dll\n"}),
    "dockerfile": Case({"Dockerfile": DOCKERFILE}, tags=(("team", "checkout"),)),
    "dockerrun-v1": Case(
        {"Dockerrun.aws.json": DOCKERRUN_V1}, warnings=("Dockerrun.aws.json:1:1: log files of web stay in its task",)
    ),
    "dockerrun-v2": Case(
        {"Dockerrun.aws.json": DOCKERRUN_V2},
        (EC2,),
        warnings=("Dockerrun.aws.json:1:42: the volume static is /var/app/current/static of the instance",),
    ),
    "compose": Case(
        {"docker-compose.yml": COMPOSE},
        warnings=("docker-compose.yml:1: containers of one task reach each other at localhost",),
    ),
    "https-redirect-by-override": extended("https-listener.config", "https-redirect.config"),
    "https-redirect-by-option": docker(HTTPS, "beanstalk:aws:RedirectHTTP=true", f"{POLICY}Immutable"),
    "https-beside-http": docker(HTTPS, "aws:elbv2:listener:443:SSLPolicy=ELBSecurityPolicy-TLS13-1-2-2021-06"),
    "network-balancer": docker(
        f"{ENVIRONMENT}LoadBalancerType=network", "aws:elbv2:loadbalancer:IpAddressType=dualstack"
    ),
    "shared-balancer": docker(
        f"{ENVIRONMENT}LoadBalancerIsShared=true",
        "aws:elbv2:loadbalancer:SharedLoadBalancer=arn:aws:elasticloadbalancing:eu-central-1:123456789012:"
        "loadbalancer/app/shared/0123456789abcdef",
        "aws:elbv2:listenerrule:default:HostHeaders=shop.example.org,www.shop.example.org",
    ),
    "single-instance": docker(f"{ENVIRONMENT}EnvironmentType=SingleInstance"),
    "existing-network-cluster-roles": docker(*EXISTING),
    "path-routing": extended("path-routing.config"),
    "user-resources": Case({"Dockerfile": DOCKERFILE, ".ebextensions/a.config": OVERRIDES}),
    "user-resources-of-examples": extended("cache.config", "table.config", "queue.config", "topic.config"),
    "logs-that-stay": extended("log-streaming.config"),
    "sticky-and-logged": docker(
        f"{ENVIRONMENT}process:default:StickinessEnabled=true",
        f"{ENVIRONMENT}process:default:DeregistrationDelay=45",
        "aws:elbv2:loadbalancer:AccessLogsS3Enabled=true",
        "aws:elbv2:loadbalancer:AccessLogsS3Bucket=example-logs",
        "aws:elbv2:loadbalancer:IdleTimeout=120",
        "beanstalk:aws:EnableExecuteCommand=true",
    ),
    "secrets": extended("secrets.config"),
    "policy-all-at-once": docker(f"{POLICY}AllAtOnce", "aws:autoscaling:asg:MinSize=4"),
    "policy-rolling": docker(
        f"{POLICY}Rolling",
        "aws:autoscaling:asg:MinSize=4",
        "aws:elasticbeanstalk:command:BatchSizeType=Fixed",
        "aws:elasticbeanstalk:command:BatchSize=1",
    ),
    "policy-additional-batch": docker(f"{POLICY}RollingWithAdditionalBatch", "aws:autoscaling:asg:MinSize=4"),
    "policy-immutable": docker(f"{POLICY}Immutable"),
    "policy-traffic-splitting": docker(f"{POLICY}TrafficSplitting"),
}
