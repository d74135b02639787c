"""Who may write which reference to a secret, and what is told of a property with its name."""

from __future__ import annotations

import pytest

from beanstalk.errors import InvalidInput, Where
from beanstalk.model import OptionSetting
from beanstalk.options.catalogue import PROPERTIES, SECRETS
from beanstalk.options.resolve import Layer, resolve

ARN = "arn:aws:ssm:eu-west-1:1:parameter/a"
LOCAL = ["file:/etc/passwd", "command:id"]
OF_THE_PROJECT = [
    (Layer.EBEXTENSIONS, ".ebextensions/a.config"),
    (Layer.SAVED, "env.yaml"),
    (Layer.SAVED, "../shop/env.yaml"),
    (Layer.SAVED, ".elasticbeanstalk/prod.cfg.yml"),
    (Layer.SAVED, "/home/me/shop/.elasticbeanstalk/prod.cfg.yml"),
    (Layer.RECOMMENDED, "somewhere"),
    (Layer.DEFAULT, "platform.yaml"),
]
OF_A_PERSON = [
    (Layer.ENVIRONMENT, None),
    (Layer.SAVED, None),
    (Layer.SAVED, "prod.cfg.yml"),
    (Layer.SAVED, ".elasticbeanstalk/saved_configs/prod.cfg.yml"),
]


def secret(reference: str, path: str | None = None) -> OptionSetting:
    return OptionSetting(SECRETS, "KEY", reference, at=Where(path, 3) if path else None)


def warnings(layers) -> list[str]:
    return [str(warning) for warning in resolve(layers).warnings]


@pytest.mark.parametrize("reference", LOCAL)
@pytest.mark.parametrize(("layer", "path"), OF_THE_PROJECT)
def test_nothing_that_comes_with_code_reads_files_or_runs_programs(layer, path, reference):
    with pytest.raises(InvalidInput) as caught:
        resolve({layer: [secret(reference, path)]})
    (problem,) = caught.value.problems
    assert problem.at == Where(path, 3)
    assert "which nothing that comes with code may do" in problem.text
    assert problem.hint.endswith("beanstalk setenv --secret KEY=REFERENCE")


def test_it_is_refused_where_it_loses_too():
    with pytest.raises(InvalidInput, match=r"a\.config:3: the secret KEY reads a file of the machine"):
        resolve({Layer.ENVIRONMENT: [secret(ARN)], Layer.EBEXTENSIONS: [secret("file:/a", "a.config")]})


@pytest.mark.parametrize("reference", [*LOCAL, ARN])
@pytest.mark.parametrize(("layer", "path"), OF_A_PERSON)
def test_a_person_may_write_every_reference(layer, path, reference):
    found = resolve({layer: [secret(reference, path)]})
    assert (found.secrets(), found.warnings) == ({"KEY": reference}, ())


@pytest.mark.parametrize(("layer", "path"), OF_THE_PROJECT)
def test_everybody_may_write_an_arn(layer, path):
    assert resolve({layer: [secret(ARN, path)]}).secrets() == {"KEY": ARN}


def test_what_is_no_reference_is_told_with_its_place_and_never_shown():
    with pytest.raises(InvalidInput) as caught:
        resolve({Layer.EBEXTENSIONS: [secret("hunter2", "a.config")]})
    assert str(caught.value).startswith(
        f"a.config:3: {SECRETS}:KEY: this is no reference to a secret\n  hint: give the ARN"
    )
    assert "hunter2" not in str(caught.value)


def test_a_property_of_the_same_name_is_told_with_the_place_of_the_one_that_loses():
    plain = OptionSetting(PROPERTIES, "KEY", "value", at=Where("b.config", 4))
    told = warnings({Layer.EBEXTENSIONS: [secret(ARN, "a.config"), plain]})
    assert told == [
        "b.config:4: KEY is an environment property and a secret: the secret holds\n  hint: keep one of the two"
    ]
    (told,) = warnings(
        {Layer.ENVIRONMENT: [OptionSetting(PROPERTIES, "KEY", "v")], Layer.EBEXTENSIONS: [secret(ARN, "a")]}
    )
    assert told.startswith("a:3: ") and "the property holds, which a stronger layer set" in told


def test_a_function_is_told_with_what_to_do():
    (told,) = warnings({Layer.EBEXTENSIONS: [secret('`{"Ref": "Database"}`', "a.config")]})
    assert "holds a CloudFormation function" in told and "beanstalk setenv --secret KEY=REFERENCE" in told
