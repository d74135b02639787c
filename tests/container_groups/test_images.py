"""Keys of built images: the same for the same content, another one for everything that may change the image."""

from __future__ import annotations

import zipfile

import pytest

from beanstalk.container_groups import container_group
from beanstalk.container_groups.images import mirrored
from beanstalk.source.bundle import read_bundle
from tests.container_groups.making import configured, make, refused

BUNDLE = {"Dockerfile": "FROM a\nEXPOSE 80\nCOPY . /srv\n", "app.py": "1", ".ebextensions/a.config": "{}"}


def key(folder, files) -> str:
    build = make(folder, files)[0].containers[0].image.build
    assert build is not None
    return build.key


@pytest.mark.parametrize(
    "change",
    [
        {"app.py": "2"},
        {"new": ""},
        {"Dockerfile": "FROM a\nEXPOSE 81\nCOPY . /srv\n"},
        {".dockerignore": "new"},
        {"sub/.ebextensions/a.config": ""},
    ],
)
def test_another_content_is_another_image(tmp_path, change):
    assert key(tmp_path / "1", BUNDLE) != key(tmp_path / "2", {**BUNDLE, **change})


@pytest.mark.parametrize("change", [{".ebextensions/a.config": "{ }"}, {".platform/hooks/prebuild/a.sh": "#!/bin/sh"}])
def test_settings_alone_make_no_other_image(tmp_path, change):
    assert key(tmp_path / "1", BUNDLE) == key(tmp_path / "2", {**BUNDLE, **change})


def test_settings_that_the_dockerfile_names_do(tmp_path):
    named = {**BUNDLE, "Dockerfile": "FROM a\nEXPOSE 80\nCOPY .ebextensions /x\n"}
    assert key(tmp_path / "1", named) != key(tmp_path / "2", {**named, ".ebextensions/a.config": "{ }"})


def test_properties_make_no_other_image(tmp_path):
    with_property = make(tmp_path / "2", BUNDLE, properties={"A": "1"})[0].containers[0]
    assert with_property.image.build and with_property.image.build.key == key(tmp_path / "1", BUNDLE)


def test_a_program_that_can_be_run_is_another_content(tmp_path):
    keys = set()
    for mode in (0o644, 0o755, 0o711):
        path = tmp_path / f"{mode}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("Dockerfile", "FROM a\nEXPOSE 80")
            info = zipfile.ZipInfo("run")
            info.external_attr = mode << 16
            archive.writestr(info, "x")
        [container] = container_group(read_bundle(path), configured())[0].containers
        keys.add(container.image.build.key)
    assert len(keys) == 2


def test_services_with_other_contexts_and_arguments_have_other_images(tmp_path):
    def built(**keys) -> str:
        return f"{{build: {keys or '.'}}}".replace("'", "")

    services = f"a: {built()}, b: {built(context='b')}, c: {built(context='.', args='{A: 1}')}, d: {built()}"
    services += f", e: {built(dockerfile='./Dockerfile')}"
    text = f"services: {{{services}, front: {{image: f, ports: [80]}}}}"
    group, _ = make(tmp_path, {"docker-compose.yml": text, "Dockerfile": "FROM a", "b/Dockerfile": "FROM a"})
    keys = {each.name: each.image.build.key for each in group.containers if each.image.build}
    assert len(set(keys.values())) == 3 and keys["a"] == keys["d"] == keys["e"]


def test_files_outside_of_a_context_do_not_count(tmp_path):
    text = "services: {a: {build: b, ports: [80]}}"
    files = {"docker-compose.yml": text, "b/Dockerfile": "FROM a"}
    assert key(tmp_path / "1", files) == key(tmp_path / "2", {**files, "other": ""})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nginx:1.27", "mirror.lan:5000/hub/library/nginx:1.27"),
        ("org/app@sha256:" + "0" * 64, "mirror.lan:5000/hub/org/app@sha256:" + "0" * 64),
        ("ghcr.io/org/app", "ghcr.io/org/app"),
        ("localhost/app", "localhost/app"),
        ("host:5000/app", "host:5000/app"),
    ],
)
def test_a_mirror_stands_for_docker_hub(name, expected):
    assert mirrored(name, "mirror.lan:5000/hub") == expected
    assert mirrored(name, "") == name


def test_the_mirror_is_an_option(tmp_path):
    text = "services: {a: {image: nginx, ports: ['80:80']}}"
    option = "beanstalk:docker:RegistryMirror=mirror.lan/hub"
    group, _ = make(tmp_path, {"docker-compose.yml": text}, option)
    assert group.containers[0].image.reference == "mirror.lan/hub/library/nginx"


@pytest.mark.parametrize("value", ["hub", "http://mirror.lan", "mirror.lan/", "Mirror.lan/Hub", "a b.lan"])
def test_a_mirror_that_is_none_is_refused(tmp_path, value):
    text = "services: {a: {image: nginx, ports: ['80:80']}}"
    [told] = refused(tmp_path, {"docker-compose.yml": text}, f"beanstalk:docker:RegistryMirror={value}")
    assert "RegistryMirror" in told
