"""Ref of a secret is its ARN, a task gets a SecureString in clear, and the system images for ECS have their names."""

from __future__ import annotations

from ministack.services import ssm
from ministack.services.cloudformation import provisioners

SYSTEM = "/aws/service/ecs/optimized-ami/amazon-linux-2023"


def apply() -> None:
    for processor in ("", "/arm64"):
        ssm._PUBLIC_AMI_PARAMETERS[f"{SYSTEM}{processor}/recommended/image_id"] = "ami-0123456789abcdef0"
    resolve = ssm.resolve_parameter_value
    ssm.resolve_parameter_value = lambda name, version=None, decrypt=True: resolve(name, version, True)

    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    make, change, remove = handlers["create"], handlers["update"], handlers["delete"]

    def create(logical_id, properties, stack):
        _, attributes = make(logical_id, properties, stack)
        return attributes["Arn"], attributes

    def update(arn, *arguments):
        _, attributes = change(_name(arn), *arguments)
        return attributes.get("Arn", arn), attributes

    handlers.update(create=create, update=update, delete=lambda arn, properties: remove(_name(arn), properties))


def _name(arn):
    return next((name for name, each in provisioners._sm._secrets.items() if each["ARN"] == arn), arn)
