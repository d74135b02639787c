"""Clones of environments and those that come back, against moto."""

from __future__ import annotations

import pytest

from beanstalk.errors import AlreadyExists, BeanstalkError, NotFound
from beanstalk.model import OptionSetting
from beanstalk.records import Status
from beanstalk.service.aws.cloning import prepare_clone_on_aws, prepare_restore_on_aws, terminated_on_aws

ASG, DATABASE = "aws:autoscaling:asg", "aws:rds:dbinstance"


def clone(account, *words, **more):
    return prepare_clone_on_aws(account.service, "shop-prod", *words, **more)


def test_a_clone_has_version_settings_size_and_tags_of_the_other(shop):
    shop.deployed((ASG, "MinSize", "3"), (ASG, "MaxSize", "5"))
    change = clone(shop)
    made = change.environment
    assert (made.name, made.cname, made.status) == ("shop-prod-clone", "shop-prod-clone", Status.LAUNCHING)
    assert (change.version.label, change.size, change.new) == ("v1", 3, True)
    assert (made.tags, made.outputs, made.stack_id) == ((("team", "web"),), {}, "")
    assert change.warnings == ()


def test_what_is_given_goes_before(shop):
    shop.deployed((ASG, "MinSize", "3"), (ASG, "MaxSize", "5"))
    change = clone(shop, "next", "shop-next", [OptionSetting(ASG, "MinSize", "1")], [("team", "x")])
    assert (change.environment.name, change.environment.cname, change.size) == ("next", "shop-next", 1)
    assert change.environment.tags == (("team", "x"),)


def test_data_that_is_not_copied_is_told(shop):
    shop.deployed((DATABASE, "HasCoupledDatabase", "true"), (DATABASE, "DBUser", "shop"))
    told = "\n".join(map(str, clone(shop).warnings))
    assert "Database begins empty: no data of shop-prod is copied" in told
    assert "DBSnapshotIdentifier=NAME" in told
    of_snapshot = clone(shop, settings=[OptionSetting(DATABASE, "DBSnapshotIdentifier", "before")])
    assert "begins empty" not in "\n".join(map(str, of_snapshot.warnings))


def test_what_both_use_is_told(shop):
    shop.deployed(("beanstalk:aws", "SharedFileSystem", "fs-0123456789abcdef0"))
    told = "\n".join(map(str, clone(shop).warnings))
    assert "the file system fs-0123456789abcdef0 is used by both, shop-prod and its clone" in told


def test_a_name_that_is_taken_is_refused(shop):
    shop.deployed()
    with pytest.raises(AlreadyExists):
        clone(shop, "shop-prod")


def test_there_is_nothing_to_clone_before_the_first_deployment(shop):
    shop.deployed(deployment=0)
    with pytest.raises(BeanstalkError, match="nothing was deployed to shop-prod yet"):
        clone(shop)


def test_an_environment_that_is_gone_comes_back_as_it_was(shop):
    gone = shop.deployed(terminated=shop.now)
    shop.service.memory.remove_environment(gone)
    assert [each.name for each in terminated_on_aws(shop.service)] == ["shop-prod"]
    for wanted in ("shop-prod", gone.id):
        change = prepare_restore_on_aws(shop.service, wanted)
        made = change.environment
        assert (made.id, made.name, made.cname, made.tags) == (gone.id, gone.name, gone.cname, gone.tags)
        assert (change.version.label, made.operations, made.deployment, made.terminated) == ("v1", 1, 0, None)


def test_nothing_comes_back_after_42_days(shop):
    shop.service.memory.remove_environment(shop.deployed(terminated=shop.now))
    shop.now += 43 * 86400
    with pytest.raises(BeanstalkError, match="more than 42 days ago"):
        prepare_restore_on_aws(shop.service, "shop-prod")


def test_what_never_was_cannot_come_back(shop):
    with pytest.raises(NotFound, match="there is no terminated environment shop-prod"):
        prepare_restore_on_aws(shop.service, "shop-prod")
