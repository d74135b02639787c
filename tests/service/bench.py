"""A service over a home of its own, versions of a tiny application, and the agent's part written down by hand."""

from __future__ import annotations

import json

from beanstalk.model import OptionSetting, Outcome
from beanstalk.records import Status
from beanstalk.service import changes, environments, versions
from beanstalk.service.place import Service
from beanstalk.store.home import Home
from tests.bundles import make_bundle

PROPERTIES = "aws:elasticbeanstalk:application:environment"


class Bench:
    def __init__(self, folder):
        self.folder, self.woken = folder, []
        self.home = Home(folder / "home")
        self.service = self.another()
        self.store = self.service.store

    def another(self):
        """What another process would have."""
        return Service(self.home, command="beanstalk test")

    def version(self, label, application="shop", **files):
        files = {"Procfile": f"web: serve {label}\n"} | {name.replace("_", "."): text for name, text in files.items()}
        archive = make_bundle(self.folder / "zips", files, f"{label}.zip").path
        return versions.create_version(self.service, application, versions.Source(self.folder, archive), label)

    def create(self, name="prod-1", label="v1", size=3, finished=True):
        made = self.version(label)
        settings = [OptionSetting("aws:autoscaling:asg", "MinSize", str(size))]
        settings.append(OptionSetting("aws:autoscaling:asg", "MaxSize", str(max(size, 4))))
        change = environments.prepare_create(self.service, name, made.version, made.packed.bundle, settings)
        operation = changes.begin(self.service, change)
        if finished:
            self.finish(operation)
        return operation

    def finish(self, operation, outcome=Outcome.SUCCEEDED):
        """What the agent writes when a deployment ends."""
        store, now = self.store, self.service.now()
        deployment = store.deployment_of(operation.id)
        with store.transaction():
            store.deployments.change(deployment.id, outcome=outcome, ended=now)
            after = {"status": Status.READY}
            if outcome is Outcome.SUCCEEDED:
                size = json.loads(deployment.rollout_json)["size"]
                after |= {
                    "deployment_id": deployment.id, "version_label": deployment.version_label, "size": size,
                    "settings_json": deployment.settings_json, "platform": deployment.platform,
                }  # fmt: skip
            store.environments.change(deployment.environment_id, **after)
            store.finish(operation.id, outcome, "", now)

    def terminated(self, name):
        """An environment is gone, as the agent leaves it."""
        found = self.store.environment(name)
        self.store.environments.change(found.id, status=Status.TERMINATED, terminated=self.service.now())

    def rows(self):
        """How much is written down of everything but events."""
        tables = (self.store.operations, self.store.deployments, self.store.environments, self.store.instances)
        holds = self.store._db.execute("SELECT COUNT(*) FROM holds").fetchone()[0]
        return [len(table.where("1")) for table in tables] + [holds]
