"""What AWS has to allow to whoever deploys: every action that this program calls, and that CloudFormation calls for it.

One place for all of it: `doctor` asks IAM about these, and docs/aws.md shows the policy that is made of them (a test
holds the two together). Sources: the API calls of this package; Service Authorization Reference for their names.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from beanstalk.targets.aws.blueprint import Json

_WIDTH = 118
PASSED_TO = "iam:PassedToService"


@dataclass(frozen=True, slots=True)
class Group:
    """sid: of its statement.  only_with: the environments that need it, "" for all.  resources: patterns of ARNs.
    actions: {prefix: names}.  passed_to: services that roles may be handed over to, () where none are."""

    sid: str
    serves: str
    actions: tuple[tuple[str, str], ...]
    only_with: str = ""
    resources: tuple[str, ...] = ("*",)
    passed_to: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """As in a policy: ecs:RunTask."""
        return tuple(f"{prefix}:{name}" for prefix, names in self.actions for name in names.split())


_OUR_ROLES = "arn:aws:iam::*:role/beanstalk-*"
"""CloudFormation begins the names of roles with that of their stack (`blueprint.stack_name`)."""
GROUPS = (
    Group(
        "State", "versions, environments, operations",
        (("s3", "GetObject PutObject DeleteObject AbortMultipartUpload ListBucket GetBucketTagging CreateBucket "
                "PutBucketTagging PutBucketVersioning PutBucketPolicy PutBucketPublicAccessBlock "
                "PutBucketOwnershipControls PutEncryptionConfiguration PutLifecycleConfiguration"),),
        resources=("arn:aws:s3:::beanstalk-*",),
    ),
    Group("Who", "the account", (("sts", "GetCallerIdentity"), ("ecr", "GetAuthorizationToken"))),
    Group(
        "Images", "images that are built",
        (("ecr", "DescribeImages CreateRepository TagResource PutLifecyclePolicy BatchCheckLayerAvailability "
                 "InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage BatchDeleteImage"),),
        resources=("arn:aws:ecr:*:*:repository/beanstalk/*",),
    ),
    Group(
        "Stacks", "the stack of an environment",
        (("cloudformation", "CreateChangeSet DescribeChangeSet ExecuteChangeSet DeleteChangeSet DescribeStacks "
                            "DescribeStackEvents ListStackResources GetTemplate CancelUpdateStack DeleteStack "
                            "TagResource"),),
        resources=("arn:aws:cloudformation:*:*:stack/beanstalk-*",),
    ),
    Group(
        "Tasks", "tasks and their service",
        (("ecs", "CreateCluster DescribeClusters DeleteCluster RegisterTaskDefinition DeregisterTaskDefinition "
                 "DescribeTaskDefinition CreateService UpdateService DeleteService DescribeServices ListServices "
                 "ListTasks DescribeTasks RunTask StopTask ListServiceDeployments DescribeServiceDeployments "
                 "DescribeServiceRevisions StopServiceDeployment UpdateCluster TagResource UntagResource"),
         ("logs", "CreateLogGroup DeleteLogGroup DescribeLogGroups PutRetentionPolicy TagResource ListTagsForResource "
                  "DescribeLogStreams GetLogEvents FilterLogEvents"),
         ("cloudwatch", "PutMetricAlarm DeleteAlarms DescribeAlarms GetMetricData TagResource"),
         ("application-autoscaling", "RegisterScalableTarget DeregisterScalableTarget DescribeScalableTargets "
                                     "PutScalingPolicy DeleteScalingPolicy DescribeScalingPolicies TagResource "
                                     "PutScheduledAction DeleteScheduledAction DescribeScheduledActions")),
    ),
    Group(
        "Network", "security groups and the load balancer",
        (("ec2", "DescribeVpcs DescribeSubnets DescribeSecurityGroups DescribeAccountAttributes "
                 "DescribeInternetGateways CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress "
                 "AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateTags"),
         ("elasticloadbalancing", "CreateLoadBalancer DeleteLoadBalancer DescribeLoadBalancers SetSecurityGroups "
                                  "SetSubnets ModifyLoadBalancerAttributes DescribeLoadBalancerAttributes "
                                  "CreateTargetGroup DeleteTargetGroup DescribeTargetGroups ModifyTargetGroup "
                                  "ModifyTargetGroupAttributes DescribeTargetGroupAttributes DescribeTargetHealth "
                                  "CreateListener DeleteListener ModifyListener DescribeListeners CreateRule "
                                  "DeleteRule ModifyRule DescribeRules SetRulePriorities AddTags DescribeTags")),
    ),
    Group(
        "Roles", "the roles of tasks",
        (("iam", "CreateRole DeleteRole TagRole UntagRole UpdateAssumeRolePolicy PutRolePolicy GetRolePolicy "
                 "DeleteRolePolicy AttachRolePolicy DetachRolePolicy ListRolePolicies ListAttachedRolePolicies "
                 "PutRolePermissionsBoundary"),),
        resources=(_OUR_ROLES,),
    ),
    Group(
        "HandOver", "roles for tasks and for what starts them", (("iam", "PassRole"),), resources=(_OUR_ROLES,),
        passed_to=tuple(f"{each}.amazonaws.com" for each in ("ecs-tasks", "ecs", "ec2", "events", "scheduler")),
    ),
    Group(
        "LinkedRoles", "the roles of AWS's own services", (("iam", "GetRole CreateServiceLinkedRole"),),
        resources=(_OUR_ROLES, "arn:aws:iam::*:role/aws-service-role/*"),
    ),
    Group(
        "Workers", "queues and their schedules",
        (("sqs", "CreateQueue DeleteQueue GetQueueAttributes SetQueueAttributes GetQueueUrl TagQueue"),
         ("scheduler", "CreateSchedule UpdateSchedule DeleteSchedule GetSchedule")),
        "the worker tier",
    ),
    Group(
        "Instances", "instances for tasks",
        (("ec2", "CreateLaunchTemplate DeleteLaunchTemplate DescribeLaunchTemplates DescribeLaunchTemplateVersions "
                 "CreateLaunchTemplateVersion RunInstances"),
         ("autoscaling", "CreateAutoScalingGroup UpdateAutoScalingGroup DeleteAutoScalingGroup CreateOrUpdateTags "
                         "DescribeAutoScalingGroups DescribeScalingActivities"),
         ("ecs", "CreateCapacityProvider UpdateCapacityProvider DeleteCapacityProvider DescribeCapacityProviders "
                 "PutClusterCapacityProviders DescribeContainerInstances"),
         ("ssm", "GetParameters")),
        "LaunchType=EC2",
    ),
    Group(
        "Profiles", "the role of instances",
        (("iam", "CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile AddRoleToInstanceProfile "
                 "RemoveRoleFromInstanceProfile"),),
        "LaunchType=EC2",
        ("arn:aws:iam::*:instance-profile/beanstalk-*",),
    ),
    Group(
        "Names", "public names and their swap",
        (("route53", "GetHostedZone ListResourceRecordSets ChangeResourceRecordSets GetChange"),),
        "HostedZoneId",
    ),
    Group(
        "Database", "the database of an environment",
        (("rds", "CreateDBInstance ModifyDBInstance DeleteDBInstance DescribeDBInstances CreateDBSubnetGroup "
                 "DeleteDBSubnetGroup DescribeDBSubnetGroups CreateDBSnapshot DescribeDBSnapshots AddTagsToResource"),
         ("secretsmanager", "CreateSecret DeleteSecret DescribeSecret GetRandomPassword GetSecretValue TagResource")),
        "HasCoupledDatabase",
    ),
    Group(
        "Files", "a file system of its own",
        (("elasticfilesystem", "CreateFileSystem DeleteFileSystem DescribeFileSystems CreateMountTarget "
                               "DeleteMountTarget DescribeMountTargets CreateAccessPoint DeleteAccessPoint "
                               "DescribeAccessPoints TagResource"),),
        "SharedFileSystem",
    ),
    Group(
        "Notices", "notifications and tasks that something starts",
        (("sns", "CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe Unsubscribe TagResource"),
         ("events", "PutRule DeleteRule DescribeRule PutTargets RemoveTargets TagResource")),
        "notifications and beanstalk:aws:task",
    ),
    Group(
        "Doctor", "what doctor asks",
        (("iam", "SimulatePrincipalPolicy"), ("servicequotas", "GetServiceQuota")),
        "doctor",
    ),
)  # fmt: skip


def needed_groups() -> tuple[Group, ...]:
    """What every environment needs."""
    return tuple(group for group in GROUPS if not group.only_with)


def needed() -> tuple[str, ...]:
    """The actions of these."""
    return tuple(name for group in needed_groups() for name in group.names)


def example_of(group: Group) -> str:
    """An ARN that the statement of a group is about, "*" for all: IAM is asked about things, not about patterns."""
    found = group.resources[-1]
    if found == "*":
        return found
    return found.replace("::*:", "::123456789012:").replace(":*:*:", ":us-east-1:123456789012:").replace("*", "example")


def policy(groups: Sequence[Group] = GROUPS) -> Json:
    """The policy of IAM that allows them."""
    return {"Version": "2012-10-17", "Statement": [_statement(each) for each in groups]}


def policy_text(groups: Sequence[Group] = GROUPS) -> str:
    """The same as JSON in few lines, for people."""
    parts = [_statement_text(each) for each in policy(groups)["Statement"]]
    return '{\n "Version": "2012-10-17",\n "Statement": [\n' + ",\n".join(parts) + "\n ]\n}\n"


def _statement(group: Group) -> Json:
    condition = {"StringEquals": {PASSED_TO: list(group.passed_to)}} if group.passed_to else None
    return {
        "Sid": group.sid,
        "Effect": "Allow",
        "Resource": [each for own in group.resources for each in _with_contents(own)],
        **({"Condition": condition} if condition else {}),
        "Action": list(group.names),
    }


def _with_contents(resource: str) -> tuple[str, ...]:
    """Of buckets both the bucket and what is in it."""
    return (resource, f"{resource}/*") if resource.startswith("arn:aws:s3:::") else (resource,)


def _statement_text(statement: Json) -> str:
    head = json.dumps({key: value for key, value in statement.items() if key != "Action"})
    head = head.replace(', "Condition"', ',\n    "Condition"')
    actions = ", ".join(json.dumps(each) for each in statement["Action"])
    lines = textwrap.wrap(actions, _WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    return f'  {head[:-1]}, "Action": [\n' + "\n".join(lines) + "]}"


def principal_of(arn: str) -> str:
    """Whom IAM can be asked about: a session of a role is the role; "" for the account's root, who may everything.

    Source: IAM API Reference, SimulatePrincipalPolicy: it takes users, groups and roles.
    """
    if arn.endswith(":root"):
        return ""
    matched = re.fullmatch(r"arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/.+", arn)
    return f"arn:{matched[1]}:iam::{matched[2]}:role/{matched[3]}" if matched else arn
