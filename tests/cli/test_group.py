"""The group: help for everything, quick starts, global flags anywhere, and words nobody knows."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from beanstalk.cli.group import COMMANDS, cli


def walk(command, path=()):
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from walk(command.get_command(context, name), (*path, name))


EVERYTHING = dict(walk(cli))
FLAGS = [
    pytest.param(parameter, id=" ".join([*path, parameter.opts[-1]]))
    for path, command in EVERYTHING.items()
    for parameter in command.params
    if isinstance(parameter, click.Option)
]


@pytest.mark.parametrize("path", EVERYTHING, ids=" ".join)
def test_every_command_has_help(path, beanstalk):
    assert EVERYTHING[path].help
    assert EVERYTHING[path].help.splitlines()[0].endswith((".", ":", ","))
    assert "Global options:" in beanstalk.ok(*path, "--help")


@pytest.mark.parametrize("parameter", FLAGS)
def test_every_flag_has_help(parameter):
    assert parameter.help
    assert parameter.help.endswith(".")


def test_the_help_of_the_group_lists_every_command_with_its_line(beanstalk):
    text = beanstalk.ok("--help")
    for name, line in COMMANDS.items():
        assert name in text
        assert line.split(" ")[0] in text


def test_help_imports_no_command_and_nothing_slow():
    code = "import sys; from beanstalk.__main__ import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    slow = {"yaml", "jinja2", "rich", "psutil", "boto3", "docker", "sqlite3", "beanstalk.service", "beanstalk.store"}
    assert slow & loaded == set()
    assert {f"beanstalk.cli.{name}" for name in COMMANDS} & loaded == set()


@pytest.mark.parametrize("words", [["--json", "list"], ["list", "--json"], ["--json", "list", "--json"]])
def test_global_flags_stand_before_and_after_the_command(beanstalk, words):
    assert beanstalk.ok(*words) == "[]\n"


def test_a_flag_can_come_from_a_variable(beanstalk, monkeypatch):
    monkeypatch.setenv("BEANSTALK_JSON", "1")
    assert beanstalk.ok("list") == "[]\n"


def test_flags_of_a_command_come_from_variables_too(shop, monkeypatch):
    monkeypatch.setenv("BEANSTALK_POLICY", "Immutable")
    monkeypatch.setenv("BEANSTALK_OPTION", "aws:autoscaling:asg:MinSize=3\naws:autoscaling:asg:MaxSize=3")
    found = shop.json("deploy", "--dry-run", "--force")
    assert (found["Policy"], found["Instances"]) == ("Immutable", 3)


def test_an_unknown_command_gets_a_proposal(beanstalk):
    done = beanstalk("deploi")
    assert done.exit_code == 2
    assert done.stderr == "error: there is no command deploi\nhint: did you mean deploy?\n"


def test_an_unknown_flag_is_wrong_usage(beanstalk):
    done = beanstalk("list", "--jsn", "--json")
    assert done.exit_code == 2
    assert "'--jsn'" in done.stderr
    assert '"ExitCode": 2' in done.stdout


def test_without_words_the_help_is_shown_as_wrong_usage(beanstalk):
    done = beanstalk()
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Start:" in done.stderr


def test_another_target_is_one_clear_error(beanstalk):
    for words in (["--target", "azure", "list"], ["status", "--target", "azure"], ["deploy", "x", "--target", "azure"]):
        done = beanstalk(*words)
        assert done.exit_code == 2
        assert done.stderr == "error: there is no target azure\nhint: write --target local or aws\n"


def test_the_target_of_the_project_counts_too(shop):
    path = shop.folder / ".elasticbeanstalk" / "config.yml"
    path.write_text(path.read_text().replace("target: local", "target: azure"))
    done = shop("status")
    assert done.exit_code == 2
    assert "config.yml says beanstalk: target" in done.stderr


def test_a_command_of_the_local_target_says_so_on_aws(beanstalk):
    done = beanstalk("agent", "status", "--target", "aws")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: agent status is for the local target in this version\nhint: add --target")


def test_commands_that_are_the_same_everywhere_need_no_account(beanstalk):
    found = beanstalk.json("init", "shop", "--target", "aws", "-r", "eu-west-1", "--platform", "procfile")
    assert found["Target"] == "aws"
    assert "default_region: eu-west-1" in (beanstalk.folder / ".elasticbeanstalk" / "config.yml").read_text()
    assert beanstalk.json("package", "-o", "bundle.zip")["Files"] > 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(beanstalk, shell):
    assert "_BEANSTALK_COMPLETE" in beanstalk.ok("completion", shell)


def test_completion_knows_commands_and_environments(shop):
    from click.shell_completion import ShellComplete

    def complete(*words, incomplete=""):
        found = ShellComplete(cli, {}, "beanstalk", "_BEANSTALK_COMPLETE").get_completions(list(words), incomplete)
        return [item.value for item in found]

    assert complete(incomplete="re") == ["restart", "rebuild", "restore", "render"]
    assert complete("status", incomplete="s") == ["shop-dev"]
