"""The page about containers names every key that somebody may write, and says of each what comes of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from beanstalk.container_groups import ecs_told
from beanstalk.container_groups.compose import MOST_SERVICES
from beanstalk.container_groups.compose_told import ACTED_ON
from beanstalk.source.compose import ACTED_ON as READ
from beanstalk.source.compose import KEPT
from beanstalk.source.json_schema import read_schema

PAGE = (Path(__file__).parents[2] / "docs/containers.md").read_text()


def part(heading: str) -> str:
    return re.split(r"^##", PAGE.partition(f"\n{heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def named(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


def test_every_key_of_a_container_of_version_2_is_on_the_page():
    keys = set(read_schema("dockerrun-v2")["$defs"]["container"]["properties"])
    assert keys - named(part("### Dockerrun version 2")) == set()


def test_what_version_2_only_tells_is_among_what_the_page_says_is_told():
    told = part("### Dockerrun version 2").partition("| told |")[2]
    assert {*ecs_told.CONTAINER, *ecs_told.LINUX} - named(told) == set()


def test_every_key_of_version_1_is_on_the_page():
    keys = set(read_schema("dockerrun-v1")["properties"]) - {"AWSEBDockerrunVersion"}
    text = part("### Dockerfile, and Dockerrun version 1").replace("`Image.", "`Image`, `")
    assert keys - named(text) == set()


def test_every_key_of_a_service_is_on_the_page():
    assert {*READ, *KEPT} - named(part("### Compose")) == set()


@pytest.mark.parametrize("key", KEPT)
def test_a_key_that_is_only_kept_is_applied_or_told_as_the_page_says(key):
    applied = part("### Compose").partition("- All `networks`")[0]
    assert (key in named(applied)) == (key in ACTED_ON and key != "extends")


def test_the_number_of_services_is_that_of_the_program():
    assert f"more than {MOST_SERVICES} services" in part("### Compose")
