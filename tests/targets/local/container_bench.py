"""One home with containers on a real engine, for tests: launching, waiting, and proof that nothing is left."""

from __future__ import annotations

import http.client
import signal
import time
from dataclasses import replace

from beanstalk.containers import Container, ContainerGroup, ImageSource
from beanstalk.records import Instance, State
from beanstalk.store.home import Home
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.containers import ContainerHost

INSTANCE = Instance("i-1", "e-1", 1, State.PENDING, 20001, 0.0, 0.0)
PATIENCE_S = 60
NONE = ImageSource()
RANGE = "10.214.0.0/16"


def other(number):
    return replace(INSTANCE, id=f"i-{number}")


def wait_until(true):
    """Returns what `true` gives as soon as it is something."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := true()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
    return found


def shell(name, line, **settings):
    """A container that runs one line of the shell; `exec` in it where its last program is to get the signals."""
    return Container(name, NONE, command=("sh", "-c", line), **settings)


def group(*containers, web=None, port=5000):
    return ContainerGroup(containers, web or containers[0].name, port)


class Bench:
    def __init__(self, folder, engine, image, network_range=RANGE):
        self.home, self.engine, self.image, self.range = Home(folder), engine, image, network_range
        self.home.create()
        self.labels = Labels.of(self.home)
        self.host = self.again()
        (folder / "environments/e-1/instances").mkdir(parents=True)

    def again(self):
        """What a new agent has: nothing in its memory."""
        return ContainerHost(self.home, self.engine, self.range)

    def start(self, container, group=None, instance=INSTANCE, image=None, host=None, **environment):
        """One container, until the engine has it; returns its identity."""
        whole = group or ContainerGroup((container,), container.name, 5000)
        name = image or self.image
        return wait_until(lambda: (host or self.host).start(instance, whole, container, environment, name))

    def launch(self, *containers, instance=INSTANCE, **environment):
        """All of them, as the agent does it; returns {name: identity}."""
        whole = group(*containers)
        return {each.name: self.start(each, whole, instance, **environment) for each in containers}

    def ended(self, identities, host=None):
        return wait_until(lambda: (host or self.host).ended(identities))

    def stop(self, instance=INSTANCE, identities=None, host=None):
        """In good order, as the agent does it; until nothing is left."""
        host = host or self.host
        host.signal(instance, identities or {}, signal.SIGTERM)
        wait_until(lambda: host.gone(instance, identities or {}))
        host.clear(instance)

    def kill(self, instance=INSTANCE):
        """Until nothing is left, without good order."""
        self.host.signal(instance, {}, signal.SIGKILL)
        wait_until(lambda: self.host.gone(instance, {}))
        self.host.clear(instance)

    def said(self, name="web", instance=INSTANCE):
        log = self.home.logs(instance.environment_id, instance.id) / f"{name}.log"
        return log.read_text() if log.exists() else ""

    def inspect(self, identity):
        with self.engine.ask() as api:
            return api.inspect_container(identity[0])

    def run(self, identity, *words):
        """What a program inside says."""
        with self.engine.ask() as api:
            return api.exec_start(api.exec_create(identity[0], list(words))["Id"]).decode()

    def get(self, place, path="/"):
        """(status, version, instance, text) of one request."""
        connection = http.client.HTTPConnection(*place, timeout=PATIENCE_S)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("X-Version"), answer.getheader("X-Instance"), answer.read().decode()

    def answers(self, place, path="/"):
        try:
            return self.get(place, path)
        except OSError:
            return None

    def left(self):
        """What the engine has of this home: names of containers, networks, volumes."""
        with self.engine.ask() as api:
            containers = [each["Names"][0] for each in api.containers(all=True, filters=self.labels.filters())]
            networks = [each["Name"] for each in api.networks(filters=self.labels.filters())]
            volumes = [each["Name"] for each in api.volumes(filters=self.labels.filters())["Volumes"] or []]
        return sorted([*containers, *networks, *volumes])

    def close(self):
        host = self.again()
        wait_until(lambda: host.sweep(()) or not self.left())
