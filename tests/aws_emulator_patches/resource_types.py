"""Resource types that ministack does not know: made where it has the thing, recorded where it has not."""

from __future__ import annotations

import itertools

from ministack.services import ec2, ecs
from ministack.services.cloudformation import provisioners as known

_numbers = itertools.count(1)


def apply() -> None:
    for kind, handler in _handlers().items():
        known._RESOURCE_HANDLERS.setdefault(kind, handler)


def _handlers():
    return {
        "AWS::EC2::SecurityGroupIngress": _security_rule("IpPermissions"),
        "AWS::EC2::SecurityGroupEgress": _security_rule("IpPermissionsEgress"),
        "AWS::Route53::RecordSetGroup": {
            "create": _create_records, "update": _update_records, "delete": _delete_records,
        },
        "AWS::ECS::CapacityProvider": {
            "create": _create_capacity_provider,
            "update": lambda name, old, new, stack: (name, {}),
            "delete": lambda name, properties: ecs._delete_capacity_provider({"capacityProvider": name}),
        },
        "AWS::ECS::ClusterCapacityProviderAssociations": {
            "create": _associate,
            "update": lambda name, old, new, stack: _associate(name, new, stack),
            "delete": lambda name, properties: None,
        },
        "AWS::ApplicationAutoScaling::ScalableTarget": _recorded("ResourceId", "ScalableDimension", "ServiceNamespace"),
        "AWS::ApplicationAutoScaling::ScalingPolicy": _recorded("PolicyName", "PolicyType"),
        "AWS::Route53::HealthCheck": _recorded("HealthCheckConfig"),
        "AWS::ElasticLoadBalancingV2::ListenerCertificate": _recorded("ListenerArn", "Certificates"),
    }  # fmt: skip


def _checked(response):
    """The body of one of ministack's answers. Raises ValueError for a refusal."""
    if response[0] >= 400:
        raise ValueError(response[2])
    return response


def _security_rule(kind):
    def create(logical_id, properties, stack):
        group = ec2._security_groups.get(properties.get("GroupId"))
        if group is None:
            raise ValueError(f"The security group '{properties.get('GroupId')}' does not exist")
        group[kind].extend(known._ec2_sg_permissions([properties]))
        rule = f"sgr-{next(_numbers):017x}"
        return rule, {"Id": rule}

    def delete(rule, properties):
        group = ec2._security_groups.get(properties.get("GroupId"))
        for permission in known._ec2_sg_permissions([properties]):
            if group and permission in group[kind]:
                group[kind].remove(permission)

    def update(rule, old, new, stack):
        delete(rule, old)
        return create(rule, new, stack)

    return {"create": create, "update": update, "delete": delete}


def _records(properties):
    zone = {name: properties[name] for name in ("HostedZoneId", "HostedZoneName") if name in properties}
    return [{**zone, **each} for each in properties.get("RecordSets") or []]


def _create_records(logical_id, properties, stack):
    for each in _records(properties):
        known._r53_record_set_create(logical_id, each, stack)
    return f"{stack}-{logical_id}", {}


def _delete_records(name, properties):
    for each in _records(properties):
        known._r53_record_set_delete(name, each)


def _update_records(name, old, new, stack):
    _delete_records(name, old)
    for each in _records(new):
        known._r53_record_set_create(name, each, stack)
    return name, {}


def _create_capacity_provider(logical_id, properties, stack):
    name = properties.get("Name") or f"{stack}-{logical_id}"
    group = known._pascal_to_camel(properties.get("AutoScalingGroupProvider") or {})
    _checked(ecs._create_capacity_provider({"name": name, "autoScalingGroupProvider": group}))
    return name, {}


def _associate(logical_id, properties, stack):
    strategy = known._pascal_to_camel(properties.get("DefaultCapacityProviderStrategy") or [])
    _checked(
        ecs._put_cluster_capacity_providers(
            {
                "cluster": properties["Cluster"],
                "capacityProviders": properties.get("CapacityProviders") or [],
                "defaultCapacityProviderStrategy": strategy,
            }
        )
    )
    return properties["Cluster"], {}


def _recorded(*required):
    """A type of which only the properties are looked at; nothing acts on them."""

    def create(logical_id, properties, stack):
        for name in required:
            if properties.get(name) in (None, ""):
                raise ValueError(f"Properties validation failed: required key [{name}] not found")
        texts = [properties[name] for name in required if isinstance(properties[name], str)]
        name = "|".join(texts) or f"{stack}-{logical_id}"
        return name, {"Id": name, "Arn": f"arn:aws:recorded:us-east-1:000000000000:{name}"}

    return {
        "create": create,
        "update": lambda name, old, new, stack: (name, {"Id": name}),
        "delete": lambda name, properties: None,
    }
