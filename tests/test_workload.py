"""The workload of a bundle, a configuration and a platform: processes, environment, health, and the key of a build."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput, UsageError
from beanstalk.model import OptionSetting
from beanstalk.options.resolve import Layer, resolve
from beanstalk.platforms import find_platform
from beanstalk.workload import Build, HealthCheck, Process, Secret, Workload, health_check, make_workload
from tests.bundles import make_bundle

PROCESS = "aws:elasticbeanstalk:environment:process:default"
APPLICATION = "aws:elasticbeanstalk:application"
PYTHON = "aws:elasticbeanstalk:container:python"
PROPERTY = "aws:elasticbeanstalk:application:environment"
SECRET = "aws:elasticbeanstalk:application:environmentsecrets"
OURS = "beanstalk:deployment"
URL = "Application Healthcheck URL"

Settings = list[tuple[str, str, str]]


def workload(folder: Path, platform: str, files: Mapping[str, str], settings: Settings | None = None) -> Workload:
    configuration = resolve({Layer.ENVIRONMENT: [OptionSetting(*each) for each in settings or []]})
    return make_workload(make_bundle(folder, files), configuration, find_platform(platform))


def key(folder: Path, platform: str, files: Mapping[str, str], settings: Settings | None = None) -> str:
    build = workload(folder, platform, files, settings).build
    assert build is not None
    return build.key


def health(*settings: tuple[str, str, str]) -> HealthCheck:
    return health_check(resolve({Layer.ENVIRONMENT: [OptionSetting(*each) for each in settings]}))


def test_without_a_procfile_gunicorn_serves_the_application(tmp_path: Path) -> None:
    made = workload(tmp_path, "python", {"application.py": ""}, [(PYTHON, "NumProcesses", "2")])
    command = 'exec serve-wsgi --bind 127.0.0.1:"${PORT}" --workers 2 --threads 15 --graceful-timeout 10 application'
    assert made.processes == (Process("web", command),)
    assert made.build and any("gunicorn>=22" in each for each in made.build.commands)


@pytest.mark.parametrize(
    ("wsgi_path", "argument"),
    [
        ("application", "application"),
        ("application.py", "application"),
        ("mysite.wsgi", "mysite.wsgi"),
        ("mysite/wsgi.py", "mysite.wsgi"),
        ("./mysite/wsgi.py", "mysite.wsgi"),
        ("app:app", "app:app"),
        ("src/app.py:make", "src.app:make"),
        ("app:make(1); rm x", "'app:make(1); rm x'"),
    ],
)
def test_wsgi_path_is_taken_in_all_of_elastic_beanstalks_forms(tmp_path: Path, wsgi_path: str, argument: str) -> None:
    made = workload(tmp_path, "python", {"application.py": ""}, [(PYTHON, "WSGIPath", wsgi_path)])
    assert made.processes[0].command.endswith(f" --graceful-timeout 10 {argument}")


def test_a_procfile_replaces_the_start_command_and_gunicorn_is_not_added(tmp_path: Path) -> None:
    procfile = "worker: python work.py\nweb: waitress-serve --port=$PORT app:app\n"
    made = workload(tmp_path, "python", {"requirements.txt": "", "Procfile": procfile})
    web = Process("web", "exec waitress-serve --port=$PORT app:app")
    assert made.processes == (web, Process("worker", "exec python work.py"))
    assert made.build and not any("gunicorn" in each for each in made.build.commands)


START = """PATH="$PWD/node_modules/.bin:$PATH"; export PATH; sh -c '' && exec sh -c 'exec node main.js'"""
NODE_STARTS: list[tuple[dict[str, str], str]] = [
    ({"package.json": '{"scripts": {"start": "node main.js"}}', "app.js": ""}, START),
    (
        {"package.json": '{"scripts": {"start": "node main.js", "prestart": "tsc"}}'},
        START.replace("''", "'exec tsc'"),
    ),
    ({"package.json": "{}", "app.js": "", "server.js": ""}, "exec node app.js"),
    ({"server.js": ""}, "exec node server.js"),
]


@pytest.mark.parametrize(("files", "command"), NODE_STARTS)
def test_node_starts_the_script_then_app_js_then_server_js(tmp_path: Path, files: dict[str, str], command: str) -> None:
    assert workload(tmp_path, "node", files).processes == (Process("web", command),)


@pytest.mark.parametrize(("platform", "hint"), [("node", "add a start script"), ("procfile", "add a line `web")])
def test_an_application_with_nothing_to_start_is_told_what_to_add(tmp_path: Path, platform: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        workload(tmp_path, platform, {"package.json": "{broken"})


def test_properties_win_over_the_platforms_environment_and_only_they_set_the_port(tmp_path: Path) -> None:
    settings = [(PROPERTY, "PYTHONUNBUFFERED", ""), (PROPERTY, "PORT", "9000")]
    assert workload(tmp_path, "python", {"a.py": ""}).environment == (("PYTHONUNBUFFERED", "1"),)
    assert dict(workload(tmp_path, "python", {"a.py": ""}, settings).environment) == {
        "PYTHONUNBUFFERED": "",
        "PORT": "9000",
    }


def test_without_settings_the_health_check_is_that_of_an_application_load_balancer() -> None:
    assert health() == HealthCheck("/", ((200, 200),), None, 0.05, 5.0, 1, 5, "Ok")


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ([(PROCESS, "HealthCheckPath", "/up")], "/up"),
        ([(APPLICATION, URL, "/live")], "/live"),
        ([(APPLICATION, URL, "/live"), (PROCESS, "HealthCheckPath", "/up")], "/up"),
        ([(APPLICATION, URL, "HTTP:80/live?deep=1")], "/live?deep=1"),
        ([(APPLICATION, URL, "HTTPS:443")], "/"),
        ([(APPLICATION, URL, "TCP:80")], None),
        ([(APPLICATION, URL, "SSL:443")], None),
        ([(APPLICATION, URL, "")], "/"),
        ([(PROCESS, "Protocol", "TCP"), (APPLICATION, URL, "/live")], None),
        ([(PROCESS, "Protocol", "HTTP")], "/"),
    ],
)
def test_the_health_path_is_what_somebody_set(settings: Settings, path: str | None) -> None:
    assert health(*settings).path == path


def test_the_stronger_layer_wins_between_the_two_options_for_the_path() -> None:
    weaker = [OptionSetting(PROCESS, "HealthCheckPath", "/up")]
    stronger = [OptionSetting(APPLICATION, URL, "/live")]
    assert health_check(resolve({Layer.ENVIRONMENT: stronger, Layer.EBEXTENSIONS: weaker})).path == "/live"


@pytest.mark.parametrize(
    ("text", "codes"), [("200", ((200, 200),)), ("200,202", ((200, 200), (202, 202))), ("200-299", ((200, 299),))]
)
def test_statuses_are_ranges(text: str, codes: tuple[tuple[int, int], ...]) -> None:
    assert health((PROCESS, "MatcherHTTPCode", text)).codes == codes


@pytest.mark.parametrize(
    ("settings", "field", "value"),
    [
        ([(PROCESS, "HealthCheckInterval", "30")], "interval_s", 30.0),
        ([(PROCESS, "HealthCheckTimeout", "2"), (PROCESS, "HealthCheckInterval", "30")], "timeout_s", 2.0),
        ([(OURS, "ProbeIntervalMilliseconds", "250")], "probe_interval_s", 0.25),
        ([(OURS, "HealthyPasses", "12")], "healthy_passes", 12),
        ([(OURS, "HealthyPasses", "12"), (PROCESS, "HealthyThresholdCount", "4")], "healthy_passes", 4),
        ([(PROCESS, "UnhealthyThresholdCount", "2")], "unhealthy_failures", 2),
        ([("aws:elasticbeanstalk:command", "HealthCheckSuccessThreshold", "Warning")], "threshold", "Warning"),
    ],
)
def test_each_option_has_its_field(settings: Settings, field: str, value: object) -> None:
    assert getattr(health(*settings), field) == value


def test_drain_and_grace_are_ours_until_the_balancers_delay_is_set(tmp_path: Path) -> None:
    ours = [(OURS, "DrainSeconds", "3.5"), (OURS, "GraceSeconds", "1")]
    made = workload(tmp_path, "procfile", {"Procfile": "web: x"}, ours)
    assert (made.drain_s, made.grace_s) == (3.5, 1.0)
    theirs = [*ours, (PROCESS, "DeregistrationDelay", "0")]
    assert workload(tmp_path, "procfile", {"Procfile": "web: x"}, theirs).drain_s == 0.0


BASE = {"requirements.txt": "-r base.txt\n", "base.txt": "flask\n", "application.py": "v1"}


def test_another_application_with_the_same_dependencies_has_the_same_key(tmp_path: Path) -> None:
    assert key(tmp_path, "python", BASE) == key(tmp_path, "python", {**BASE, "application.py": "v2", "x.txt": ""})


@pytest.mark.parametrize("name", ["requirements.txt", "base.txt"])
def test_content_of_a_dependency_file_changes_the_key(tmp_path: Path, name: str) -> None:
    assert key(tmp_path, "python", BASE) != key(tmp_path, "python", {**BASE, name: BASE[name] + "six\n"})


def test_only_properties_that_the_build_sees_change_the_key(tmp_path: Path) -> None:
    plain = key(tmp_path, "node", {"package.json": "{}", "app.js": ""})
    for name, value, same in [("COLOUR", "red", True), ("NPM_USE_PRODUCTION", "false", False)]:
        with_it = key(tmp_path, "node", {"package.json": "{}", "app.js": ""}, [(PROPERTY, name, value)])
        assert (with_it == plain) is same


NODE_BUILDS: list[tuple[dict[str, str], tuple[str, ...] | None]] = [
    ({"app.js": ""}, None),
    ({"app.js": "", "package.json": "{}", "node_modules/a/index.js": ""}, None),
    ({"app.js": "", "package.json": "{}"}, ("package.json",)),
    ({"app.js": "", "package.json": "{}", "package-lock.json": "{}"}, ("package-lock.json", "package.json")),
    (
        {"app.js": "", "package.json": '{"dependencies": {"a": "file:./lib"}}', "lib/package.json": ""},
        ("lib/package.json", "package.json"),
    ),
    ({"app.js": "", "package.json": '{"scripts": {"postinstall": "tsc"}}'}, ("app.js", "package.json")),
    ({"app.js": "", "package.json": '{"workspaces": ["a"]}', "a/x": ""}, ("a/x", "app.js", "package.json")),
]


@pytest.mark.parametrize(("files", "needed"), NODE_BUILDS)
def test_node_builds_from_the_files_that_identify_the_dependencies(
    tmp_path: Path, files: dict[str, str], needed: tuple[str, ...] | None
) -> None:
    build = workload(tmp_path, "node", files).build
    assert (None if build is None else build.files) == needed


def test_the_first_of_elastic_beanstalks_dependency_files_counts(tmp_path: Path) -> None:
    files = {"requirements.txt": "", "Pipfile.lock": "{}", "Pipfile": "", "application.py": ""}
    for expected in [("requirements.txt",), ("Pipfile", "Pipfile.lock"), ("Pipfile",), ()]:
        build = workload(tmp_path, "python", files).build
        assert build is not None and build.files == expected
        files.pop(next(iter(files)))


def test_a_value_of_an_unknown_option_is_told_with_its_platform(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    text = "title: x\nbranch: x\nversion: x\ndetect: {order: 1, any: [x]}\nweb: [{command: '{{a}}'}]\n"
    value = "values: {a: {namespace: 'aws:autoscaling:asg', option: Nothing}}\n"
    (tmp_path / "mine/platform.yaml").write_text(text + value)
    with pytest.raises(InvalidInput, match=r"mine/platform\.yaml: the value a is of an unknown option"):
        make_workload(make_bundle(tmp_path, {"x": ""}), resolve({}), find_platform("mine", [tmp_path]))


texts = st.text(max_size=8)
pairs = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
some = st.lists(texts, max_size=3).map(tuple)
seconds = st.floats(0, 3600)
checks = st.builds(
    HealthCheck, path=st.none() | texts, codes=st.lists(st.tuples(st.integers(), st.integers()), max_size=3).map(tuple),
    interval_s=st.none() | seconds, probe_interval_s=seconds, timeout_s=seconds, healthy_passes=st.integers(1),
    unhealthy_failures=st.integers(1), threshold=texts,
)  # fmt: skip
builds = st.builds(
    Build, key=texts, commands=some, environment=pairs, path=some, links=pairs, files=some, tools=pairs, identify=some
)
processes = st.lists(st.builds(Process, name=texts, command=texts), max_size=3).map(tuple)


@given(
    st.builds(
        Workload,
        platform=texts,
        processes=processes,
        environment=pairs,
        health=checks,
        drain_s=seconds,
        grace_s=seconds,
        build=st.none() | builds,
        secrets=st.lists(st.builds(Secret, name=texts, reference=texts), max_size=3).map(tuple),
    )
)
def test_a_workload_comes_back_from_json_as_it_was(made: Workload) -> None:
    assert Workload.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_a_workload_that_was_stored_before_there_were_scripts_has_none(tmp_path: Path) -> None:
    made = workload(tmp_path, "procfile", {"Procfile": "web: serve"})
    old = made.to_json()
    del old["scripts"]
    assert Workload.from_json(old) == made


ARN = "arn:aws:ssm:eu-west-1:1:parameter/a"


def test_a_secret_is_its_reference_and_no_variable_with_a_value(tmp_path: Path) -> None:
    settings = [(SECRET, "PYTHONUNBUFFERED", ARN), (SECRET, "B", "file:/b"), (PROPERTY, "B", "plain")]
    made = workload(tmp_path, "python", {"a.py": ""}, settings)
    assert made.secrets == (Secret("B", "file:/b"), Secret("PYTHONUNBUFFERED", ARN))
    assert made.environment == ()


@pytest.mark.parametrize(("stronger", "secrets"), [(SECRET, {"A": ARN}), (PROPERTY, {})])
def test_of_a_property_and_a_secret_of_one_name_the_stronger_layer_decides(
    stronger: str, secrets: dict[str, str]
) -> None:
    values = {SECRET: ARN, PROPERTY: "plain"}
    weaker = PROPERTY if stronger == SECRET else SECRET
    found = resolve({
        Layer.ENVIRONMENT: [OptionSetting(stronger, "A", values[stronger])],
        Layer.EBEXTENSIONS: [OptionSetting(weaker, "A", values[weaker])],
    })  # fmt: skip
    assert found.secrets() == secrets
    assert found.properties() == ({} if secrets else {"A": "plain"})


def test_a_reference_that_only_cloudformation_can_evaluate_is_no_secret_here() -> None:
    function = '`{"Ref": "Database"}`'
    assert resolve({Layer.EBEXTENSIONS: [OptionSetting(SECRET, "A", function)]}).secrets() == {}
