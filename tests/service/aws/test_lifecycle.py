"""The lifecycle policy on AWS: versions, bundles and images that go, and what stays; at the emulator."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest

from beanstalk.containers import Container, ContainerGroup, ImageBuild, ImageSource
from beanstalk.lifecycle import LifecyclePolicy, Rule
from beanstalk.options.circumstances import Circumstances
from beanstalk.options.resolve import resolve
from beanstalk.records import Version
from beanstalk.service.aws.lifecycle import apply_after, note_images
from beanstalk.service.aws.operations import Running
from beanstalk.service.aws.place import CloudService
from beanstalk.targets.aws.repository import repository_name
from tests.bundles import make_bundle
from tests.service.aws.test_state import ENVIRONMENT, OPERATION

pytestmark = [pytest.mark.docker, pytest.mark.aws]
CONFIGURATION = resolve({}, Circumstances("docker", "WebServer"))
REPOSITORY = repository_name("shop", CONFIGURATION)


@dataclass
class Blueprint:
    group: ContainerGroup


@dataclass
class Change:
    """What of a change the policy looks at."""

    version: Version
    blueprint: Blueprint
    configuration: object = field(default=CONFIGURATION)


@pytest.fixture
def service(emulator):
    service = CloudService()
    service.store.create()
    service.cloud.client("ecr").create_repository(repositoryName=REPOSITORY)
    return service


@pytest.fixture
def deployed(service, tmp_path):
    """deployed(label) is the change that a deployment of a new version makes, with its bundle and image there."""

    def make(label, created):
        bundle = make_bundle(tmp_path, {"Procfile": f"web: {label}\n"})
        service.store.put_bundle(bundle.digest, bundle.path)
        version = service.store.add_version(Version("shop", label, bundle.digest, 1, "", created))
        group = ContainerGroup((Container("web", ImageSource(build=ImageBuild(bundle.digest))),), "web", 80)
        change = Change(version, Blueprint(group))
        note_images(service, change)
        manifest = json.dumps({"schemaVersion": 2, "made": label})
        tag = bundle.digest[:40]
        service.cloud.client("ecr").put_image(repositoryName=REPOSITORY, imageManifest=manifest, imageTag=tag)
        return change

    return make


def applied(service, change):
    """Apply the policy after a change; what was told."""
    told = []
    apply_after(Running(service, ENVIRONMENT, OPERATION, told.append), change)
    return [each.message for each in told]


def images(service):
    found = service.cloud.client("ecr").describe_images(repositoryName=REPOSITORY)["imageDetails"]
    return {tag for each in found for tag in each["imageTags"]}


def labels(service):
    return [each.label for each in service.store.versions("shop")]


def test_a_version_goes_with_its_bundle_and_its_images(service, deployed):
    old = deployed("v1", 1.0)
    service.store.set_policy("shop", LifecyclePolicy(count=Rule(1, True, True)))
    now = service.now()
    kept, new = deployed("v2", now + 10), deployed("v3", now + 20)
    [said] = applied(service, new)
    assert said.startswith("Deleted application version v1 by the lifecycle policy: there are more than 1")
    assert labels(service) == ["v3", "v2"]
    assert not service.store.has_bundle(old.version.digest)
    assert images(service) == {kept.version.digest[:40], new.version.digest[:40]}
    assert applied(service, new) == []


def test_what_an_environment_runs_or_moves_to_stays(service, deployed):
    for number in (1, 2, 3):
        deployed(f"v{number}", float(number))
    service.store.set_policy("shop", LifecyclePolicy(count=Rule(1, True, True)))
    new = deployed("v4", service.now() + 10)
    service.memory.add_environment(replace(ENVIRONMENT, version_label="v1", operation=2))
    service.memory.save_operation(replace(OPERATION, version_label="v4", previous_label="v2"))
    applied(service, new)
    assert labels(service) == ["v4", "v2", "v1"]


def test_what_a_terminated_environment_ran_stays_for_ten_weeks(service, deployed):
    for number in (1, 2):
        deployed(f"v{number}", float(number))
    service.store.set_policy("shop", LifecyclePolicy(count=Rule(0, True, True)))
    gone = replace(ENVIRONMENT, version_label="v1", terminated=service.now() - 10)
    service.memory.add_environment(gone)
    service.memory.remove_environment(gone)
    new = deployed("v3", service.now() + 10)
    applied(service, new)
    assert labels(service) == ["v3", "v1"]


def test_without_a_policy_everything_stays(service, deployed):
    deployed("v1", 1.0)
    assert applied(service, deployed("v2", service.now())) == []
    assert len(images(service)) == 2
