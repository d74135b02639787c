"""Who is told: the topic of an environment, its subscription, and what is sent there.

Alarms send themselves; rules of Amazon EventBridge send tasks that stopped by themselves and deployments that failed.
Source: EB Developer Guide, "Elastic Beanstalk environment notifications with Amazon SNS"; Amazon ECS Developer Guide,
"Amazon ECS events".
"""

from __future__ import annotations

from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources
from beanstalk.targets.aws.template.capacity import cluster_arn
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.pieces import att, ref, resource, sub
from beanstalk.targets.aws.template.said import place, said
from beanstalk.targets.aws.template.trust import document

TOPIC = "aws:elasticbeanstalk:sns:topics"
_BY_ITSELF = ["EssentialContainerExited", "SpotInterruption", "TaskFailedToStart", "TerminationNotice"]
"""Why a task stopped that nobody stopped."""
_FAILED = ["SERVICE_DEPLOYMENT_FAILED", "SERVICE_TASK_PLACEMENT_FAILURE", "SERVICE_TASK_START_IMPAIRED"]


def topic(blueprint: Blueprint) -> Any:
    """ARN of the topic: of the user's, or of the one that the stack makes; None when nobody is to be told."""
    if given := said(blueprint, TOPIC, "Notification Topic ARN"):
        return given
    wanted = said(blueprint, TOPIC, "Notification Endpoint") or said(blueprint, TOPIC, "Notification Topic Name")
    return ref("NotificationTopic") if wanted else None


def build(blueprint: Blueprint) -> Resources:
    told = topic(blueprint)
    if told is None:
        return {}
    found: Resources = {
        "StoppedTasksRule": _rule(f"tasks of {blueprint.environment} that stopped", _stopped(blueprint), told, {
            "task": "$.detail.taskArn", "reason": "$.detail.stoppedReason", "code": "$.detail.stopCode"},
            f"{blueprint.environment}: the task <task> stopped, <code>: <reason>"),
        "FailedDeploymentsRule": _rule(f"deployments of {blueprint.environment} that failed", _failed(), told, {
            "event": "$.detail.eventName", "reason": "$.detail.reason"},
            f"{blueprint.environment}: <event>: <reason>"),
    }  # fmt: skip
    if told == ref("NotificationTopic"):
        name = said(blueprint, TOPIC, "Notification Topic Name") or None
        found["NotificationTopic"] = resource("AWS::SNS::Topic", {"TopicName": name})
        found["NotificationTopicPolicy"] = _policy()
    if endpoint := said(blueprint, TOPIC, "Notification Endpoint"):
        protocol = said(blueprint, TOPIC, "Notification Protocol")
        subscription = {"TopicArn": told, "Protocol": protocol, "Endpoint": endpoint}
        found["NotificationSubscription"] = resource("AWS::SNS::Subscription", subscription)
    return found


def contribute(blueprint: Blueprint) -> Contribution:
    if not said(blueprint, TOPIC, "Notification Topic ARN"):
        return Contribution()
    text = "the policy of this topic has to let events.amazonaws.com and cloudwatch.amazonaws.com publish"
    at = place(blueprint, TOPIC, "Notification Topic ARN")
    return Contribution(warnings=[Problem(text, at, "leave the option out to have a topic with such a policy")])


def _stopped(blueprint: Blueprint) -> Json:
    detail: Json = {
        "clusterArn": [cluster_arn(blueprint)],
        "group": [sub("service:${Service.Name}")],
        "lastStatus": ["STOPPED"],
        "stopCode": _BY_ITSELF,
    }
    return {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": detail}


def _failed() -> Json:
    kinds = ["ECS Deployment State Change", "ECS Service Action"]
    return {
        "source": ["aws.ecs"],
        "detail-type": kinds,
        "resources": [ref("Service")],
        "detail": {"eventName": _FAILED},
    }


def _rule(about: str, pattern: Json, told: Any, paths: Json, text: str) -> Json:
    """text: with names of `paths` in <>."""
    target = {
        "Id": "topic",
        "Arn": told,
        "InputTransformer": {"InputPathsMap": paths, "InputTemplate": f'"{text}"'},
    }
    return resource("AWS::Events::Rule", {"Description": about, "EventPattern": pattern, "Targets": [target]})


def _policy() -> Json:
    """Rules of the stack, and alarms of the account."""
    own = ref("NotificationTopic")
    rules = [att("StoppedTasksRule", "Arn"), att("FailedDeploymentsRule", "Arn")]
    statements = [
        _publishing("Rules", "events", own, {"ArnEquals": {"aws:SourceArn": rules}}),
        _publishing("Alarms", "cloudwatch", own, {"StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}}),
    ]
    return resource("AWS::SNS::TopicPolicy", {"Topics": [own], "PolicyDocument": document(statements)})


def _publishing(sid: str, service: str, topic_arn: Any, condition: Json) -> Json:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": condition,
    }
