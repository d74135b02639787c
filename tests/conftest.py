"""For all tests: with CI=1 a test that is left out is a test that failed.

A test may skip where a part is missing on a developer's machine. On the machine that decides, that would make a green
result out of nothing, so a skip becomes a failure there. One thing cannot be had everywhere, the collection of real
files: tests marked `corpus` may be left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

import pytest

pytest_plugins = ["tests.engine", "tests.registry", "tests.aws_emulator", "tests.secret_store"]
MAY_BE_LEFT_OUT = {"corpus"}
R = TypeVar("R", pytest.TestReport, pytest.CollectReport)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is generated now into tests/golden")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """golden("balancer/caddy.json", text): the text is what that file below tests/golden holds."""

    def check(name: str, text: str) -> None:
        path = Path(__file__).with_name("golden") / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert text == path.read_text()

    return check


def fail_if_left_out(report: R) -> R:
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"left out, and CI is set: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    marks = {mark.name for mark in item.iter_markers()}
    return report if marks & MAY_BE_LEFT_OUT else fail_if_left_out(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return fail_if_left_out((yield))
