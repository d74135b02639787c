"""A site whose instances are containers: one that is built from a Dockerfile, or several of a Dockerrun file."""

from __future__ import annotations

import json
import threading
import time

from beanstalk.targets.local.container_labels import INSTANCE, Labels
from beanstalk.targets.local.images import Images
from tests.end_to_end.site import Site

DOCKERFILE = """\
FROM {image}
WORKDIR /app
COPY . .
EXPOSE 5000
ENV PYTHONUNBUFFERED=1
CMD {command}
"""


class ContainerSite(Site):
    """image: has python3.  several: each instance is the application and a container beside it."""

    platform = "docker"

    def __init__(self, balancer, engine, image, several=False):
        super().__init__(balancer)
        self.engine, self.image, self.several = engine, image, several
        if several:
            self.platform = "ecs"

    def version(self, label, rude=False, files=(), **env):
        return super().version(label, rude, (self.describing(rude), *files), **env)

    def describing(self, rude):
        """The file of the bundle that says what to run: (name, content)."""
        command = ["python3", "app.py", *(["--rude"] if rude else [])]
        if not self.several:
            return "Dockerfile", DOCKERFILE.format(image=self.image, command=json.dumps(command))
        web = {
            "name": "web", "image": self.image, "command": command, "workingDirectory": "/app", "memory": 128,
            "portMappings": [{"hostPort": 80, "containerPort": 5000}], "links": ["beside"],
            "mountPoints": [{"sourceVolume": "app", "containerPath": "/app"}],
        }  # fmt: skip
        beside = {
            "name": "beside", "image": self.image, "memory": 64, "essential": True,
            "command": ["python3", "-c", "import signal; signal.sigwait([signal.SIGTERM])"],
        }  # fmt: skip
        volumes = [{"name": "app", "host": {"sourcePath": "/var/app/current"}}]
        document = {"AWSEBDockerrunVersion": 2, "containerDefinitions": [web, beside], "volumes": volumes}
        return "Dockerrun.aws.json", json.dumps(document)

    def containers(self):
        """Of this home's instances, living or not: [(name, instance id, state)]. Images are made in others."""
        with self.engine.ask() as api:
            found = api.containers(all=True, filters=Labels.of(self.home).filters())
        rows = [(each["Names"][0].removeprefix("/"), each["Labels"].get(INSTANCE), each["State"]) for each in found]
        return [row for row in rows if row[1]]

    def starts(self):
        return Starts(self.engine, Labels.of(self.home))

    def networks(self):
        with self.engine.ask() as api:
            return api.networks(filters=Labels.of(self.home).filters())

    def leftovers_now(self):
        known = {each.id for each in self.store.living_instances()}
        return super().leftovers_now() + [f"container {each}" for each in self.containers() if each[1] not in known]

    def close(self):
        super().close()
        with self.engine.ask() as api:
            for name, _, _ in self.containers():
                api.remove_container(name, force=True, v=True)
            for network in self.networks():
                api.remove_network(network["Id"])
        self.remove_images()

    def remove_images(self):
        """All of them go, but one that a container of another test uses, too: of that only our name."""
        ours = f"beanstalk-{Labels.of(self.home).home_id}"
        with self.engine.ask() as api:
            used = {each["ImageID"] for each in api.containers(all=True)}
            Images(self.home, self.engine).sweep(())
            used |= {each["ImageID"] for each in api.containers(all=True)}
            left = api.images(f"{ours}/*")
            assert [each for each in left if each["Id"] not in used] == []
            for name in [name for each in left for name in each["RepoTags"] if name.startswith(f"{ours}/")]:
                api.remove_image(name)


class Starts:
    """Names of the containers of a home that were started meanwhile: the engine tells them, and forgets none."""

    def __init__(self, engine, labels):
        self.engine, self.filters = engine, labels.filters() | {"type": ["container"], "event": ["start"]}
        self.names = []
        self.thread = threading.Thread(target=self.read, daemon=True)

    def __enter__(self):
        with self.engine.ask() as api:
            self.stream = api.events(since=int(time.time()), filters=self.filters, decode=True)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.stream.close()
        self.thread.join()

    def read(self):
        for each in self.stream:
            self.names.append(each["Actor"]["Attributes"]["name"])

    def of_scripts(self):
        return [name for name in self.names if "-script-" in name]
