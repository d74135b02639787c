"""Whatever a bundle says about a container is seen inside it, or in what the engine says about it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from beanstalk.containers import Container, ContainerCheck, Ulimit
from beanstalk.targets.local.container_settings import PROCESSES, Settings, Wanted
from tests.engine import build_image
from tests.targets.local.container_bench import INSTANCE, NONE, Bench, group, shell, wait_until

pytestmark = pytest.mark.docker
MEMORY, RESERVED = 64 * 2**20, 32 * 2**20
IDLE = shell("web", "exec sleep 600")


@pytest.fixture
def bench(engine, python_image, tmp_path):
    bench = Bench(tmp_path / "home", engine, python_image)
    yield bench
    bench.close()


def started(bench, **settings):
    """(identity, what the engine says) of a container that sleeps."""
    identity = bench.start(replace(IDLE, **settings))
    return identity, bench.inspect(identity)


def last(bench, container, image=None):
    """The last line that a container wrote by its end."""
    bench.ended({"web": bench.start(container, image=image)})
    return bench.said().splitlines()[-1]


def test_limits_reach_the_kernel(bench):
    identity, found = started(bench, memory=MEMORY, memory_reservation=RESERVED, cpus=0.5, cpu_shares=512)
    host = found["HostConfig"]
    assert (host["Memory"], host["MemoryReservation"], host["NanoCpus"], host["CpuShares"]) == (
        MEMORY, RESERVED, 500_000_000, 512,
    )  # fmt: skip
    assert host["PidsLimit"] == PROCESSES
    told = bench.run(
        identity, "sh", "-c", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/memory.max"
    )
    assert str(MEMORY) in told


def test_a_share_of_one_is_the_least_that_the_kernel_knows(bench):
    assert started(bench, cpu_shares=1)[1]["HostConfig"]["CpuShares"] == 2


def test_names_addresses_and_name_servers(bench):
    identity, found = started(
        bench, hostname="shop", extra_hosts=(("db", "10.9.8.7"),), dns=("10.9.8.6",), dns_search=("example.com",)
    )
    assert bench.run(identity, "hostname") == "shop\n"
    assert "10.9.8.7\tdb\n" in bench.run(identity, "cat", "/etc/hosts")
    assert found["HostConfig"]["Dns"] == ["10.9.8.6"]
    assert "search example.com" in bench.run(identity, "cat", "/etc/resolv.conf")


def test_user_folder_kernel_settings_and_limits_of_processes(bench):
    identity, _ = started(
        bench, user="1000", working_dir="/tmp", sysctls=(("net.core.somaxconn", "77"),), shm_size=1 << 20,
        ulimits=(Ulimit("nofile", 99, 100),),
    )  # fmt: skip
    assert bench.run(identity, "id", "-u") == "1000\n"
    assert bench.run(identity, "pwd") == "/tmp\n"
    assert bench.run(identity, "cat", "/proc/sys/net/core/somaxconn") == "77\n"
    assert bench.run(identity, "sh", "-c", "ulimit -Sn; ulimit -Hn").split() == ["99", "100"]
    line = "import os; disk = os.statvfs('/dev/shm'); print(disk.f_frsize * disk.f_blocks)"
    assert bench.run(identity, "python3", "-c", line) == f"{1 << 20}\n"


def test_rights_are_those_that_were_asked_for(bench):
    identity, found = started(
        bench, read_only=True, capabilities_dropped=("ALL",), capabilities_added=("NET_BIND_SERVICE",),
        security_options=("no-new-privileges",),
    )  # fmt: skip
    assert "Read-only" in bench.run(identity, "touch", "/x")
    status = dict(
        line.split(":\t") for line in bench.run(identity, "cat", "/proc/1/status").splitlines() if ":\t" in line
    )
    assert int(status["CapBnd"], 16) == 1 << 10
    assert status["NoNewPrivs"] == "1"
    assert found["HostConfig"]["Privileged"] is False


def test_without_a_word_programs_with_setuid_work_as_they_do_on_elastic_beanstalk(bench):
    identity, _ = started(bench)
    assert "NoNewPrivs:\t0" in bench.run(identity, "cat", "/proc/1/status")


def test_privileged_is_what_it_says(bench):
    """Not started: where the tests run the engine itself may have too few rights for it."""
    wanted = Wanted(INSTANCE, group(IDLE), replace(IDLE, privileged=True), {}, bench.image)
    with bench.engine.ask() as api:
        arguments = Settings(bench.labels, None, publish=False, log_options=True).arguments(api, wanted, [])
    assert arguments["host_config"]["Privileged"] is True


def test_an_init_reaps_what_others_leave_behind(bench):
    identity, _ = started(bench, init=True)
    assert "sleep" not in bench.run(identity, "cat", "/proc/1/cmdline").split("\0")[0]


def test_a_check_of_the_health_is_the_engines(bench):
    check = ContainerCheck(("CMD", "true"), interval_s=0.1, timeout_s=2.0, retries=7, start_period_s=3.0)
    identity, found = started(bench, check=check)
    assert found["Config"]["Healthcheck"] == {
        "Test": ["CMD", "true"], "Interval": 100_000_000, "Timeout": 2_000_000_000, "Retries": 7,
        "StartPeriod": 3_000_000_000,
    }  # fmt: skip
    wait_until(lambda: bench.inspect(identity)["State"]["Health"]["Status"] == "healthy")


def test_the_engine_never_starts_a_container_by_itself(bench):
    assert started(bench)[1]["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")


def test_logs_of_the_engine_have_an_end_unless_somebody_says_otherwise(bench):
    assert started(bench)[1]["HostConfig"]["LogConfig"]["Config"]["max-size"] == "10m"


def test_a_log_driver_of_ones_own_has_ones_own_options(bench):
    found = started(bench, log_driver="json-file", log_options=(("max-size", "5k"), ("tag", "shop")))[1]
    assert found["HostConfig"]["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "5k", "tag": "shop"}}


def test_stop_signal_and_patience_are_told_to_the_engine_too(bench):
    found = started(bench, stop_signal="SIGUSR1", stop_after_s=2.5)[1]
    assert (found["Config"]["StopSignal"], found["Config"]["StopTimeout"]) == ("SIGUSR1", 3)


@pytest.mark.parametrize(
    ("entrypoint", "command", "said"),
    [
        (None, None, ["entry", "image"]),
        (None, ("bundle",), ["entry", "bundle"]),
        (None, (), ["entry"]),
        (("echo", "other"), None, ["other"]),
        (("echo", "other"), ("bundle",), ["other", "bundle"]),
        (("echo", "other"), (), ["other"]),
        ((), ("echo", "bundle"), ["bundle"]),
    ],
)
def test_entry_point_and_command_follow_the_rules_of_docker_run(bench, entrypoint, command, said):
    text = f'FROM {bench.image}\nENTRYPOINT ["echo", "entry"]\nCMD ["image"]\n'
    image = build_image(bench.engine, "beanstalk-tests/echo", {"Dockerfile": text.encode()})
    assert last(bench, Container("web", NONE, entrypoint=entrypoint, command=command), image).split() == said


def test_the_containers_own_variables_win_over_the_instances_and_both_over_the_images(bench):
    text = f"FROM {bench.image}\nENV A=image B=image C=image\n"
    image = build_image(bench.engine, "beanstalk-tests/environment", {"Dockerfile": text.encode()})
    line = 'import json, os; print(json.dumps({name: os.environ[name] for name in "ABC"}))'
    container = Container("web", NONE, command=("python3", "-c", line), environment=(("A", "container"),))
    identity = bench.start(container, image=image, A="instance", B="instance")
    bench.ended({"web": identity})
    assert json.loads(bench.said()) == {"A": "container", "B": "instance", "C": "image"}
