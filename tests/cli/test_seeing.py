"""The commands that only look."""

from __future__ import annotations

import json

import pytest

from beanstalk.errors import TargetError, UsageError
from beanstalk.targets.local.host import LocalHost, Reachable


def test_status_has_the_keys_of_the_contract(shop):
    found = shop.json("status")
    rows = found.pop("Instances")
    assert found.pop("EnvironmentId").startswith("e-")
    assert found.pop("DateCreated") <= found.pop("DateUpdated")
    assert found == {
        "EnvironmentName": "shop-dev",
        "ApplicationName": "shop",
        "VersionLabel": "v1",
        "PlatformName": "procfile",
        "SolutionStackName": "any program on this machine",
        "Tier": {"Name": "WebServer", "Type": "Standard", "Version": "1.0"},
        "CNAME": "shop-dev.localhost",
        "EndpointURL": "127.0.0.1:8080",
        "Url": "http://shop-dev.localhost:8080/",
        "Status": "Ready",
        "Health": "Green",
        "HealthStatus": "Ok",
        "Causes": [],
        "DeploymentId": 1,
        "EnvironmentLinks": [],
    }
    assert [list(row) for row in rows] == [
        ["InstanceId", "VersionLabel", "DeploymentId", "State", "Address", "Pid", "Ports"]
    ] * 2
    assert [row["Ports"] for row in rows] == [[], []]  # of processes
    assert {row["State"] for row in rows} == {"InService"}


def test_status_for_people_is_that_of_eb_and_more(shop):
    lines = shop.ok("status").splitlines()
    assert lines[0] == "Environment details for: shop-dev"
    assert "  Deployed Version: v1" in lines
    assert "  Health: Green (Ok)" in lines
    assert "  URL: http://shop-dev.localhost:8080/" in lines
    assert lines[-2].split()[1:4] == ["InService", "v1", "1"]


def test_further_ports_of_containers_are_told_with_their_address(shop, monkeypatch):
    def published(host, instance, workload):
        return tuple(Reachable("web", port, "tcp", "172.17.0.9", port) for port in (5000, 9000))

    monkeypatch.setattr(LocalHost, "published", published)
    port = {"Container": "web", "ContainerPort": 9000, "Protocol": "tcp", "Address": "172.17.0.9:9000"}
    assert [row["Ports"][1] for row in shop.json("status")["Instances"]] == [port] * 2
    assert [row["Ports"][1] for row in shop.json("health")["Instances"]] == [port] * 2
    assert shop.ok("status").splitlines()[-1].split()[1:] == ["web", "9000/tcp", "172.17.0.9:9000"]


def test_an_engine_that_does_not_answer_keeps_nobody_from_seeing_the_rest(shop, monkeypatch):
    def published(host, instance, workload):
        raise TargetError("the engine is away")

    monkeypatch.setattr(LocalHost, "published", published)
    assert [row["Ports"] for row in shop.json("status")["Instances"]] == [[], []]


def test_many_instances_are_listed_when_asked_for(shop):
    shop.ok("scale", 11)
    assert shop.ok("status").endswith("  Instances: 11\n    -v lists them\n")
    assert shop.ok("status", "-v").count("InService") == 11


def test_events_are_lines_as_eb_writes_them(shop):
    first, *_ = shop.ok("events").splitlines()
    assert first[4] + first[7] + first[13] + first[16] == "--::"
    assert first[19:] == "    INFO    createEnvironment is starting."
    assert len(shop.ok("events", "-n", "2").splitlines()) == 2


def test_events_for_scripts_are_an_array(shop):
    found = shop.json("events")
    assert list(found[0]) == [
        "EventDate", "Severity", "Message", "ApplicationName", "EnvironmentName", "VersionLabel", "RequestId",
    ]  # fmt: skip
    assert found[0]["EventDate"].endswith("Z")
    assert sorted(found, key=lambda each: each["EventDate"]) == found


def test_events_of_an_environment_that_is_gone_are_there(shop):
    shop.ok("terminate", "--force")
    assert "terminateEnvironment completed successfully." in shop.ok("events", "shop-dev")


def test_following_events_ends_with_ctrl_c(shop, monkeypatch):
    def press(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("beanstalk.cli.events.time.sleep", press)
    done = shop("events", "-f", "--json")
    assert done.exit_code == 130
    assert json.loads(done.stdout.splitlines()[0])["Severity"] == "INFO"
    assert "error" not in done.stderr


def test_ctrl_c_stops_listening_only(shop, monkeypatch):
    def press(seconds):
        raise KeyboardInterrupt

    shop.works = False
    monkeypatch.setattr("beanstalk.service.operations.time.sleep", press)
    done = shop("restart")
    assert done.exit_code == 130
    assert "Restarting shop-dev goes on" in done.stdout
    assert "abort it: beanstalk abort shop-dev" in done.stderr
    assert shop.json("abort", "-nh")["Outcome"] == "InProgress"


def test_health_tells_of_each_instance(shop):
    found = shop.json("health")
    assert (found["Color"], found["HealthStatus"], found["InstancesHealth"]["Ok"]) == ("Green", "Ok", 2)
    assert {"HealthStatus", "UptimeSeconds", "CPUPercent", "MemoryBytes", "VersionLabel"} <= set(found["Instances"][0])
    assert shop.ok("health").startswith("shop-dev: Ok (Green), Ready\n  2 instances: 2 Ok\n")


def test_health_refreshes_on_a_terminal_only(shop):
    done = shop("health", "--refresh")
    assert done.exit_code == 2
    assert "--refresh needs a terminal" in done.stderr


def test_list_marks_the_default_and_lists_other_applications_when_asked(shop):
    shop.ok("clone")
    assert shop.ok("list") == "* shop-dev\nshop-dev-clone\n"
    shop.ok("init", "market")
    assert shop.ok("list") == ""
    assert shop.ok("list", "-a") == "* shop-dev\nshop-dev-clone\n"
    assert [each["EnvironmentName"] for each in shop.json("list", "-a")] == ["shop-dev", "shop-dev-clone"]
    assert "http://shop-dev.localhost:8080/" in shop.ok("list", "-a", "-v")


def test_the_only_environment_is_the_default_and_several_are_named(shop):
    path = shop.folder / ".elasticbeanstalk" / "config.yml"
    path.write_text("global: {application_name: shop}")
    done = shop("open")
    assert (done.stdout, done.stderr) == (
        "http://shop-dev.localhost:8080/\n",
        "the environment is shop-dev, the only one\n",
    )
    shop.ok("clone")
    done = shop("open")
    assert done.exit_code == 2
    assert "hint: name one of shop-dev, shop-dev-clone, or choose a default: beanstalk use NAME" in done.stderr


def test_outside_of_a_project_the_environment_has_to_be_named(shop, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["deploy"], ["terminate", "--force"], ["status"]):
        done = shop(*words)
        assert done.exit_code == 2
        assert "hint: name the environment: shop-dev" in done.stderr
    assert shop.json("status", "shop-dev")["VersionLabel"] == "v1"


def test_config_says_where_each_option_comes_from(shop):
    found = {each["OptionName"]: each for each in shop.json("config")}
    assert (found["MinSize"]["Value"], found["MinSize"]["Layer"]) == ("2", "environment")
    assert found["DeploymentPolicy"]["Layer"] == "recommended"
    assert "  MinSize: 2    (environment)\n" in shop.ok("config")
    assert len(shop.json("config", "-v")) > len(found)


def test_versions_are_listed_created_and_deleted(shop):
    shop.change()
    assert shop.json("appversion", "-c", "-l", "v2", "-m", "The second")["Description"] == "The second"
    rows = {each["VersionLabel"]: each["EnvironmentNames"] for each in shop.json("appversion")}
    assert rows == {"v1": ["shop-dev"], "v2": []}
    assert shop.ok("appversion").splitlines()[1].split()[0] == "v2"
    assert shop("appversion", "-d", "v1").exit_code == 1
    shop.ok("appversion", "-d", "v2")
    assert shop.labels() == ["v1"]
    assert shop("appversion", "-l", "x").exit_code == 2


def test_package_makes_the_bundle_and_says_why(shop):
    found = shop.json("package")
    assert (found["Files"], found["Origin"]) == (3, "working tree")
    assert found["Path"].startswith(str(shop.folder / ".elasticbeanstalk" / "app_versions" / "app-"))
    assert shop.ok("package", "--list") == "Procfile\napp.py\nversion.txt\n"
    rows = {row["Path"]: row["Included"] for row in shop.json("package", "--list", "--why")}
    assert rows == {".elasticbeanstalk/": False, "Procfile": True, "app.py": True, "version.txt": True}
    assert "- .elasticbeanstalk/  never packed" in shop.ok("package", "--list", "--why")


def test_platforms_are_listed_and_shown(shop):
    assert {"python", "node", "procfile"} <= {each["PlatformName"] for each in shop.json("platform", "list")}
    assert shop.json("platform", "show")["PlatformName"] == "procfile"
    assert "Title: Python\n" in shop.ok("platform", "show", "python")


def test_the_balancer_is_rendered(shop, tmp_path):
    text = shop.ok("render", "balancer")
    assert len(text.splitlines()) > 10
    shop.ok("render", "balancer", "-o", tmp_path / "balancer.cfg")
    assert (tmp_path / "balancer.cfg").read_text().strip() == text.strip()


def test_the_agent_is_described_and_stopping_none_is_no_error(beanstalk, tmp_path):
    found = beanstalk.json("agent", "status")
    assert (found["Pid"], found["Home"], found["Port"], found["Environments"]) == (
        None,
        str(tmp_path / "home"),
        8080,
        [],
    )
    assert found["Balancer"]["Pid"] is None
    assert beanstalk.ok("agent", "stop") == "No agent was running.\n"


@pytest.mark.parametrize(
    ("text", "moment"),
    [("90s", 910.0), ("10m", 400.0), ("1970-01-01T00:10", 600.0), ("1970-01-01T01:10+01:00", 600.0)],
)
def test_since_is_a_duration_or_a_time(text, moment):
    from beanstalk.cli.logs import parse_since

    assert parse_since(text, 1000.0) == moment


def test_other_words_for_since_are_wrong_usage():
    from beanstalk.cli.logs import parse_since

    with pytest.raises(UsageError, match="is no time"):
        parse_since("yesterday", 1000.0)
