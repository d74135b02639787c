"""The services of a Compose file as containers: each key applied, or told with its place."""

from __future__ import annotations

from textwrap import indent

import pytest
import yaml

from beanstalk.containers import Borrowed, Condition, ContainerCheck, Dependency, Port, Restart, Ulimit
from tests.container_groups.making import TRUST, make, refused

FRONT = "services:\n  front: {image: nginx, ports: ['80:90']}\n"


def with_app(text: str, top: str = "") -> dict[str, str]:
    """A file with a front and a service `app` with these keys; it has an image unless they say otherwise."""
    keys = text if {"image", "build"} & set(yaml.safe_load(text) or {}) else f"image: app:1\n{text}"
    return {"docker-compose.yml": f"{FRONT}  app:\n{indent(keys, '    ')}\n{top}"}


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("command: run 'a b' $$X", "command", ("run", "a b", "$X")),
        ("command: [run, a b]", "command", ("run", "a b")),
        ("command: ''", "command", ()),
        ("command: []", "command", ()),
        ("command: null", "command", None),
        ("entrypoint: sh -c", "entrypoint", ("sh", "-c")),
        ("environment: [A=1, B=]", "environment", (("A", "1"), ("B", ""))),
        ("environment: {A: 1, B: null}", "environment", (("A", "1"),)),
        ("ports: ['8080:81', '82', '53:54/udp']", "ports", (Port(81, 8080), Port(82), Port(54, 53, "udp"))),
        ("ports: ['8080-8081:90-91']", "ports", (Port(90, 8080), Port(91, 8081))),
        ("ports: ['9000-9010:90']", "ports", (Port(90, 9000),)),
        ("ports: [{target: 1, published: '2', protocol: udp}]", "ports", (Port(1, 2, "udp"),)),
        ("mem_limit: 64m", "memory", 64 << 20),
        ("deploy: {resources: {limits: {memory: 1g, cpus: '0.5'}}}", "memory", 1 << 30),
        ("deploy: {resources: {limits: {memory: 1g, cpus: '0.5'}}}", "cpus", 0.5),
        ("deploy: {resources: {reservations: {memory: 1k}}}", "memory_reservation", 1024),
        ("mem_reservation: 2b", "memory_reservation", 2),
        ("cpus: 1.5", "cpus", 1.5),
        ("cpu_shares: 73", "cpu_shares", 73),
        ("hostname: h", "hostname", "h"),
        ("user: '1:2'", "user", "1:2"),
        ("working_dir: /srv", "working_dir", "/srv"),
        ("extra_hosts: ['a:10.0.0.1', 'b=host-gateway']", "extra_hosts", (("a", "10.0.0.1"), ("b", "host-gateway"))),
        ("dns: 10.0.0.2", "dns", ("10.0.0.2",)),
        ("dns_search: [a, b]", "dns_search", ("a", "b")),
        ("ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}", "ulimits", (Ulimit("nofile", 1, 2), Ulimit("nproc", 3, 3))),
        ("sysctls: {net.a: 1}", "sysctls", (("net.a", "1"),)),
        ("sysctls: [net.a=1]", "sysctls", (("net.a", "1"),)),
        ("shm_size: 1m", "shm_size", 1 << 20),
        ("labels: [a=b, c]", "labels", (("a", "b"), ("c", ""))),
        ("stop_signal: SIGINT", "stop_signal", "SIGINT"),
        ("stop_grace_period: 1m", "stop_after_s", 60.0),
        ("init: true", "init", True),
        ("read_only: true", "read_only", True),
        ("tty: true", "terminal", True),
        ("stdin_open: true", "stdin", True),
        ("logging: {driver: local, options: {max-size: 1m}}", "log_options", (("max-size", "1m"),)),
        ("logging: {options: {max-size: 1m}}", "log_driver", ""),
        ("cap_drop: [ALL]\ncap_add: [CAP_CHOWN]", "capabilities_added", ("CAP_CHOWN",)),
        ("cap_drop: [ALL]", "capabilities_dropped", ("ALL",)),
        ("security_opt: ['no-new-privileges:true']", "security_options", ("no-new-privileges:true",)),
        ("restart: 'no'", "restart", Restart.NO),
        ("restart: always", "restart", Restart.ALWAYS),
        ("restart: unless-stopped", "restart", Restart.ALWAYS),
        ("restart: on-failure", "restart", Restart.ON_FAILURE),
        ("restart: always\ndeploy: {restart_policy: {condition: on-failure}}", "restart", Restart.ON_FAILURE),
        ("deploy: {restart_policy: {condition: none}}", "restart", Restart.NO),
        ("deploy: {restart_policy: {delay: 5s}}", "restart", Restart.ALWAYS),
        ("links: ['front:proxy', front]", "links", (("front", "proxy"), ("front", "front"))),
        ("volumes_from: ['front:ro']", "volumes_from", (Borrowed("front", True),)),
        ("depends_on: [front]", "depends_on", (Dependency("front"),)),
        ("depends_on: {front: {condition: service_healthy}}", "depends_on", (Dependency("front", Condition.HEALTHY),)),
        ("depends_on: {front: {condition: service_completed_successfully}}", "depends_on",
         (Dependency("front", Condition.SUCCEEDED),)),
        ("depends_on: {other: {condition: service_started, required: false}}", "depends_on", ()),
        ("container_name: shop-app\nnetworks: {default: {aliases: [db, app]}}", "aliases", ("shop-app", "db")),
        ("healthcheck: {test: curl -f /, interval: 1m, timeout: 2s, retries: 3, start_period: 4s}", "check",
         ContainerCheck(("CMD-SHELL", "curl -f /"), 60.0, 2.0, 3, 4.0)),
        ("healthcheck: {test: [CMD, a, b]}", "check", ContainerCheck(("CMD", "a", "b"))),
        ("healthcheck: {disable: true}", "check", ContainerCheck(("NONE",))),
        ("healthcheck: {interval: 9s}", "check", ContainerCheck((), 9.0)),
        ("expose: ['1']\nattach: false\ndevelop: {watch: []}", "ports", ()),
        ("privileged: false\nnetwork_mode: bridge\nipc: private\noom_kill_disable: false", "privileged", False),
        ("networks: [default]", "aliases", ()),
    ],
)  # fmt: skip
def test_a_key_is_applied_with_nothing_to_tell(tmp_path, text, field, value):
    group, told = make(tmp_path, with_app(text))
    assert (getattr(group.container("app"), field), told) == (value, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("privileged: true", "privileged of app"),
        ("cap_add: [NET_ADMIN]", "the capability NET_ADMIN of app"),
        ("security_opt: [seccomp:unconfined]", "the security option seccomp:unconfined of app"),
        ("sysctls: {kernel.panic: 1}", "the kernel parameter kernel.panic of app"),
        ("network_mode: host", "network_mode of app"),
        ("network_mode: service:front", "network_mode of app"),
        ("pid: host", "pid of app"),
        ("ipc: host", "ipc of app"),
        ("uts: host", "uts of app"),
        ("userns_mode: host", "userns_mode of app"),
        ("devices: ['/dev/sda']", "devices of app"),
        ("gpus: all", "gpus of app"),
        ("runtime: nvidia", "runtime of app"),
        ("group_add: [audio]", "group_add of app"),
        ("pids_limit: 10", "pids_limit of app"),
        ("deploy: {resources: {limits: {pids: 5}}}", "pids of app"),
        ("deploy: {resources: {reservations: {devices: [{driver: nvidia}]}}}", "devices of app"),
        ("platform: linux/arm64", "platform of app"),
        ("scale: 3", "the 3 replicas of app"),
        ("deploy: {replicas: 2}", "the 2 replicas of app"),
        ("restart: on-failure:3", "the number of restarts of app"),
        ("deploy: {restart_policy: {max_attempts: 3}}", "the number of restarts of app"),
        ("logging: {driver: syslog}", "the log driver syslog of app"),
        ("ports: ['1:2/sctp']", "a port of app"),
        ("healthcheck: {test: a, start_interval: 1s}", "healthcheck.start_interval of app"),
        ("networks: {default: {ipv4_address: 10.0.0.9}}", "networks.ipv4_address of app"),
        ("external_links: [db]", "external_links of app"),
        ("volumes_from: ['container:db']", "volumes_from container:db"),
        ("post_start: [{command: a}]", "post_start of app"),
    ],
)
def test_a_key_without_counterpart_is_told(tmp_path, text, told):
    _, found = make(tmp_path, with_app(text))
    assert [each.partition(" is not applied here")[0].rpartition(": ")[2] for each in found] == [told]


def test_what_is_told_has_the_line_of_the_key(tmp_path):
    [told] = make(tmp_path, with_app("user: a\nprivileged: true"))[1]
    assert told.startswith("docker-compose.yml:6:5: privileged of app")


@pytest.mark.parametrize(
    ("top", "told"),
    [
        ("networks: {a: {}, b: {}}", "networks is not applied here"),
        ("networks: {a: {internal: true}}", "networks is not applied here"),
        ("networks: {a: {external: true}}", "networks is not applied here"),
        ("networks: {a: {driver: bridge}}", ""),
        ("networks: {default: {name: shop}}", ""),
        ("volumes: {a: {external: true}}", "external of the volume a is not applied here"),
        ("volumes: {a: {driver: nfs}}", "driver of the volume a is not applied here"),
        ("volumes: {a: {driver_opts: {type: none, o: bind, device: /}}}", "driver_opts of the volume a"),
        ("volumes: {a: {driver: local, name: x}, b: }", ""),
        ("models: {a: {model: b}}", "models is not applied here"),
    ],
)
def test_what_stands_at_the_top_is_applied_or_told(tmp_path, top, told):
    _, found = make(tmp_path, with_app("user: a", top))
    assert len(found) == bool(told) and all(told in each for each in found)


def test_the_instance_ends_with_the_service_that_gets_the_requests(tmp_path):
    group, _ = make(tmp_path, with_app("ports: ['81:91']"))
    assert (group.web, group.port) == ("front", 90)
    assert {each.name: each.essential for each in group.containers} == {"front": True, "app": False}


def test_the_port_of_the_process_says_who_gets_the_requests(tmp_path):
    option = "aws:elasticbeanstalk:environment:process:default:Port=81"
    group, _ = make(tmp_path, with_app("ports: ['81:91']"), option)
    assert (group.web, group.port) == ("app", 91)


def test_services_start_behind_what_they_need(tmp_path):
    text = """
        services:
          a: {image: a, ports: ['80:1'], depends_on: [b], links: [c]}
          b: {image: b, volumes_from: [d]}
          c: {image: c, network_mode: 'service:d'}
          d: {image: d}
    """
    group, _ = make(tmp_path, {"docker-compose.yml": text})
    assert [each.name for each in group.containers] == ["d", "b", "c", "a"]


def test_an_optional_dependency_in_a_circle_is_a_mistake_too(tmp_path):
    text = """
        services:
          a: {image: a, ports: ['80:1'], depends_on: {b: {condition: service_started, required: false}}}
          b: {image: b, depends_on: [a]}
    """
    [told] = refused(tmp_path, {"docker-compose.yml": text})
    assert "containers that need each other to start: a -> b -> a" in told


def test_services_of_a_profile_start_when_it_is_named(tmp_path):
    files = with_app("profiles: [debug, test]")
    group, [told] = make(tmp_path / "1", files)
    assert [each.name for each in group.containers] == ["front"]
    assert "app is not started: it is of the profile debug, test" in told and "COMPOSE_PROFILES" in told
    group, told = make(tmp_path / "2", {**files, ".env": "COMPOSE_PROFILES=x,test\n"})
    assert ([each.name for each in group.containers], told) == (["front", "app"], [])


def test_services_with_0_replicas_do_not_start(tmp_path):
    group, [told] = make(tmp_path, with_app("scale: 0"))
    assert [each.name for each in group.containers] == ["front"] and "there are 0 of it" in told


@pytest.mark.parametrize("key", ["depends_on: [app]", "links: [app]", "volumes_from: [app]"])
def test_who_needs_a_service_that_is_not_started_is_told(tmp_path, key):
    files = with_app("profiles: [x]")
    text = files["docker-compose.yml"] + f"  worker:\n    image: w\n    {key}\n"
    [told] = refused(tmp_path, {"docker-compose.yml": text})
    assert "worker needs app, which is not started" in told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("extends: {service: front}", "extends of app is not known here"),
        ("command: say 'it", "is no command line"),
        ("image: Shop", "is no name of an image"),
        ("image: shop:<TAG>", "not filled in: <TAG>"),
        ("ports: ['1000-5000:1000-5000']", "app publishes a range of very many ports"),
        ("container_name: ../x", "'../x' cannot be a name of app"),
        ("shm_size: much", "'much' is no size"),
        ("volumes: ['./a:/x', './b:/x/']", "a second mount on /x"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, text, problem):
    [told] = refused(tmp_path, with_app(text))
    assert told.startswith("docker-compose.yml:") and problem in told


@pytest.mark.parametrize("name", ["../x", ".", "a b", "-a", "ä", "a/b"])
def test_a_name_of_a_service_cannot_lead_anywhere(tmp_path, name):
    text = f"services: {{{name!r}: {{image: nginx, ports: ['80:80']}}}}"
    [told] = refused(tmp_path, {"docker-compose.yml": text})
    assert "cannot be the name of a service" in told


def test_include_is_refused_with_what_to_do(tmp_path):
    [told] = refused(tmp_path, with_app("user: a", "include: [other.yml]"))
    assert "include is not known here" in told and "write the services into this file" in told


def test_very_many_services_are_refused(tmp_path):
    text = "services:\n" + "".join(f"  s{n}: {{image: a}}\n" for n in range(101))
    [told] = refused(tmp_path, {"docker-compose.yml": text})
    assert told.startswith("docker-compose.yml:102:") and "more than 100 services" in told


def test_nothing_to_start_is_a_mistake(tmp_path):
    text = "services: {app: {image: a, profiles: [x], ports: ['80:80']}}"
    [told] = refused(tmp_path, {"docker-compose.yml": text})
    assert "no service is started" in told


@pytest.mark.parametrize(
    ("check", "dockerfile", "mistake"),
    [
        ("healthcheck: {disable: true}", "FROM a", True),
        ("healthcheck: {test: a}", "FROM scratch", False),
        ("user: a", "FROM a", False),
        ("user: a", "FROM scratch", True),
        ("user: a", "FROM scratch AS b\nFROM b", True),
        ("user: a", "FROM a\nHEALTHCHECK NONE", True),
        ("user: a", "FROM scratch\nHEALTHCHECK CMD a", False),
    ],
)
def test_nobody_waits_for_the_health_of_a_service_without_a_check(tmp_path, check, dockerfile, mistake):
    files = with_app(f"build: .\n{check}")
    files["docker-compose.yml"] += "  worker: {image: w, depends_on: {app: {condition: service_healthy}}}\n"
    if not mistake:
        assert make(tmp_path, {**files, "Dockerfile": dockerfile})[1] == []
        return
    [told] = refused(tmp_path, {**files, "Dockerfile": dockerfile})
    assert "worker waits for the health of app, which has no health check" in told


def test_a_bundle_that_is_trusted_gets_its_rights(tmp_path):
    files = with_app("privileged: true\ncap_add: [NET_ADMIN]\nsecurity_opt: [seccomp:unconfined]")
    group, told = make(tmp_path, files, TRUST)
    container = group.container("app")
    assert (container.privileged, container.capabilities_added, told) == (True, ("NET_ADMIN",), [])
    assert container.security_options == ("seccomp:unconfined",)


def test_the_network_of_the_machine_is_given_to_nobody(tmp_path):
    [told] = make(tmp_path, with_app("network_mode: host"), TRUST)[1]
    assert "network_mode of app is not applied here" in told


def test_keys_that_come_by_a_merge_are_applied_and_told(tmp_path):
    text = "x-all: &all {image: a, privileged: true, user: u}\nservices: {front: {<<: *all, ports: ['80:80']}}"
    group, [told] = make(tmp_path, {"docker-compose.yml": text})
    assert group.containers[0].user == "u" and told.startswith("docker-compose.yml:1:")


def test_the_form_of_compose_v1_is_translated(tmp_path):
    text = "web:\n  build: .\n  dockerfile: Other\n  ports: ['80:80']\n  net: host\n"
    group, told = make(tmp_path, {"docker-compose.yml": text, "Other": "FROM a"})
    assert group.web == "web" and any("net of web is not applied here" in each for each in told)
    build = group.containers[0].image.build
    assert build and (build.context, build.dockerfile) == ("", "Other")
