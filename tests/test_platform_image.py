"""The image of an application of a platform: which layers, on which base, and the container that runs it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from beanstalk.containers import ContainerGroup, Mount, MountKind
from beanstalk.errors import InvalidInput, UsageError
from beanstalk.image import pieces
from beanstalk.model import OptionSetting
from beanstalk.options.circumstances import Circumstances, family
from beanstalk.options.resolve import Layer, resolve
from beanstalk.platform_image import platform_group
from beanstalk.platforms import find_platform, list_platforms, sample_files
from beanstalk.source.dockerfile import instructions, needs_buildkit
from beanstalk.source.ebextensions import read_extensions
from tests.bundles import make_bundle

PROPERTIES = "aws:elasticbeanstalk:application:environment"
SECRETS = "aws:elasticbeanstalk:application:environmentsecrets"
DOCKER = "beanstalk:docker"
Files = Mapping[str, str | bytes]
Settings = list[tuple[str, str, str]]


def make(
    folder: Path, name: str, files: Files, settings: Settings | None = None, search: Path | None = None
) -> tuple[ContainerGroup, list[str]]:
    texts = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}
    extensions = read_extensions([each for each in texts.items() if each[0].startswith(".ebextensions/")])
    given = [OptionSetting(*each) for each in settings or []]
    layers = {Layer.ENVIRONMENT: given, Layer.EBEXTENSIONS: extensions.settings}
    configuration = resolve(layers, Circumstances(family(name)))
    platform = find_platform(name, [search] if search else [])
    group, told = platform_group(make_bundle(folder, files), configuration, platform, extensions)
    return group, [str(each) for each in told]


def dockerfile(group: ContainerGroup) -> str:
    build = group.containers[0].image.build
    assert build is not None
    return build.text


def key(group: ContainerGroup) -> str:
    build = group.containers[0].image.build
    assert build is not None
    return build.key


def base_of(group: ContainerGroup) -> str:
    return instructions(dockerfile(group))[0].arguments


DOTNET = {"shop.runtimeconfig.json": '{"runtimeOptions": {"framework": {"version": "9.0.1"}}}', "shop.dll": ""}
CONFIG = {".ebextensions/01.config": "commands: {a: {command: echo hello > /etc/hello}}\n"}
WITH_IMAGE = [platform.name for platform in list_platforms() if platform.image]


def files_of(name: str) -> dict[str, str | bytes]:
    return {**(sample_files(find_platform(name)) or DOTNET), **CONFIG}


@pytest.mark.parametrize("name", WITH_IMAGE)
def test_the_dockerfile_of_each_platform(tmp_path: Path, golden: Callable[[str, str], None], name: str) -> None:
    text = dockerfile(make(tmp_path, name, files_of(name))[0])
    programs = {
        each.partition("> ")[2].partition(" ")[0]: each for each in pieces.system("webapp", ()) if 'sh"' in each
    }
    assert len(programs) == 2 and all(each in text for each in programs.values())
    for path, each in programs.items() if name != "procfile" else ():
        text = text.replace(each, f"# ... {path}, see procfile.Dockerfile")
    golden(f"platforms/{name}.Dockerfile", text)


@pytest.mark.parametrize("name", WITH_IMAGE)
def test_every_image_is_built_by_any_builder_and_runs_as_nobody_special(tmp_path: Path, name: str) -> None:
    group, _ = make(tmp_path, name, files_of(name))
    found = instructions(dockerfile(group))
    assert needs_buildkit(dockerfile(group)) is None
    assert [each.text for each in found[-2:]] == ["USER webapp", 'ENTRYPOINT ["/opt/beanstalk/start"]']
    assert [each.arguments for each in found if each.keyword == "EXPOSE"] == [str(group.port)]
    assert (group.web, [each.name for each in group.containers]) == ("web", ["web"])


def test_what_changes_seldom_comes_first(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-r more.txt\n",
        "more.txt": "",
        "Buildfile": "a: make\n",
        "Procfile": "web: x\n",
        **CONFIG,
    }
    text = dockerfile(make(tmp_path, "python", files)[0])
    order = ["FROM", "/etc/passwd", "/etc/hello", "COPY more.txt requirements.txt", "-m venv", "COPY --chown", "{ make"]
    order += ["> /opt/beanstalk/processes/web", "USER webapp"]
    places = [text.index(each) for each in order]
    assert places == sorted(places)


PORTS = [
    ("python", 8000),
    ("node", 8080),
    ("ruby", 8000),
    ("php", 8080),
    ("go", 5000),
    ("java", 5000),
    ("dotnet", 5000),
]


@pytest.mark.parametrize(("name", "port"), PORTS)
def test_the_port_is_that_of_elastic_beanstalk_and_the_property_changes_it(
    tmp_path: Path, name: str, port: int
) -> None:
    plain, _ = make(tmp_path, name, files_of(name))
    other, _ = make(tmp_path, name, files_of(name), [(PROPERTIES, "PORT", "9000")])
    assert [(each.port, dict(each.containers[0].environment)["PORT"]) for each in (plain, other)] == [
        (port, str(port)),
        (9000, "9000"),
    ]


def test_a_port_that_only_root_may_have_is_told(tmp_path: Path) -> None:
    group, told = make(tmp_path, "node", {"app.js": ""}, [(PROPERTIES, "PORT", "80")])
    assert group.port == 8080 and ["the property PORT is '80'" in each for each in told] == [True]


VERSIONS: list[tuple[str, Files, str, bool]] = [
    ("python", {"a.py": ""}, "python:3.13-slim-bookworm", True),
    ("python", {"a.py": "", "runtime.txt": "python-3.11.7\n"}, "python:3.11-slim-bookworm", True),
    ("python", {"a.py": "", ".python-version": "3.12", "runtime.txt": "x"}, "python:3.12-slim-bookworm", True),
    ("python", {"a.py": "", "runtime.txt": "pypy-7"}, "python:3.13-slim-bookworm", False),
    ("node", {"app.js": "", "package.json": '{"engines": {"node": "20.x"}}'}, "node:20-bookworm-slim", True),
    ("node", {"app.js": "", "package.json": '{"engines": {"node": "^18.2.1"}}'}, "node:18-bookworm-slim", True),
    ("node", {"app.js": "", "package.json": '{"engines": {"node": ">=18 <21"}}'}, "node:22-bookworm-slim", False),
    ("node", {"app.js": "", ".nvmrc": "v20.1.0\n"}, "node:20-bookworm-slim", True),
    ("go", {"go.mod": "module a\n\ngo 1.22\n"}, "golang:1.22-bookworm", True),
    ("go", {"go.mod": "module a\n"}, "golang:1.25-bookworm", True),
    ("ruby", {"config.ru": "", "Gemfile": "ruby '3.2.1'\n"}, "ruby:3.2-bookworm", True),
    ("ruby", {"config.ru": "", "Gemfile": "gem 'rack'\n"}, "ruby:3.4-bookworm", True),
    ("php", {"a.php": "", "composer.json": '{"require": {"php": "^8.2"}}'}, "php:8.2-apache-bookworm", True),
    ("java", {"a.jar": ""}, "amazoncorretto:21-al2023", True),
    ("dotnet", DOTNET, "mcr.microsoft.com/dotnet/aspnet:9.0", True),
    ("static", {"index.html": ""}, "caddy:2-alpine", True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "files", "image", "understood"), VERSIONS)
def test_the_application_says_which_version_it_wants(
    tmp_path: Path, name: str, files: Files, image: str, understood: bool
) -> None:
    group, told = make(tmp_path, name, files)
    assert base_of(group) == image
    assert (told == []) is understood


SETTINGS: list[tuple[Settings, str]] = [
    ([(DOCKER, "Version", "3.12")], "python:3.12-slim-bookworm"),
    ([(DOCKER, "BaseImage", "registry.example.com:5000/mine:1")], "registry.example.com:5000/mine:1"),
    (
        [(DOCKER, "RegistryMirror", "mirror.example.com/hub")],
        "mirror.example.com/hub/library/python:3.11-slim-bookworm",
    ),
    ([(DOCKER, "RegistryMirror", "mirror.example.com"), (DOCKER, "BaseImage", "mine")], "mine"),
]


@pytest.mark.parametrize(("settings", "image"), SETTINGS)
def test_the_user_says_which_version_image_and_mirror(tmp_path: Path, settings: Settings, image: str) -> None:
    group, _ = make(tmp_path, "python", {"a.py": "", "runtime.txt": "python-3.11"}, settings)
    assert base_of(group) == image


def test_packages_of_yum_bring_an_amazon_linux_base_with_the_language(tmp_path: Path) -> None:
    files = {"application.py": "", ".ebextensions/a.config": "packages: {yum: {git: []}}\n"}
    text = dockerfile(make(tmp_path, "python", files)[0])
    assert text.splitlines()[1] == "FROM amazonlinux:2023"
    assert "RUN dnf install -y python3.13 python3.13-pip" in text and "RUN yum install -y git" in text


def test_packages_that_no_base_can_install_are_an_error_with_their_place(tmp_path: Path) -> None:
    files = {"index.html": "", ".ebextensions/a.config": "packages: {yum: {git: []}, apt: {jq: []}}\n"}
    with pytest.raises(InvalidInput) as caught:
        make(tmp_path, "static", files)
    told = [(each.text.partition(":")[0], str(each.at)) for each in caught.value.problems]
    assert told == [
        ("packages of yum cannot be installed", ".ebextensions/a.config:1:18"),
        ("packages of apt cannot be installed", ".ebextensions/a.config:1:34"),
    ]
    make(tmp_path, "static", files, [(DOCKER, "BaseImage", "mine")])


@pytest.mark.parametrize("name", ["mine:la test", "a\nRUN evil", "UPPER", "$HOME"])
def test_a_base_that_is_no_image_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="is no name of an image"):
        make(tmp_path, "python", {"a.py": ""}, [(DOCKER, "BaseImage", name)])


def test_properties_go_into_the_container_and_not_into_the_image(tmp_path: Path) -> None:
    settings = [(PROPERTIES, "SECRET", "hunter2"), (PROPERTIES, "PATH", "/mine")]
    plain, _ = make(tmp_path, "python", {"a.py": ""})
    group, _ = make(tmp_path, "python", {"a.py": ""}, settings)
    environment = dict(group.containers[0].environment)
    assert (environment["SECRET"], environment["PATH"]) == ("hunter2", "/var/app/build/venv/bin:/mine")
    assert environment["BEANSTALK_PROPERTIES"].splitlines() == ["PATH", "SECRET"]
    assert key(group) == key(plain) and "hunter2" not in dockerfile(group)


def test_secrets_are_the_containers_and_no_command_of_the_build_sees_one(tmp_path: Path) -> None:
    files = {"app.py": "", "Buildfile": "make: echo $KEY\n", "Procfile": "web: serve\n"}
    settings = [(SECRETS, name, "file:/key") for name in ("KEY", "PIP_INDEX_URL", "PYTHONUNBUFFERED", "PORT")]
    group, _ = make(tmp_path, "python", files, settings)
    (container,) = group.containers
    assert container.secrets == tuple((name, name) for name in ("KEY", "PIP_INDEX_URL", "PYTHONUNBUFFERED"))
    environment = dict(container.environment)
    assert environment["BEANSTALK_PROPERTIES"].splitlines() == ["KEY", "PIP_INDEX_URL", "PORT", "PYTHONUNBUFFERED"]
    assert not environment.keys() & dict(container.secrets).keys()
    assert container.image.build and container.image.build.args == ()
    assert key(group) == key(make(tmp_path / "plain", "python", files)[0])


def test_commands_of_the_build_see_the_properties_that_they_name(tmp_path: Path) -> None:
    values = [("PIP_INDEX_URL", "https://a"), ("PROFILE", "prod"), ("TOKEN", "t"), ("OTHER", "o")]
    files = {"a.py": "", "Procfile": "web: a\n", "Buildfile": "build: make $PROFILE ${TOKEN}\n"}
    group, _ = make(tmp_path, "python", files, [(PROPERTIES, *each) for each in values])
    build = group.containers[0].image.build
    assert build is not None and dict(build.args) == dict(values[:3])
    assert {"ARG PIP_INDEX_URL", "ARG PROFILE", "ARG TOKEN"} <= set(dockerfile(group).splitlines())
    assert "ARG OTHER" not in dockerfile(group)


def test_settings_are_no_part_of_the_image_and_other_files_of_ebextensions_are(tmp_path: Path) -> None:
    options = ".ebextensions/options.config"
    files = {"a.py": "", options: "option_settings: {aws:autoscaling:asg: {MinSize: 2}}\n", ".ebextensions/x.sh": "a"}
    one, _ = make(tmp_path, "python", files)
    other, _ = make(tmp_path, "python", {**files, options: files[options].replace("2", "3")})
    another, _ = make(tmp_path, "python", {**files, ".ebextensions/x.sh": "b"})
    assert key(one) == key(other) != key(another)
    build = one.containers[0].image.build
    assert build is not None and ".ebextensions/*.config" in build.left_out


@pytest.mark.parametrize(
    "files",
    [
        {".platform/hooks/predeploy/a.sh": "#!/bin/sh\n"},
        {".ebextensions/a.config": "container_commands: {a: {command: b}}\n"},
    ],
)
def test_an_application_with_scripts_has_a_volume_that_they_can_change(tmp_path: Path, files: Files) -> None:
    group, _ = make(tmp_path, "procfile", {"Procfile": "web: a\n", **files})
    assert group.containers[0].mounts == (Mount(MountKind.VOLUME, "application", "/var/app/current"),)
    assert make(tmp_path, "procfile", {"Procfile": "web: a\n"})[0].containers[0].mounts == ()


def test_hooks_are_mended_in_the_image(tmp_path: Path) -> None:
    files = {"Procfile": "web: a\n", ".platform/hooks/predeploy/a.sh": "#!/bin/sh\r\necho a\r\n", ".platform/x": "\r\n"}
    text = dockerfile(make(tmp_path / "bundle", "procfile", files)[0])
    [command] = [each.arguments for each in instructions(text) if 'chmod 755 "$hook"' in each.text]
    for path, content in files.items():
        (tmp_path / "app" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "app" / path).write_bytes(content.encode())
    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path / "app", check=True)
    hook = tmp_path / "app/.platform/hooks/predeploy/a.sh"
    assert (hook.read_bytes(), hook.stat().st_mode & 0o777) == (b"#!/bin/sh\necho a\n", 0o755)


def test_a_web_process_on_the_loopback_is_told(tmp_path: Path) -> None:
    _, told = make(tmp_path, "python", {"a.py": "", "Procfile": "web: gunicorn --bind 127.0.0.1:8000 a\n"})
    assert told == [
        "Procfile:1: web listens on 127.0.0.1, where nobody outside of its container reaches it\n"
        "  hint: listen on 0.0.0.0"
    ]


def test_options_of_the_platform_are_told_to_scripts(tmp_path: Path) -> None:
    group, _ = make(tmp_path, "python", {"a.py": ""}, [("aws:elasticbeanstalk:container:python", "WSGIPath", "a\nb")])
    lines = dict(group.containers[0].environment)["BEANSTALK_OPTIONS"].splitlines()
    assert 'aws:elasticbeanstalk:container:python\tWSGIPath\t"a\\nb"' in lines


def test_a_platform_without_an_image_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "search/mine"
    folder.mkdir(parents=True)
    text = "title: x\nbranch: x\nversion: x\ndetect: {order: 1, any: [x]}\nweb: [{command: x}]\n"
    (folder / "platform.yaml").write_text(text)
    with pytest.raises(UsageError, match="the platform mine makes no images"):
        make(tmp_path, "mine", {"x": ""}, search=tmp_path / "search")


CUSTOM = """
title: Mine
branch: Mine
version: 1.0.0
detect: {order: 1, any: [mine.txt]}
web: [{command: "exec serve {{address}} ${PORT}"}]
image:
  port: 7000
  user: shop
  bases: [{image: "debian:12", managers: [apt]}]
  environment: {COLOUR: red}
"""


def test_a_platform_of_the_user_has_its_own_template_and_files(tmp_path: Path) -> None:
    folder = tmp_path / "search/mine"
    folder.mkdir(parents=True)
    (folder / "platform.yaml").write_text(CUSTOM)
    (folder / "notes.conf").write_text("it's\n")
    template = "FROM {{ base }}\n{{ system }}\n{{ file('/etc/notes', 'notes.conf') }}\nFROM x{{ image('tool:1') }}\n"
    template += "{{ start }}\n"
    (folder / "Dockerfile.j2").write_text(template)
    group, _ = make(tmp_path, "mine", {"mine.txt": ""}, [(DOCKER, "RegistryMirror", "hub.local")], tmp_path / "search")
    found = [each.text for each in instructions(dockerfile(group))]
    assert found[0] == "FROM hub.local/library/debian:12" and "FROM xhub.local/library/tool:1" in found
    assert [each.count(path) for each in found for path in ("> /etc/notes", "exec serve 0.0.0.0 ${PORT}")].count(1) == 2
    assert (group.port, found[-2], dict(group.containers[0].environment)["COLOUR"]) == (7000, "USER shop", "red")
