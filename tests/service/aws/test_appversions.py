"""Application versions without a deployment, and what goes with them, against moto."""

from __future__ import annotations

import pytest

from beanstalk.errors import AlreadyExists, BeanstalkError, CloudError, NotFound
from beanstalk.lifecycle import LifecyclePolicy, Rule
from beanstalk.records import Status
from beanstalk.service.aws.appversions import delete_version_on_aws, policy_verdicts, register_on_aws
from beanstalk.service.versions import Packed
from tests.bundles import make_bundle

MANIFEST = (
    '{"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", '
    '"config": {"digest": "sha256:%s"}, "layers": []}'
)


@pytest.fixture
def register(account, tmp_path):
    """register(label, text=…): a version with one file."""

    def act(label, text=None):
        folder = tmp_path / f"{label}-{text}"
        folder.mkdir()
        packed = Packed(make_bundle(folder, {"index.html": text or label}), None, ())
        account.now += 10
        return register_on_aws(account.service, "shop", packed, label, None)

    return act


def labels(account):
    return [each.label for each in account.service.store.versions("shop")]


def push(account, tag, repository="beanstalk/shop"):
    api = account.client("ecr")
    try:
        api.create_repository(repositoryName=repository)
    except CloudError:
        pass
    api.put_image(repositoryName=repository, imageTag=tag, imageManifest=MANIFEST % tag)


def images(account, repository="beanstalk/shop"):
    return sorted(each["imageTag"] for each in account.client("ecr").list_images(repositoryName=repository)["imageIds"])


def test_a_version_is_registered_with_its_bundle(account, register):
    version, is_new, deleted = register("v1")
    assert (is_new, deleted, labels(account)) == (True, (), ["v1"])
    assert account.service.store.has_bundle(version.digest)
    assert register("v1", "v1")[1] is False


def test_a_label_has_one_content(register):
    register("v1")
    with pytest.raises(AlreadyExists):
        register("v1", "something else")


def test_images_go_with_their_version_alone(account, register):
    register("v1")
    register("v2")
    for tag in ("a1", "b2", "both"):
        push(account, tag)
    account.service.store.note_images("shop", "v1", ["a1", "both"])
    account.service.store.note_images("shop", "v2", ["b2", "both"])
    delete_version_on_aws(account.service, "shop", "v1")
    assert (labels(account), images(account)) == (["v2"], ["b2", "both"])


def test_a_version_that_is_deployed_stays(account, register):
    register("v1")
    account.environment("shop-prod")
    with pytest.raises(BeanstalkError, match="the version v1 is deployed to shop-prod"):
        delete_version_on_aws(account.service, "shop", "v1")
    assert labels(account) == ["v1"]


def test_a_version_that_is_gone_cannot_be_deleted(account, register):
    register("v1")
    with pytest.raises(NotFound, match="has no version v2"):
        delete_version_on_aws(account.service, "shop", "v2")


def test_the_lifecycle_policy_deletes_what_nobody_runs(account, register):
    register("v1")
    account.environment("shop-prod", status=Status.READY)
    register("v2")
    policy = LifecyclePolicy(count=Rule(1, True, True))
    assert [each.version.label for each in policy_verdicts(account.service, "shop", policy) if each.deleted] == ["v2"]
    account.service.store.set_policy("shop", policy)
    account.now = account.service.store.now() + 100
    assert register("v3")[2] == ("v2",)
    assert labels(account) == ["v3", "v1"]
