"""The program of a job that runs scripts: one after the other, until one fails, with a record of each.

A runner (runner.py) starts it with the environment that the scripts see, in a session that survives the agent. The
files of a job are in its folder: `scripts.json` says what to run, written before it starts. What came of each script is
one line of JSON in the file of the records; what it said goes into a log. How a command is executed is given from
outside: as a process of this machine, or wherever else the instance's folder is seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from beanstalk.errors import TargetError
from beanstalk.secrets import redact

LINES = 5
"""Of what a script said, its record has no more than these last ones."""
_LONGEST_LINE = 400
_CANNOT_START, _NOT_FOUND = 126, 127
"""Exit codes as a shell has them."""
_BASH = Path("/bin/bash")

Execute = Callable[["str | list[str]", str, Mapping[str, str], BinaryIO], int]
"""(text for a shell, or program and arguments; folder, "" for the instance's own; variables to add; log) -> exit code,
128 + n for signal n. Raises OSError or TargetError when it cannot be started."""


def main(place: str) -> None:
    """Run the scripts of the job in the folder `place` as processes. Ends with the exit code of the one that failed."""
    job = _job(Path(place))
    containers = job.get("containers")
    sys.exit(run(job, _in_containers(containers) if containers else _as_process(job["folder"])))


def run(job: Mapping[str, Any], execute: Execute) -> int:
    """All scripts of a job; 0, or the exit code of the first one that failed."""
    secrets = [os.environ[name] for name in job["secrets"] if name in os.environ]
    with Path(job["log"]).open("ab", buffering=0) as log:
        for number, script in enumerate(job["scripts"]):
            record = _run(script, job["folder"], execute, log, secrets)
            _append(Path(job["records"]), {"part": job["part"], "number": number, **record})
            if record["code"] and not script["ignore_errors"]:
                return int(record["code"])
    return 0


def mend(file: Path) -> str:
    """Make a hook executable and its line ends those of Unix. "" or why it cannot be started, as a part of a sentence.

    Elastic Beanstalk does both since 2022 (EB Developer Guide, "Platform hooks").
    """
    try:
        content = file.read_bytes()
        if content.startswith(b"#!"):
            if content.split(b"\n", 1)[0].endswith(b"\r"):
                file.write_bytes(content.replace(b"\r\n", b"\n"))
        elif not content.startswith(b"\x7fELF"):
            return "it has no #! line, and is no program of Linux"
        file.chmod(file.stat().st_mode | 0o111)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def _run(
    script: Mapping[str, Any], folder: str, execute: Execute, log: BinaryIO, secrets: Sequence[str]
) -> dict[str, Any]:
    """One script and its record. code: None when its test said that it is not wanted.  problem: why it was not run."""
    _note(log, script["what"])
    start = _position(log)
    began = time.monotonic()
    code, problem = _perform(script, folder, execute, log)
    seconds = round(time.monotonic() - began, 3)
    lines = [problem] if code and problem else _said(log, start, secrets)
    _note(log, problem or f"exited with {code} after {seconds:.1f} s")
    ignored = bool(code) and script["ignore_errors"]
    return {
        "what": script["what"], "code": code, "seconds": seconds, "ignored": ignored, "problem": problem,
        "lines": lines,
    }  # fmt: skip


def _perform(script: Mapping[str, Any], folder: str, execute: Execute, log: BinaryIO) -> tuple[int | None, str]:
    """(exit code, why it was not run). None: its test failed."""
    command, cwd, variables = script["command"], script["cwd"], dict(script["environment"])
    if script["is_hook"]:
        if why := mend(Path(folder, command)):
            return _CANNOT_START, why
        command = [f"./{command}"]
    try:
        if script["test"] and (code := execute(script["test"], cwd, variables, log)):
            return None, f"its test exited with {code}"
        return execute(command, cwd, variables, log), ""
    except TargetError as error:
        return _CANNOT_START, error.problem
    except OSError as error:
        text = f"it cannot be started: {error.strerror or error}"
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        return (_NOT_FOUND if missing else _CANNOT_START), text + (f" ({error.filename})" if error.filename else "")


def _in_containers(containers: Mapping[str, Any]) -> Execute:
    from beanstalk.targets.local.script_containers import InContainers, ScriptContainers

    return InContainers(ScriptContainers(**containers))


def _as_process(folder: str) -> Execute:
    # On Elastic Beanstalk's instances sh is bash, and command lines count on that (`source`).
    shell = str(_BASH) if _BASH.exists() else "/bin/sh"

    def execute(command: str | list[str], cwd: str, variables: Mapping[str, str], log: BinaryIO) -> int:
        words, program = (["sh", "-c", command], shell) if isinstance(command, str) else (command, None)
        process = subprocess.Popen(
            words, executable=program, cwd=Path(folder, cwd), env={**os.environ, **variables},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        code = process.wait()
        return 128 - code if code < 0 else code

    return execute


def _job(place: Path) -> dict[str, Any]:
    job: dict[str, Any] = json.loads((place / "scripts.json").read_text(encoding="utf-8"))
    return job


def _note(log: BinaryIO, text: str) -> None:
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    log.write(f"[{moment}] {text}\n".encode())


def _position(log: BinaryIO) -> int:
    return os.fstat(log.fileno()).st_size


def _said(log: BinaryIO, start: int, secrets: Sequence[str]) -> list[str]:
    """The last lines that were written after `start`; from the beginning when the log was emptied meanwhile.

    Without secrets: for these more is read than is kept, and no line whose beginning is not known.
    """
    end, begin = _position(log), start
    room = 2 * LINES * _LONGEST_LINE + 2 * max((len(secret.encode()) for secret in secrets), default=0)
    with Path(log.name).open("rb") as file:
        begin = begin if begin <= end else 0
        file.seek(max(begin, end - room))
        if secrets and end - room > begin:
            file.readline()
        lines = redact(file.read().decode("utf-8", "replace"), secrets).splitlines()
    return [line.rstrip()[:_LONGEST_LINE] for line in lines if line.strip()][-LINES:]


def _append(records: Path, record: Mapping[str, Any]) -> None:
    """In one step: who reads sees the whole line or a part without its end."""
    with records.open("ab", buffering=0) as file:
        file.write(json.dumps(record).encode() + b"\n")
        os.fsync(file.fileno())
