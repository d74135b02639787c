"""The job that builds: contexts, stages, what BuildKit alone can, and errors at their line. On a real engine."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import uuid
from contextlib import suppress
from pathlib import Path

import pytest
from docker.errors import ImageNotFound

from beanstalk.containers import ImageBuild, ImageSource
from beanstalk.targets.local import imaging
from beanstalk.targets.local.builds import Failed
from beanstalk.targets.local.images import Ready
from tests.registry import PASSWORD
from tests.targets.local.conftest import headers, look_into

pytestmark = [pytest.mark.docker, pytest.mark.real]
CACHE = "RUN --mount=type=cache,target=/cache"


def source(files, **image):
    key = hashlib.sha256(repr((sorted(files.items()), image)).encode()).hexdigest()
    return ImageSource(build=ImageBuild(key, **image))


def build(bench, files, **image):
    """The name of the image."""
    bench.write(files)
    made = bench.make(source(files, **image))
    assert isinstance(made, Ready), made
    return made.name


def fail(bench, files, **image):
    """What a person is told, the log left out."""
    bench.write(files)
    failed = bench.make(source(files, **image))
    assert isinstance(failed, Failed), failed
    first = max(index for index, line in enumerate(failed.tail) if line.startswith("error: "))
    return list(failed.tail[first:])


@pytest.fixture
def base(engine, registry):
    """The name of a repository. A build leaves what it began with; so does `docker build`."""
    repository = f"{registry.host}/base-{uuid.uuid4().hex[:12]}"
    yield repository
    with engine.ask() as client:
        for each in client.images(repository):
            for name in (*(each["RepoTags"] or ()), *(each["RepoDigests"] or ())):
                if "<none>" not in name:
                    with suppress(ImageNotFound):
                        client.remove_image(name)


def test_a_generated_dockerfile_is_built(bench):
    name = build(bench, {"app.py": "print()", "Dockerfile": "FROM nowhere\n"}, text="FROM scratch\nCOPY . /app\n")
    assert {each for each in look_into(bench.engine, name, "/app") if each != "app"} == {"app/app.py", "app/Dockerfile"}


def test_a_dockerfile_beside_its_context_is_built(bench):
    files = {"docker/web": "FROM scratch\nCOPY . /app\n", "web/x": "of web", "x": "of all"}
    name = build(bench, files, context="web", dockerfile="../docker/web")
    assert look_into(bench.engine, name, "/app/x") == {"x": "of web"}
    assert set(look_into(bench.engine, name, "/app")) == {"app", "app/x"}


def test_the_target_is_built_and_no_stage_behind_it(bench):
    text = "FROM scratch AS one\nCOPY x /one\nFROM scratch AS two\nCOPY none /two\n"
    name = build(bench, {"Dockerfile": text, "x": "1"}, target="one")
    assert look_into(bench.engine, name, "/one") == {"one": "1"}


def test_arguments_reach_the_build(bench, python_image):
    text = 'ARG BASE\nFROM $BASE\nARG GREETING=none\nRUN printf %s "$GREETING" > /greeting\n'
    name = build(bench, {"Dockerfile": text}, args=(("BASE", python_image), ("GREETING", "good morning")))
    assert look_into(bench.engine, name, "/greeting") == {"greeting": "good morning"}


def test_what_is_copied_belongs_to_root_and_can_be_written(bench):
    bench.write({"app/run": "#!/bin/sh\n"})
    (bench.version / "app/run").chmod(0o555)
    name = build(bench, {"Dockerfile": "FROM scratch\nCOPY app /app\n"})
    run = headers(bench.engine, name, "/app")["app/run"]
    assert (run.mode & 0o777, run.uid, run.gid) == (0o755, 0, 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("FROM scratch\nCOPY none /\n", "Dockerfile:2: COPY none /: COPY failed: file not found in build context"),
        ("FROM scratch\n\nCOOPY x /\n", "Dockerfile:3: unknown instruction: COOPY"),
        ('FROM scratch\nRUN ["/none"]\n', 'Dockerfile:2: RUN ["/none"]: '),
        ("FROM scratch AS one\nFROM scratch\nCOPY --from=one /none /\n", "Dockerfile:3: COPY --from=one /none /: "),
        ("\n", "Dockerfile: "),
    ],
)
def test_a_mistake_is_told_at_its_line(bench, text, told):
    assert fail(bench, {"Dockerfile": text})[0].startswith(f"error: {told}")


def test_a_target_that_does_not_exist_is_told(bench):
    [told, *_] = fail(bench, {"Dockerfile": "FROM scratch\nLABEL a=b\n"}, target="none")
    assert told.startswith("error: Dockerfile: ")
    assert "none" in told


def test_an_image_that_it_begins_with_and_nobody_has_is_told_at_its_line(bench, registry):
    bench.log_in(registry.docker_config())
    text = f"# shop\nFROM {registry.host}/none:1\nLABEL a=b\n"
    [told, hint] = fail(bench, {"Dockerfile": text})
    assert told.startswith(f"error: Dockerfile:2: there is no image {registry.host}/none:1 (")
    assert hint == "  hint: look at its name and tag"


def test_an_image_that_it_begins_with_is_pulled_with_the_login_of_the_bundle(bench, registry, base):
    name = f"{base}:1"
    registry.publish(bench.engine, name.partition("/")[2], "base")
    files = {
        "Dockerfile": f"FROM {name}\nLABEL a=b\n",
        "login.json": registry.docker_config(),
        ".dockerignore": "login.json\n",
    }
    bench.write(files)
    image = ImageSource(build=source(files).build, credentials="login.json")
    assert isinstance(bench.make(image), Ready)
    assert look_into(bench.engine, bench.images.name(image), "/content") == {"content": "base"}
    assert f"pulling {name}: done, sha256:" in bench.log(image)
    assert PASSWORD not in bench.log(image)


def test_an_image_that_it_begins_with_is_pulled_again_when_that_is_wanted(bench, registry, base):
    name = f"{base}:1"
    bench.log_in(registry.docker_config())
    for number, content in enumerate(("old", "new")):
        registry.publish(bench.engine, name.partition("/")[2], content)
        files = {"Dockerfile": f"FROM {name}\nLABEL number={number}\n"}
        bench.write(files)
        image = ImageSource(build=source(files).build, again=content)
        bench.make(image)
        assert look_into(bench.engine, bench.images.name(image), "/content") == {"content": content}


def test_without_a_registry_it_begins_with_what_is_there_however_often_somebody_asks(bench, registry, base):
    name = f"{base}:1"
    bench.log_in(registry.docker_config())
    registry.publish(bench.engine, name.partition("/")[2], "old")
    files = {"Dockerfile": f"FROM {name}\nLABEL number=1\n"}
    bench.write(files)
    bench.make(source(files))
    again = ImageSource(build=source(files).build, again="once more")
    with registry.down():
        bench.make(again)
    assert f"{name} is taken as it is on the engine" in bench.log(again)
    assert look_into(bench.engine, bench.images.name(again), "/content") == {"content": "old"}


def test_a_base_that_was_made_here_is_asked_of_no_registry(bench, python_image):
    files = {"Dockerfile": f"FROM {python_image}\nLABEL number={uuid.uuid4().hex}\n"}
    bench.write(files)
    again = ImageSource(build=source(files).build, again="once more")
    bench.make(again)
    assert "pulling" not in bench.log(again)


def test_output_is_told_line_by_line_without_colours(bench, python_image):
    text = f"FROM {python_image}\nRUN echo {uuid.uuid4().hex}; echo to the errors >&2; echo; printf 'no end'\n"
    files = {"Dockerfile": text}
    build(bench, files)
    lines = bench.log(source(files)).splitlines()
    assert "to the errors" in lines
    assert "no end" in lines
    assert not any("\x1b" in line for line in lines)


def test_arguments_of_a_build_are_read_by_the_owner_alone(bench):
    files = {"Dockerfile": "FROM scratch\nLABEL a=b\n"}
    build(bench, files)
    spec = bench.place(source(files)) / "work" / imaging.SPEC
    assert spec.stat().st_mode & 0o777 == 0o600


def docker_with_buildkit() -> str | None:
    """The folder of a docker command that can build with BuildKit."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        program = shutil.which("docker", path=folder)
        if program is None:
            continue
        command, quiet = [program, "buildx", "version"], {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        old = version.startswith("Docker version ") and int(version.split()[2].partition(".")[0]) < 23
        if old or subprocess.run(command, check=False, **quiet).returncode == 0:
            return folder
    return None


@pytest.fixture
def buildkit(bench):
    folder = docker_with_buildkit()
    if folder is None:
        pytest.skip("no docker command here can build with BuildKit (apt-get install docker-buildx)")
    bench.environment["PATH"] = folder + os.pathsep + bench.environment["PATH"]
    return bench


def test_what_needs_buildkit_is_built_by_the_docker_command(buildkit, python_image):
    text = f"FROM {python_image}\nARG GREETING\n{CACHE} echo $GREETING {uuid.uuid4().hex} > /greeting\n"
    files = {"Dockerfile": text, "x": "1"}
    name = build(buildkit, files, args=(("GREETING", "good morning"),))
    assert look_into(buildkit.engine, name, "/greeting")["greeting"].startswith("good morning ")
    with buildkit.engine.ask() as client:
        assert client.inspect_image(name)["Config"]["Labels"] == {"beanstalk.home": name.partition("/")[0][10:]}


def test_a_step_that_fails_with_buildkit_is_told_at_its_line(buildkit, python_image):
    text = f"FROM {python_image}\n\n{CACHE} echo no luck; \\\n  exit 3\n"
    told = fail(buildkit, {"Dockerfile": text})
    assert told == [f"error: Dockerfile:3: {CACHE} echo no luck; exit 3: failed with exit code 3"]
    text = f"FROM {python_image}\n{CACHE} true\nCOPY none /\n"
    assert fail(buildkit, {"Dockerfile": text})[0].startswith("error: Dockerfile:3: COPY none /: ")
    text = f"FROM {python_image}\n{CACHE} true\nCOOPY none /\n"
    assert fail(buildkit, {"Dockerfile": text})[0].startswith("error: Dockerfile:3: unknown instruction: COOPY")


def test_buildkit_has_its_own_list_of_what_to_leave_out(buildkit):
    files = {
        "web.Dockerfile": "FROM scratch\nCOPY --chmod=644 . /app\n",
        "web.Dockerfile.dockerignore": "a\n*Dockerfile*\n.dockerignore\n",
        ".dockerignore": "b\n",
        "a": "",
        "b": "",
    }
    name = build(buildkit, files, dockerfile="web.Dockerfile")
    assert set(look_into(buildkit.engine, name, "/app")) >= {"app", "app/b"}
    assert "app/a" not in look_into(buildkit.engine, name, "/app")


def test_buildkit_begins_with_an_image_that_wants_a_login(buildkit, registry, base):
    name = f"{base}:1"
    registry.publish(buildkit.engine, name.partition("/")[2], "base")
    buildkit.log_in(registry.docker_config())
    made = build(buildkit, {"Dockerfile": f"FROM {name}\nCOPY --chmod=644 x /\n", "x": "1"})
    assert look_into(buildkit.engine, made, "/content") == {"content": "base"}


def test_without_a_docker_command_what_needs_buildkit_is_named(bench, tmp_path, python_image):
    bench.environment["PATH"] = str(tmp_path)
    told = fail(bench, {"Dockerfile": f"FROM {python_image}\n{CACHE} true\n"})
    assert told[0] == f"error: Dockerfile:2: {CACHE} true needs BuildKit, and the docker command is not installed"
    assert "apt-get install docker-buildx" in told[1]


def test_a_docker_command_without_buildx_is_named(bench, tmp_path, python_image):
    # What the command says from version 23 on.
    said = "ERROR: BuildKit is enabled but the buildx component is missing or broken."
    (tmp_path / "docker").write_text(f"#!/bin/sh\ncat > /dev/null\necho '{said}' >&2\nexit 1\n")
    (tmp_path / "docker").chmod(0o755)
    bench.environment["PATH"] = f"{tmp_path}:{Path('/usr/bin')}:/bin"
    told = fail(bench, {"Dockerfile": f"FROM {python_image}\n{CACHE} true\n"})
    assert told[0] == f"error: Dockerfile:2: {CACHE} true needs BuildKit, which `docker` lacks"
