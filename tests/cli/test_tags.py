"""`tags` and `create --tags`: all limits, everything or nothing, and they stay with the environment."""

from __future__ import annotations

import pytest


def tags(shop, environment="shop-dev"):
    """Those of people."""
    found = {each["Key"]: each["Value"] for each in shop.json("tags", environment)["ResourceTags"]}
    assert found.pop("Name") == found.pop("elasticbeanstalk:environment-name") == environment
    assert found.pop("elasticbeanstalk:environment-id").startswith("e-")
    return found


def test_tags_are_added_changed_and_deleted_at_once(shop):
    shop.ok("tags", "--add", "team=web,stage=test,old=")
    assert tags(shop) == {"team": "web", "stage": "test", "old": ""}
    shop.ok("tags", "-a", "url=a=b", "-u", "stage=live one", "-d", "old")
    assert tags(shop) == {"team": "web", "stage": "live one", "url": "a=b"}
    assert "team" in shop.ok("tags", "-l")
    assert "Environment tag update completed successfully." in shop.store.latest_events()[0].message


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["-a", "team=other"], "the tag team is there already"),
        (["-u", "nope=1"], "there is no tag nope of yours"),
        (["-d", "nope"], "there is no tag nope of yours"),
        (["-d", "Name"], "there is no tag Name of yours"),
        (["-a", "a=1", "-d", "a"], "the tag a is named more than once"),
        (["-a", "AWS:x=1"], "is kept for the service"),
        (["-a", "elasticbeanstalk:x=1"], "is kept for the service"),
        (["-a", "Name=1"], "is kept for the service"),
        (["-a", "k" * 128 + "=1"], "has a key of 128 characters"),
        (["-a", "k=" + "v" * 256], "has a value of 256 characters"),
        (["-a", "k=a;b"], "has characters that are not allowed"),
        (["-a", ",".join(f"k{number}=" for number in range(47))], "48 tags, allowed are 47"),
        (["-a", "good=1", "-u", "nope=1"], "there is no tag nope of yours"),
    ],
)
def test_what_is_not_allowed_changes_nothing(shop, flags, said):
    shop.ok("tags", "-a", "team=web")
    done = shop("tags", *flags)
    assert (done.exit_code, said in done.stderr) == (1, True), done.stderr
    assert tags(shop) == {"team": "web"}


@pytest.mark.parametrize("flags", [["-a", "novalue"], ["-a", "=x"], ["-a", ""], ["-l", "-d", "a"]])
def test_what_is_no_tag_is_wrong_usage(shop, flags):
    assert shop("tags", *flags).exit_code == 2


def test_the_longest_tags_and_as_many_as_fit_are_taken(shop):
    most = [f"k{number}=" for number in range(46)]
    shop.ok("tags", "-a", ",".join([*most, "k" * 127 + "=" + "ü" * 255]))
    assert len(tags(shop)) == 47


def test_an_environment_is_made_with_tags_which_replace_those_of_a_saved_configuration(shop):
    shop.ok("tags", "-a", "team=web,stage=test")
    shop.ok("config", "save", "prod")
    shop.ok("create", "shop-one", "--cfg", "prod")
    shop.ok("create", "shop-two", "--cfg", "prod", "--tags", "stage=live")
    assert tags(shop, "shop-one") == {"team": "web", "stage": "test"}
    assert tags(shop, "shop-two") == {"stage": "live"}
    assert shop("create", "shop-bad", "--tags", "aws:x=1").exit_code == 1


def test_tags_come_back_with_the_environment(shop):
    shop.ok("create", "shop-two", "--tags", "team=web")
    shop.ok("terminate", "shop-two", "--force")
    shop.ok("create", "shop-two")
    assert tags(shop, "shop-two") == {}
    shop.ok("terminate", "shop-two", "--force")
    first = shop.json("restore")[-1]["EnvironmentId"]
    shop.ok("restore", first)
    assert tags(shop, "shop-two") == {"team": "web"}
