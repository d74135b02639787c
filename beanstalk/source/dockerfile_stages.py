"""The stages of a Dockerfile: what each begins with, the ports it exposes, and its health check.

Variables are replaced where the builder knows them before it runs anything: ARG, ENV, and arguments of the build.
Source: Dockerfile reference, "EXPOSE", "HEALTHCHECK", "Understand how ARG and FROM interact".
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from beanstalk.source.dockerfile import Dockerfile, Instruction
from beanstalk.source.durations import read_duration
from beanstalk.source.interpolation import NotInterpolated, interpolate

_LONGEST = 4096
"""Characters of a value: variables that double each other would fill the memory."""
_MOST_SPLIT, _MOST_PORTS = 128 * 1024, 1_000
"""Of one file: characters that are taken apart as a shell does it, which takes time, and ports of one stage."""
_DOLLAR = "\0"
"""Stands for a dollar that begins no variable."""
_PORT = re.compile(r"([0-9]{1,5})(?:-[0-9]{1,5})?(?:/([a-z]+))?")


@dataclass(frozen=True, slots=True)
class Exposed:
    """port: None when it is not known before the build, as of a variable without value.  text: as it was written."""

    port: int | None
    protocol: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Check:
    """test: CMD and arguments, CMD-SHELL and one line, or NONE.  Times in seconds."""

    test: tuple[str, ...]
    interval_s: float | None = None
    timeout_s: float | None = None
    start_period_s: float | None = None
    retries: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """name: in small letters, "" for none.  base: name of an image or of an earlier stage, as far as it is known.

    parent: index of the earlier stage it begins with, None for an image.
    exposed, check: what is written in this stage alone; see `exposed_ports` and `health_check`.
    """

    line: int
    name: str
    base: str
    parent: int | None
    exposed: tuple[Exposed, ...] = ()
    check: Check | None = None


def read_stages(dockerfile: Dockerfile, arguments: Mapping[str, str] | None = None) -> tuple[Stage, ...]:
    """All stages in their order. arguments: of the build."""
    reader = _Reader(dockerfile.escape, dict(arguments or {}))
    for each in dockerfile.instructions:
        reader.take(each)
    return tuple(reader.stages)


def find_stage(stages: Sequence[Stage], target: str = "") -> Stage | None:
    """The stage of that name or number, the last one for "". None when there is none."""
    if not target:
        return stages[-1] if stages else None
    if target.isdecimal() and len(target) < 10 and int(target) < len(stages):
        return stages[int(target)]
    return next((stage for stage in stages if stage.name == target.lower()), None)


def exposed_ports(stages: Sequence[Stage], target: str = "") -> tuple[Exposed, ...]:
    """Those of the stage, then those of the stages that it begins with. What a base image exposes is not known."""
    return tuple(port for stage in _line_of(stages, target) for port in stage.exposed)


def health_check(stages: Sequence[Stage], target: str = "") -> Check | None:
    """The nearest one. None: nothing is written, and the base image may have one."""
    return next((stage.check for stage in _line_of(stages, target) if stage.check), None)


def _line_of(stages: Sequence[Stage], target: str) -> Iterator[Stage]:
    """The stage, and the stages it comes from."""
    stage = find_stage(stages, target)
    while stage is not None:
        yield stage
        stage = None if stage.parent is None else stages[stage.parent]


class _Reader:
    """Follows variables from instruction to instruction."""

    def __init__(self, escape: str, arguments: dict[str, str]) -> None:
        self.stages: list[Stage] = []
        self._escape, self._given, self._left = escape, arguments, _MOST_SPLIT
        self._by_name: dict[str, int] = {}
        self._before: dict[str, str] = {}
        """ARG before the first FROM: seen by FROM, and by a stage that repeats the name."""
        self._arguments: dict[str, str] = {}
        self._environment: list[dict[str, str]] = []
        """ENV of each stage, with what it has from its parent."""

    def take(self, each: Instruction) -> None:
        match each.keyword:
            case "FROM":
                self._from(each)
            case "ARG":
                self._argument(each)
            case "ENV" if self.stages:
                self._environment[-1] |= dict(self._pairs(each.arguments))
            case "EXPOSE" if self.stages:
                before = self.stages[-1].exposed
                more = islice(self._exposed(each), _MOST_PORTS - len(before))
                self.stages[-1] = replace(self.stages[-1], exposed=(*before, *more))
            case "HEALTHCHECK" if self.stages:
                self.stages[-1] = replace(self.stages[-1], check=_check(each) or self.stages[-1].check)

    def _from(self, each: Instruction) -> None:
        words = each.arguments.split()
        base = self._filled(words[0], self._before) if words else ""
        name = words[2].lower() if len(words) > 2 and words[1].lower() == "as" else ""
        parent = self._by_name.get(base.lower()) if base else None
        if name:
            self._by_name[name] = len(self.stages)
        self.stages.append(Stage(each.line, name, base, parent))
        self._environment.append({} if parent is None else dict(self._environment[parent]))
        self._arguments = {}

    def _argument(self, each: Instruction) -> None:
        for word in self._split(each.arguments):
            name, equals, default = word.partition("=")
            known = self._arguments if self.stages else self._before
            if name in self._given:
                known[name] = self._given[name]
            elif equals:
                known[name] = self._filled(default, self._known())
            elif name in self._before:
                known[name] = self._before[name]

    def _exposed(self, each: Instruction) -> Iterator[Exposed]:
        for written in each.arguments.split():
            for text in self._filled(written, self._known()).split() or [""]:
                found = _PORT.fullmatch(text.strip("\"'").lower())
                port = int(found[1]) if found and 0 < int(found[1]) < 65536 else None
                yield Exposed(port, (found[2] if found else None) or "tcp", each.line, written)

    def _pairs(self, text: str) -> Iterator[tuple[str, str]]:
        """`A=1 B=2`, or the old form `A 1 and more`."""
        words = self._split(text)
        if words and "=" not in words[0]:
            yield words[0], self._filled(text.partition(words[0])[2].strip(), self._known())
            return
        known = self._known()  # all of one line see what was before the line
        for name, equals, value in (word.partition("=") for word in words):
            if equals:
                yield name, self._filled(value, known)

    def _known(self) -> dict[str, str]:
        """ENV beats ARG."""
        return {**self._arguments, **self._environment[-1]} if self.stages else self._before

    def _filled(self, text: str, known: Mapping[str, str]) -> str:
        """With its variables; "" where the builder would refuse it, or where it is too long to be meant."""
        if len(text) > _LONGEST:
            return ""
        written = text.replace("$$", "$$$$").replace(f"{self._escape}$", _DOLLAR).replace(_DOLLAR, "$$")
        try:
            return interpolate(written, known).text[:_LONGEST]
        except NotInterpolated:
            return ""

    def _split(self, text: str) -> list[str]:
        """Words as a shell has them, without quotes."""
        self._left -= len(text)
        if self._left < 0:
            return text.split()
        splitter = shlex.shlex(text.replace(f"{self._escape}$", _DOLLAR), posix=True, punctuation_chars=False)
        splitter.whitespace_split, splitter.commenters, splitter.escape = True, "", self._escape
        try:
            return list(splitter)
        except ValueError:
            return text.split()


def _check(each: Instruction) -> Check | None:
    """None when there is nothing to read in it; the builder tells why."""
    kind, _, rest = each.arguments.partition(" ")
    if kind.upper() == "NONE":
        return Check(("NONE",))
    if kind.upper() != "CMD" or not rest.strip():
        return None
    flags = dict(flag.removeprefix("--").partition("=")[::2] for flag in each.flags)
    retries = flags.get("retries", "")
    return Check(
        _test(rest.strip()),
        read_duration(flags.get("interval", "")),
        read_duration(flags.get("timeout", "")),
        read_duration(flags.get("start-period", "")),
        int(retries) if retries.isdecimal() and len(retries) < 10 else None,
    )


def _test(text: str) -> tuple[str, ...]:
    """The exec form is a JSON list; everything else is for a shell."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list) and found and all(isinstance(word, str) for word in found):
        return ("CMD", *found)
    return ("CMD-SHELL", text)
