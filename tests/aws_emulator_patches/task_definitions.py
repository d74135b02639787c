"""AWS::ECS::TaskDefinition: every property of it reaches the tasks, in the letters of the ECS API."""

from __future__ import annotations

from ministack.services import ecs
from ministack.services.cloudformation import provisioners

TEXTS = frozenset({"options", "dockerLabels", "driverOpts", "labels", "systemControls"})
"""Maps whose keys are the user's own."""
KEPT = ("EphemeralStorage", "RuntimePlatform", "ProxyConfiguration", "Volumes", "PlacementConstraints")


def apply() -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ECS::TaskDefinition"]
    make = handlers["create"]

    def create(logical_id, properties, stack):
        arn, attributes = make(logical_id, properties, stack)
        definition = ecs._task_defs[arn.rsplit("/", 1)[1]]
        containers = [
            {"cpu": 0, "essential": True, **_camel(each)} for each in properties.get("ContainerDefinitions", [])
        ]
        definition["containerDefinitions"] = containers
        definition.update(_camel({name: properties[name] for name in KEPT if name in properties}))
        return arn, attributes

    provisioners._ecs_task_def_create = create  # an update makes the next revision by it
    handlers.update(create=create)


def _camel(value):
    if isinstance(value, list):
        return [_camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    named = {key[:1].lower() + key[1:]: each for key, each in value.items()}
    return {key: each if key in TEXTS and isinstance(each, dict) else _camel(each) for key, each in named.items()}
