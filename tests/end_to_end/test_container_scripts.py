"""What a bundle runs beside its containers: each script in a container of the image, in order, once where asked."""

from __future__ import annotations

import pytest

from beanstalk.model import Outcome, Policy
from tests.end_to_end.container_site import ContainerSite
from tests.end_to_end.site import wait_until
from tests.end_to_end.test_scripts import BLUE_GREEN, commands, follow, hook, kills, leader, prepare

pytestmark = [pytest.mark.real, pytest.mark.docker]


@pytest.fixture
def site(engine, python_image):
    site = ContainerSite("caddy", engine, python_image)
    try:
        yield site
    finally:
        site.close()


@pytest.mark.parametrize("strategy, moment", kills([Policy.ROLLING, Policy.IMMUTABLE, BLUE_GREEN]))
def test_what_a_leader_runs_runs_once_whenever_the_agent_is_killed(site, strategy, moment):
    site.create("v1", size=2)
    slow = "echo migrate >> ran; sleep 0.7; echo migrated >> ran"
    files = [commands(leader(slow), ("02_each", "echo each >> ran", ""))]
    with site.starts() as starts:
        result = follow(site, prepare(site, strategy, files), moment, starts.of_scripts)
        assert result.outcome is Outcome.SUCCEEDED, result.cause
        site.settle()
        assert len(starts.of_scripts()) == 3
    assert sorted(ran(site)) == [["each"], ["migrate", "migrated", "each"]]
    told = [message for message in site.messages(["INFO"]) if "container command" in message]
    assert sorted(message.split("container command ")[1].split()[0] for message in told) == [
        "01_migrate", "02_each", "02_each",
    ]  # fmt: skip
    assert site.leftovers() == []


def ran(site):
    """What scripts of v2 wrote into the copies of the bundle: a list for each instance."""
    found = site.store.deployments.get
    new = [each for each in site.store.living_instances() if found(each.deployment_id).version_label == "v2"]
    return [(site.home.instance(each.environment_id, each.id) / "ran").read_text().split() for each in new]


def test_everything_runs_in_its_order_with_what_the_application_sees(site):
    place = "$PWD $BEANSTALK_VERSION_LABEL $GREETING"
    files = [
        hook("hooks/prebuild/10_b", f'echo "prebuild {place}" >> diary'),
        commands(("01_a", f'echo "command {place}" >> diary', ""), leader('echo "leader" >> diary')),
        hook("hooks/predeploy/a", "echo predeploy >> diary"),
        hook("hooks/postdeploy/a", 'echo "postdeploy $PWD" >> diary'),
    ]
    created = site.create("v1", size=1, files=files, env={"GREETING": "hello"})
    assert created.outcome is Outcome.SUCCEEDED, created.cause
    (instance,) = site.instances()
    diary = site.home.instance(instance.environment_id, instance.id) / "diary"
    assert diary.read_text().splitlines() == [
        "prebuild /var/app/staging v1 hello",
        "leader",
        "command /var/app/staging v1 hello",
        "predeploy",
        "postdeploy /var/app/current",
    ]
    assert site.leftovers() == []


def test_a_hook_that_fails_leaves_the_old_version(site):
    site.create("v1", size=1)
    files = [hook("hooks/predeploy/check", "echo this is why; exit 9")]
    result = site.deploy("v2", files=files, env={"PASSWORD": "hunter2"})
    assert (result.outcome, site.labels()) == (Outcome.ROLLED_BACK, ["v1"])
    assert "predeploy hook check exited with 9" in result.cause
    assert result.cause.endswith("; its last lines: this is why")
    assert "hunter2" not in "".join(each.message for each in site.store.events_after(0))
    assert site.leftovers() == []


def test_an_abort_ends_the_script_that_runs(site):
    site.create("v1", size=1)
    operation = site.begin(site.prepare_deploy("v2", files=[commands(("01_long", "sleep 600", ""))]))
    wait_until("the script", lambda: any("script" in name for name, _, _ in site.containers()))
    site.abort()
    assert site.end(operation).outcome is Outcome.ABORTED
    site.settle()
    assert site.labels() == ["v1"]
    assert site.leftovers() == []
