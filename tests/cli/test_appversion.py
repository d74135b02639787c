"""`appversion lifecycle`: shown without flags, changed by flags, tried with --dry-run, at work after a deployment."""

from __future__ import annotations


def limits(document):
    rules = document["VersionLifecycleConfig"]
    return rules["MaxCountRule"], rules["MaxAgeRule"]


def test_without_a_policy_the_proposal_is_shown_and_off(shop):
    count, age = limits(shop.json("appversion", "lifecycle"))
    assert count == {"Enabled": False, "MaxCount": 200, "DeleteSourceFromS3": False}
    assert age == {"Enabled": False, "MaxAgeInDays": 180, "DeleteSourceFromS3": False}
    assert "200 versions, off" in shop.ok("appversion", "lifecycle", "-p")


def test_flags_change_what_they_name_and_off_keeps_the_numbers(shop):
    shop.ok("appversion", "lifecycle", "--max-count", 3)
    count, age = limits(shop.json("appversion", "lifecycle"))
    assert count == {"Enabled": True, "MaxCount": 3, "DeleteSourceFromS3": True}
    count, age = limits(shop.json("appversion", "lifecycle", "--off"))
    assert (count["Enabled"], count["MaxCount"], age["Enabled"]) == (False, 3, False)


def test_one_rule_takes_the_place_of_the_other(shop):
    shop.ok("appversion", "lifecycle", "--max-count", 3)
    shop.ok("appversion", "lifecycle", "--max-age", 9, "--keep-bundle")
    count, age = limits(shop.json("appversion", "lifecycle"))
    assert count == {"Enabled": False, "MaxCount": 3, "DeleteSourceFromS3": False}
    assert age == {"Enabled": True, "MaxAgeInDays": 9, "DeleteSourceFromS3": False}
    done = shop("appversion", "lifecycle", "--max-count", 3, "--max-age", 9)
    assert (done.exit_code, "only one rule can be in force" in done.stderr) == (2, True)


def test_more_versions_than_a_home_holds_cannot_be_kept(shop):
    assert shop("appversion", "lifecycle", "--max-count", 1001).exit_code == 2
    shop.ok("appversion", "lifecycle", "--max-count", 1000)


def test_a_dry_run_says_what_would_go_and_why_and_stores_nothing(shop):
    for label in ("v2", "v3"):
        shop.change(label)
        shop.ok("appversion", "-c", "-l", label)
    found = shop.json("appversion", "lifecycle", "--max-count", 1, "--dry-run")["Versions"]
    assert [(each["VersionLabel"], each["Deleted"]) for each in found] == [("v1", False), ("v2", True), ("v3", True)]
    assert found[0]["Why"] == "shop-dev runs it"
    assert "v1       kept" in shop.ok("appversion", "lifecycle", "--max-count", 1, "--dry-run")
    assert not limits(shop.json("appversion", "lifecycle"))[0]["Enabled"]


def test_after_a_deployment_and_not_after_its_dry_run_the_oldest_go(shop):
    shop.change("v2")
    shop.ok("appversion", "-c", "-l", "v2")
    shop.ok("appversion", "lifecycle", "--max-count", 1)
    shop.change("v3")
    shop.ok("deploy", "-l", "v3", "--dry-run")
    assert sorted(shop.labels()) == ["v1", "v2"]
    shop.ok("deploy", "-l", "v3")
    assert sorted(shop.labels()) == ["v1", "v3"]
    told = [each["Message"] for each in shop.json("events")]
    assert "Deleted application version v2 by the lifecycle policy: there are more than 1." in told


def test_creating_a_version_tells_which_ones_went(shop):
    shop.ok("appversion", "lifecycle", "--max-count", 1)
    for label in ("v2", "v3"):
        shop.change(label)
        done = shop("appversion", "-c", "-l", label)
    assert "deleted by the lifecycle policy: v2" in done.stderr
    assert sorted(shop.labels()) == ["v1", "v3"]


def test_off_contradicts_a_limit(shop):
    assert shop("appversion", "lifecycle", "--off", "--max-count", 1).exit_code == 2
