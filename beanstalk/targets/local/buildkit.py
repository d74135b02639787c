"""An image whose Dockerfile needs BuildKit, built by the docker command: the engine offers BuildKit to nobody else.

The command gets the same tar as the engine's own builder, through its standard input.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import IO

from beanstalk.containers import ImageBuild
from beanstalk.errors import TargetError, Where
from beanstalk.source.dockerfile import Instruction, instructions
from beanstalk.targets.local.build_context import IGNORE_FILE, BuildContext, pack
from beanstalk.targets.local.image_build import shortened
from beanstalk.targets.local.transfers import Report

_STEP = re.compile(r"#\d+ \[(?:\S+ +)?(\d+)/(\d+)\] (.*)")
_FAILED_STEP = re.compile(r" > \[.*?\] (.*?):?")
_PARSE_ERROR = re.compile(r".*dockerfile parse error (?:on )?line (\d+): (.*)")
_PREAMBLE = re.compile(
    r"^(?:ERROR: )?(?:failed to build: )?(?:failed to solve(?: with frontend \S+)?: )?"
    r"(?:rpc error: code = \w+ desc = )?"
)
_MISSING = re.compile(r"buildx component is missing|BuildKit (?:is|not) (?:currently )?(?:disabled|supported)")
_GOES_BY = re.compile(
    r"(LD_|GLIBC_|MALLOC_|DOCKER|BUILD|COMPOSE|GO|OTEL_|SSL_|SSH_|GIT_|XDG_|LC_|LANG|HOME|PATH|TMP|.*_PROXY)",
    re.IGNORECASE,
)
"""Names of variables that the docker command, its plugins, or what they start may go by."""
_EXIT_CODE = re.compile(r"exit code: (\d+)$")
HOW_TO_GET_IT = (
    "install it (sudo apt-get install docker-buildx, or https://docs.docker.com/go/buildx/), "
    "or do without what needs it"
)


def build_with_command(
    url: str, image: ImageBuild, context: BuildContext, tag: str, labels: Mapping[str, str], needs: Instruction,
    report: Report,
) -> None:  # fmt: skip
    """url: of the engine, "" for the one that the docker command finds.  needs: what only BuildKit understands.

    Raises TargetError: with the line of the Dockerfile that failed, or what is missing here.
    """
    at = Where(context.path, needs.line)
    program = shutil.which("docker")
    if program is None:
        problem = f"{shortened(needs.text)} needs BuildKit, and the docker command is not installed"
        raise TargetError(problem, at, HOW_TO_GET_IT)
    own = f"{context.inside}.dockerignore" if context.inside else ""
    with pack(context, own if own and (context.folder / own).is_file() else IGNORE_FILE) as packed:
        command, environment = _command(program, url, image, context, tag, labels)
        output = _Output(context, report)
        code = _run(command, environment, packed, output)
    if any(_MISSING.search(line) for line in output.last):
        raise TargetError(f"{shortened(needs.text)} needs BuildKit, which `docker` lacks", at, HOW_TO_GET_IT)
    if code:
        raise output.failure()


def _command(
    program: str, url: str, image: ImageBuild, context: BuildContext, tag: str, labels: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """The command and its environment. A build argument goes through the environment: everybody sees a command line.

    Not one that the command, or the system's loader, would go by: a bundle could have it do anything.
    """
    environment = {
        **os.environ,
        "DOCKER_BUILDKIT": "1",
        "BUILDX_BUILDER": "default",
        **({"DOCKER_HOST": url} if url else {}),
    }
    command = [program, "build", "--progress=plain", f"--file={context.dockerfile}", f"--tag={tag}"]
    command += [f"--label={name}={value}" for name, value in labels.items()]
    command += [f"--target={image.target}"] if image.target else []
    for name, value in image.args:
        if name in environment or _GOES_BY.match(name):
            command.append(f"--build-arg={name}={value}")
        else:
            command.append(f"--build-arg={name}")
            environment[name] = value
    return [*command, "-"], environment


def _run(command: list[str], environment: Mapping[str, str], packed: IO[bytes], output: _Output) -> int:
    try:
        process = subprocess.Popen(
            command, env=dict(environment), stdin=packed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/",
            text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except OSError as error:
        raise TargetError(f"the docker command cannot be started: {error.strerror}") from None
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            output.note(line.rstrip())
    return process.returncode


class _Output:
    """Follows what the docker command says."""

    def __init__(self, context: BuildContext, report: Report) -> None:
        self._context, self._report = context, report
        self._failed = ""
        self._line = 0
        self._place = re.compile(rf"{re.escape(context.dockerfile)}:(\d+)")  # newer ones know the line themselves
        self.last: list[str] = []

    def note(self, line: str) -> None:
        if not line:
            return
        self.last = [*self.last[-20:], line]
        if match := _STEP.fullmatch(line):
            self._report.now(f"step {match[1]} of {match[2]}: {shortened(match[3])}")
        elif match := _FAILED_STEP.fullmatch(line):
            self._failed = match[1]
        elif match := self._place.fullmatch(line):
            self._line = int(match[1])
        if not re.fullmatch(r"#\d+ sha256:\w+|-+", line):
            self._report.line(line)

    def failure(self) -> TargetError:
        """Why, at the line of the Dockerfile that it is about."""
        whys = [line for line in self.last if line.startswith("ERROR: ")] or self.last or ["no reason given"]
        said = _PREAMBLE.sub("", whys[-1])
        if match := _PARSE_ERROR.fullmatch(said):
            return TargetError(match[2], Where(self._context.path, int(match[1])))
        code = _EXIT_CODE.search(said)
        told = f"failed with exit code {code[1]}" if code else said
        at = Where(self._context.path, self._line or self._line_of(self._failed))
        return TargetError(f"{shortened(self._failed)}: {told}" if self._failed else told, at)

    def _line_of(self, step: str) -> int:
        """0 when it is not found: the command tells a step with its variables filled in."""
        known = (each.line for each in instructions(self._context.text) if _bare(each.text) == _bare(step))
        return next(known, 0)


def _bare(text: str) -> str:
    return "".join(text.split())
