"""An image built by the engine, with its cache of layers, told step by step.

A failure names the line of the Dockerfile. The engine numbers the instructions of all stages, one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from beanstalk.containers import ImageBuild
from beanstalk.errors import TargetError, Where
from beanstalk.source.dockerfile import Instruction, instructions
from beanstalk.targets.local.build_context import BuildContext, pack
from beanstalk.targets.local.engine import Engine, EngineRefused
from beanstalk.targets.local.transfers import Report

_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)", re.DOTALL)
_PARSE_ERROR = re.compile(r"dockerfile parse error (?:on )?line (\d+): ")
_EXIT_CODE = re.compile(r"returned a non-zero code: (\d+)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NOISE = re.compile(r"(?: ?---> ?)(?:\w{12}|Running in \w+)?|Removing intermediate container \w+")
_SHOWN = 100
"""Characters of an instruction that are shown."""


def build_with_engine(
    engine: Engine, image: ImageBuild, context: BuildContext, tag: str, labels: Mapping[str, str], report: Report
) -> None:
    """Raises TargetError with the line of the Dockerfile that failed."""
    from docker.auth import INDEX_URL, AuthConfig
    from docker.errors import APIError

    steps = Steps(context, report)
    try:
        with pack(context) as packed, engine.ask() as client:
            # What it begins with is there. Without this the SDK would ask all credential helpers of the user.
            client._auth_configs = AuthConfig({"auths": {INDEX_URL: {}}})  # type: ignore[attr-defined]
            events = client.build(
                fileobj=packed, custom_context=True, dockerfile=context.dockerfile, tag=tag, labels=dict(labels),
                target=image.target or None, buildargs=dict(image.args), rm=True, forcerm=True, decode=True,
            )  # fmt: skip
            for event in events:
                if event.get("error"):
                    raise APIError(event["error"], explanation=event["error"])
                steps.note(event)
    except EngineRefused as error:
        raise steps.failure(error.problem) from None


class Steps:
    """Follows what the engine says while it builds."""

    def __init__(self, context: BuildContext, report: Report) -> None:
        self._path, self._report = context.path, report
        self._known = instructions(context.text)
        self._current: Instruction | None = None

    def note(self, event: Mapping[str, Any]) -> None:
        text = _COLOURS.sub("", event.get("stream") or event.get("status") or "").strip("\n")
        if match := _STEP.fullmatch(text):
            number, total = int(match[1]), int(match[2])
            self._current = self._known[number - 1] if number <= len(self._known) else None
            if self._current:  # the last one has our labels, and nobody wrote it
                self._report.now(f"step {number} of {min(total, len(self._known))}: {shortened(match[3])}")
        for line in text.splitlines():
            if line.strip() and not _NOISE.fullmatch(line):
                self._report.line(line)

    def failure(self, said: str) -> TargetError:
        """What the engine says, as an error at the line that it is about."""
        if match := _PARSE_ERROR.search(said):
            return TargetError(said[match.end() :], Where(self._path, int(match[1])))
        if self._current is None:
            return TargetError(said, Where(self._path))
        code = _EXIT_CODE.search(said)
        told = f"failed with exit code {code[1]}" if code else said
        return TargetError(f"{shortened(self._current.text)}: {told}", Where(self._path, self._current.line))


def shortened(text: str) -> str:
    """An instruction on one line that fits a terminal."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
