"""Programs of a person run as an instance would, and what they end with is theirs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from beanstalk.errors import TargetError
from beanstalk.model import Phase
from beanstalk.records import Deployment, Instance, State
from beanstalk.store.home import Home
from beanstalk.targets.local.machine import local_preparer
from beanstalk.targets.local.programs import Programs
from tests.agent.memory_world import WORKLOAD

pytestmark = pytest.mark.real
NAMES = ("shop-dev", "v1")
INSTANCE = Instance("i-1", "e-1", 1, State.IN_SERVICE, 20007, 0.0, 0.0)
LOOK = 'echo "$COLOUR $BEANSTALK_ENVIRONMENT_NAME ${PORT-none}"; cat data; touch made'


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    for folder, text in ((home.unpacked("d1"), "of the version"), (home.instance("e-1", "i-1"), "of the instance")):
        folder.mkdir(parents=True)
        (folder / "data").write_text(text + "\n")
    return home


@pytest.fixture
def programs(home):
    return Programs(home, local_preparer(home))


def deployed(**environment):
    workload = replace(WORKLOAD, environment=tuple(environment.items()))
    text = json.dumps(workload.to_json())
    return Deployment(1, "e-1", "op", 1, "v1", "d1", "procfile", "[]", text, "{}", 0, 0.0, Phase.FORWARD), workload


def test_a_program_runs_once_in_a_copy_of_the_version(programs, home, capfd):
    assert programs.once(*deployed(COLOUR="blue"), NAMES, [LOOK]) == 0
    assert capfd.readouterr().out == "blue shop-dev none\nof the version\n"
    assert not (home.unpacked("d1") / "made").exists()
    assert list(home.run.iterdir()) == []


def test_a_program_runs_inside_an_instance(programs, home, capfd):
    deployment, workload = deployed(COLOUR="blue")
    assert programs.inside(deployment, workload, NAMES, INSTANCE, [LOOK]) == 0
    assert capfd.readouterr().out == "blue shop-dev 20007\nof the instance\n"
    assert (home.instance("e-1", "i-1") / "made").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["exit 7"], 7),
        (["sh", "-c", "exit 7"], 7),
        (["kill -9 $$"], 137),
        (["no-such-program", "x"], 127),
        (["./data", "x"], 126),
    ],
)
def test_what_it_ends_with_is_passed_on(programs, words, code):
    assert programs.once(*deployed(), NAMES, words) == code


def test_several_words_are_not_looked_at_by_a_shell(programs, capfd):
    assert programs.once(*deployed(), NAMES, ["echo", "$HOME;", "a  b"]) == 0
    assert capfd.readouterr().out == "$HOME; a  b\n"


def test_a_version_that_is_not_here_is_told(programs):
    deployment, workload = deployed()
    with pytest.raises(TargetError, match="not unpacked"):
        programs.once(replace(deployment, digest="other"), workload, NAMES, ["true"])
