"""Secrets of real instances, processes and containers: who gets which value when, and that nobody else has it."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.model import Outcome, Policy
from beanstalk.service import updates
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.logs import SCRIPTS_LOG
from tests.end_to_end.container_site import ContainerSite
from tests.end_to_end.site import Site, wait_until
from tests.end_to_end.test_scripts import commands, hook

pytestmark = pytest.mark.real
NAMESPACE = "aws:elasticbeanstalk:application:environmentsecrets"
PASSWORD, RENEWED, TOKEN, KEY = (
    "hunter2-S3cr3t",
    "hunter3-R3n3w3d",
    "T0ken-of-a-parameter",
    "k3y-from-a-file\nof two lines",
)


@pytest.fixture(params=["processes", pytest.param("containers", marks=pytest.mark.docker)])
def site(request, secret_store):
    if request.param == "processes":
        site = Site("caddy")
    else:
        site = ContainerSite(
            "caddy", request.getfixturevalue("engine"), request.getfixturevalue("python_image"), several=False
        )
    try:
        yield site
    finally:
        site.close()


def of_bundle(**references):
    """References as a file of the bundle."""
    lines = [f"    {name}: {json.dumps(reference)}\n" for name, reference in references.items()]
    return ".ebextensions/secrets.config", f"option_settings:\n  {NAMESPACE}:\n" + "".join(lines)


def set_secrets(site, **references):
    return site.end(site.begin(updates.prepare_properties(site.service, site.name, [], list(references.items()))))


def seen(instance, name):
    """The variable as the application of an instance has it, None when it has none, or does not answer."""
    connection = http.client.HTTPConnection(instance.host, instance.port, timeout=30)
    try:
        connection.request("GET", f"/env/{name}")
        answer = connection.getresponse()
    except OSError:
        return None
    body = answer.read().decode()
    return body if answer.status == 200 else None


def everywhere(site, name="PASSWORD"):
    return [seen(instance, name) for instance in site.instances()]


def holding(site, *values):
    """Everything of ours that holds one of these values: files of the home, arguments of processes, labels."""
    wanted = [value.encode() for value in values] + [json.dumps(value)[1:-1].encode() for value in values]
    files = [path for path in site.home.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    found = [str(path) for path in files if any(value in path.read_bytes() for value in wanted)]
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes()
        except OSError:
            continue
        found += [f"{place}: {words!r}"] if any(value in words for value in wanted) else []
    if isinstance(site, ContainerSite):
        with site.engine.ask() as api:
            made = api.containers(all=True, filters=Labels.of(site.home).filters())
            details = [api.inspect_container(each["Id"]) for each in made]
        for each in details:
            each["Config"].pop("Env")
            found += [each["Name"]] if any(value in json.dumps(each).encode() for value in wanted) else []
    return found


def test_instances_scripts_and_programs_get_secrets_and_nothing_of_ours_has_them(site, secret_store):
    secret = secret_store.secret("shop/db", {"password": PASSWORD, "port": {"number": 5432}})
    token = secret_store.parameter("/shop/token", TOKEN)
    (site.folder / "key").write_text(KEY + "\n")
    adapter = site.folder / "adapter"
    adapter.write_text(f'#!/bin/sh\nprintf "%s-%s\\n" "$1" {PASSWORD}\n')
    adapter.chmod(0o755)
    right = f'test "$PASSWORD" = "{PASSWORD[:4]}""{PASSWORD[4:]}"'
    files = [
        of_bundle(PASSWORD=f"{secret}:password", PORTS=f"{secret}:port:ignored", TOKEN=token),
        commands(("01_check", right, "")),
        hook("hooks/predeploy/check", right),
        hook("hooks/postdeploy/check", right),
    ]
    created = site.create("v1", size=2, files=files)
    assert created.outcome is Outcome.SUCCEEDED, created.cause
    done = set_secrets(site, KEY=f"file:{site.folder}/key", MADE=f"command:{adapter} 'of a program'")
    assert done.outcome is Outcome.SUCCEEDED, done.cause
    for instance in site.instances():
        found = {name: seen(instance, name) for name in ("PASSWORD", "PORTS", "TOKEN", "KEY", "MADE")}
        assert found == {
            "PASSWORD": PASSWORD, "PORTS": '{"number": 5432}', "TOKEN": TOKEN, "KEY": KEY,
            "MADE": f"of a program-{PASSWORD}",
        }  # fmt: skip
    for command in ("run", "exec"):
        process = site.start_command(command, "-e", "shop", "--", 'printf %s "$TOKEN"')
        assert process.communicate(timeout=60)[0] == TOKEN, command
    assert holding(site, PASSWORD, TOKEN, KEY) == []
    for command in (
        ["printenv", "shop"],
        ["config", "shop"],
        ["why", f"{NAMESPACE}:TOKEN", "shop"],
        ["events", "shop"],
    ):
        out, err = site.start_command("--json", *command).communicate(timeout=60)
        assert not any(value in out + err for value in (PASSWORD, TOKEN, KEY)), command
    assert f"(secret: {token})" in site.start_command("printenv", "shop").communicate(timeout=60)[0]


def test_new_instances_read_the_newest_value_and_old_ones_keep_theirs(site, secret_store):
    reference = secret_store.secret("shop/db", PASSWORD)
    site.create("v1", size=2, files=[of_bundle(PASSWORD=reference)])
    assert everywhere(site) == [PASSWORD, PASSWORD]
    secret_store.secret("shop/db", RENEWED)
    site.kill("agent")
    end_one(site)
    wait_until("one old and one new value", lambda: set(everywhere(site)) == {PASSWORD, RENEWED})
    site.settle()
    assert sorted(everywhere(site)) == [PASSWORD, RENEWED]
    operation = site.begin(updates.prepare_restart(site.service, site.name))
    assert site.end(operation).outcome is Outcome.SUCCEEDED
    assert everywhere(site) == [RENEWED, RENEWED]


def end_one(site):
    """The application of one instance ends without being asked to; an agent is there afterwards."""
    instance = site.instances()[0]
    try:
        connection = http.client.HTTPConnection(instance.host, instance.port, timeout=30)
        connection.request("GET", "/crash")
        connection.getresponse()
    except (http.client.HTTPException, ConnectionError):
        pass
    site.start_command("status", "shop").communicate(timeout=60)


@pytest.mark.parametrize("policy", [Policy.ALL_AT_ONCE, Policy.ADDITIONAL_BATCH])
def test_a_secret_that_cannot_be_read_fails_the_deployment_before_anything_is_touched(site, secret_store, policy):
    site.create("v1", size=2)
    before = [each.id for each in site.instances()]
    missing = secret_store.secret("shop/db", PASSWORD).replace("shop/db", "shop/other")
    result = site.deploy("v2", policy=policy, files=[of_bundle(PASSWORD=missing)])
    assert result.outcome is Outcome.ROLLED_BACK
    assert [each.id for each in site.instances()] == before
    assert len(site.store.instances.where("1")) == 2, "nothing was started either"
    (told,) = [message for message in site.messages() if "PASSWORD" in message]
    assert f"The secret PASSWORD cannot be read from {missing}: AWS refuses it: " in told
    assert "beanstalk setenv --secret PASSWORD=REFERENCE" in told


def test_an_environment_whose_secret_cannot_be_read_is_not_created(site):
    files = [of_bundle(PASSWORD="arn:aws:ssm:eu-west-1:123456789012:parameter/nowhere")]
    created = site.create("v1", files=files)
    assert (created.outcome, site.store.living()) == (Outcome.ROLLED_BACK, [])
    assert len([message for message in site.messages() if "parameter/nowhere" in message]) == 1


def test_what_a_script_said_is_told_without_secrets(site, secret_store):
    reference = secret_store.secret("shop/db", PASSWORD)
    site.create("v1", size=1)
    files = [of_bundle(PASSWORD=reference), commands(("01_say", 'echo "login with $PASSWORD failed"; exit 3', ""))]
    result = site.deploy("v2", files=files)
    assert result.outcome is Outcome.ROLLED_BACK
    assert result.cause.endswith("its last lines: login with *** failed")
    site.settle()
    assert all(path.endswith(SCRIPTS_LOG) for path in holding(site, PASSWORD))


def test_what_an_application_said_is_told_without_secrets(site, secret_store):
    reference = secret_store.secret("shop/db", PASSWORD)
    site.create("v1", size=1)
    loud = "import os, sys\nprint('cannot log in with', os.environ['PASSWORD'], flush=True)\nsys.exit(3)\n"
    files = [of_bundle(PASSWORD=reference), ("app.py", loud)]
    result = site.deploy("v2", files=files)
    assert result.outcome is Outcome.ROLLED_BACK
    assert "its last lines: cannot log in with ***" in result.cause
    site.settle()
    assert all(path.endswith("/web.log") for path in holding(site, PASSWORD))


@pytest.mark.docker
def test_every_container_of_an_instance_gets_them(engine, python_image, secret_store):
    site = ContainerSite("caddy", engine, python_image, several=True)
    try:
        created = site.create("v1", size=1, files=[of_bundle(PASSWORD=secret_store.secret("shop/db", PASSWORD))])
        assert created.outcome is Outcome.SUCCEEDED, created.cause
        for name in ("web", "beside"):
            asked = site.start_command("exec", "-e", "shop", "--container", name, "--", 'printf %s "$PASSWORD"')
            assert asked.communicate(timeout=60)[0] == PASSWORD
        assert holding(site, PASSWORD) == []
    finally:
        site.close()


@pytest.mark.parametrize("reference", ["file:/etc/passwd", "command:id"])
def test_a_bundle_reads_no_file_and_runs_no_program_of_the_machine(site, reference):
    with pytest.raises(InvalidInput, match=r"secrets\.config:3.*which nothing that comes with code may do"):
        site.create("v1", files=[of_bundle(PASSWORD=reference)])
    assert site.store.living() == []
