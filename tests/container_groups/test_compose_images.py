"""Images of services: built from folders of the bundle, or pulled by name."""

from __future__ import annotations

import pytest

from beanstalk.containers import ImageBuild
from tests.container_groups.making import make, refused

DOCKERFILE = "FROM a AS One\nFROM b AS two\n"


def shop(keys: str, more: str = "", **files: str) -> dict[str, str]:
    text = f"services: {{shop: {{ports: ['80:80'], {keys}}}{more}}}"
    return {"docker-compose.yml": text, "Dockerfile": DOCKERFILE, "web/Dockerfile": DOCKERFILE, "web/Other": DOCKERFILE}


def build(folder, keys: str, properties: dict[str, str] | None = None) -> ImageBuild:
    group, told = make(folder, shop(keys), properties=properties)
    found = group.containers[0].image.build
    assert found is not None and told == []
    return found


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("build: .", ImageBuild("", "")),
        ("build: ./web/", ImageBuild("", "web")),
        ("build: /var/app/current/web", ImageBuild("", "web")),
        ("build: {context: web, dockerfile: Other}", ImageBuild("", "web", "Other")),
        ("build: {context: web, dockerfile: ../Dockerfile}", ImageBuild("", "web", "../Dockerfile")),
        ("build: {context: web, target: one}", ImageBuild("", "web", target="one")),
        ("build: {context: web, target: '1'}", ImageBuild("", "web", target="1")),
        ("build: {context: ., args: {A: $V, V: null, W: null}}", ImageBuild("", "", args=(("A", "v"), ("V", "v")))),
        ("build: {dockerfile_inline: 'FROM $V'}", ImageBuild("", "", text="FROM v")),
        ("build: {context: ., tags: [a]}, image: 'shop:1'", ImageBuild("", "")),
    ],
)
def test_a_service_is_built_from_a_folder_of_the_bundle(tmp_path, keys, expected):
    found = build(tmp_path, keys, {"V": "v"} if "V" in keys else None)
    assert (found.context, found.dockerfile, found.text) == (expected.context, expected.dockerfile, expected.text)
    assert (found.target, found.args, len(found.key)) == (expected.target, expected.args, 64)


def test_a_service_that_names_what_another_one_builds_gets_that_image(tmp_path):
    files = shop("build: ., image: 'shop:1'", ", worker: {image: 'shop:1'}, other: {image: 'shop:2'}")
    group, _ = make(tmp_path, files)
    images = {each.name: each.image for each in group.containers}
    assert images["worker"] == images["shop"] and images["shop"].build
    assert (images["other"].reference, images["other"].build) == ("shop:2", None)


@pytest.mark.parametrize(
    ("policy", "always"),
    [("always", True), ("daily", True), ("every_12h", True), ("missing", False), ("never", False), ("build", False)],
)
def test_how_often_an_image_is_pulled(tmp_path, policy, always):
    group, told = make(tmp_path, shop(f"image: shop, pull_policy: {policy}"))
    assert (group.containers[0].image.always, told) == (always, [])


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("build: https://example.org/shop.git", "which is not in the bundle"),
        ("build: git@example.org:shop.git", "which is not in the bundle"),
        ("build: ../shop", "which is not in the bundle"),
        ("build: /srv/shop", "which is not in the bundle"),
        ("build: {context: ., dockerfile: ../Dockerfile}", "which is not in the bundle"),
        ("build: nowhere", "shop is built from nowhere/Dockerfile, which is not in the bundle"),
        ("build: {context: ., target: three}", "Dockerfile has no stage three"),
        ("build: {dockerfile_inline: 'RUN a'}", "has no FROM"),
    ],
)
def test_what_cannot_be_built_is_a_mistake_with_its_place(tmp_path, keys, problem):
    [told] = refused(tmp_path, shop(keys))
    assert told.startswith("docker-compose.yml:1") and problem in told


def test_what_a_build_has_besides_is_told(tmp_path):
    _, told = make(tmp_path, shop("build: {context: ., network: host, cache_from: [a], privileged: true}"))
    names = [each.partition(" is not applied here")[0].rpartition(": ")[2] for each in told]
    assert names == ["build.network of shop", "build.cache_from of shop", "build.privileged of shop"]
