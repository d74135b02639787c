"""Configuration files written inside a test: what they say, or what is wrong with them."""

from __future__ import annotations

import textwrap

import pytest

from beanstalk.errors import InvalidInput, Problem
from beanstalk.source.ebextensions import Extensions, read_extensions


def read(*texts: str) -> Extensions:
    """The texts as 01.config, 02.config, …"""
    return read_extensions(
        [(f".ebextensions/{n:02}.config", textwrap.dedent(text).encode()) for n, text in enumerate(texts, 1)]
    )


def problems(*texts: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(*texts)
    assert all(each.hint and each.at and each.at.line for each in caught.value.problems)
    return _shown(caught.value.problems)


def warnings(*texts: str) -> list[str]:
    return _shown(read(*texts).warnings)


def _shown(found: tuple[Problem, ...]) -> list[str]:
    return [str(each).removeprefix(".ebextensions/01.config:").replace("\n  hint: ", " | ") for each in found]
