"""docker-compose.yml as Elastic Beanstalk runs it."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError, InvalidInput, Where
from beanstalk.source.compose import ACTED_ON, KEPT, read_compose
from beanstalk.source.compose_values import (
    Build,
    DependsOn,
    EnvFile,
    Mount,
    NetworkUse,
    PublishedPort,
    Resources,
    ServiceHealth,
    ServiceLogging,
    ServiceUlimit,
)

WEB = 'services:\n  web:\n    image: nginx:1\n    ports: ["80:8080"]\n'


def read(text: str, **more):
    return read_compose(text.encode(), **more)


def web(key: str, **more):
    """The service web with one more key; volumes, networks and the service db are there."""
    rest = "  db: {image: redis, healthcheck: {test: a}}\nvolumes: {data: }\nnetworks: {back: }\n"
    return read(f"{WEB}    {key}\n{rest}", **more)


def refused(text: str, **more) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(text, **more)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "name", "value"),
    [
        ("build: ./app", "build", Build("./app")),
        (
            "build: {dockerfile: D, args: [A=1, B], target: t, cache_from: [x]}",
            "build", Build(".", "D", "t", (("A", "1"), ("B", None)), (("cache_from", '["x"]'),)),
        ),
        ("command: run it", "command", "run it"),
        ("command: [run, it]", "command", ("run", "it")),
        ("entrypoint: ''", "entrypoint", ""),
        ("environment: {A: 1, B: , C: 'x'}", "environment", (("A", "1"), ("B", None), ("C", "x"))),
        ("environment: [A=1, B]", "environment", (("A", "1"), ("B", None))),
        ("env_file: .env", "env_file", (EnvFile(".env"),)),
        ("env_file: [a, {path: b, required: false}]", "env_file", (EnvFile("a"), EnvFile("b", False))),
        ("expose: [3000, '4000']", "expose", ("3000", "4000")),
        (
            "volumes: ['./a:/a:ro', 'data:/d', /nameless]",
            "volumes",
            (Mount("bind", "./a", "/a", True), Mount("volume", "data", "/d"), Mount("volume", "", "/nameless")),
        ),
        (
            "volumes: [{type: bind, source: /a, target: /b, read_only: true}]",
            "volumes", (Mount("bind", "/a", "/b", True),),
        ),
        ("depends_on: [db]", "depends_on", (DependsOn("db"),)),
        (
            "depends_on: {db: {condition: service_healthy, required: false}}",
            "depends_on", (DependsOn("db", "service_healthy", False),),
        ),
        ("links: ['db:database']", "links", ("db:database",)),
        ("volumes_from: ['db:ro']", "needs", ("db",)),
        ("network_mode: service:db", "needs", ("db",)),
        ("networks: [back]", "networks", (NetworkUse("back"),)),
        (
            "networks: {back: {aliases: [a]}, default: }",
            "networks", (NetworkUse("back", ("a",)), NetworkUse("default")),
        ),
        (
            "healthcheck: {test: [CMD, a], interval: 1m30s, timeout: 500ms, retries: 3}",
            "healthcheck", ServiceHealth(("CMD", "a"), 90.0, 0.5, 3),
        ),
        ("healthcheck: {disable: true}", "healthcheck", ServiceHealth("", disabled=True)),
        ("mem_limit: 512m", "resources", Resources(512 * 1024**2)),
        (
            "deploy: {replicas: 2, resources: {limits: {memory: 1g, cpus: '0.5'}, reservations: {memory: 1kb}}}",
            "resources", Resources(1024**3, 0.5, 1024),
        ),
        ("deploy: {replicas: 2}", "replicas", 2),
        (
            "ulimits: {nproc: 5, nofile: {soft: 1, hard: 2}}",
            "ulimits", (ServiceUlimit("nproc", 5, 5), ServiceUlimit("nofile", 1, 2)),
        ),
        (
            "logging: {driver: json-file, options: {max-file: 3}}",
            "logging", ServiceLogging("json-file", (("max-file", "3"),)),
        ),
        ("restart: no", "restart", "no"),
        ("restart: on-failure:3", "restart", "on-failure:3"),
        ("extra_hosts: ['a:1.2.3.4', 'b=::1']", "extra_hosts", (("a", "1.2.3.4"), ("b", "::1"))),
        ("extra_hosts: {a: host-gateway}", "extra_hosts", (("a", "host-gateway"),)),
        ("labels: [a=b, c]", "labels", (("a", "b"), ("c", ""))),
        ("stop_grace_period: 1m", "stop_grace_period_s", 60.0),
        ("privileged: yes", "privileged", True),
        ("tmpfs: [/run]", "other", (("tmpfs", '["/run"]'),)),
        ("x-mine: {a: [1, true, ]}", "other", (("x-mine", '{"a": [1, true]}'),)),
    ],
)  # fmt: skip
def test_every_key_is_read_in_its_forms(key, name, value):
    found = web(key)
    assert getattr(found.services[0], name) == value
    assert not found.warnings


@pytest.mark.parametrize(
    ("port", "published"),
    [
        ("'80:8080'", PublishedPort(8080, 8080, 80, 80)),
        ("'8080'", PublishedPort(8080, 8080)),
        ("22:22", PublishedPort(22, 22, 22, 22)),
        ("'127.0.0.1:81:80/udp'", PublishedPort(80, 80, 81, 81, "udp", "127.0.0.1")),
        ("'[::1]::80'", PublishedPort(80, 80, host_ip="::1")),
        ("'90-92:80-82'", PublishedPort(80, 82, 90, 92)),
        ("'90-99:80'", PublishedPort(80, 80, 90, 99)),
        ("{target: 80, published: '8080', protocol: tcp}", PublishedPort(80, 80, 8080, 8080)),
    ],
)
def test_ports_have_a_short_and_a_long_form(port, published):
    assert read(f"services:\n  b:\n    image: a\n    ports: [{port}]\n").services[0].ports == (published,)


def test_variables_come_from_the_environment_file():
    found = read(f"{WEB}    command: run ${{MODE:-fast}} $$HOME $WHO\n", variables={"WHO": "me"})
    assert found.services[0].command == "run fast $HOME me" and not found.warnings


def test_a_variable_without_value_is_told_once():
    (warning,) = read(f"{WEB}    command: $WHO $WHO\n    user: $WHO\n").warnings
    assert warning.at == Where("docker-compose.yml", 5, 14) and "the variable WHO has no value" in warning.text


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("ports: [80:80:80:80]", "'80:80:80:80' is no port"),
        ("ports: ['0:80']", "the host port 0 is not possible"),
        ("ports: ['1-3:1-2']", "ranges of different length"),
        ("ports: [{published: 80}]", "a port needs target"),
        ("ports: 80", "ports has to be a list"),
        ("volumes: ['a:b:c:d']", "'a:b:c:d' is no volume"),
        ("volumes: ['dat:/d']", "the volume dat of web is not described at the top\n  hint: did you mean data?"),
        ("volumes: [{type: bind, target: /a}]", "source when it is a bind"),
        ("networks: [bakc]", "the network bakc of web is not described at the top\n  hint: did you mean back?"),
        ("depends_on: [bd]", "depends_on of web names 'bd', which is no service"),
        ("depends_on: {db: {condition: healthy}}", "there is no condition healthy"),
        ("links: [web]", "web depends on itself"),
        ("restart: yes", "restart: yes is not possible"),
        ("restart: sometimes", "restart: 'sometimes' is not possible"),
        ("mem_limit: much", "memory: 'much' is no size"),
        ("healthcheck: {test: [a]}", "a test begins with 'a'"),
        ("healthcheck: {interval: 5}", "interval: '5' is no duration"),
        ("command: ${X:?say it}", "X has no value: say it"),
        ("image: Not/Right", "capital letters in 'Right'"),
        ("ulimits: {nofile: {soft: 1}}", "needs soft and hard"),
        ("extra_hosts: [a]", "'a' is no host with its address"),
        ("privileged: maybe", "neither true nor false"),
    ],
)
def test_what_keeps_compose_from_starting_is_an_error(key, said):
    with pytest.raises(InvalidInput) as caught:
        web(key)
    assert said in str(caught.value) and str(caught.value).startswith("docker-compose.yml:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: '3'", "there are no services"),
        ("services: {a: }", "the service a says nothing"),
        ("services: {a: {ports: [80]}}", "the service a has neither image nor build"),
        ("services: [a]", "services has to be a mapping"),
        (WEB + "  b: {image: a, ports: ['80:1']}", "host port 80/tcp is published twice, by web (line 4) and b"),
        (WEB + "  b: {image: a, ports: ['127.0.0.1:70-90:1-21']}", "host port 80/tcp is published twice"),
        ("services: {a: {image: a, ports: ['80-90:80-90', '81:1', '89:1']}}", "host port 89/tcp is published twice"),
        (WEB + "  b: {image: a, links: [c]}\n  c: {image: a, depends_on: [b]}", "each other to start: b -> c -> b"),
        (WEB + "    container_name: x\n  b: {image: a, container_name: x}", "have the same container_name"),
        ("- a", "the Compose file holds no keys"),
    ],
)
def test_the_services_have_to_fit_together(text, said):
    assert said in refused(text)


ADDRESSES = st.sampled_from(["", "0.0.0.0:", "10.0.0.1:", "10.0.0.2:"])


@settings(deadline=None)
@given(st.lists(st.tuples(ADDRESSES, st.integers(80, 90), st.integers(0, 3)), max_size=6))
def test_host_ports_clash_when_an_address_has_one_twice(ports):
    lines = [f"'{ip}{first}-{first + more}:1-{1 + more}'" for ip, first, more in ports]
    text = "services: {a: {image: a, ports: [" + ", ".join(lines) + "]}}"
    twice = [
        (one, other)
        for one, other in combinations(ports, 2)
        if one[1] <= other[1] + other[2]
        and other[1] <= one[1] + one[2]
        and ({one[0], other[0]} & {"", "0.0.0.0:"} or one[0] == other[0])
    ]
    try:
        read(text)
        assert not twice
    except InvalidInput as error:
        assert twice and all("published twice" in each.text for each in error.problems)


def test_files_of_the_bundle_have_to_be_there():
    text = WEB + "    env_file: [.env, prod.env]\n  b: {build: ./b}\n  c: {build: {context: c, dockerfile: ../D}}\n"
    said = refused(text, files=["D"])
    place = f"docker-compose.yml:{text[: text.index('prod.env')].count(chr(10)) + 1}:22: "
    assert f"{place}the env_file prod.env of web is not in the bundle" in said
    assert "b is built from b/Dockerfile, which is not in the bundle" in said and said.count("hint:") == 2
    assert read(text, files=["D", "b/Dockerfile", "prod.env"])


@pytest.mark.parametrize(
    "ports", ["'80:1', '81:1'", "'80:1', '80:1/udp'", "'127.0.0.1:81:1', '127.0.0.2:81:1', '80:1'", "80"]
)
def test_ports_that_differ_do_not_clash(ports):
    read(f"services: {{a: {{image: b, ports: [{ports}]}}}}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: {a: {image: b}}", "no service publishes port 80"),
        ("a: {image: b, ports: ['80:1']}\nb: {image: c}", "in the form of Compose v1"),
        (WEB + "    comand: x", "it is kept, and has no effect\n  hint: did you mean command?"),
        (WEB + "service: {}", "a Compose file has no service at the top"),
        (WEB + "    image: redis", "the key 'image' is here twice"),
    ],
)  # fmt: skip
def test_what_has_no_effect_or_is_not_reached_is_a_warning(text, said):
    (warning,) = read(text).warnings
    assert said in str(warning)


@pytest.mark.parametrize("name", ["docker-compose.prod.yml", "compose.yaml", "docker-compose.yaml"])
def test_a_file_of_another_name_is_told(name):
    (warning,) = read(WEB, path=name).warnings
    assert "rename it to docker-compose.yml" in warning.hint


def test_a_file_on_top_of_another_may_leave_out_the_image():
    assert read("services: {web: {command: x}}", path="docker-compose.override.yml").services[0].command == "x"


def test_parts_at_the_top_and_extensions_are_kept():
    found = read(
        f"version: '3.8'\nx-app: &app {{restart: always}}\n{WEB}    <<: *app\nvolumes: {{data: {{external: true}}}}\n"
    )
    assert (found.version, found.services[0].restart) == ("3.8", "always")
    assert (found.volumes, found.other) == ((("data", '{"external": true}'),), (("x-app", '{"restart": "always"}'),))
    assert found.front is found.services[0]


VALUES = st.recursive(
    st.sampled_from(["", "a", "80", "80:80", "$A", "${A:?x}", "true", "a:b:c", "1s", "~", "5m", "[", "!x y"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(["a", "target", "source", "soft", "path", "condition", "test"]), inner, max_size=3
        ).map(lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}")
    ),
    max_leaves=6,
)
SERVICES = st.dictionaries(st.sampled_from([*ACTED_ON, *KEPT, "x-y", "odd"]), VALUES, max_size=5)


@settings(deadline=None)
@given(SERVICES, SERVICES, st.sampled_from(["", "volumes: {a: }\n", "version: '2'\n", "networks: []\n"]))
def test_no_content_gives_anything_but_a_value_or_a_refusal(one, other, top):
    lines = [
        f"  {name}:\n" + "".join(f"    {key}: {value}\n" for key, value in keys.items())
        for name, keys in (("a", one), ("b", other))
    ]
    try:
        assert len(read(top + "services:\n" + "".join(lines), files=["a"]).services) == 2
    except BeanstalkError as error:
        assert str(error)


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(content):
    try:
        read_compose(content)
    except BeanstalkError as error:
        assert str(error)


@pytest.mark.parametrize(
    "text",
    [
        "services:\n" + "".join(f"  s{n}: {{image: a, depends_on: [x{n}]}}\n" for n in range(3000)),
        "services:\n" + "".join(f"  s{n}: {{image: a, links: [s{n ^ 1}]}}\n" for n in range(3000)),
        "services:\n  a:\n    image: b\n" + "".join(f"    key{n}: 1\n" for n in range(9000)),
        "services:\n  a:\n    image: b\n    ports: [" + "'1-60000:1-60000'," * 9000 + "]\n",
        "services:\n  a:\n    image: b\n    command: '" + "${A:-" * 100_000 + "'\n",
    ],
)
def test_what_is_far_too_much_is_read_or_refused_in_no_time(text):
    try:
        assert read(text).services
    except InvalidInput as error:
        assert error.problems
