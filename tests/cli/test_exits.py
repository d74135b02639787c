"""Exit codes and what stands beside them: one table for scripts, one place in the code."""

from __future__ import annotations

import click
import pytest

from beanstalk.cli.exits import code_of_abort, code_of_error, code_of_outcome, report
from beanstalk.errors import (
    AlreadyExists,
    BeanstalkError,
    BundleRefused,
    EnvironmentBusy,
    InvalidInput,
    NotFound,
    Problem,
    ProgramRefused,
    TargetError,
    UsageError,
    Where,
)
from beanstalk.model import Outcome


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(Outcome.SUCCEEDED, 0), (Outcome.ROLLED_BACK, 3), (Outcome.ABORTED, 3), (Outcome.FAILED, 4), (None, 5)],
)
def test_an_outcome_has_its_code(outcome, code):
    assert code_of_outcome(outcome) == code


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(Outcome.ABORTED, 0), (Outcome.ROLLED_BACK, 0), (Outcome.SUCCEEDED, 1), (Outcome.FAILED, 4)],
)
def test_abort_has_its_own_view_of_outcomes(outcome, code):
    assert code_of_abort(outcome) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BeanstalkError("x"), 1),
        (InvalidInput([Problem("x")]), 1),
        (NotFound("x"), 1),
        (AlreadyExists("x"), 1),
        (BundleRefused("x"), 1),
        (TargetError("x"), 1),
        (UsageError("x"), 2),
        (click.UsageError("x"), 2),
        (click.BadParameter("x"), 2),
        (EnvironmentBusy("x"), 6),
        (ProgramRefused("x", 127), 127),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (PermissionError(13, "Permission denied", "/x"), 1),
        (ValueError("x"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_has_its_code(error, code):
    assert code_of_error(error) == code


def test_all_problems_are_told_each_with_its_place_and_hint(capsys):
    problems = [Problem("too large", Where("a.config", 3, 5), "make it smaller"), Problem("too small")]
    report(InvalidInput(problems), as_json=False, debug=False)
    said = "error: a.config:3:5: too large\nhint: make it smaller\nerror: too small\n"
    assert capsys.readouterr().err == said


def test_with_json_the_error_is_a_document_on_stdout(beanstalk):
    found = beanstalk.json("status", "nope", code=1)
    assert found == {
        "Error": "there is no environment nope",
        "Hint": "there are no environments yet: beanstalk create",
        "ExitCode": 1,
    }


def test_an_unexpected_exception_is_one_line(beanstalk, monkeypatch):
    monkeypatch.setattr("beanstalk.service.place.Service.store", property(lambda self: 1 / 0))
    done = beanstalk("list")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: unexpected ZeroDivisionError: division by zero\nhint: ")
    assert "--debug" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in beanstalk("list", "--debug").stderr


def test_an_error_of_the_system_names_the_file(capsys):
    assert report(PermissionError(13, "Permission denied", "/x/y"), as_json=False, debug=False) == 1
    assert capsys.readouterr().err == "error: /x/y: Permission denied\n"


def test_an_interrupt_says_nothing(capsys):
    assert report(click.Abort(), as_json=True, debug=True) == 130
    assert capsys.readouterr() == ("", "")
