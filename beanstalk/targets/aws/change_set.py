"""What a change set is going to do to a stack, and what of it is refused. Pure.

Sources: CloudFormation API Reference, ResourceChange; /docs of ECS blue/green deployments for what a listener rule's
weights mean: ECS moves them itself, and an update that touches the rule puts back those of the template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from beanstalk.errors import Problem

NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
"""How CloudFormation says that a change set is empty; it has failed then."""
STATEFUL = (
    "AWS::RDS::",
    "AWS::EFS::FileSystem",
    "AWS::SQS::Queue",
    "AWS::DynamoDB::",
    "AWS::S3::Bucket",
    "AWS::ElastiCache::",
    "AWS::DocDB::",
    "AWS::Neptune::",
    "AWS::OpenSearchService::",
    "AWS::Elasticsearch::",
    "AWS::Kinesis::Stream",
    "AWS::Cognito::UserPool",
    "AWS::SecretsManager::Secret",
    "AWS::ECR::Repository",
    "AWS::EC2::Volume",
    "AWS::MSK::Cluster",
    "AWS::Redshift::",
    "AWS::FSx::",
    "AWS::MemoryDB::Cluster",
    "AWS::Timestream::",
    "AWS::Cassandra::",
    "AWS::KMS::Key",
    "AWS::CloudFormation::Stack",
)
"""Beginnings of the types whose resources hold data that a new one would not have; without its key data cannot be read,
and what a stack within the stack holds nobody sees from here."""
_WITHOUT_DATA = ("Policy", "SubnetGroup", "ParameterGroup", "OptionGroup", "UserPoolClient", "SecurityGroupIngress")
"""Ends of types of these services that hold none."""
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
TRAFFIC = ("ProductionRule", "TargetGroup", "AlternateTargetGroup")
"""Logical ids of what the requests of a running service go through."""
_KEPT = ("Retain", "Snapshot", "RetainExceptOnCreate", "ReplaceAndRetain", "ReplaceAndSnapshot")


class Action(StrEnum):
    ADD = "Add"
    MODIFY = "Modify"
    REMOVE = "Remove"
    IMPORT = "Import"
    DYNAMIC = "Dynamic"


@dataclass(frozen=True, slots=True)
class Because:
    """Why a resource changes. attribute: "Properties", "Tags" and so on.  name: of the property, "" for all.
    cause: the parameter, or LogicalId.Attribute, whose change this follows, "" when the template itself changed.
    recreates: whether this alone makes a new resource ("Always", "Conditionally", "Never").
    """

    attribute: str
    name: str = ""
    cause: str = ""
    recreates: str = "Never"


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """replacement: "True", "Conditional" (known only when it happens) or "False".  kept: whether what is replaced or
    removed stays, or leaves a snapshot behind.
    """

    action: Action
    logical_id: str
    type: str
    physical_id: str = ""
    replacement: str = "False"
    because: tuple[Because, ...] = ()
    kept: bool = False

    @property
    def replaces(self) -> bool:
        return self.action is Action.MODIFY and self.replacement in ("True", "Conditional")


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """id: its ARN, "" when there is nothing to do.  creates: whether the stack is made by it."""

    id: str
    changes: tuple[ResourceChange, ...]
    creates: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.id


def says_no_changes(reason: str) -> bool:
    """Whether a change set failed only because it would do nothing."""
    return any(words in reason for words in NO_CHANGES)


def read_changes(rows: Iterable[Mapping[str, Any]]) -> tuple[ResourceChange, ...]:
    """`Changes` of DescribeChangeSet."""
    return tuple(_change(row["ResourceChange"]) for row in rows if row.get("ResourceChange"))


def refusals(
    changes: Sequence[ResourceChange], template_weights: Sequence[int], live_weights: Sequence[int],
    production: str = "ProductionRule",
) -> list[Problem]:  # fmt: skip
    """What must not happen unasked. template_weights, live_weights: of the production rule, the target group's first;
    () when the stack has none.  production: its logical id, or that of the listener which is in its place.
    """
    found = []
    for change in changes:
        if is_stateful(change.type) and not change.kept and (change.replaces or change.action is Action.REMOVE):
            found.append(Problem(_loses_data(change)))
        elif change.type == LOAD_BALANCER and (change.replaces or change.action is Action.REMOVE):
            what = "is replaced" if change.replaces else "is removed"
            text = (
                f"the load balancer ({change.logical_id}) {what}{why_replaced(change)}: its DNS name and addresses go"
            )
            found.append(Problem(text))
        elif change.logical_id in TRAFFIC and (change.replaces or change.action is Action.REMOVE):
            what = "is replaced" if change.replaces else "is removed"
            found.append(Problem(f"{change.logical_id} {what}{why_replaced(change)} while requests go through it"))
        elif _moves_traffic(change, production) and tuple(template_weights) != tuple(live_weights):
            shown = "/".join(map(str, live_weights)), "/".join(map(str, template_weights))
            text = "{} changes, and its weights are {} now: the update would put them back to {}"
            found.append(Problem(text.format(production, *shown)))
    return found


def _moves_traffic(change: ResourceChange, production: str) -> bool:
    return change.logical_id == production and change.action is Action.MODIFY


def production_of(body: Mapping[str, Any]) -> str:
    """Logical id of what Amazon ECS moves requests by: the production rule, of a Network Load Balancer the listener; ""
    without a load balancer."""
    service = body.get("Resources", {}).get("Service", {}).get("Properties", {})
    for entry in service.get("LoadBalancers", ()):
        if reference := entry.get("AdvancedConfiguration", {}).get("ProductionListenerRule"):
            return str(reference.get("Ref", "")) if isinstance(reference, Mapping) else ""
    return ""


def listener_weights(listener: Mapping[str, Any], groups: Sequence[str]) -> tuple[int, ...]:
    """Which of these target groups the default action of a listener sends to, as weights of 100 in all. listener: as
    DescribeListeners has it.  groups: their ARNs."""
    for action in listener.get("DefaultActions", ()):
        several = action.get("ForwardConfig", {}).get("TargetGroups", ())
        said = {each["TargetGroupArn"]: int(each.get("Weight", 1)) for each in several}
        said = said or {action["TargetGroupArn"]: 1} if "TargetGroupArn" in action else said
        if total := sum(said.values()):
            return tuple(round(100 * said.get(group, 0) / total) for group in groups)
    return ()


def is_stateful(kind: str) -> bool:
    """Whether resources of this type hold data."""
    return kind.startswith(STATEFUL) and not kind.endswith(_WITHOUT_DATA)


def why_replaced(change: ResourceChange) -> str:
    """ " because of NAME, NAME", "" when nothing is known."""
    names = [each.name or each.attribute for each in change.because if each.recreates != "Never"]
    return f" because of {', '.join(dict.fromkeys(names))}" if names else ""


def rule_weights(rule: Mapping[str, Any]) -> tuple[int, ...]:
    """The weights of a rule's forward action, as DescribeRules and a template have them."""
    for action in rule.get("Actions", ()):
        groups = action.get("ForwardConfig", {}).get("TargetGroups", ())
        if groups:
            return tuple(int(each.get("Weight", 1)) for each in groups)
    return ()


def _loses_data(change: ResourceChange) -> str:
    what = f"{change.logical_id} ({change.type})"
    if change.action is Action.REMOVE:
        return f"{what} is removed with its data"
    may = "may be" if change.replacement == "Conditional" else "is"
    return f"{what} {may} replaced{why_replaced(change)}, and a new one has none of its data"


def _change(row: Mapping[str, Any]) -> ResourceChange:
    return ResourceChange(
        Action(row["Action"]),
        row["LogicalResourceId"],
        row["ResourceType"],
        row.get("PhysicalResourceId", ""),
        row.get("Replacement", "False"),
        tuple(dict.fromkeys(_because(each) for each in row.get("Details", ()))),
        row.get("PolicyAction", "") in _KEPT,
    )


def _because(detail: Mapping[str, Any]) -> Because:
    target = detail.get("Target", {})
    return Because(
        target.get("Attribute", ""),
        target.get("Name", ""),
        detail.get("CausingEntity", ""),
        target.get("RequiresRecreation", "Never"),
    )
