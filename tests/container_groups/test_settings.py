"""Options of `beanstalk:docker`: a bundle cannot give itself rights."""

from __future__ import annotations

import pytest

from beanstalk.container_groups import DockerSettings, container_group, docker_settings
from beanstalk.errors import InvalidInput, Where
from beanstalk.model import OptionSetting
from beanstalk.options.resolve import Layer, resolve
from tests.bundles import make_bundle

ALLOW, RANGE = "AllowPrivileged", "NetworkRange"


def settings(**layers: dict[str, str]) -> DockerSettings:
    at = Where("a.config", 3)
    given = {
        Layer[layer]: [OptionSetting("beanstalk:docker", name, value, at=at) for name, value in said.items()]
        for layer, said in layers.items()
    }
    return docker_settings(resolve(given))


def test_the_defaults():
    assert settings() == DockerSettings(False, "", "10.213.0.0/16")


@pytest.mark.parametrize("layer", ["ENVIRONMENT", "SAVED"])
def test_the_user_decides(layer):
    found = settings(**{layer: {ALLOW: "TRUE", RANGE: "10.9.0.0/16", "RegistryMirror": "a.b"}})
    assert found == DockerSettings(True, "a.b", "10.9.0.0/16")


def test_a_bundle_does_not():
    found = settings(EBEXTENSIONS={ALLOW: "true", RANGE: "10.9.0.0/16", "RegistryMirror": "a.b"})
    assert (found.allow_privileged, found.network_range) == (False, "10.213.0.0/16")
    assert found.registry_mirror == "a.b"
    assert [problem.at for problem in found.warnings] == [Where("a.config", 3)] * 2


def test_nor_does_its_manifest():
    said = OptionSetting("beanstalk:docker", ALLOW, "true", at=Where("env.yaml", 4))
    found = docker_settings(resolve({Layer.SAVED: [said]}))
    assert (found.allow_privileged, [problem.at for problem in found.warnings]) == (False, [Where("env.yaml", 4)])


def test_a_user_goes_before_a_bundle():
    found = settings(ENVIRONMENT={ALLOW: "true"}, EBEXTENSIONS={ALLOW: "false"})
    assert (found.allow_privileged, found.warnings) == (True, ())


def test_what_a_bundle_allows_itself_is_told_and_not_given(tmp_path):
    text = "services: {a: {image: a, ports: ['80:80'], privileged: true}}"
    allowed = OptionSetting("beanstalk:docker", ALLOW, "true", at=Where(".ebextensions/a.config", 2))
    bundle = make_bundle(tmp_path, {"docker-compose.yml": text})
    group, told = container_group(bundle, resolve({Layer.EBEXTENSIONS: [allowed]}))
    assert group.containers[0].privileged is False
    assert [str(problem).partition(":")[0] for problem in told] == [".ebextensions/a.config", "docker-compose.yml"]


@pytest.mark.parametrize("value", ["10.0.0.0/8", "172.16.0.0/12", "172.31.0.0/16", "192.168.9.0/26"])
def test_a_private_range_is_taken(value):
    assert settings(ENVIRONMENT={RANGE: value}).network_range == value


@pytest.mark.parametrize(
    "value", ["8.8.8.0/24", "172.32.0.0/16", "192.169.0.0/16", "10.0.0.0/7", "10.0.0.0/27", "10.0.0.0", "10.0.0.256/16"]
)
def test_a_range_that_is_not_private_is_refused(value):
    with pytest.raises(InvalidInput):
        settings(ENVIRONMENT={RANGE: value})
