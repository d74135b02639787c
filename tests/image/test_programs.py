"""The programs of an image: the one that starts the processes, and get-config, in every shell that is here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import beanstalk.image

FOLDER = Path(beanstalk.image.__file__).parent
SHELLS = [[path] for name in ("dash", "bash") if (path := shutil.which(name))]
SHELLS += [[path, "sh"] for path in [shutil.which("busybox")] if path]
PATIENCE_S = 30
LOOP = "while :; do sleep 0.05; done"


def ids(shell: list[str]) -> str:
    return Path(shell[0]).name


@pytest.fixture(params=SHELLS, ids=ids)
def shell(request: pytest.FixtureRequest) -> list[str]:
    return list(request.param)


class Started:
    """The program, with processes given as {name: command}."""

    def __init__(self, shell: list[str], folder: Path, processes: Mapping[str, str]) -> None:
        self.folder, self.said = folder, folder.parent / "said"
        folder.mkdir()
        for name, command in processes.items():
            (folder / name).write_text(command + "\n")
        with self.said.open("w") as out:
            command = [*shell, shutil.copy(FOLDER / "start.sh", folder.parent)]
            self.process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while text not in self.said.read_text():
            assert time.monotonic() < until, self.said.read_text()
            time.sleep(0.02)

    def end(self) -> int:
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def start(shell: list[str], tmp_path: Path) -> Iterator[type]:
    made: list[Started] = []

    def begin(**processes: str) -> Started:
        made.append(Started(shell, tmp_path / "processes", processes))
        return made[-1]

    yield begin  # type: ignore[misc]
    for each in made:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait()


@pytest.mark.real
def test_it_ends_with_web_and_its_exit_code_and_ends_the_others(start) -> None:  # type: ignore[no-untyped-def]
    started = start(web="sleep 0.3; exit 7", clock=f"trap 'echo clock ends; exit' TERM; echo ready; {LOOP}")
    assert started.end() == 7
    started.wait_for("clock ends")


@pytest.mark.real
def test_sigterm_reaches_every_process_and_the_exit_code_is_that_of_web(start) -> None:  # type: ignore[no-untyped-def]
    processes = {
        name: f"trap 'echo {name} ends; exit 4' TERM; echo {name} ready; {LOOP}" for name in ("web", "mail", "clock")
    }
    started = start(**processes)
    for name in processes:
        started.wait_for(f"{name} ready")
    os.kill(started.process.pid, signal.SIGTERM)
    assert started.end() == 4
    for name in processes:
        started.wait_for(f"{name} ends")
    assert "again" not in started.said.read_text()


@pytest.mark.real
def test_another_process_that_ends_is_started_again_and_web_goes_on(start) -> None:  # type: ignore[no-untyped-def]
    started = start(
        web=f"exec sh -c '{LOOP}'", mail='echo "mail runs"; [ -e "$0.once" ] && exec sleep 60; touch "$0.once"; exit 3'
    )
    started.wait_for("mail ended with exit code 3 and is started again")
    started.wait_for("mail runs\nmail ended with exit code 3 and is started again\nmail runs")
    assert started.process.poll() is None
    os.kill(started.process.pid, signal.SIGTERM)
    assert started.end() == 143


@pytest.mark.real
def test_web_has_all_the_time_it_takes_after_sigterm(start) -> None:  # type: ignore[no-untyped-def]
    started = start(web=f"trap 'sleep 1; echo finished; exit 0' TERM; echo ready; {LOOP}")
    started.wait_for("ready")
    os.kill(started.process.pid, signal.SIGTERM)
    os.kill(started.process.pid, signal.SIGTERM)
    assert started.end() == 0
    assert "finished" in started.said.read_text()


def test_with_arguments_it_is_that_program(shell: list[str]) -> None:
    command = [*shell, str(FOLDER / "start.sh"), "printf", "%s.", "a b", "c"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "a b.c."


PROPERTIES = {"ACCENT": "é", "EMPTY": "", "ODD": 'a "b" \\n $c\nline\ttab', "RDS_HOSTNAME": "db.local"}
OPTIONS = [
    ("aws:elasticbeanstalk:container:python", "NumThreads", "15"),
    ("aws:elasticbeanstalk:container:python", "WSGIPath", 'a "b" \\n\nc'),
    ("aws:elasticbeanstalk:customoption", "ODD", ""),
]


def get_config(shell: list[str], *arguments: str) -> tuple[int, str, str]:
    told = "\n".join(f"{space}\t{name}\t{json.dumps(value, ensure_ascii=False)}" for space, name, value in OPTIONS)
    variables = {"PATH": os.environ["PATH"], "PORT": "8000", "BEANSTALK_ENVIRONMENT_NAME": "shop-prod", **PROPERTIES}
    variables |= {"BEANSTALK_PROPERTIES": "\n".join(PROPERTIES), "BEANSTALK_OPTIONS": told}
    command = [*shell, str(FOLDER / "get-config.sh"), *arguments]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_is_told_as_it_is(shell: list[str], name: str) -> None:
    assert get_config(shell, "environment", "-k", name) == (0, PROPERTIES[name] + "\n", "")


def test_all_properties_are_one_document(shell: list[str]) -> None:
    assert json.loads(get_config(shell, "environment")[1]) == PROPERTIES
    assert json.loads(get_config(shell, "addons")[1]) == {"RDS_HOSTNAME": "db.local"}
    assert 'RDS_HOSTNAME: "db.local"\n' in get_config(shell, "environment", "--output", "YAML")[1]


def test_option_settings_are_told_alone_by_namespace_and_all(shell: list[str]) -> None:
    python = {name: value for space, name, value in OPTIONS if space.endswith("python")}
    assert get_config(shell, "optionsettings", "-n", OPTIONS[1][0], "-o", "WSGIPath")[1] == OPTIONS[1][2] + "\n"
    assert json.loads(get_config(shell, "optionsettings", "-n", OPTIONS[0][0])[1]) == python
    assert json.loads(get_config(shell, "optionsettings")[1]) == {OPTIONS[0][0]: python, OPTIONS[2][0]: {"ODD": ""}}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("container", "-k", "environment_name"), "shop-prod"),
        (("container", "-k", "instance_port"), "8000"),
        (("platformconfig", "-k", "AppDeployDir"), "/var/app/current/"),
        (("platformconfig", "-k", "AppStagingDir"), "/var/app/staging/"),
    ],
)
def test_what_an_instance_knows_of_itself(shell: list[str], arguments: tuple[str, ...], text: str) -> None:
    assert get_config(shell, *arguments) == (0, text + "\n", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("environment", "-k", "NOTHING"), "there is no NOTHING"),
        (("environment", "-k", "PATH"), "there is no PATH"),
        (("optionsettings", "-o", "WSGIPath"), "-o needs -n"),
        (("weather",), "there is no weather"),
        (("environment", "-x"), "there is no option -x"),
        (("environment", "-k"), "-k needs a value"),
        ((), "what: environment"),
    ],
)
def test_what_it_cannot_tell_is_an_error(shell: list[str], arguments: tuple[str, ...], told: str) -> None:
    code, said, wrong = get_config(shell, *arguments)
    assert (code, said) == (1, "") and told in wrong
