"""Secrets Manager and Parameter Store over HTTP on this machine, and somebody who is logged in there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

REGION = "eu-west-1"


class SecretStore:
    """What people put there, by name; each gives the ARN."""

    def __init__(self) -> None:
        import boto3

        self._secrets = boto3.client("secretsmanager", region_name=REGION)
        self._parameters = boto3.client("ssm", region_name=REGION)

    def secret(self, name: str, value: str | bytes | dict[str, object]) -> str:
        """Made, or changed when it is there."""
        text = json.dumps(value) if isinstance(value, dict) else value
        given = {"SecretBinary" if isinstance(value, bytes) else "SecretString": text}
        try:
            return str(self._secrets.create_secret(Name=name, **given)["ARN"])
        except self._secrets.exceptions.ResourceExistsException:
            return str(self._secrets.put_secret_value(SecretId=name, **given)["ARN"])

    def parameter(self, name: str, value: str) -> str:
        self._parameters.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        return str(self._parameters.get_parameter(Name=name)["Parameter"]["ARN"])


@pytest.fixture
def secret_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretStore]:
    """Programs that the test starts find it, too."""
    from moto.server import ThreadedMotoServer  # starts slowly

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    yield SecretStore()
    server.stop()
