"""commands and container_commands: what runs, when, and what is told about each."""

from __future__ import annotations

import pytest

from beanstalk.source.functions import Text
from tests.source.configs import problems, read, warnings


def test_commands_run_in_the_order_of_their_names():
    found = read("commands: {b: {command: x}, 10: {command: y}, 9: {command: z}, A: {command: w}}").commands
    assert [(command.name, command.command) for command in found] == [("10", "y"), ("9", "z"), ("A", "w"), ("b", "x")]


def test_a_command_has_all_its_fields():
    (command,) = read("""\
        commands:
          01:
            command: |
              echo a
              echo b
            cwd: /tmp
            env: {A: 1, B: "yes", C: true}
            test: '[ -d /tmp ]'
            ignoreErrors: true
            waitAfterCompletion: forever
    """).commands
    assert (command.command, command.cwd, command.test) == ("echo a\necho b\n", "/tmp", "[ -d /tmp ]")
    assert command.env == (("A", "1"), ("B", "yes"), ("C", "true"))
    assert (command.ignore_errors, command.wait_s, command.at.line) == (True, -1, 2)


def test_without_fields_nothing_is_replaced_and_errors_count():
    (command,) = read("commands: {a: {command: x}}").commands
    assert (command.cwd, command.env, command.test, command.ignore_errors, command.wait_s) == (
        "",
        None,
        None,
        False,
        None,
    )
    (other,) = read("container_commands: {a: {command: x}}").container_commands
    assert (other.leader_only, other.env, other.cwd) == (False, None, "")


def test_a_list_is_one_program_with_its_arguments():
    assert read("commands: {a: {command: [echo, 'a b', 5]}}").commands[0].command == ("echo", "a b", "5")


def test_functions_in_backquotes_stand_beside_those_of_the_shell():
    (command,) = read("""\
        commands:
          a: {command: 'echo `date` `{"Ref": "AWS::Region"}`'}
    """).commands
    assert isinstance(command.command, Text) and command.command.parts[0] == "echo `date` "


@pytest.mark.parametrize("key", ["commands", "container_commands"])
@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{}", "a has no command | write 'command:' and what is to run"),
        ("{command: }", "a has an empty command"),
        ("{command: '  '}", "a has an empty command"),
        ("{command: []}", "a is a list without a program"),
        ("{command: {a: b}}", "a has to be text"),
        ("{command: [[x]]}", "a word of"),
        ("echo hello", "a is not a mapping | write its fields below it, indented: command, cwd"),
        ("{command: x, ignore_errors: true}", "unknown key 'ignore_errors' | did you mean ignoreErrors?"),
        ("{command: x, ignoreErrors: maybe}", "a has to be true or false, not 'maybe'"),
        ("{command: x, env: [A]}", "a has to be a mapping of names"),
        ("{command: x, env: {A: [b]}}", "a A has to be text"),
        ("{command: x, env: {A=B: c}}", "'A=B' is no name of an environment variable"),
        ("{command: x, test: [a]}", "a is a list | write it as one command"),
        ("{command: x, cwd: [a]}", "a has to be text"),
        ("{command: x, waitAfterCompletion: soon}", "a has to be a whole number"),
        ("{command: x, [a]: b}", "a has a key that is not text"),
    ],
)
def test_what_elastic_beanstalk_would_refuse_is_an_error(key, entry, said):
    found = problems(f"{key}: {{a: {entry}}}")
    assert said in found[0] and found[0].endswith("Elastic Beanstalk would ignore the whole file")


def test_a_leader_belongs_to_container_commands():
    (found,) = problems("commands: {a: {command: x, leader_only: true}}")
    assert "unknown key 'leader_only' | leader_only belongs to container_commands" in found


def test_leader_only_wins_over_a_test():
    text = "container_commands: {a: {command: x, leader_only: true, test: y}}"
    (command,) = read(text).container_commands
    assert command.leader_only and command.test is None
    (found,) = warnings(text)
    assert found.startswith("1:63: container command a has both leader_only and test: leader_only wins")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{command: x, ignoreErrors: 'true'}", "ignoreErrors of command a is text: taken as true"),
        ("{command: x, env: }", "env of command a is empty"),
        ("{command: x, cwd: }", "cwd of command a has no value: taken as empty"),
        ("{command: x, test: }", "test of command a has no value: taken as empty"),
    ],
)
def test_what_is_hardly_meant_is_a_warning(entry, said):
    (found,) = warnings(f"commands: {{a: {entry}}}")
    assert said in found


def test_leaders_of_all_files_come_first_then_file_after_file_by_name():
    found = read(
        "container_commands: {b: {command: x}, z: {command: x, leader_only: true}, a: {command: x}}",
        "container_commands: {a: {command: x, leader_only: true}, 0: {command: x}}",
    ).container_commands
    assert [(command.name, command.at.path[-9:]) for command in found] == [
        ("z", "01.config"), ("a", "02.config"), ("a", "01.config"), ("b", "01.config"), ("0", "02.config"),
    ]  # fmt: skip


def test_names_that_yaml_takes_for_other_numbers_are_told_once():
    (found,) = warnings("commands: {01: {command: x}, 010: {command: y}, 8: {command: z}, '09': {command: w}}")
    assert found.startswith("1:12: the name 01 without quotes is a number that YAML may write otherwise: the order of")
    assert warnings("container_commands: {01_a: {command: x}, 10: {command: y}}") == []
