"""Applications of a platform in images of their own: deployed without losing a request, changed by their scripts."""

from __future__ import annotations

import pytest

from beanstalk.model import Outcome, Policy
from beanstalk.service.programs import run_inside, run_once
from tests.end_to_end.container_site import ContainerSite
from tests.end_to_end.test_scripts import commands, hook, leader
from tests.engine import build_image

pytestmark = [pytest.mark.real, pytest.mark.docker]
MODE = """\
option_settings:
  beanstalk:deployment: {{Mode: docker}}
  beanstalk:docker: {{BaseImage: {image}}}
"""


class ImageSite(ContainerSite):
    """Its bundles ask for the mode themselves."""

    platform = "procfile"

    def describing(self, rude):
        return ".ebextensions/mode.config", MODE.format(image=self.image)

    def version(self, label, rude=False, files=(), **env):
        procfile = "Procfile", f"web: python3 app.py{' --rude' if rude else ''}\n"
        return super().version(label, rude, (procfile, *files), **env)


@pytest.fixture
def site(engine, python_image):
    text = f"FROM {python_image}\nRUN chmod 755 /root\n"
    base = build_image(engine, "beanstalk-tests/python-for-all", {"Dockerfile": text.encode()})
    site = ImageSite("caddy", engine, base)
    try:
        yield site
    finally:
        site.close()


def test_a_deployment_loses_no_request(site):
    created = site.create("v1", rude=True, size=2, batch=1)
    assert created.outcome is Outcome.SUCCEEDED, created.cause
    with site.clients(rate=50) as clients:
        result = site.deploy("v2", rude=True, policy=Policy.ADDITIONAL_BATCH)
        clients.until_answered_by("v2")
        assert clients.lost() == []
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    assert site.labels() == ["v2"] * 2
    assert site.leftovers() == []


def test_scripts_change_what_the_application_sees(site, capfd):
    files = [
        ("Buildfile", "make: echo made by the Buildfile > made\n"),
        hook("hooks/prebuild/a", "echo prebuild $PWD >> made"),
        commands(leader("echo leader >> made"), ("02_env", "get-config environment -k GREETING >> made || exit 1", "")),
        hook("hooks/predeploy/b", "echo predeploy >> made"),
        hook("hooks/postdeploy/c", "echo postdeploy >> /var/app/current/made"),
    ]
    path = "/opt/elasticbeanstalk/bin:/usr/local/bin:/usr/bin:/bin"
    created = site.create("v1", size=1, files=files, env={"GREETING": "hello", "PATH": path})
    assert created.outcome is Outcome.SUCCEEDED, created.cause
    assert run_inside(site.service, site.name, ["cat made"]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "made by the Buildfile",
        "prebuild /var/app/current",
        "leader",
        "hello",
        "predeploy",
        "postdeploy",
    ]
    assert site.leftovers() == []


def test_programs_run_in_the_image_and_their_exit_codes_are_passed_on(site, capfd):
    site.create("v1", size=1, env={"COLOUR": "blue"})
    for run in (run_once, run_inside):
        assert run(site.service, site.name, ['echo "$COLOUR $(cat version.txt)"; exit 7']) == 7
        assert run(site.service, site.name, ["python3", "-c", "raise SystemExit(9)"]) == 9
    assert capfd.readouterr().out == "blue v1\nblue v1\n"
