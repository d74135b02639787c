"""Instances as containers on a real engine: what they get, how they end, and that nothing is started twice or lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial

import pytest

from beanstalk.containers import Borrowed, Condition, Container, ContainerCheck, Dependency, Mount, MountKind, Port
from beanstalk.errors import TargetError
from beanstalk.targets.local import containers
from beanstalk.targets.local.container_steps import Steps
from beanstalk.targets.local.containers import ContainerHost
from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.host import LocalHost, Reachable
from beanstalk.targets.local.processes import Ended, ProcessHost
from tests.agent.memory_world import WORKLOAD
from tests.targets.local.container_bench import INSTANCE, NONE, Bench, group, other, shell, wait_until

pytestmark = pytest.mark.docker
WEB = Container("web", NONE)
FOR_EVER = "exec sleep 600"
UNTIL_TOLD = "trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done"


@pytest.fixture
def bench(engine, python_image, tmp_path):
    bench = Bench(tmp_path / "home", engine, python_image)
    yield bench
    bench.close()


@pytest.fixture
def foreign(engine, python_image):
    """foreign(name, **labels): the id of a container that is not ours."""
    made = []

    def create(name=None, **labels):
        with engine.ask() as api:
            found = api.create_container(python_image, ["sleep", "600"], name=name, labels=labels)["Id"]
            made.append(found)
            api.start(found)
        return found

    yield create
    for each in made:
        with engine.ask() as api:
            api.remove_container(each, force=True)


def is_running(bench, container_id):
    return bench.inspect((container_id,))["State"]["Running"]


class Far(Engine):
    """An engine as on Docker Desktop: this machine has no way to the addresses of its containers."""

    def look(self):
        self._facts = replace(super().look(), reachable=False)
        return self._facts


class Bare(Engine):
    """An engine without its default network."""

    def look(self):
        self._facts = replace(super().look(), bridge=False)
        return self._facts


def test_an_instance_runs_answers_and_leaves_nothing(bench, app_image):
    identities = {"web": bench.start(WEB, image=app_image, BEANSTALK_VERSION_LABEL="v1")}
    place = bench.host.address(INSTANCE, group(WEB))
    assert wait_until(lambda: bench.answers(place))[:3] == (200, "v1", "i-1")
    assert bench.host.ended(identities) is None
    assert bench.host.published(INSTANCE, group(WEB)) == (Reachable("web", 5000, "tcp", place[0], 5000),)
    bench.stop(identities=identities)
    assert bench.left() == []
    assert bench.said().splitlines() == ["version v1 starts as i-1", "version v1 listens as i-1"]


def test_started_twice_it_is_there_once(bench):
    first = bench.start(shell("web", FOR_EVER))
    assert bench.start(shell("web", FOR_EVER)) == first
    assert bench.start(shell("web", FOR_EVER), host=bench.again()) == first
    assert len(bench.left()) == 1


START = """
import sys
from pathlib import Path
from beanstalk.targets.local.engine import Engine
from tests.targets.local.container_bench import *
bench = Bench(Path(sys.argv[1]), Engine(), sys.argv[2])
print("go", flush=True)
print(bench.launch(shell("db", "exec sleep 600"), shell("web", "exec sleep 600")), flush=True)
"""


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.15, 0.25, 0.4, 0.6, 0.8])
def test_what_a_killed_agent_began_is_taken_over_wherever_it_was_killed(bench, after_s):
    command = [sys.executable, "-c", START, str(bench.home.folder), bench.image]
    agent = subprocess.Popen(command, stdout=subprocess.PIPE)
    agent.stdout.readline()
    time.sleep(after_s)
    agent.kill()
    agent.wait()
    identities = bench.launch(shell("db", FOR_EVER), shell("web", FOR_EVER))
    assert bench.host.ended(identities) is None
    assert bench.left() == sorted(
        [f"/{bench.labels.name('i-1', name)}" for name in ("db", "web")] + [bench.labels.name("i-1")]
    )
    assert bench.again().strays() == {"i-1": identities}


def test_one_that_ended_before_it_was_written_down_is_not_started_again(bench):
    first = bench.start(shell("web", "exit 7"))
    bench.ended({"web": first})
    assert bench.start(shell("web", "exit 7"), host=bench.again()) == first
    assert bench.ended({"web": first}, bench.again()).code == 7


def test_a_name_that_somebody_else_has_is_an_error_and_theirs_is_left_alone(bench, foreign):
    name = bench.labels.name("i-1", "web")
    theirs = foreign(name)
    with pytest.raises(TargetError, match=f"there is a container {name} that beanstalk did not make") as caught:
        bench.start(shell("web", FOR_EVER))
    assert "docker rename" in caught.value.hint
    bench.stop()
    assert is_running(bench, theirs)


@pytest.mark.parametrize(
    ("container", "text"),
    [
        (Container("web", NONE, command=("no-such-program",)), "its image has no program no-such-program"),
        (Container("web", NONE, command=("/etc/passwd",)), "/etc/passwd of its image is no program"),
        (Container("web", NONE, command=("true",), user="nobody-here"), "no user or group nobody-here"),
        (Container("web", NONE, command=("true",), memory=1000), "memory limit is below the least"),
        (Container("web", NONE, command=("true",), cpus=1e6), "more processors than the"),
        (
            Container("web", NONE, command=("true",), mounts=(Mount(MountKind.HOST, "/data", "/etc/passwd"),)),
            "/etc/passwd is a file in the image and a folder outside",
        ),
        (
            Container("web", NONE, command=("true",), mounts=(Mount(MountKind.TMPFS, "", "no/path"),)),
            "the path no/path of a mount is not absolute",
        ),
        (
            Container("web", NONE, command=("true",), mounts=(Mount(MountKind.TMPFS, "", "/x"),) * 2),
            "two mounts are on /x",
        ),
        (
            Container("web", NONE, command=("true",), log_driver="json-file", log_options=(("odd", "1"),)),
            "web cannot be started: .*odd",
        ),
        (Container("web", NONE, command=(), entrypoint=()), "nothing is left to run"),
    ],
)
def test_a_refusal_says_what_is_wrong_in_one_line(bench, container, text):
    with pytest.raises(TargetError, match=text) as caught:
        bench.start(container)
    assert "\n" not in caught.value.problem
    assert "OCI" not in caught.value.problem
    bench.stop()
    assert bench.left() == []


def test_an_image_that_is_not_there_is_said(bench):
    with pytest.raises(TargetError, match="its image is not on the engine"):
        bench.start(WEB, image="beanstalk-tests/no-such-image:1")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("echo last; exit 0", "exited with 0"),
        ("echo last; exit 7", "exited with 7"),
        ("echo last; kill -KILL $$", "was ended by SIGKILL"),
        ("echo last; kill -40 $$", "was ended by signal 40"),
    ],
)
def test_an_end_is_said_with_its_code_and_its_last_words_are_there_by_then(bench, line, text):
    # without `init` a process cannot kill itself: the first one of a container is protected from signals
    ended = bench.ended({"web": bench.start(shell("web", line, init=True))})
    assert str(ended) == text
    assert bench.host.last_lines(INSTANCE, 1) == ["last"]


def test_an_end_for_want_of_memory_is_said_as_such(bench):
    line = 'exec python3 -c "x = bytearray(500_000_000)"'
    ended = bench.ended({"web": bench.start(shell("web", line, memory=64 * 2**20))})
    assert str(ended) == "was ended: out of memory (limit 64 MiB)"


def test_what_somebody_removed_ended_while_nobody_watched(bench):
    identity = bench.start(shell("web", FOR_EVER))
    with bench.engine.ask() as api:
        api.remove_container(identity[0], force=True)
    assert bench.ended({"web": identity}) == Ended("web", None)


def test_containers_find_those_of_their_own_instance_by_name_and_link(bench):
    line = "exec python3 -m http.server 80"
    db, web = shell("data_base", line), shell("web", FOR_EVER, links=(("data_base", "db"),))
    identities = bench.launch(db, web)
    for name in ("db", "data_base"):
        assert name in bench.run(identities["web"], "getent", "hosts", name)
    assert "web" in bench.run(identities["data_base"], "getent", "hosts", "web")
    twin = bench.launch(db, web, instance=other(2))
    addresses = {bench.run(each["web"], "getent", "hosts", "db").split()[0] for each in (identities, twin)}
    assert len(addresses) == 2


def test_a_volume_is_shared_inside_an_instance_and_not_between_instances(bench):
    volume = (Mount(MountKind.VOLUME, "files", "/files"),)
    writer = shell("writer", "echo $BEANSTALK_INSTANCE_ID >> /files/who; exec sleep 600", mounts=volume)
    reader = shell("reader", FOR_EVER, mounts=(replace(volume[0], read_only=True),))
    for instance in (INSTANCE, other(2)):
        identities = bench.launch(writer, reader, instance=instance)
        look = partial(bench.run, identities["reader"], "cat", "/files/who")
        assert wait_until(lambda look=look: look() if look().endswith("\n") else "") == f"{instance.id}\n"
        assert "Read-only" in bench.run(identities["reader"], "touch", "/files/x")
        bench.kill(instance)
    assert bench.left() == []


def test_mounts_are_borrowed_with_or_without_the_right_to_write(bench):
    lender = shell("lender", "echo lent > /own/file; exec sleep 600", mounts=(Mount(MountKind.NAMELESS, "", "/own"),))
    taker = shell("taker", FOR_EVER, volumes_from=(Borrowed("lender", read_only=True),))
    identities = bench.launch(lender, taker)
    wait_until(lambda: bench.run(identities["taker"], "cat", "/own/file") == "lent\n")
    assert "Read-only" in bench.run(identities["taker"], "touch", "/own/x")
    bench.kill()
    assert bench.left() == []


def when(condition, **more):
    return shell("web", FOR_EVER, depends_on=(Dependency("first", condition),), **more)


def test_a_container_waits_until_what_it_depends_on_is_healthy(bench):
    check = ContainerCheck(("CMD", "test", "-e", "/tmp/well"), interval_s=0.1, retries=600)
    whole = group(shell("first", FOR_EVER, check=check), when(Condition.HEALTHY))
    first = bench.start(whole.containers[0], whole)
    for _ in range(50):
        assert bench.host.start(INSTANCE, whole, whole.containers[1], {}, bench.image) is None
        time.sleep(0.01)
    bench.run(first, "touch", "/tmp/well")
    assert bench.host.ended({"web": bench.start(whole.containers[1], whole)}) is None


@pytest.mark.parametrize(
    ("first", "condition"),
    [("exit 3", Condition.COMPLETED), ("exit 0", Condition.SUCCEEDED), ("exit 3", Condition.STARTED)],
)
def test_a_container_starts_when_what_it_waits_for_came_about(bench, first, condition):
    identities = bench.launch(shell("first", f"sleep 0.3; {first}"), when(condition))
    assert bench.host.ended({"web": identities["web"]}) is None
    if condition is not Condition.STARTED:
        assert bench.inspect(identities["first"])["State"]["Status"] == "exited"


@pytest.mark.parametrize(
    ("line", "retries", "condition", "text"),
    [
        ("exit 3", None, Condition.SUCCEEDED, "exited with 3"),
        ("exit 0", 600, Condition.HEALTHY, "exited with 0"),
        (FOR_EVER, None, Condition.HEALTHY, "has no health check"),
        (FOR_EVER, 1, Condition.HEALTHY, "is unhealthy: no disk"),
    ],
)
def test_a_container_whose_condition_can_never_come_about_fails(bench, line, retries, condition, text):
    check = retries and ContainerCheck(("CMD-SHELL", "echo no disk; exit 1"), interval_s=0.1, retries=retries)
    with pytest.raises(TargetError, match=f"web cannot be started: first, which it waits for, {text}"):
        bench.launch(shell("first", line, check=check), when(condition))


def test_containers_stop_before_what_they_depend_on(bench):
    line = "trap 'date +%s%N; sleep {}; date +%s%N; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    db = shell("db", line.format(0))
    web = shell("web", line.format(0.5), links=(("db", "db"),))
    identities = bench.launch(db, web)
    wait_until(lambda: "ready" in bench.said("db") + bench.said("web") or bench.host.ended(identities))
    wait_until(lambda: bench.host.ended(identities) or all("ready" in bench.said(name) for name in ("db", "web")))
    bench.stop(identities=identities)
    times = {name: [int(each) for each in bench.said(name).split()[1:]] for name in ("db", "web")}
    assert times["web"][1] <= times["db"][0]


def test_a_stop_that_a_killed_agent_began_is_gone_on_with(bench):
    identities = bench.launch(shell("db", UNTIL_TOLD), shell("web", UNTIL_TOLD, links=(("db", "db"),)))
    bench.host.signal(INSTANCE, identities, signal.SIGTERM)
    bench.stop(identities=identities, host=bench.again())
    assert bench.left() == []


def test_each_container_is_stopped_by_its_own_signal(bench):
    line = "trap 'echo usr1; exit 0' USR1; trap 'echo term' TERM; echo ready; while :; do sleep 0.05; done"
    identities = bench.launch(shell("web", line, stop_signal="SIGUSR1"))
    wait_until(lambda: bench.host.ended(identities) or "ready" in bench.said())
    bench.stop(identities=identities)
    assert bench.said().split() == ["ready", "usr1"]


def test_one_that_takes_longer_than_it_may_is_killed(bench):
    line = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    slow, db = shell("slow", line, stop_after_s=0.2, links=(("db", "db"),)), shell("db", UNTIL_TOLD)
    identities = bench.launch(db, slow)
    wait_until(lambda: bench.host.ended(identities) or "ready" in bench.said("slow"))
    bench.stop(identities=identities)
    assert bench.left() == []


def test_without_a_limit_of_its_own_it_is_killed_when_the_agent_says_so(bench):
    identities = bench.launch(shell("web", "trap '' TERM; echo ready; while :; do sleep 0.05; done"))
    wait_until(lambda: bench.host.ended(identities) or "ready" in bench.said())
    bench.host.signal(INSTANCE, identities, signal.SIGTERM)
    for _ in range(50):
        assert not bench.host.gone(INSTANCE, identities)
        time.sleep(0.01)
    bench.host.signal(INSTANCE, identities, signal.SIGKILL)
    wait_until(lambda: bench.host.gone(INSTANCE, identities))
    assert bench.left() == []


def test_what_it_depends_on_has_its_time_even_when_it_was_killed_itself(bench):
    line = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    db, web = shell("db", UNTIL_TOLD.replace("exit 0", "echo bye; exit 0")), shell("web", line, links=(("db", "db"),))
    identities = bench.launch(db, web)
    wait_until(lambda: bench.host.ended(identities) or all("ready" in bench.said(name) for name in ("db", "web")))
    bench.host.signal(INSTANCE, identities, signal.SIGTERM)
    time.sleep(0.5)
    wait_until(lambda: bench.host.signal(INSTANCE, identities, signal.SIGKILL) or bench.host.gone(INSTANCE, identities))
    assert bench.said("db") == "ready\nbye\n"


def test_one_that_leaves_lets_those_go_first_that_are_being_started(bench, monkeypatch):
    leaving, start, gate = bench.launch(shell("web", UNTIL_TOLD)), Steps.start, threading.Event()
    monkeypatch.setattr(containers, "_COURTESY_S", 600)
    monkeypatch.setattr(Steps, "start", lambda steps, wanted: gate.wait(60) and start(steps, wanted))
    new = shell("web", FOR_EVER)
    wait_until(lambda: not bench.host.start(other(2), group(new), new, {}, bench.image) and bench.host._is_starting())
    bench.host.signal(INSTANCE, leaving, signal.SIGTERM)
    for _ in range(50):
        assert not bench.host.gone(INSTANCE, leaving)
        time.sleep(0.01)
    gate.set()
    wait_until(lambda: bench.host.gone(INSTANCE, leaving))
    assert bench.start(new, instance=other(2))


def test_it_is_started_again_in_its_place(bench):
    container = shell("web", "echo >> /tmp/runs; echo run $(wc -l < /tmp/runs); " + UNTIL_TOLD)
    whole = group(container, shell("other", FOR_EVER))
    identities = {each.name: bench.start(each, whole) for each in reversed(whole.containers)}
    place = bench.host.address(INSTANCE, whole)
    assert place[1] == 5000
    only = {"web": identities["web"]}
    wait_until(lambda: bench.host.ended(only) or "ready" in bench.said())
    bench.run(identities["web"], "sh", "-c", "kill -TERM 1")
    assert bench.ended(only).code == 0
    assert wait_until(lambda: bench.host.restart(INSTANCE, container)) == identities["web"]
    assert bench.host.ended(only) is None
    assert bench.host.address(INSTANCE, whole) == place
    wait_until(lambda: bench.host.ended(only) or bench.said().split() == ["run", "1", "ready", "run", "2", "ready"])
    bench.host.signal(INSTANCE, only, signal.SIGKILL)
    assert str(bench.ended(only)) == "was ended by SIGKILL"


def test_one_that_ends_again_and_again_is_seen_each_time(bench):
    container = shell("web", "echo once >> /tmp/runs; exit $(wc -l < /tmp/runs)")
    identities = {"web": bench.start(container)}
    codes = []
    for _ in range(3):
        codes.append(bench.ended(identities).code)
        bench.host.restart(INSTANCE, container)
    assert codes == [1, 2, 3]


def test_strays_are_those_that_were_started_and_ours(bench, foreign, tmp_path):
    mine = bench.start(shell("web", FOR_EVER))
    theirs = foreign()
    neighbour = Bench(tmp_path / "other", bench.engine, bench.image)
    neighbour.start(shell("web", FOR_EVER))
    assert bench.again().strays() == {"i-1": {"web": mine}}
    bench.close()
    assert bench.left() == []
    assert is_running(bench, theirs)
    assert len(neighbour.left()) == 1
    neighbour.close()


def test_leftovers_of_instances_that_nobody_knows_are_swept(bench):
    volume = (Mount(MountKind.VOLUME, "files", "/files"),)
    for number in (1, 2):
        bench.launch(shell("db", FOR_EVER, mounts=volume), shell("web", FOR_EVER), instance=other(number))
    later = bench.again()
    wait_until(lambda: later.sweep({"i-2"}) or not any("i-1" in each for each in bench.left()))
    assert len(bench.left()) == 4
    assert later.strays().keys() == {"i-2"}


def test_a_sweep_spares_what_was_started_after_the_living_were_counted(bench):
    identity = bench.start(shell("web", FOR_EVER))
    bench.host.sweep(())
    wait_until(lambda: bench.host._jobs["", ""].done())
    assert bench.host.ended({"web": identity}) is None


def test_a_container_of_an_image_with_our_labels_is_somebody_elses(bench, foreign):
    identity = bench.start(shell("web", FOR_EVER))
    labels = bench.inspect(identity)["Config"]["Labels"]
    theirs = foreign(**labels)
    bench.kill()
    later = bench.again()
    wait_until(lambda: later.sweep(()) or not later.strays())
    assert is_running(bench, theirs)


def test_labels_of_the_user_are_there_and_never_ours(bench):
    identity = bench.start(shell("web", FOR_EVER, labels=(("team", "shop"), ("beanstalk.instance", "i-9"))))
    labels = bench.inspect(identity)["Config"]["Labels"]
    assert labels["team"] == "shop"
    assert labels["beanstalk.instance"] == "i-1"
    assert json.dumps(labels).count("i-9") == 0


def test_every_port_of_every_container_is_told_with_its_address(bench, app_image):
    first = shell("web", "exec sleep 60", ports=(Port(5000), Port(53, protocol="udp")))
    beside = shell("admin", "exec sleep 60", ports=(Port(9000),))
    known = bench.launch(first, beside)
    instance = replace(INSTANCE, processes_json=json.dumps(known))
    whole = group(first, beside)
    host = LocalHost(bench.home, ProcessHost(bench.home), bench.again, str)
    found = host.published(instance, replace(WORKLOAD, group=whole))
    assert [(each.container, each.port, each.protocol) for each in found] == [
        ("admin", 9000, "tcp"), ("web", 53, "udp"), ("web", 5000, "tcp"),
    ]  # fmt: skip
    assert {(each.host, each.host_port) for each in found if each.container == "web" and each.protocol == "tcp"} == {
        bench.host.address(INSTANCE, whole)
    }
    assert host.published(instance, WORKLOAD) == ()


def test_ports_are_published_on_this_machine_alone_where_addresses_lead_nowhere(bench, app_image):
    far = ContainerHost(bench.home, Far(bench.engine.url), bench.range)
    container = replace(WEB, ports=(Port(5000, 80), Port(9000, None, "udp")))
    identities = {"web": bench.start(container, image=app_image, host=far)}
    place = far.address(INSTANCE, group(container))
    assert place[0] == "127.0.0.1"
    assert wait_until(lambda: bench.answers(place))[2] == "i-1"
    found = {each.port: each for each in far.published(INSTANCE, group(container))}
    assert found[5000].host_port == place[1]
    assert (found[9000].protocol, found[9000].host) == ("udp", "127.0.0.1")
    bindings = bench.inspect(identities["web"])["NetworkSettings"]["Ports"]
    assert {each["HostIp"] for each in bindings["5000/tcp"]} == {"127.0.0.1"}


def test_without_a_default_network_the_home_has_one_for_all(bench, app_image):
    bare = ContainerHost(bench.home, Bare(bench.engine.url), bench.range)
    for number in (1, 2):
        bench.start(WEB, instance=other(number), image=app_image, host=bare)
        place = bare.address(other(number), group(WEB))
        assert wait_until(lambda place=place: bench.answers(place))[2] == f"i-{number}"
    assert [each for each in bench.left() if not each.startswith("/")] == [bench.labels.name("shared")]


def test_memory_and_processor_time_are_those_of_the_living(bench):
    line = "python3 -c \"x = bytearray(b'x') * 50_000_000; print(1, flush=True); import time; time.sleep(600)\""
    identities = bench.launch(shell("web", f"exec {line}"), shell("idle", FOR_EVER))
    wait_until(lambda: bench.host.ended(identities) or bench.said())
    memory, cpu = bench.host.usage(identities)
    assert 50_000_000 < memory < 200_000_000
    assert cpu > 0
    assert bench.host.usage({"web": ("0" * 64, 0.0)}) == (0, 0.0)


def test_an_engine_that_is_away_says_nothing_about_its_containers(bench, monkeypatch):
    container = shell("web", FOR_EVER)
    identities = {"web": bench.start(container)}
    host = ContainerHost(bench.home, Engine("unix:///no/such.sock"), bench.range)
    assert host.ended(identities) is None
    assert host.strays() == {}
    assert not host.gone(INSTANCE, identities)
    assert host.start(other(2), group(container), container, {}, bench.image) is None
    assert host.restart(INSTANCE, container) is None
    host.signal(INSTANCE, identities, signal.SIGTERM)
    host.signal(INSTANCE, identities, signal.SIGKILL)
    host.sweep(())
    assert host.usage(identities) == (0, 0.0)
    assert bench.host.ended(identities) is None
    monkeypatch.setattr(containers, "_AWAY_S", 0.0)
    with pytest.raises(TargetError, match="no container engine answers"):
        bench.start(container, instance=other(2), host=host)


def test_an_instance_that_never_was_is_gone_whatever_the_engine_says(bench):
    host = ContainerHost(bench.home, Engine("unix:///no/such.sock"), bench.range)
    assert host.gone(other(7), {})


def test_an_engine_of_another_machine_is_refused_by_name(bench, monkeypatch):
    facts = replace(bench.engine.look(), elsewhere="far.example.com", url="ssh://far.example.com")
    monkeypatch.setattr(bench.engine, "_facts", facts)
    with pytest.raises(TargetError, match=r"the container engine of far\.example\.com .* could not be reached"):
        bench.start(shell("web", FOR_EVER))


def test_nothing_of_the_agents_own_environment_is_seen_inside(bench, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    environment = (("OWN", "1"), ("GIVEN", "container"))
    identity = bench.start(shell("web", FOR_EVER, environment=environment), GIVEN="instance", ODD="two\nlines = €")
    said = bench.run(identity, "python3", "-c", "import os; print(ascii(dict(os.environ)))")
    seen = eval(said)
    assert "AWS_SECRET_ACCESS_KEY" not in seen
    assert (seen["OWN"], seen["GIVEN"], seen["ODD"]) == ("1", "container", "two\nlines = €")
    assert (seen["BEANSTALK_INSTANCE_ID"], seen["BEANSTALK_PROCESS"]) == ("i-1", "web")


def test_a_home_under_two_names_is_one_home(bench, tmp_path):
    (tmp_path / "link").symlink_to(bench.home.folder)
    identity = bench.start(shell("web", FOR_EVER))
    assert ContainerHost(replace(bench.home, folder=tmp_path / "link"), bench.engine).strays() == {
        "i-1": {"web": identity}
    }
    assert os.path.lexists(tmp_path / "link")
