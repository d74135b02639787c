"""What a new environment begins with, and what a later version of env.yaml still does."""

from __future__ import annotations

import pytest

from beanstalk.errors import InvalidInput, UsageError
from beanstalk.model import OptionSetting
from beanstalk.options.configuration import Layer
from beanstalk.service import environments, updates
from beanstalk.service.changes import begin
from beanstalk.service.manifest import Base, first_tags, manifest_of, platform_names
from beanstalk.source.environment_parts import WEB, Tier
from beanstalk.source.manifest import read_manifest
from beanstalk.source.saved import SavedConfiguration

COMMAND = "aws:elasticbeanstalk:command"
HEAD = "AWSConfigurationTemplateVersion: 1.1.0.0\n"
OPTIONS = f"OptionSettings:\n  {COMMAND}:\n    BatchSize: 25\n    Timeout: 70\n"


def prepare(bench, text, name="front", label="v1", saved=None, settings=(), **more):
    made = bench.version(label, env_yaml=HEAD + text)
    base = Base(manifest_of(made.packed.bundle, **more), saved)
    return environments.prepare_create(bench.service, name, made.version, made.packed.bundle, settings, base=base)


def held(change):
    """{option: (value, layer)} of everything that somebody set."""
    return {each.name: (each.value, str(each.layer)) for each in change.configuration.stated()}


def test_its_settings_are_below_what_is_set_and_above_what_is_recommended(bench):
    found = held(prepare(bench, OPTIONS, settings=[OptionSetting(COMMAND, "Timeout", "80")]))
    assert found["BatchSize"] == ("25", "saved configuration")
    assert found["Timeout"] == ("80", "environment")
    assert found["DeploymentPolicy"] == ("RollingWithAdditionalBatch", "recommended")


def test_a_saved_configuration_wins_over_it_option_by_option(bench):
    saved = SavedConfiguration((OptionSetting(COMMAND, "Timeout", "90"),))
    found = held(prepare(bench, OPTIONS, saved=saved))
    assert (found["BatchSize"][0], found["Timeout"][0], "DeploymentPolicy" in found) == ("25", "90", False)


def test_the_place_of_a_setting_is_remembered(bench):
    change = prepare(bench, OPTIONS)
    bench.finish(begin(bench.service, change))
    configuration = updates.prepare_configure(bench.service, "front").configuration
    assert str(configuration.resolved(COMMAND, "BatchSize").winner.at) == "env.yaml:4:5"


def test_a_wrong_option_is_told_with_its_place(bench):
    with pytest.raises(InvalidInput, match=r"env\.yaml:4:5: unknown option 'BatchSise'"):
        prepare(bench, f"OptionSettings:\n  {COMMAND}:\n    BatchSise: 25\n")


def test_a_name_that_is_given_needs_no_group(bench):
    made = bench.version(
        "v1", env_yaml=HEAD + "EnvironmentName: front+\nCName: front+\nEnvironmentLinks: {API: api+}\n"
    )
    with pytest.raises(InvalidInput, match="no group is given"):
        manifest_of(made.packed.bundle, name="other", cname="other")
    found = manifest_of(made.packed.bundle, name="other", cname="other", given={"API"})
    assert (found.environment_name, found.cname, found.links) == ("other", "other", ())


def test_a_group_without_env_yaml_is_wrong_usage(bench):
    with pytest.raises(UsageError, match="the bundle has none"):
        manifest_of(bench.version("v1").packed.bundle, "dev")


def test_the_tier_is_that_of_env_yaml_unless_another_one_is_given(bench, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
    made = bench.version("v2", env_yaml=HEAD + "EnvironmentTier: {Name: Worker, Type: SQS/HTTP}\n")

    def tier(given):
        base = Base(manifest_of(made.packed.bundle), tier=given)
        change = environments.prepare_create(bench.service, "front", made.version, made.packed.bundle, base=base)
        return change.environment.tier

    assert (tier(None), tier(WEB)) == ("Worker", "WebServer")


def manifest(text):
    return read_manifest((HEAD + text).encode())


def test_tags_that_are_given_replace_those_of_files_and_the_name_is_left_out():
    of_manifest, saved = manifest("Tags: {Name: x, team: web}\n"), SavedConfiguration((), tags=(("stage", "test"),))
    tags, [warning] = first_tags(Base(of_manifest))
    assert (tags, "the tag Name is left out" in warning.text) == ((("team", "web"),), True)
    assert first_tags(Base(of_manifest, saved)) == ((("stage", "test"),), ())
    assert first_tags(Base(of_manifest, saved, tags=[])) == ([], ())
    assert first_tags(Base()) == ((), ())


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (manifest("SolutionStack: Node\n"), ("Node",)),
        (manifest(""), ()),
        (
            SavedConfiguration((), platform_arn="arn:aws:elasticbeanstalk:us-east-2::platform/Python 3/4.3"),
            ("Python 3",),
        ),
        (None, ()),
    ],
)
def test_a_platform_is_named_by_its_stack_or_within_an_arn(said, names):
    assert platform_names(said) == names


def created(bench, text, name="front", **more):
    bench.finish(begin(bench.service, prepare(bench, text, name, **more)))


def deploy(bench, text, **more):
    made = bench.version("v2", env_yaml=HEAD + text)
    return updates.prepare_deploy(bench.service, "front", made.version, made.packed.bundle, **more)


def test_a_later_version_brings_new_links_and_tells_of_settings_that_it_does_not_bring(bench):
    created(bench, "", "api-dev", label="api")
    created(bench, OPTIONS)
    change = deploy(bench, OPTIONS.replace("25", "30") + "EnvironmentLinks: {API: api-dev}\n")
    found = held(change)
    assert found["BatchSize"] == ("25", "saved configuration")
    assert found["API"][0].startswith("api-dev.localhost")
    [told] = [each for each in change.warnings if "settings of env.yaml are for a new environment" in each.text]
    assert (told.text.partition(":")[0], str(told.at)) == ("BatchSize", "env.yaml:4:5")


def test_what_somebody_set_later_is_nothing_to_tell(bench):
    created(bench, OPTIONS)
    change = updates.prepare_configure(bench.service, "front", [OptionSetting(COMMAND, "BatchSize", "50")])
    bench.finish(begin(bench.service, change))
    assert not [each for each in deploy(bench, OPTIONS).warnings if "for a new environment" in each.text]


def test_the_group_of_a_new_link_is_that_of_the_environments_name(bench):
    created(bench, "", "api-dev", label="api")
    created(bench, "EnvironmentName: front+\n", "front-dev", label="v1", group="dev")
    made = bench.version("v2", env_yaml=HEAD + "EnvironmentName: front+\nEnvironmentLinks: {API: api+}\n")
    change = updates.prepare_deploy(bench.service, "front-dev", made.version, made.packed.bundle)
    assert held(change)["API"][0].startswith("api-dev.localhost")


def test_a_rollback_and_a_restart_ask_nothing_of_env_yaml(bench):
    created(bench, "EnvironmentName: front+\n", group="dev")
    assert updates.prepare_restart(bench.service, "front").environment.name == "front"


def test_a_saved_configuration_of_another_tier_makes_nothing(bench):
    with pytest.raises(InvalidInput, match="the tier Cluster of the saved configuration is not in this version"):
        prepare(bench, "", saved=SavedConfiguration((), tier=Tier("Cluster", "EKS")))


def test_the_layer_of_files_is_one_of_those_that_stay(bench):
    created(bench, OPTIONS)
    stored = updates.prepare_configure(bench.service, "front").settings
    assert {each.layer for each in stored} == {Layer.SAVED, Layer.RECOMMENDED}
