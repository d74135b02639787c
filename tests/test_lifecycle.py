"""The lifecycle policy: what goes, what stays and why; what is needed stays whatever the policy says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.lifecycle import (
    MOST_AT_ONCE,
    REMEMBERED_S,
    LifecyclePolicy,
    Rule,
    judge,
    policy_document,
    read_policy,
)
from beanstalk.records import Environment, Health, Status, Version

DAY = 86400.0
NOW = 1000 * DAY


def versions(*days_old):
    """v0 is the first one named."""
    return [Version("shop", f"v{number}", "d", 1, "", NOW - days * DAY) for number, days in enumerate(days_old)]


def environment(label, terminated=None, name="prod"):
    return Environment(
        f"e-{name}", name, "shop", name, "procfile", Status.READY, Health.OK, "[]", label, 1, 1, 0, "[]", 0.0, 0.0,
        terminated,
    )  # fmt: skip


def count(limit, deletes=False):
    return LifecyclePolicy(count=Rule(limit, True, deletes))


def age(days, deletes=False):
    return LifecyclePolicy(age=Rule(days, True, deletes))


def deleted(policy, found, environments=(), opened=None, new=None):
    return [each.version.label for each in judge(policy, found, environments, opened or {}, NOW, new) if each.deleted]


@pytest.mark.parametrize(
    ("policy", "days_old", "new", "expected"),
    [
        (LifecyclePolicy(), (900, 800, 700), None, []),
        (count(2), (4, 3, 2, 1), None, ["v0", "v1"]),
        (count(2), (4, 3, 2, 1), "v3", ["v0"]),
        (count(2), (1, 2, 3, 4), None, ["v3", "v2"]),
        (count(4), (4, 3, 2, 1), None, []),
        (age(2), (4, 3, 2, 1), None, ["v0", "v1"]),
        (age(2), (4, 3, 2, 9), "v3", ["v0", "v1"]),
        (LifecyclePolicy(Rule(3, True), Rule(2, True)), (4, 3, 2, 1), None, ["v0", "v1"]),
    ],
)
def test_the_oldest_go_by_number_and_age_and_the_new_one_does_not_count(policy, days_old, new, expected):
    assert deleted(policy, versions(*days_old), new=new) == expected


def test_what_is_needed_stays_and_the_next_ones_go_in_its_place():
    found = versions(6, 5, 4, 3, 2, 1)
    there = [
        environment("v0"),
        environment("v1", NOW - REMEMBERED_S + 1, "old"),
        environment("v2", NOW - 80 * DAY, "x"),
    ]
    assert deleted(count(3), found, there, {"prod": {"v3", "v0"}}) == ["v2", "v4", "v5"]


def test_every_verdict_says_why():
    there = [environment("v0"), environment("v1", NOW - DAY, "old")]
    reasons = [each.reason for each in judge(count(1), versions(5, 4, 3, 2, 1), there, {"prod": {"v2"}}, NOW, "v4")]
    assert reasons == [
        "prod runs it",
        "old ran it, which was terminated less than ten weeks ago",
        "a deployment to prod goes on, which needs it",
        "there are more than 1",
        "it is the new one",
    ]


def test_a_bundle_goes_when_one_of_the_rules_that_want_the_version_gone_says_so():
    policy = LifecyclePolicy(Rule(3, True, False), Rule(2, True, True))
    found = judge(policy, versions(9, 2, 1, 1, 1), (), {}, NOW)
    assert [(each.deleted, each.with_bundle) for each in found[:3]] == [(True, True), (True, False), (False, False)]


def test_a_hundred_go_at_once_and_the_rest_after_the_next_new_version():
    found = versions(*range(MOST_AT_ONCE + 20, 0, -1))
    gone = deleted(count(5), found)
    assert gone == [f"v{number}" for number in range(MOST_AT_ONCE)]
    assert len(deleted(count(5), found[MOST_AT_ONCE:])) == 15


@pytest.mark.parametrize("policy", [LifecyclePolicy(), LifecyclePolicy(Rule(7, True, True), Rule(30, False, True))])
def test_a_policy_is_written_as_the_api_has_it_and_read_again(policy):
    assert read_policy(json.dumps(policy_document(policy))) == policy
    assert policy_document(LifecyclePolicy())["MaxAgeRule"] == {
        "Enabled": False, "MaxAgeInDays": 180, "DeleteSourceFromS3": False,
    }  # fmt: skip


LABELS = st.integers(0, 30).map("v{}".format)
RULES = st.builds(Rule, st.integers(1, 30), st.booleans(), st.booleans())
THERE = st.lists(st.tuples(LABELS, st.none() | st.floats(0, 100)), max_size=6)


@given(
    st.builds(LifecyclePolicy, RULES, RULES), st.lists(st.floats(0, 60), max_size=30), THERE, st.sets(LABELS), LABELS
)
def test_what_is_needed_is_never_deleted_and_a_second_time_nothing_is(policy, days_old, there, opened, new):
    found = versions(*days_old)
    environments = [environment(label, days and NOW - days * DAY) for label, days in there]
    gone = set(deleted(policy, found, environments, {"prod": opened}, new))
    needed = {label for label, days in there if days is None or 0 < days < 70} | opened | {new}
    assert not gone & needed
    left = [version for version in found if version.label not in gone]
    assert deleted(policy, left, environments, {"prod": opened}, new) == []


@given(st.integers(1, 30), st.lists(st.floats(0, 60), max_size=30), st.none() | LABELS, THERE)
def test_as_many_as_the_limit_says_stay_besides_the_new_one(limit, days_old, new, there):
    found = versions(*days_old)
    gone = deleted(count(limit), found, [environment(label) for label, _ in there], new=new)
    others = [version for version in found if version.label != new]
    assert len(others) - len(gone) >= min(limit, len(others))
    assert not gone or len(others) - len(gone) >= limit
