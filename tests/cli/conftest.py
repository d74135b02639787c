"""The command line in a project folder, with the real service, store and agent over a machine in memory."""

from __future__ import annotations

import json
import os
import time

import pytest
from click.testing import CliRunner

from beanstalk.cli.group import cli
from beanstalk.service.place import Service
from beanstalk.store.home import find_home
from tests.agent.memory_world import Machine, turn_until_rest
from tests.apps import write_app


class CommandLine:
    """Runs commands. works: whether the agent does anything.  machine: where instances "run"."""

    def __init__(self, folder):
        self.folder = folder
        self.machine = Machine()
        self.works = True

    def __call__(self, *words, stdin=None):
        return CliRunner().invoke(cli, [str(word) for word in words], input=stdin, prog_name="beanstalk")

    def ok(self, *words, stdin=None):
        """What a command that works writes to stdout."""
        done = self(*words, stdin=stdin)
        assert done.exit_code == 0, done.output
        return done.stdout

    def json(self, *words, code=0):
        done = self(*words, "--json")
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    def change(self, version="v2"):
        write_app(self.folder, version)

    @property
    def store(self):
        return Service(find_home()).store

    def labels(self):
        return [each["VersionLabel"] for each in self.json("appversion")]

    def make_bad(self, label):
        """Instances of this version end at once."""
        self.machine.bad.add(self.store.versions.get("shop", label).digest)

    def ensure_agent(self, home):
        if self.works:
            self.machine.now = max(self.machine.now, time.time())
            turn_until_rest(self.machine, home.folder)


@pytest.fixture
def beanstalk(tmp_path, monkeypatch):
    """A command line in the folder `shop`, an application that is no project yet, with a home of its own."""
    for name in [name for name in os.environ if name.startswith("BEANSTALK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BEANSTALK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    folder = write_app(tmp_path / "shop")
    monkeypatch.chdir(folder)
    made = CommandLine(folder)
    monkeypatch.setattr("beanstalk.service.changes.check_balancer", lambda home: None)
    monkeypatch.setattr("beanstalk.agent.daemon.subprocess", None)  # nothing here starts a real one
    for module in ("changes", "environments", "operations"):
        for name in ("ensure_agent", "miss_agent"):
            monkeypatch.setattr(f"beanstalk.service.{module}.{name}", made.ensure_agent, raising=False)
    return made


@pytest.fixture
def shop(beanstalk):
    """The same with the environment shop-dev, which runs version v1 on two instances."""
    beanstalk.ok("init", "shop", "--platform", "procfile")
    beanstalk.ok("create", "--scale", 2, "--label", "v1")
    return beanstalk
