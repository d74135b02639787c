"""Roles that services of AWS have: who may have them, and the little that they allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from beanstalk.targets.aws.blueprint import Blueprint, Json
from beanstalk.targets.aws.template.pieces import ref, resource, sub
from beanstalk.targets.aws.template.said import OURS, said

_SOURCES = {"ec2": "", "ecs": "", "ecs-tasks": "ecs"}
"""Service → whose things have the role, where that is another name; "" for services that do not say for whom they ask:
EC2, and Amazon ECS when it changes a load balancer."""


def role(blueprint: Blueprint, service: str, statements: Sequence[Json] = (), policies: Sequence[Any] = ()) -> Json:
    """service: its first name, as events; it has the role for things of this account and region alone, if it says for
    which. policies: ARNs of further ones."""
    owner = _SOURCES.get(service, service)
    source = f"{owner}:${{AWS::Region}}:${{AWS::AccountId}}:*" if owner else ""
    return resource(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": trust(f"{service}.amazonaws.com", source),
            "Policies": [{"PolicyName": "needs", "PolicyDocument": document(statements)}] if statements else None,
            "ManagedPolicyArns": [*policies] or None,
            "PermissionsBoundary": said(blueprint, OURS, "PermissionsBoundary") or None,
        },
    )


def trust(service: str, source: str = "") -> Json:
    """A trust policy for a service of AWS. source: its things that may have the role, as the end of an ARN, "" for all.

    Source: IAM User Guide, "The confused deputy problem".
    """
    statement: Json = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if source:
        statement["Condition"] = {
            "StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")},
            "ArnLike": {"aws:SourceArn": sub(f"arn:${{AWS::Partition}}:{source}")},
        }
    return document([statement])


def document(statements: Sequence[Json]) -> Json:
    return {"Version": "2012-10-17", "Statement": [*statements]}


def allow(actions: str | Sequence[str], resources: Any, condition: Json | None = None) -> Json:
    found: Json = {
        "Effect": "Allow",
        "Action": actions if isinstance(actions, str) else [*actions],
        "Resource": resources,
    }
    return {**found, "Condition": condition} if condition else found
