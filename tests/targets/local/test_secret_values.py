"""Values of secrets where they really are: in services of AWS over HTTP, in files, and from programs."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from beanstalk.errors import TargetError
from beanstalk.targets.local import secret_values
from beanstalk.targets.local.secret_values import LARGEST_BYTES, SecretReader, read_secrets
from beanstalk.workload import Secret
from tests.end_to_end.site import wait_until

MEMBERS = {"password": "hunter2", "port": 5432, "hosts": ["ä", "b"], "none": None, "": "empty"}


def program(folder: Path, text: str) -> Path:
    path = folder / "adapter"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def read_secret(reference: str) -> str:
    return read_secrets([Secret("KEY", reference)])["KEY"]


def refusal(reference: str) -> str:
    """Why it cannot be read, for a person."""
    with pytest.raises(TargetError) as caught:
        read_secret(reference)
    before, found, why = caught.value.problem.partition(f"the secret KEY cannot be read from {reference}: ")
    assert (before, bool(found)) == ("", True)
    assert why.endswith(")"), "there is a remedy"
    return why.rpartition(" (")[0]


@pytest.mark.parametrize(
    ("end", "value"),
    [
        (":password", "hunter2"),
        (":port", "5432"),
        (":hosts", '["ä", "b"]'),
        (":none", "null"),
        (":password:AWSCURRENT:", "hunter2"),
    ],
)
def test_a_member_of_a_secret_is_text_or_json(secret_store, end, value):
    assert read_secret(secret_store.secret("shop/db", MEMBERS) + end) == value


def test_a_secret_and_a_parameter_are_read_whole_and_anew_each_time(secret_store):
    secret, parameter = secret_store.secret("db", "hunter2\n"), secret_store.parameter("/shop/db", "hunter2")
    assert (read_secret(secret), read_secret(parameter)) == ("hunter2\n", "hunter2")
    secret_store.secret("db", b"hunter3")
    secret_store.parameter("/shop/db", "hunter3")
    assert (read_secret(secret), read_secret(parameter)) == ("hunter3", "hunter3")
    assert read_secret(secret_store.parameter("plain", "hunter4")) == "hunter4"


@pytest.mark.parametrize(
    ("value", "end", "why"),
    [
        (MEMBERS, ":Password", "it has no member Password"),
        ("hunter2", ":password", "it is no JSON object"),
        ("[1]", ":0", "it is no JSON object"),
        (b"\xff\xfe", "", "it is no UTF-8 text"),
        ("a\0b", "", "it holds a NUL byte"),
    ],
)
def test_a_secret_of_another_form_says_which_and_not_what_it_is(secret_store, value, end, why):
    said = refusal(secret_store.secret("shop/db", value) + end)
    assert why in said and "hunter2" not in said


def test_what_aws_says_is_told(secret_store, monkeypatch):
    missing = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:nothing-AbCdEf"
    assert "AWS refuses it: " in refusal(missing)
    with pytest.raises(TargetError, match=r"or set another: beanstalk setenv --secret KEY=REFERENCE\)$"):
        read_secret(missing)
    assert "AWS refuses it: " in refusal("arn:aws:ssm:eu-west-1:123456789012:parameter/nothing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "AWS cannot be asked: " in refusal("arn:aws:ssm:eu-west-1:123456789012:parameter/nothing")


def test_without_a_login_the_remedy_is_one(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(TargetError, match=r"nobody is logged in to AWS \(set AWS_PROFILE"):
        read_secret("arn:aws:ssm:eu-west-1:123456789012:parameter/a")


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"hunter2", "hunter2"),
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b"two\nlines\n\n", "two\nlines\n"),
        (b"", ""),
        (b"x" * LARGEST_BYTES, "x" * LARGEST_BYTES),
    ],
)
def test_a_file_is_its_content_without_the_last_line_end(tmp_path, monkeypatch, content, value):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key").write_bytes(content)
    assert read_secret(f"file:{tmp_path}/key") == read_secret("file:~/key") == value


def test_a_file_that_is_none_is_told(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * (LARGEST_BYTES + 1))
    (tmp_path / "binary").write_bytes(b"\xff")
    assert refusal(f"file:{tmp_path}/missing") == "No such file or directory"
    assert refusal(f"file:{tmp_path}") == refusal(f"file:{tmp_path}/pipe") == "it is no file"
    assert "it has more than 65,536 bytes" in refusal(f"file:{tmp_path}/large")
    assert refusal(f"file:{tmp_path}/binary") == "it is no UTF-8 text"


def test_a_program_gets_its_words_and_no_shell(tmp_path):
    adapter = program(tmp_path, 'printf "%s|" "$@"; echo; cat')
    assert read_secret(f"command:{adapter} 'a b' $HOME ;id") == "a b|$HOME|;id|"


def test_a_program_is_found_in_the_home_folder_and_on_the_path(tmp_path, monkeypatch):
    program(tmp_path, "echo found in $PWD")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_secret("command:~/adapter") == f"found in {tmp_path}"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert read_secret("command:adapter") == f"found in {tmp_path}"


def test_a_program_that_fails_is_named_with_its_code_and_never_quoted(tmp_path):
    adapter = program(tmp_path, "echo hunter2; echo hunter2 >&2; exit 7")
    assert refusal(f"command:{adapter} x") == f"{adapter} exited with 7"
    program(tmp_path, "kill -9 $$")
    assert refusal(f"command:{adapter}") == f"{adapter} was ended by signal 9"
    adapter.chmod(stat.S_IRUSR)
    assert refusal(f"command:{adapter}") == f"there is no program {adapter}"


def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr(secret_values, "COMMAND_S", 0.3)
    adapter = program(tmp_path, f"sh -c 'echo $$ > {tmp_path}/pid; exec sleep 600' & echo hunter2; exit 0")
    assert refusal(f"command:{adapter}") == f"{adapter} took longer than 0.3 s"
    pid = int((tmp_path / "pid").read_text())
    wait_until("the end of what it started", lambda: not is_running(pid))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_program_that_says_too_much_is_told(tmp_path):
    adapter = program(tmp_path, "exec yes")
    assert "it has more than 65,536 bytes" in refusal(f"command:{adapter}")


def test_all_that_cannot_be_read_is_in_one_sentence(tmp_path):
    (tmp_path / "good").write_text("hunter2")
    secrets = [Secret("A", f"file:{tmp_path}/a"), Secret("B", f"file:{tmp_path}/good"), Secret("C", "command:no-such")]
    with pytest.raises(TargetError) as caught:
        read_secrets(secrets)
    first, second = caught.value.problem.split("; the secret C")
    assert first.startswith(f"the secret A cannot be read from file:{tmp_path}/a: No such file or directory (")
    assert second.startswith(" cannot be read from command:no-such: there is no program no-such (")
    assert "hunter2" not in str(caught.value)


def test_members_of_one_secret_come_from_one_answer(tmp_path, secret_store, monkeypatch):
    arn, asked = secret_store.secret("shop/db", MEMBERS), []
    honest = secret_values.ask_aws
    monkeypatch.setattr(secret_values, "ask_aws", lambda *question: asked.append(question) or honest(*question))
    secrets = [Secret("PASSWORD", f"{arn}:password"), Secret("PORT", f"{arn}:port"), Secret("MISSING", f"{arn}:x")]
    assert read_secrets(secrets[:2]) == {"PASSWORD": "hunter2", "PORT": "5432"}
    assert len(asked) == 1
    reader = SecretReader()
    assert wait_until("both", lambda: reader.read("i-1", secrets[:2])) == {"PASSWORD": "hunter2", "PORT": "5432"}
    assert len(asked) == 2
    with pytest.raises(TargetError, match="it has no member x"):
        wait_until("all", lambda: reader.read("i-1", secrets))


def test_the_agents_reader_is_asked_again_until_it_has_them(tmp_path):
    gate = tmp_path / "gate"
    adapter = program(tmp_path, f"until test -e {gate}; do sleep 0.01; done; echo hunter2")
    reader, secrets = SecretReader(), [Secret("A", f"command:{adapter}")]
    assert reader.read("i-1", secrets) is None
    gate.touch()
    assert wait_until("the value", lambda: reader.read("i-1", secrets)) == {"A": "hunter2"}
    gate.unlink()
    assert reader.read("i-1", secrets) is None, "the next question is a new one"
    gate.touch()
    reader.forget("i-1")
