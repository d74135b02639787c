"""Whether the options that `Fn::GetOptionSetting` asks for are there: known to the catalogue, or set as custom ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from beanstalk.errors import Problem
from beanstalk.model import OptionSetting
from beanstalk.options.catalogue import catalogue
from beanstalk.options.resolve import MOST_HINTS
from beanstalk.source.functions import CUSTOM_OPTIONS, GetOptionSetting


def unanswered(asked: Iterable[GetOptionSetting], settings: Iterable[OptionSetting]) -> Iterator[Problem]:
    """A warning for each option that does not exist, and each custom one without a value. settings: of all files.

    Not an error: nobody has written down what Elastic Beanstalk does where it has no answer.
    """
    custom = {each.name for each in settings if each.namespace == CUSTOM_OPTIONS}
    for number, each in enumerate(asked):
        if each.namespace == CUSTOM_OPTIONS:
            if each.name not in custom and each.default is None:
                text = f"Fn::GetOptionSetting asks for the custom option {each.name[:60]!r}, which no file sets"
                yield Problem(text, each.at, f"set it under {CUSTOM_OPTIONS}, or add DefaultValue")
        elif catalogue().find(each.namespace, each.name) is None:
            unknown = OptionSetting(each.namespace, each.name, "", at=each.at)
            (problem,) = catalogue().check(unknown, hints=number < MOST_HINTS)
            yield Problem(f"Fn::GetOptionSetting asks for what is not there: {problem.text}", each.at, problem.hint)
