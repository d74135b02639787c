"""Examples about databases, queues and the like: what they make, and how the application gets to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.examples.reading import PROPERTIES, RIGHT, effect, example

STACK = {
    "ShopDatabase.Endpoint.Address": "shop.rds.example",
    "ShopDatabase.Endpoint.Port": "5432",
    "ShopDatabase.MasterUserSecret.SecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds-1",
    "ShopCache.RedisEndpoint.Address": "shop.cache.example",
    "ShopCache.RedisEndpoint.Port": "6379",
    "OrdersQueue": "https://sqs.example/orders",
    "SessionsTable": "shop-sessions-1",
    "OrdersTopic": "arn:aws:sns:eu-central-1:123456789012:orders",
}
"""What CloudFormation would know of the resources when they are there."""


def open_here(*names: str) -> list[str]:
    """The warnings about properties that nothing on this machine can evaluate."""
    text = "holds a CloudFormation function, which is not evaluated here"
    return [f"{PROPERTIES}:{name} {text}" for name in names]


EXPECTED: dict[str, Mapping[str, Any]] = {
    "database.config": {
        "settings": {
            "aws:rds:dbinstance": {
                "HasCoupledDatabase": "true",
                "DBEngine": "postgres",
                "DBEngineVersion": "17",
                "DBInstanceClass": "db.t4g.small",
                "DBAllocatedStorage": "20",
                "DBUser": "shop",
                "DBDeletionPolicy": "Snapshot",
                "MultiAZDatabase": "true",
            },
        },
        "ignored": [
            "aws:rds:dbinstance: DBAllocatedStorage, DBDeletionPolicy, DBEngine, DBEngineVersion, DBInstanceClass, "
            "DBUser, HasCoupledDatabase, MultiAZDatabase"
        ],
    },
    "database-resource.config": {
        "resources": {"ShopDatabase": "AWS::RDS::DBInstance", "ShopDatabaseAccess": "AWS::EC2::SecurityGroup"},
        "values": {
            "ShopDatabase.DeletionPolicy": "Snapshot",
            "ShopDatabase.Properties.ManageMasterUserPassword": True,
            "ShopDatabase.Properties.AllocatedStorage": "20",
            "ShopDatabase.Properties.VPCSecurityGroups": [{"Fn::GetAtt": ["ShopDatabaseAccess", "GroupId"]}],
            "ShopDatabaseAccess.Properties.SecurityGroupIngress.0": {
                "IpProtocol": "tcp",
                "FromPort": 5432,
                "ToPort": 5432,
                "SourceSecurityGroupId": {"Fn::GetAtt": ["AWSEBSecurityGroup", "GroupId"]},
            },
        },
        "properties": {
            "DATABASE_NAME": "shop",
            "DATABASE_HOST": "shop.rds.example",
            "DATABASE_PORT": "5432",
            "DATABASE_SECRET": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds-1",
        },
        "warnings": open_here("DATABASE_HOST", "DATABASE_PORT", "DATABASE_SECRET"),
        "ignored": ["Resources", f"{PROPERTIES}: DATABASE_HOST, DATABASE_PORT, DATABASE_SECRET"],
    },
    "cache.config": {
        "resources": {"ShopCache": "AWS::ElastiCache::CacheCluster", "ShopCacheAccess": "AWS::EC2::SecurityGroup"},
        "values": {
            "ShopCache.Properties.NumCacheNodes": 1,
            "ShopCache.Properties.VpcSecurityGroupIds": [{"Fn::GetAtt": ["ShopCacheAccess", "GroupId"]}],
            "ShopCacheAccess.Properties.SecurityGroupIngress.0.FromPort": 6379,
        },
        "properties": {"CACHE_HOST": "shop.cache.example", "CACHE_PORT": "6379"},
        "warnings": open_here("CACHE_HOST", "CACHE_PORT"),
        "ignored": ["Resources", f"{PROPERTIES}: CACHE_HOST, CACHE_PORT"],
    },
    "queue.config": {
        "resources": {"OrdersQueue": "AWS::SQS::Queue", "FailedOrdersQueue": "AWS::SQS::Queue"},
        "values": {
            "OrdersQueue.Properties.RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": ["FailedOrdersQueue", "Arn"]},
                "maxReceiveCount": 5,
            },
        },
        "outputs": {
            "OrdersQueueUrl": {
                "Description": "URL of the queue of orders",
                "Value": "https://sqs.example/orders",
                "Export": {"Name": "shop-orders-queue-url"},
            },
        },
        "properties": {"ORDERS_QUEUE_URL": "https://sqs.example/orders"},
        "warnings": open_here("ORDERS_QUEUE_URL"),
        "ignored": ["Resources", "Outputs", f"{PROPERTIES}: ORDERS_QUEUE_URL"],
    },
    "imported-output.config": {
        "properties": {"ORDERS_QUEUE_URL": {"Fn::ImportValue": "shop-orders-queue-url"}},
        "warnings": open_here("ORDERS_QUEUE_URL"),
        "ignored": [f"{PROPERTIES}: ORDERS_QUEUE_URL"],
    },
    "table.config": {
        "resources": {"SessionsTable": "AWS::DynamoDB::Table"},
        "values": {
            "SessionsTable.DeletionPolicy": "Retain",
            "SessionsTable.Properties.KeySchema": [
                {"AttributeName": "customer", "KeyType": "HASH"},
                {"AttributeName": "session", "KeyType": "RANGE"},
            ],
            "SessionsTable.Properties.TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        },
        "properties": {"SESSIONS_TABLE": "shop-sessions-1"},
        "warnings": open_here("SESSIONS_TABLE"),
        "ignored": ["Resources", f"{PROPERTIES}: SESSIONS_TABLE"],
    },
    "topic.config": {
        "resources": {
            "OrdersTopic": "AWS::SNS::Topic",
            "ArchiveQueue": "AWS::SQS::Queue",
            "ArchiveQueuePolicy": "AWS::SQS::QueuePolicy",
        },
        "values": {
            "OrdersTopic.Properties.Subscription": [
                {"Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["ArchiveQueue", "Arn"]}}
            ],
            "ArchiveQueuePolicy.Properties.PolicyDocument.Version": "2012-10-17",
            "ArchiveQueuePolicy.Properties.PolicyDocument.Statement.0.Condition": {
                "ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-central-1:123456789012:orders"}
            },
        },
        "properties": {"ORDERS_TOPIC": "arn:aws:sns:eu-central-1:123456789012:orders"},
        "warnings": open_here("ORDERS_TOPIC"),
        "ignored": ["Resources", f"{PROPERTIES}: ORDERS_TOPIC"],
    },
    "secrets.config": {
        "settings": {
            "aws:elasticbeanstalk:application:environmentsecrets": {
                "DATABASE_PASSWORD": "arn:aws:secretsmanager:eu-central-1:123456789012:"
                "secret:shop/database-AbCdEf:password",
                "SMTP_PASSWORD": "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/smtp-password",
            },
        },
        "properties": {},
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_does_what_it_says(name: str) -> None:
    expected = {**RIGHT, **EXPECTED[name]}
    assert effect(example(name, stack=STACK), expected) == expected


def test_what_one_example_exports_is_what_the_other_imports() -> None:
    made = example("queue.config").evaluated(example("queue.config").extensions.template.outputs)
    used = effect(example("imported-output.config"), {"properties": {}})["properties"]["ORDERS_QUEUE_URL"]
    assert made["OrdersQueueUrl"]["Export"]["Name"] == used["Fn::ImportValue"]
