"""What the catalogue calls a platform, whoever names it."""

from __future__ import annotations

import pytest

from beanstalk.options.catalogue import catalogue
from beanstalk.options.circumstances import FAMILIES, family, in_words
from beanstalk.options.option import By
from beanstalk.platforms import list_platforms


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("node", "nodejs"),
        ("Node.js 20 running on 64bit Amazon Linux 2023", "nodejs"),
        ("64bit Amazon Linux 2023 v4.0.1 running Python 3.11", "python"),
        ("Puma with Ruby 2.5 running on 64bit Amazon Linux", "ruby"),
        ("PHP 8.4 running on 64bit Amazon Linux 2023", "php"),
        ("Tomcat 8 with Java 8 running on 64bit Amazon Linux", "tomcat"),
        ("Corretto 17 running on 64bit Amazon Linux 2", "java-se"),
        ("Go 1 running on 64bit Amazon Linux 2", "go"),
        (".NET Core running on 64bit Amazon Linux 2", "dotnet-core-linux"),
        ("IIS 10.0 running on 64bit Windows Server 2019", "windows"),
        ("64bit Amazon Linux 2015.03 v2.0.2 running Docker 1.7.1", "docker"),
        ("Multi-container Docker 18.06 running on 64bit Amazon Linux", ""),
        ("ECS running on 64bit Amazon Linux 2023", ""),
        ("procfile", ""),
        ("django", ""),
        ("", ""),
    ],
)
def test_a_platform_is_known_by_a_word_in_its_name(name: str, expected: str) -> None:
    assert family(name) == expected


def test_every_family_is_one_that_options_ask_for_and_each_of_our_platforms_has_at_most_one() -> None:
    asked = {name for option in catalogue().options() for name in option.applies_to.get("platform", ())}
    assert set(FAMILIES.values()) <= asked
    assert {family(platform.name) for platform in list_platforms()} <= asked | {""}


def test_a_case_is_told_in_words() -> None:
    assert in_words(By("tier", {}), "Worker") == "in the tier Worker"
    assert in_words(By("DBEngine", {}), "mysql") == "with DBEngine mysql"
