"""What an environment that runs cannot change any more, and what each change causes there and here."""

from __future__ import annotations

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.model import OptionSetting
from beanstalk.options.resolve import Layer, parse_option, resolve
from beanstalk.options.updates import changes as changes_between
from beanstalk.service import changes, environments, updates
from beanstalk.service.configuration import PROPERTIES
from beanstalk.service.consequences import check_update, consequences

ASG = "aws:autoscaling:asg"
BALANCER = OptionSetting("aws:elasticbeanstalk:environment", "LoadBalancerType", "network")
LAUNCH = "aws:autoscaling:launchconfiguration"


def configure(bench, *settings, remove=()):
    return updates.prepare_configure(bench.service, "prod-1", settings, remove)


def setting(namespace, name, value):
    return OptionSetting(namespace, name, value)


def config(text):
    return {".ebextensions/a_config": f"option_settings:\n  {text}\n"}


def texts(change):
    return [warning.text for warning in change.warnings]


def test_what_is_fixed_when_an_environment_is_created_is_refused_in_every_way(bench):
    bench.create()
    with pytest.raises(InvalidInput, match="LoadBalancerType cannot change from application to network"):
        configure(bench, BALANCER)
    later = bench.version("v2", **config("aws:elasticbeanstalk:environment: {LoadBalancerType: network}"))
    with pytest.raises(InvalidInput, match=r"\.ebextensions/a\.config:2:38: .*cannot change"):
        updates.prepare_deploy(bench.service, "prod-1", later.version)


def test_a_new_environment_may_have_what_the_old_one_cannot_become(bench):
    bench.create()
    made = bench.version("v2")
    new = environments.prepare_create(bench.service, "prod-2", made.version, made.packed.bundle, [BALANCER])
    assert (new.changed, new.consequences) == ((), [])
    environments.prepare_clone(bench.service, "prod-1", "prod-3", settings=[BALANCER])
    green = updates.prepare_blue_green(bench.service, "prod-1", made.version, settings=[BALANCER])
    assert green.new


def test_the_environment_that_is_left_over_of_a_blue_green_deployment_stays_what_it_is(bench):
    bench.create()
    bench.create("prod-1-green")
    with pytest.raises(InvalidInput, match="cannot change"):
        updates.prepare_blue_green(bench.service, "prod-1", bench.version("v2").version, settings=[BALANCER])


def test_each_option_is_told_with_what_it_causes(bench):
    bench.create(size=3)
    settings = [setting(ASG, "MinSize", "2"), setting(PROPERTIES, "KEY", "secret"), setting(LAUNCH, "ImageId", "ami-1")]
    assert configure(bench, *settings).consequences == [
        f"{ASG}:MinSize changed: nothing that runs changes",
        f"{LAUNCH}:ImageId set: the instances are replaced, on AWS alone",
        "KEY set: the application restarts",
    ]


def test_what_comes_with_the_files_of_a_version_is_told_with_its_place(bench):
    bench.create()
    made = bench.version("v2", **config(f"{PROPERTIES}: {{KEY: a}}"))
    change = updates.prepare_deploy(bench.service, "prod-1", made.version)
    assert change.consequences == ["KEY set at .ebextensions/a.config:2:50: the application restarts"]
    bench.finish(changes.begin(bench.service, change))
    back = updates.prepare_rollback(bench.service, "prod-1")
    assert back.consequences == ["KEY removed: the application restarts"]


def test_a_policy_for_this_deployment_alone_is_no_change(bench):
    bench.create()
    once = [setting("aws:elasticbeanstalk:command", "DeploymentPolicy", "AllAtOnce")]
    assert updates.prepare_deploy(bench.service, "prod-1", bench.version("v2").version, once=once).changed == ()


def test_a_setting_with_the_value_that_holds_already_changes_nothing(bench):
    bench.create()
    assert configure(bench, setting(ASG, "Cooldown", "360")).consequences == [
        f"{ASG}:Cooldown set: its value stays the same"
    ]


def test_the_event_tells_what_changes_without_values(bench):
    bench.create()
    operation = changes.begin(bench.service, configure(bench, setting(PROPERTIES, "KEY", "secret")))
    messages = [each.message for each in bench.store.events.where("operation_id = ?", operation.id)]
    assert "Settings: KEY set: the application restarts." in messages
    assert not any("secret" in message for message in messages)


def test_a_running_bundle_that_is_gone_is_compared_with_nothing(bench):
    bench.create()
    digest = bench.store.versions.get("shop", "v1").digest
    later = bench.version("v2").version
    bench.home.bundle(digest).unlink()
    change = updates.prepare_deploy(bench.service, "prod-1", later, settings=[BALANCER])
    assert change.changed == ()


def test_what_is_to_be_removed_and_is_not_set_here_is_told(bench):
    made = bench.version("v1", **config(f"{PROPERTIES}: {{KEY: file}}"))
    own = [setting(PROPERTIES, "KEY", "own"), setting(PROPERTIES, "OTHER", "x")]
    bench.finish(
        changes.begin(
            bench.service, environments.prepare_create(bench.service, "prod-1", made.version, made.packed.bundle, own)
        )
    )
    change = updates.prepare_properties(bench.service, "prod-1", [("KEY", ""), ("OTHER", ""), ("NOPE", "")])
    assert "KEY is not gone: .ebextensions sets it, too" in texts(change)
    assert "NOPE is not set: there is nothing to remove" in texts(change)
    assert [text for text in texts(change) if text.startswith("OTHER")] == []
    assert [(each.name, each.verb) for each in change.changed] == [("KEY", "changed"), ("OTHER", "removed")]


def test_nothing_is_compared_when_what_runs_is_not_known():
    after = resolve({Layer.ENVIRONMENT: [BALANCER]})
    assert check_update(None, after, after) == ((), ())


def test_a_replacement_under_the_policy_immutable_is_a_warning():
    immutable = [parse_option("aws:elasticbeanstalk:command:DeploymentPolicy=Immutable")]
    before = resolve({Layer.ENVIRONMENT: immutable})
    after = resolve({Layer.ENVIRONMENT: [*immutable, setting(LAUNCH, "ImageId", "ami-1")]})
    changed, [warning] = check_update(before, after, after)
    assert "the DeploymentPolicy is Immutable" in warning.text
    assert consequences(changed, []) == [f"{LAUNCH}:ImageId set: the instances are replaced, on AWS alone"]


def test_a_named_resource_is_called_by_its_name():
    night = OptionSetting("aws:autoscaling:scheduledaction", "StartTime", "2027-01-01T00:00:00Z", "Night")
    [changed] = changes_between(resolve({}), resolve({Layer.SAVED: [night]}))
    assert changed.name == "Night.aws:autoscaling:scheduledaction:StartTime"
