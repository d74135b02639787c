"""The permissions that docs/aws.md lists are enough, and a missing one is named: at an emulator that asks IAM."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from beanstalk.containers import Container, ContainerGroup, ImageBuild, ImageSource
from beanstalk.errors import CloudError
from beanstalk.records import Kind, Version
from beanstalk.store.leases import Holding
from beanstalk.store.s3 import CloudStore
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.aws.ecr import repository
from beanstalk.targets.aws.images import build_and_push, tags_of
from tests.bundles import make_bundle

pytestmark = [pytest.mark.docker, pytest.mark.aws]
PAGE = Path(__file__).parents[3] / "docs" / "aws.md"
LISTED = re.findall(r"`([a-z0-9]+:[A-Za-z]+)`", PAGE.read_text().split("### Permissions")[1].split("\n## ")[0])


@pytest.fixture
def become(strict_emulator, monkeypatch):
    """become(actions): from then on we may do these alone."""
    iam = strict_emulator.client("iam")
    iam.create_user(UserName="deployer")
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    own = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "BEANSTALK_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**strict_emulator.environment, **own}.items():
        monkeypatch.setenv(name, value)

    def act(actions):
        statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="deployer", PolicyName="deployer", PolicyDocument=policy)
        return Cloud()

    return act


def use_the_store(cloud, path):
    """Everything that it can do, once."""
    store = CloudStore(cloud)
    store.create()
    bundle = make_bundle(path, {"Procfile": "web: run\n"})
    store.put_bundle(bundle.digest, bundle.path)
    store.fetch_bundle(bundle.digest, path / "back.zip")
    store.add_version(Version("shop", "v1", bundle.digest, 1, "", 1.0))
    store.put_environment({"id": "e-1", "name": "shop"}, new=True)
    store.acquire("shop", Holding("op", Kind.DEPLOY, "me"), 60).release()
    store.put_operation("e-1", 1, {}, new=True)
    store.operations("e-1")
    store.remove_environment({"id": "e-1", "name": "shop"})
    store.remove_version("shop", "v1")


def test_what_is_listed_is_enough_for_the_state_of_an_account(become, tmp_path):
    use_the_store(become(LISTED), tmp_path)


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:CreateBucket"])
def test_what_is_missing_is_named(become, tmp_path, action):
    with pytest.raises(CloudError, match=f"AWS denies {action}: ") as caught:
        use_the_store(become(set(LISTED) - {action}), tmp_path)
    assert f"allow {action} in the policy" in caught.value.hint


def test_what_is_listed_is_enough_for_images(become, strict_emulator, engine, tmp_path):
    cloud = become(LISTED)
    bundle = make_bundle(tmp_path, {"Dockerfile": "FROM scratch\nCOPY Dockerfile /made\n"})
    group = ContainerGroup((Container("web", ImageSource(build=ImageBuild(bundle.digest))),), "web", 80)
    host = strict_emulator.registry_host
    images = build_and_push(cloud, group, bundle, "beanstalk/shop", lambda _: None, host)
    assert images["web"].startswith(f"{host}/beanstalk/shop@sha256:")
    repository(cloud, "beanstalk/shop", host).delete(tags_of(group))
    with engine.ask() as api:
        api.remove_image(f"beanstalk-aws/{tags_of(group)[0]}", force=True)
