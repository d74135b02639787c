"""Every file of `ebextensions_examples/` is right, is in the index, and is expected to do something.

What each one does is in `tests/examples/`, by subject.
"""

from __future__ import annotations

import re

import pytest

from tests.examples import test_data, test_fleet, test_local, test_network, test_software
from tests.examples.reading import FILES, FOLDER, example


def index() -> dict[str, str]:
    """{"rolling-fixed.config": "yes"}: the rows of the index, with whether they act here."""
    rows = re.findall(r"^\| \[([^]]+)\]\(\1\) \|.*\| ([a-z ]+) \|$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert len(rows) == len(dict(rows)), "an example is listed twice"
    return dict(rows)


def test_every_example_has_its_expectation_and_its_line_in_the_index() -> None:
    expected = [
        name for each in (test_local, test_network, test_fleet, test_data, test_software) for name in each.EXPECTED
    ]
    assert sorted(expected) == FILES == sorted(index())


@pytest.mark.parametrize("name", FILES)
def test_an_example_is_right_and_explained(name: str) -> None:
    assert example(name).report.is_right
    assert (FOLDER / name).read_text().startswith("# ")


@pytest.mark.parametrize("name", FILES)
def test_the_index_tells_whether_an_example_acts_here(name: str) -> None:
    report = example(name).report
    acts = [each.what for each in report.applied if each.at and each.at.path.endswith(name)]
    assert index()[name] == ("in part" if acts and report.ignored else "yes" if acts else "no")


@pytest.mark.parametrize(
    "names",
    [
        ("https-listener.config", "https-redirect.config"), ("path-routing.config", "security-group.config"),
        ("queue.config", "table.config", "topic.config", "alarms.config"), ("cache.config", "database-resource.config"),
        ("replace-unhealthy.config", "private-file.config"), ("container-commands.config", "migrations.config"),
    ],
)  # fmt: skip
def test_examples_that_go_together_do(names: tuple[str, ...]) -> None:
    together = {each.problem.text for each in example(*names).report.findings}
    assert together == {each.problem.text for name in names for each in example(name).report.findings}
