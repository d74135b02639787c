"""An account of AWS at moto's server, for use cases that need no stack."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beanstalk.model import OptionSetting
from beanstalk.records import Application, Status, Version
from beanstalk.service.aws.place import CloudService
from beanstalk.service.aws.state import CloudEnvironment
from beanstalk.service.configuration import Stored, dump_settings
from beanstalk.targets.aws.observing import Coordinates
from tests.bundles import make_bundle

DOMAIN = "apps.example.org"
DOCKERRUN = '{"AWSEBDockerrunVersion": "1", "Image": {"Name": "nginx:1"}, "Ports": [{"ContainerPort": 80}]}'


class Account:
    """service: the door to it.  zone: id of a zone of Route 53, made when it is asked for."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.service = CloudService(clock=self._clock, sleep=self.slept.append)
        self.now = 1_000_000.0
        self._zone = ""

    def _clock(self) -> float:
        return self.now + sum(self.slept)

    def client(self, name: str) -> Any:
        return self.service.cloud.client(name)

    @property
    def zone(self) -> str:
        if not self._zone:
            made = self.client("route53").create_hosted_zone(Name=DOMAIN, CallerReference="1")
            self._zone = made["HostedZone"]["Id"].rpartition("/")[2]
        return self._zone

    def environment(self, name: str, named: bool = False, **more: Any) -> CloudEnvironment:
        """One that is there. named: with a public name, though without the record of it."""
        identity = f"e-{name}"
        outputs = {"LoadBalancerDNSName": f"{name}.elb.example.com", "EndpointURL": f"http://{name}.elb.example.com"}
        if named:
            record = f"{identity}.{DOMAIN}"
            outputs |= {"EnvironmentRecordName": record, "PublicNameZone": self.zone, "PublicNameTTL": "60"}
        facts = {
            "id": identity, "name": name, "application": "shop", "cname": name, "platform": "docker",
            "tier": "WebServer", "status": Status.READY, "version_label": "v1", "deployment": 1, "operations": 1,
            "operation": 0, "size": 2, "settings_json": "[]", "created": 1.0, "updated": 2.0, "outputs": outputs,
            "places": Coordinates(),
        }  # fmt: skip
        made = CloudEnvironment(**facts | more)
        self.service.memory.add_environment(made)
        return made

    def deployed(self, *settings: tuple[str, str, str], **more: Any) -> CloudEnvironment:
        """shop-prod, which runs v1. settings: namespace, option and value of what was set on it."""
        stored = dump_settings([Stored(OptionSetting(*each)) for each in settings])
        return self.environment("shop-prod", tags=(("team", "web"),), settings_json=stored, **more)

    def records(self) -> dict[str, str]:
        """{public name: what it leads to}"""
        rows = self.client("route53").list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]
        return {row["Name"].rstrip("."): row["ResourceRecords"][0]["Value"] for row in rows if row["Type"] == "CNAME"}

    def said(self, name: str) -> list[str]:
        """The events of the latest operation."""
        environment = self.service.memory.environment(name) or self.service.memory.last_gone(name)
        assert environment is not None
        return [each.message for each in self.service.memory.operations(environment)[0].said]


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    from moto.server import ThreadedMotoServer  # starts slowly

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def account(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """With nothing in it."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name == "BEANSTALK_BUCKET"]:
        monkeypatch.delenv(name)
    urllib.request.urlopen(urllib.request.Request(f"{moto_url}/moto-api/reset", method="POST"), timeout=60).close()
    for name, value in {
        "AWS_ENDPOINT_URL": moto_url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return Account()


@pytest.fixture
def shop(account: Account, tmp_path: Path) -> Account:
    """With a version v1, of a ready-made image."""
    bundle = make_bundle(tmp_path, {"Dockerrun.aws.json": DOCKERRUN})
    store = account.service.store
    store.create()
    store.add_application(Application("shop", "", 1.0))
    store.put_bundle(bundle.digest, bundle.path)
    store.add_version(Version("shop", "v1", bundle.digest, 1, "", 1.0))
    return account
