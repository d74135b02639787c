"""Secrets on the command line: set, shown and removed by their references, and refused where they come with code."""

from __future__ import annotations

import json

import pytest

NAMESPACE = "aws:elasticbeanstalk:application:environmentsecrets"
ARN = "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/key"


def of_bundle(shop, **references):
    lines = [f"    {name}: {json.dumps(reference)}\n" for name, reference in references.items()]
    (shop.folder / ".ebextensions").mkdir(exist_ok=True)
    (shop.folder / ".ebextensions/a.config").write_text(f"option_settings:\n  {NAMESPACE}:\n" + "".join(lines))


def test_setenv_sets_secrets_and_printenv_shows_where_they_are(shop):
    shop.ok("setenv", "B=plain", "--secret", f"A={ARN}", "--secret", "C=command:pass show 'shop/c d'")
    assert shop.ok("printenv") == (
        " Environment Variables:\n"
        f"     A = (secret: {ARN})\n"
        "     B = plain\n"
        "     C = (secret: command:pass show 'shop/c d')\n"
    )
    assert shop.json("printenv") == {
        "A": f"(secret: {ARN})",
        "B": "plain",
        "C": "(secret: command:pass show 'shop/c d')",
    }


def test_a_property_and_a_secret_take_the_place_of_each_other_and_an_empty_one_of_both(shop):
    shop.ok("setenv", "A=1", "--secret", "B=file:/b", "--secret", "C=file:/c")
    shop.ok("setenv", "B=2", "C=", "--secret", "A=file:/a")
    assert shop.json("printenv") == {"A": "(secret: file:/a)", "B": "2"}
    shop.ok("setenv", "B=", "--secret", "A=")
    assert shop.json("printenv") == {}
    assert "A is not set: there is nothing to remove" in shop("setenv", "A=", "--dry-run").stderr


def test_what_was_set_beats_the_bundle_either_way(shop):
    of_bundle(shop, A=ARN, B=ARN)
    shop.ok("deploy")
    done = shop("setenv", "A=test", "--secret", "B=file:/b")
    assert shop.json("printenv") == {"A": "test", "B": "(secret: file:/b)"}
    assert "A is an environment property and a secret: the property holds" in done.stderr


@pytest.mark.parametrize("reference", ["hunter2", "file:hunter2", "arn:aws:s3:::hunter2", "command:'hunter2"])
def test_what_is_no_reference_is_refused_and_not_repeated(shop, reference):
    done = shop("setenv", "--secret", f"A={reference}")
    assert done.exit_code == 1 and "A: th" in done.stderr and "hint: " in done.stderr
    assert "hunter2" not in done.output


@pytest.mark.parametrize("reference", ["file:/etc/passwd", "command:id"])
def test_a_bundle_is_refused_that_wants_something_of_the_machine(shop, reference):
    of_bundle(shop, A=ARN, B=reference)
    for command in (["deploy"], ["deploy", "--dry-run"], ["create", "other"], ["validate"]):
        done = shop(*command)
        assert done.exit_code == 1
        assert ".ebextensions/a.config:4" in done.output and "setenv --secret B=REFERENCE" in done.output


def test_so_is_an_env_yaml_and_a_committed_saved_configuration(shop):
    settings = f"OptionSettings: {{{NAMESPACE}: {{A: 'file:/etc/passwd'}}}}\n"
    (shop.folder / ".elasticbeanstalk/team.cfg.yml").write_text(f"AWSConfigurationTemplateVersion: 1.1.0.0\n{settings}")
    done = shop("create", "other", "--cfg", "team")
    assert done.exit_code == 1 and "team.cfg.yml:2" in done.stderr and "setenv --secret A=REFERENCE" in done.stderr
    (shop.folder / "env.yaml").write_text(f"AWSConfigurationTemplateVersion: 1.1.0.0\n{settings}")
    done = shop("create", "other")
    assert done.exit_code == 1 and "env.yaml:2" in done.stderr and "setenv --secret A=REFERENCE" in done.stderr


def test_a_saved_configuration_of_ones_own_keeps_references(shop):
    shop.ok("setenv", "--secret", "A=file:/a")
    shop.ok("config", "save", "mine")
    shop.ok("create", "other", "--cfg", "mine")
    assert shop.json("printenv", "other") == {"A": "(secret: file:/a)"}


def test_an_option_is_as_good(shop):
    shop.ok("create", "other", "--option", f"{NAMESPACE}:A=command:id")
    assert shop.json("printenv", "other") == {"A": "(secret: command:id)"}
    assert shop.json("why", f"{NAMESPACE}:A", "other")["Value"] == "command:id"


def test_names_that_every_instance_is_given_are_told(shop):
    done = shop(
        "setenv", "--dry-run", *(word for name in ("PORT", "PATH", "a.b") for word in ("--secret", f"{name}=file:/a"))
    )
    assert "the secret PORT has no effect here" in done.stderr
    assert "the secret PATH has no effect" in done.stderr
    assert "environment variables that may not reach the application: a.b" in done.stderr
