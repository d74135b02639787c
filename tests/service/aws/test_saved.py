"""Saved configurations and tags of environments on AWS, against moto."""

from __future__ import annotations

import pytest

from beanstalk.errors import AlreadyExists, InvalidInput, NotFound
from beanstalk.service.aws.saved import delete_on_aws, find_saved_on_aws, put_on_aws, save_on_aws
from beanstalk.source.saved import read_saved

ASG, DATABASE = "aws:autoscaling:asg", "aws:rds:dbinstance"


def test_what_is_set_is_saved_without_passwords(shop):
    environment = shop.deployed((ASG, "MinSize", "3"), (DATABASE, "DBPassword", "geheim"))
    kept = save_on_aws(shop.service, environment, "production", "as it was")
    assert "geheim" not in kept.content
    found = read_saved("production", kept.content.encode())
    assert [(each.name, each.value) for each in found.settings] == [("MinSize", "3")]
    assert (found.description, found.tags) == ("as it was", (("team", "web"),))
    assert find_saved_on_aws(shop.service, "shop", "production") == kept


def test_a_saved_configuration_is_replaced_only_when_that_is_said(shop):
    environment = shop.deployed((ASG, "MinSize", "3"))
    first = save_on_aws(shop.service, environment, "production")
    with pytest.raises(AlreadyExists):
        save_on_aws(shop.service, environment, "production")
    shop.now += 60
    again = save_on_aws(shop.service, environment, "production", replaces=True)
    assert (again.created, again.modified) == (first.created, first.modified + 60)


def test_a_file_is_stored_as_it_stands_and_deleted_again(shop):
    text = "AWSConfigurationTemplateVersion: 1.1.0.0\nOptionSettings: {aws:autoscaling:asg: {MinSize: 2}}  # two\n"
    put_on_aws(shop.service, "shop", "small", read_saved("small", text.encode()), text)
    assert find_saved_on_aws(shop.service, "shop", "small").content == text
    delete_on_aws(shop.service, "shop", "small")
    with pytest.raises(NotFound):
        delete_on_aws(shop.service, "shop", "small")


def test_the_closest_name_is_told(shop):
    save_on_aws(shop.service, shop.deployed(), "production")
    with pytest.raises(NotFound) as raised:
        find_saved_on_aws(shop.service, "shop", "producton")
    assert raised.value.hint == "did you mean production?"


def test_a_name_that_cannot_be_is_refused(shop):
    with pytest.raises(InvalidInput):
        save_on_aws(shop.service, shop.deployed(), "a/b")
