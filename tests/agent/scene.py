"""One environment at rest on a machine in memory, with a living agent; what happens to it, and what it looks like."""

from __future__ import annotations

from beanstalk.model import Policy, Rollout
from beanstalk.records import RUNNING, Kind, Operation, State, Status
from tests.agent.memory_world import TICK_S, Machine, add_deployment, add_environment, make_agent

TURNS = 2000


class Scene:
    """`shop` with `size` instances of v1 in service, deployment 1. Names are those of the environment."""

    def __init__(self, folder, size=3):
        self.folder, self.machine = folder, Machine(now=1_000_000.0)
        self.agent, self.store = make_agent(self.machine, folder)
        self.create("shop", size)

    def create(self, name, size, slot=0):
        add_environment(self.store, name, slot, self.machine.now)
        self.deploy("v1", Policy.ALL_AT_ONCE, size, old=0, kind=Kind.CREATE, name=name)
        self.rest()

    def deploy(self, label, policy, size=3, old=3, kind=Kind.DEPLOY, name="shop", scripts=(), secrets=(), **more):
        """Begin a deployment as `service.changes.begin` does; gives the id of its operation."""
        options = {"batch": 1, "timeout_s": 60.0, "evaluate_s": 3.0} | more
        if kind is not Kind.CREATE:
            self.store.environments.change(f"e-{name}", status=Status.UPDATING)
        rollout = Rollout(policy, size, old, **options)
        where = self.store, f"e-{name}", rollout, label, kind, self.machine.now
        return add_deployment(*where, scripts=scripts, secrets=secrets)

    def terminate(self):
        operation = Operation("op-end", Kind.TERMINATE, "e-shop", "a test", self.machine.now)
        with self.store.transaction():
            self.store.begin(operation, ["e-shop"])
            self.store.environments.change("e-shop", status=Status.TERMINATING)

    # time

    def turn(self, seconds=TICK_S):
        """Let the agent turn until so much time has passed, once at least."""
        until = self.machine.now + seconds
        while True:
            self.agent.tick()
            self.machine.now += TICK_S
            if self.machine.now >= until - 1e-9:
                return

    def turn_until(self, true, what="it"):
        for _ in range(TURNS):
            if true():
                return
            self.turn()
        raise AssertionError(f"{what} never came true: {self.states()}, {self.events()[-5:]}")

    def rest(self):
        self.turn()
        self.turn_until(lambda: not self.store.open_operations() and not self.agent._is_busy(), "rest")
        self.turn()

    def set_clock(self, seconds):
        self.machine.now += seconds
        self.machine.jumped += seconds
        for running in self.machine.processes.values():
            running.started += seconds
            running.ends = None if running.ends is None else running.ends + seconds

    def another_agent(self):
        """The agent is killed, and another one comes."""
        self.store.close()
        self.agent, self.store = make_agent(self.machine, self.folder)

    # what happens, and what is there

    def kill(self, instance, name="web"):
        for running in self.machine.processes.values():
            if (running.instance_id, running.name) == (instance.id, name):
                running.ends = min(running.ends or 1e12, self.machine.now)

    @property
    def shop(self):
        return self.store.environments.get("e-shop")

    def instances(self, state=None):
        return [each for each in self.store.living_instances("e-shop") if state in (None, each.state)]

    def running(self):
        return [each for each in self.instances() if each.state in RUNNING]

    def serving(self):
        return self.instances(State.IN_SERVICE)

    def states(self):
        return sorted(str(each.state) for each in self.instances())

    def versions(self):
        labels = {each.id: each.version_label for each in self.store.deployments.where("1")}
        return sorted(labels[each.deployment_id] for each in self.running())

    def outcome(self, operation_id):
        return self.store.operations.get(operation_id).outcome

    def members(self, slot=0):
        """{port: weight} in the balancer."""
        pool = self.machine.pools.get(slot)
        return {int(address.partition(":")[2]): weight for address, weight in pool.members} if pool else {}

    def events(self, containing=""):
        return [event.message for event in self.store.events_after(0) if containing in event.message]

    def starts(self, name="web"):
        return len([each for each in self.machine.processes.values() if each.name == name])
