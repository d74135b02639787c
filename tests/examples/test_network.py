"""Examples about load balancer and network: options and resources are read to the value, for AWS alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.examples.reading import RIGHT, effect, example

PROCESS = "aws:elasticbeanstalk:environment:process"

EXPECTED: dict[str, Mapping[str, Any]] = {
    "https-listener.config": {
        "settings": {
            "aws:elbv2:listener:443": {
                "ListenerEnabled": "true",
                "Protocol": "HTTPS",
                "SSLCertificateArns": "arn:aws:acm:eu-central-1:123456789012:certificate/"
                "00000000-0000-0000-0000-000000000000",
            },
        },
        "ignored": ["aws:elbv2:listener:443: ListenerEnabled, Protocol, SSLCertificateArns"],
    },
    "https-redirect.config": {
        "check": {"path": "/health", "codes": ((200, 200),)},
        "resources": {"AWSEBV2LoadBalancerListener": "AWS::ElasticLoadBalancingV2::Listener"},
        "values": {
            "AWSEBV2LoadBalancerListener.Properties": {
                "LoadBalancerArn": {"Ref": "AWSEBV2LoadBalancer"},
                "Port": 80,
                "Protocol": "HTTP",
                "DefaultActions": [
                    {
                        "Type": "redirect",
                        "RedirectConfig": {
                            "Protocol": "HTTPS",
                            "Port": "443",
                            "Host": "#{host}",
                            "Path": "/#{path}",
                            "Query": "#{query}",
                            "StatusCode": "HTTP_301",
                        },
                    }
                ],
            },
        },
        "ignored": ["Resources"],
    },
    "path-routing.config": {
        "settings": {
            f"{PROCESS}:api": {"Port": "8081", "Protocol": "HTTP", "HealthCheckPath": "/api/health"},
            "aws:elbv2:listenerrule:api": {"PathPatterns": "/api,/api/*", "Process": "api", "Priority": "1"},
            "aws:elbv2:listener:default": {"Rules": "api"},
        },
        "check": {"path": "/"},
        "ignored": [
            f"{PROCESS}:api: HealthCheckPath, Port, Protocol",
            "aws:elbv2:listener:default: Rules",
            "aws:elbv2:listenerrule:api: PathPatterns, Priority, Process",
        ],
    },
    "sticky-sessions.config": {
        "settings": {f"{PROCESS}:default": {"StickinessEnabled": "true", "StickinessLBCookieDuration": "3600"}},
        "ignored": [f"{PROCESS}:default: StickinessEnabled, StickinessLBCookieDuration"],
    },
    "security-group.config": {
        "settings": {"aws:autoscaling:launchconfiguration": {"SSHSourceRestriction": "tcp, 22, 22, 203.0.113.0/24"}},
        "resources": {"MetricsIngress": "AWS::EC2::SecurityGroupIngress"},
        "values": {
            "MetricsIngress.Properties.GroupId": {"Fn::GetAtt": ["AWSEBSecurityGroup", "GroupId"]},
            "MetricsIngress.Properties.FromPort": 9100,
            "MetricsIngress.Properties.ToPort": 9100,
            "MetricsIngress.Properties.CidrIp": "10.0.8.0/24",
        },
        "ignored": ["Resources", "aws:autoscaling:launchconfiguration: SSHSourceRestriction"],
    },
    "vpc.config": {
        "settings": {
            "aws:ec2:vpc": {
                "VPCId": "vpc-0123456789abcdef0",
                "Subnets": "subnet-0aaaaaaaaaaaaaaa1,subnet-0aaaaaaaaaaaaaaa2",
                "DBSubnets": "subnet-0aaaaaaaaaaaaaaa1,subnet-0aaaaaaaaaaaaaaa2",
                "ELBSubnets": "subnet-0bbbbbbbbbbbbbbb1,subnet-0bbbbbbbbbbbbbbb2",
                "ELBScheme": "public",
                "AssociatePublicIpAddress": "false",
            },
        },
        "ignored": ["aws:ec2:vpc: AssociatePublicIpAddress, DBSubnets, ELBScheme, ELBSubnets, Subnets, VPCId"],
    },
    "static-files.config": {
        "settings": {
            "aws:elasticbeanstalk:environment:proxy:staticfiles": {
                "/assets": "public/assets",
                "/downloads": "public/downloads",
            },
        },
        "ignored": ["aws:elasticbeanstalk:environment:proxy:staticfiles: /assets, /downloads"],
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_does_what_it_says(name: str) -> None:
    expected = {**RIGHT, **EXPECTED[name]}
    assert effect(example(name), expected) == expected
