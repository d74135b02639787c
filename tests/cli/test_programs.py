"""`run`, `exec` and `ssh` pass on what a program ended with; what goes wrong before is 125."""

from __future__ import annotations

import pytest

from beanstalk.errors import ProgramRefused
from beanstalk.store.home import find_home
from beanstalk.targets.local.programs import Programs


@pytest.fixture
def deployed(shop):
    """The machine in memory unpacks nothing and starts no folder; the version is put where the real one would be."""
    home = find_home()
    environment = shop.store.environment("shop-dev")
    deployment = shop.store.deployments.get(environment.deployment_id)
    home.unpacked(deployment.digest).mkdir(parents=True)
    for instance in shop.store.living_instances(environment.id):
        home.instance(environment.id, instance.id).mkdir(parents=True)
    return shop


def test_run_passes_on_the_exit_code(deployed):
    assert deployed("run", "exit 3").exit_code == 3
    assert deployed("run", "-e", "shop-dev", "sh", "-c", "exit 4").exit_code == 4


def test_exec_and_ssh_run_inside_an_instance(deployed):
    assert deployed("exec", "-n", "1", "exit 5").exit_code == 5
    assert deployed("ssh", "shop-dev", "-c", "exit 6").exit_code == 6


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run"], "missing argument"),
        (["run", "-e", "nowhere", "true"], "there is no environment nowhere"),
        (["exec", "-i", "i-x", "true"], "has no running instance i-x"),
        (["exec", "-n", "9", "true"], "has 2 running instances"),
        (["ssh", "--bad-flag"], "no such option"),
    ],
)
def test_errors_of_ours_are_125(deployed, words, told):
    done = deployed(*words)
    assert done.exit_code == 125
    assert told in done.output


def test_a_program_that_a_container_does_not_have_ends_as_with_a_shell(deployed, monkeypatch):
    def refuse(*_):
        raise ProgramRefused("the container web has no program x", 127)

    monkeypatch.setattr(Programs, "inside", refuse)
    done = deployed("exec", "x", "y")
    assert (done.exit_code, done.stderr) == (127, "error: the container web has no program x\n")
