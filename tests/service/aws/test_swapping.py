"""Public names in Route 53 and their exchange, against moto."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beanstalk.errors import AlreadyExists, BeanstalkError, CloudError, EnvironmentBusy, InvalidInput
from beanstalk.model import OptionSetting, Outcome
from beanstalk.options.configuration import Layer
from beanstalk.options.resolve import resolve
from beanstalk.records import Kind, Status
from beanstalk.service.aws import swapping
from beanstalk.service.aws.names import check_name_free, publish, renew, unpublish, wait_until_forgotten, zone_of
from beanstalk.service.aws.operations import Running, begun
from beanstalk.service.aws.seeing import find_cloud_environment
from beanstalk.service.aws.state import CloudOperation
from beanstalk.service.aws.swapping import plan_swap, swap_on_aws
from beanstalk.targets.aws.dns import Record, change_records, find_record
from tests.service.aws.conftest import DOMAIN

BLUE, GREEN = f"blue.{DOMAIN}", f"green.{DOMAIN}"
BEFORE = {BLUE: f"e-blue.{DOMAIN}", GREEN: f"e-green.{DOMAIN}"}
AFTER = {BLUE: f"e-green.{DOMAIN}", GREEN: f"e-blue.{DOMAIN}"}


def running(account, environment):
    """An operation on it that goes on."""
    operation = CloudOperation(
        "op", 1, Kind.CONFIGURE, environment.id, environment.name, "me", account.now, "v1", "v1", environment.as_it_is()
    )
    return Running(account.service, environment, operation, lambda _: None)


@pytest.fixture
def two(account):
    """blue and green, each at its own public name."""
    for name in ("blue", "green"):
        publish(running(account, account.environment(name, named=True)))
    assert account.records() == BEFORE
    return account


def names(account):
    return {name: find_cloud_environment(account.service, name).public_name for name in ("blue", "green")}


def test_two_names_are_exchanged(two):
    heard = []
    done = swap_on_aws(two.service, "green", "blue", heard.append)
    assert two.records() == AFTER
    assert names(two) == {"blue": GREEN, "green": BLUE}
    assert (done.operation.kind, done.operation.outcome) == (Kind.SWAP, Outcome.SUCCEEDED)
    end = "Completed swapping CNAMEs for environments 'blue' and 'green'."
    assert [each.message for each in heard] == ["swapEnvironmentCNAMEs is starting.", end]
    assert two.said("blue") == [end]
    assert find_cloud_environment(two.service, "blue").status is Status.READY


def test_the_address_of_an_environment_is_its_public_name(two):
    blue = find_cloud_environment(two.service, "blue")
    assert (blue.host, blue.url) == (BLUE, f"http://{BLUE}")


def test_a_plan_tells_where_the_names_will_lead(two):
    assert plan_swap(two.service, "blue", "green").after == ((GREEN, "blue"), (BLUE, "green"))
    assert two.records() == BEFORE


def test_a_name_that_somebody_has_changed_by_hand_is_left_alone(two):
    zone = zone_of(find_cloud_environment(two.service, "blue"))
    change_records(two.service.cloud, zone, [zone.record("green", "e-green")], [zone.record("green", "e-x")], "")
    with pytest.raises(BeanstalkError, match=rf"{GREEN} leads to e-x.{DOMAIN}; somebody else has changed it"):
        swap_on_aws(two.service, "blue", "green", lambda _: None)
    assert two.records() == {**BEFORE, GREEN: f"e-x.{DOMAIN}"}
    assert names(two) == {"blue": BLUE, "green": GREEN}
    assert find_cloud_environment(two.service, "green").status is Status.READY


def test_a_batch_whose_old_record_is_another_one_changes_nothing(two):
    zone = zone_of(find_cloud_environment(two.service, "blue"))
    gone = [zone.record("blue", "e-blue"), zone.record("green", "e-other")]
    with pytest.raises(CloudError, match="route53:ChangeResourceRecordSets"):
        change_records(two.service.cloud, zone, gone, [zone.record("blue", "e-green")], "")
    assert two.records() == BEFORE


def test_a_client_that_dies_before_the_change_leaves_everything_as_it_was(two, monkeypatch):
    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(swapping, "change_records", dies)
    with pytest.raises(KeyboardInterrupt):
        swap_on_aws(two.service, "blue", "green", lambda _: None)
    assert (two.records(), names(two)) == (BEFORE, {"blue": BLUE, "green": GREEN})


def test_a_client_that_dies_with_the_change_has_swapped(two, monkeypatch):
    def dies(*words):
        change_records(*words)
        raise KeyboardInterrupt

    monkeypatch.setattr(swapping, "change_records", dies)
    with pytest.raises(KeyboardInterrupt):
        swap_on_aws(two.service, "blue", "green", lambda _: None)
    assert (two.records(), names(two)) == (AFTER, {"blue": GREEN, "green": BLUE})


def test_whoever_is_held_cannot_be_swapped(two):
    green = find_cloud_environment(two.service, "green")
    with (
        begun(two.service, green, Kind.DEPLOY, green.as_it_is(), lambda _: None),
        pytest.raises(EnvironmentBusy, match="green is held by deploy"),
    ):
        swap_on_aws(two.service, "blue", "green", lambda _: None)
    assert two.records() == BEFORE
    assert find_cloud_environment(two.service, "blue").status is Status.READY


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "plain has no public name that could be swapped"),
        ({"tier": "Worker"}, "plain is a worker"),
    ],
)
def test_who_has_no_public_name_is_told_how_to_get_one(two, facts, text):
    two.environment("plain", **facts)
    with pytest.raises(InvalidInput, match=text):
        plan_swap(two.service, "blue", "plain")


def test_environments_of_two_domains_are_not_swapped(two):
    outputs = {"EnvironmentRecordName": "e-far.example.net", "PublicNameZone": "Z1", "PublicNameTTL": "60"}
    two.environment("far", outputs=outputs)
    with pytest.raises(InvalidInput, match=r"far below example.net \(Z1\)"):
        plan_swap(two.service, "blue", "far")


def test_nobody_is_swapped_with_itself(two):
    with pytest.raises(InvalidInput, match="with itself"):
        plan_swap(two.service, "blue", "blue")


def test_what_was_swapped_is_remembered_for_its_ttl(two):
    swap_on_aws(two.service, "blue", "green", lambda _: None)
    two.now += 10
    wait_until_forgotten(running(two, find_cloud_environment(two.service, "blue")))
    assert sum(two.slept) == pytest.approx(50)


def test_nobody_waits_for_hours(two):
    blue = replace(find_cloud_environment(two.service, "blue"), remembered_until=two.now + 7200)
    with pytest.raises(BeanstalkError, match="for 120 minutes others may still remember"):
        wait_until_forgotten(Running(two.service, blue, None, lambda _: None))


def test_a_name_goes_with_its_environment_unless_it_leads_elsewhere(two):
    swap_on_aws(two.service, "blue", "green", lambda _: None)
    unpublish(running(two, find_cloud_environment(two.service, "blue")))
    assert two.records() == {BLUE: f"e-green.{DOMAIN}"}
    unpublish(running(two, replace(find_cloud_environment(two.service, "green"), id="e-other", cname="blue")))
    assert two.records() == {BLUE: f"e-green.{DOMAIN}"}


def test_a_name_that_is_taken_is_told_before_anything_is_made(two):
    settings = [
        OptionSetting("beanstalk:aws", "HostedZoneId", two.zone),
        OptionSetting("beanstalk:aws", "DomainName", DOMAIN),
    ]
    configuration = resolve({Layer.ENVIRONMENT: settings})
    blue = find_cloud_environment(two.service, "blue")
    with pytest.raises(AlreadyExists, match=rf"DNS name \({BLUE}\) is not available: it leads to e-blue"):
        check_name_free(two.service, replace(blue, id="e-new"), configuration)
    check_name_free(two.service, replace(blue, id="e-new", cname="red"), configuration)


def test_what_stands_in_the_way_of_a_name_is_told_and_left(two):
    other = running(two, two.environment("third", named=True, cname="blue"))
    publish(other)
    assert (
        other.operation.said[-1].message
        == f"{BLUE} leads to e-blue.{DOMAIN} and was left so; third answers at third.elb.example.com."
    )
    assert two.records() == BEFORE


def test_a_name_goes_when_the_options_name_no_zone_any_more(two):
    blue = find_cloud_environment(two.service, "blue")
    renew(running(two, replace(blue, outputs={})), blue)
    assert two.records() == {GREEN: f"e-green.{DOMAIN}"}


def test_another_ttl_is_that_of_the_same_record(two):
    blue = find_cloud_environment(two.service, "blue")
    renew(running(two, replace(blue, outputs={**blue.outputs, "PublicNameTTL": "5"})), blue)
    assert find_record(two.service.cloud, zone_of(blue), BLUE) == Record(BLUE, f"e-blue.{DOMAIN}", 5)
    assert two.records() == BEFORE
