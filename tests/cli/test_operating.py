"""The commands that change an environment without a new version, and those that end one."""

from __future__ import annotations

import pytest

from beanstalk.cli.flags import properties
from beanstalk.cli.setenv import parse_env_file
from beanstalk.errors import InvalidInput, UsageError


def test_setenv_sets_and_removes_and_printenv_shows(shop):
    shop.ok("setenv", "A=1", "B=two words", "C=x=y")
    assert shop.ok("printenv") == " Environment Variables:\n     A = 1\n     B = two words\n     C = x=y\n"
    done = shop("setenv", "A=", "B=secret")
    assert done.exit_code == 0
    assert "secret" not in done.output
    assert "secret" not in shop.ok("events")
    assert shop.json("printenv") == {"B": "secret", "C": "x=y"}


def test_setenv_reads_files_and_stdin(shop):
    (shop.folder / ".env").write_text("A=1\nB=2\n")
    shop.ok("setenv", "--env-file", ".env", "B=3")
    assert shop.json("printenv") == {"A": "1", "B": "3"}
    shop.ok("setenv", "-e", "shop-dev", "--env-file", "-", stdin="C=4\n")
    assert shop.json("printenv")["C"] == "4"


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("A=1", ("A", "1")),
        ("  export A = 1  ", ("A", "1")),
        ("A=x # a comment", ("A", "x")),
        ("A=x#y", ("A", "x#y")),
        ("A='x # y' # z", ("A", "x # y")),
        (r'A="x\n\"y\" \\"', ("A", 'x\n"y" \\')),
        ("A=", ("A", "")),
        ("A='$HOME'", ("A", "$HOME")),
        ("A=pa$$word${x}", ("A", "pa$$word${x}")),
        ("A= # nothing but a comment", ("A", "")),
        ("A='one\ntwo # no comment\n' # a comment", ("A", "one\ntwo # no comment\n")),
        ('A="one\r\n\r\ntwo"', ("A", "one\n\ntwo")),
        ("A=it's", ("A", "it's")),
        ("A=b==", ("A", "b==")),
    ],
)
def test_a_line_of_an_env_file(line, pair):
    assert parse_env_file(f"\n# first\n{line}\n", ".env") == [pair]


def test_every_bad_line_of_an_env_file_is_told_without_what_stands_there():
    with pytest.raises(InvalidInput) as caught:
        parse_env_file("A=1\nB: secret\nC='one\n\ntwo'\nD=\0secret\nhunter2\nE='secret\nF=more\n", ".env")
    assert [str(problem.at) for problem in caught.value.problems] == [".env:2", ".env:6", ".env:7", ".env:8"]
    assert "secret" not in str(caught.value) and "hunter2" not in str(caught.value)


def test_a_file_that_cannot_be_read_and_one_of_another_encoding_are_told(shop):
    (shop.folder / ".env").write_bytes(b"A=\xff\n")
    assert shop("setenv", "--env-file", ".env").stderr == "error: .env: cannot be read: it is not UTF-8\n"
    assert shop("setenv", "--env-file", "nope").stderr == "error: nope: cannot be read: No such file or directory\n"


def test_a_property_of_several_lines_and_a_byte_order_mark_arrive(shop):
    (shop.folder / ".env").write_text("\ufeffKEY='-----BEGIN KEY-----\nabc=\n-----END KEY-----'\n")
    shop.ok("setenv", "--env-file", ".env")
    assert shop.json("printenv") == {"KEY": "-----BEGIN KEY-----\nabc=\n-----END KEY-----"}


def test_what_is_given_wins_over_the_file_also_when_it_removes(shop):
    shop.ok("setenv", "A=1", "B=1")
    (shop.folder / ".env").write_text("A=2\nB=\nB=3\n")
    shop.ok("setenv", "--env-file", ".env", "A=")
    assert shop.json("printenv") == {"B": "3"}


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        ("A B=hunter2", 1, "'A B' cannot be a name in aws:elasticbeanstalk:application:environment"),
        ("Ä=hunter2", 1, "cannot be a name"),
        ("=hunter2", 2, "an environment property has no name or no ="),
        ("postgres://user:hunter2@host/db", 2, "an environment property has no name or no ="),
        ("A=" + "hunter2" * 600, 1, "the environment properties have 4202 bytes"),
    ],
)
def test_a_property_that_cannot_be_is_told_without_its_value(shop, word, code, said):
    done = shop("setenv", word)
    assert (done.exit_code, said in done.stderr, "hunter2" in done.stderr) == (code, True, False)


def test_properties_that_do_not_arrive_are_told(shop):
    done = shop("setenv", "PORT=5000", "my-var=1")
    assert done.exit_code == 0
    assert "PORT has no effect here: every instance is given a port of its own" in done.stderr
    assert "may not reach the application: my-var" in done.stderr


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ("A=1", [("A", "1")]),
        ("A=1,B=2", [("A", "1"), ("B", "2")]),
        ("A=x,y,B=", [("A", "x,y"), ("B", "")]),
    ],
)
def test_properties_in_one_flag(text, pairs):
    assert properties(text) == pairs


def test_a_property_without_a_value_is_wrong_usage(shop):
    with pytest.raises(UsageError):
        properties("A")
    assert shop("setenv", "A").exit_code == 2
    assert "there is nothing to set" in shop("setenv").stderr


def test_scale_changes_the_number_and_no_version(shop):
    found = shop.json("scale", 3)
    assert (found["Operation"], found["VersionLabel"], found["DeploymentId"]) == ("scale", "v1", 1)
    assert len(shop.json("status")["Instances"]) == 3
    assert shop.json("status")["DeploymentId"] == 1
    assert shop.ok("scale", 3) == "shop-dev is like this already; nothing to do.\n"
    plan = shop.json("scale", 1, "shop-dev", "--dry-run")
    assert (plan["Policy"], plan["Steps"][0]) == ("Resize", {"Step": "Scale", "Group": "new", "Count": 1})
    assert "drain and stop 2 instances (1 left)" in shop.ok("scale", 1, "--dry-run")


def test_clone_takes_version_settings_and_size(shop):
    shop.ok("setenv", "A=1")
    found = shop.json("clone", "-n", "copy", "-c", "other", "--envvars", "B=2")
    assert (found["EnvironmentName"], found["CNAME"], found["VersionLabel"]) == ("copy", "other.localhost", "v1")
    assert shop.json("printenv", "copy") == {"A": "1", "B": "2"}
    assert len(shop.json("status", "copy")["Instances"]) == 2


def test_swap_exchanges_names(shop):
    shop.ok("clone")
    assert shop.ok("swap", "shop-dev", "--dry-run") == (
        "shop-dev-clone.localhost would point to shop-dev\nshop-dev.localhost would point to shop-dev-clone\n"
    )
    found = shop.json("swap", "-n", "shop-dev-clone")
    assert (found["Operation"], found["Outcome"], found["CNAME"]) == ("swap", "Succeeded", "shop-dev-clone.localhost")
    assert shop.json("status", "shop-dev-clone")["CNAME"] == "shop-dev.localhost"


def test_swap_needs_another_one(shop):
    assert shop("swap").exit_code == 2
    assert "cannot be swapped with itself" in shop("swap", "shop-dev", "-n", "shop-dev").stderr


def test_rollback_goes_back_to_the_version_before_or_to_any(shop):
    for label in ("v2", "v3"):
        shop.change(label)
        shop.ok("deploy", "-l", label)
    assert shop.json("rollback", "--dry-run")["VersionLabel"] == "v2"
    assert shop.json("rollback")["VersionLabel"] == "v2"
    assert shop.json("rollback", "--to", "v1")["VersionLabel"] == "v1"
    done = shop("rollback", "--to", "v9")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: shop-dev has no deployment of v9 to go back to\n")


def test_without_an_earlier_deployment_there_is_nothing_to_go_back_to(shop):
    assert "shop-dev has no earlier deployment to go back to" in shop("rollback").stderr


@pytest.mark.parametrize("command", ["restart", "rebuild"])
def test_restart_and_rebuild_replace_all_instances(shop, command):
    before = {each["InstanceId"] for each in shop.json("status")["Instances"]}
    assert shop.json(command)["VersionLabel"] == "v1"
    assert before & {each["InstanceId"] for each in shop.json("status")["Instances"]} == set()


def test_abort_ends_what_goes_on_and_exits_with_0(shop):
    shop.works = False
    shop.ok("restart", "-nh")
    shop.works = True
    found = shop.json("abort")
    assert (found["Operation"], found["Outcome"]) == ("restart", "Aborted")
    done = shop("abort")
    assert done.exit_code == 1
    assert "nothing goes on in shop-dev that could be aborted" in done.stderr


def test_terminate_has_to_be_confirmed_and_without_a_terminal_forced(shop):
    done = shop("terminate", stdin="shop-dev\n")
    assert done.exit_code == 2
    assert done.stderr == (
        "error: terminating shop-dev has to be confirmed, and nobody is there to ask\nhint: add --force\n"
    )
    found = shop.json("terminate", "--force")
    assert (found["Operation"], found["Outcome"], found["VersionLabel"]) == ("terminate", "Succeeded", "v1")
    assert shop("status").exit_code == 1


def test_terminate_all_ends_those_of_the_application_only(shop):
    shop.ok("clone")
    shop.ok("init", "market")
    shop.ok("create")
    found = shop.json("terminate", "--all", "--yes")
    assert [each["EnvironmentName"] for each in found] == ["market-dev"]
    assert [each["EnvironmentName"] for each in shop.json("list", "-a")] == ["shop-dev", "shop-dev-clone"]


def test_restore_lists_and_brings_back(shop):
    identity = shop.json("status")["EnvironmentId"]
    shop.ok("terminate", "--force")
    assert [each["EnvironmentId"] for each in shop.json("restore")] == [identity]
    found = shop.json("restore", identity)
    assert (found["EnvironmentName"], found["EnvironmentId"], found["VersionLabel"]) == ("shop-dev", identity, "v1")
    assert "there is no terminated environment nope" in shop("restore", "nope").stderr
