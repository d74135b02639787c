"""Values of secrets, read where their references say: in AWS, in a file, or from a program.

A value goes to who asked for it and nowhere else: no error, log or file here has one, nor what a program said.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Timer
from typing import assert_never

from beanstalk.errors import TargetError
from beanstalk.secrets import Reference, ReferenceKind, read_reference
from beanstalk.targets.local.asking_aws import ask_aws
from beanstalk.workload import Secret

LARGEST_BYTES = 65_536
"""What Secrets Manager takes; the kernel would take twice as much in one variable."""
COMMAND_S = 30.0
"""How long a program may take."""
_THREADS = 8
_ANOTHER = "beanstalk setenv --secret {}=REFERENCE"

Values = dict[str, str]
"""{name of a secret: its value}."""


class SecretReader:
    """Reads secrets in threads, for the agent, which must never wait."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "secrets")
        self._reading: dict[str, dict[str, Future[str]]] = {}

    def read(self, key: str, secrets: Sequence[Secret]) -> Values | None:
        """None while it goes on: ask again with the same key, which is free again when this returned or raised.

        Raises TargetError for all that cannot be read, in one sentence.
        """
        if key not in self._reading:
            sources = dict.fromkeys(_source(read_reference(secret.reference)) for secret in secrets)
            self._reading[key] = {source: self._threads.submit(_whole, read_reference(source)) for source in sources}
        if not all(job.done() for job in self._reading[key].values()):
            return None
        jobs = self._reading.pop(key)
        return _gather(secrets, lambda source: jobs[source].result())

    def forget(self, key: str) -> None:
        """Nobody asks again."""
        for job in self._reading.pop(key, {}).values():
            job.cancel()


def read_secrets(secrets: Sequence[Secret]) -> Values:
    """The same for somebody who waits."""
    return _gather(secrets, cache(lambda source: _whole(read_reference(source))))


def _gather(secrets: Sequence[Secret], whole: Callable[[str], str]) -> Values:
    """whole: what a source has. Members of one secret come from one answer, so that they belong together."""
    values: Values = {}
    troubles = []
    for secret in secrets:
        reference = read_reference(secret.reference)
        try:
            values[secret.name] = _value(reference, whole(_source(reference)))
            continue
        except TargetError as error:
            why, hint = error.problem.rstrip("."), error.hint
        except Exception as error:  # whatever it is, it ends a deployment, and no agent; its words may hold the value
            why, hint = type(error).__name__, ""
        hint = hint or f"see whether it is there for the agent, or set another: {_ANOTHER.format(secret.name)}"
        troubles.append(f"the secret {secret.name} cannot be read from {secret.reference}: {why} ({hint})")
    if troubles:
        raise TargetError("; ".join(troubles))
    return values


def _source(reference: Reference) -> str:
    """The reference without its key."""
    return reference.arn or reference.text


def _whole(reference: Reference) -> str:
    """What there is at a source."""
    match reference.kind:
        case ReferenceKind.SECRETS_MANAGER:
            return _of_secrets_manager(reference)
        case ReferenceKind.PARAMETER_STORE:
            return _of_parameter_store(reference)
        case ReferenceKind.FILE:
            return _of_file(Path(reference.path).expanduser())
        case ReferenceKind.COMMAND:
            return _of_command(reference.command)
        case _:
            assert_never(reference.kind)


def _value(reference: Reference, whole: str) -> str:
    value = _member(reference.key, whole) if reference.key else whole
    if "\0" in value:
        raise TargetError("it holds a NUL byte, which no environment variable can", hint="keep a text there")
    return value


def _member(key: str, whole: str) -> str:
    try:
        members = json.loads(whole)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise TargetError("it is no JSON object, so it has no members", hint="leave the key out of its reference")
    if key not in members:
        raise TargetError(f"it has no member {key}", hint="upper and lower case count")
    value = members[key]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _of_secrets_manager(reference: Reference) -> str:
    answer = ask_aws("secretsmanager", reference.region, lambda client: client.get_secret_value(SecretId=reference.arn))
    text = answer.get("SecretString")
    return _text(bytes(answer["SecretBinary"])) if text is None else str(text)


def _of_parameter_store(reference: Reference) -> str:
    asked = {"Name": reference.arn, "WithDecryption": True}
    answer = ask_aws("ssm", reference.region, lambda client: client.get_parameter(**asked))
    return str(answer["Parameter"]["Value"])


def _of_file(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise TargetError("it is no file", hint="name a file that holds nothing but the value")
        with path.open("rb") as file:
            return _without_line_end(file.read(LARGEST_BYTES + 1))
    except OSError as error:
        hint = "it has to be there, and to be readable by whoever runs the agent"
        raise TargetError(f"{error.strerror or 'it cannot be read'}", hint=hint) from None


def _of_command(words: tuple[str, ...]) -> str:
    """What a program says on standard output. It has no input, and what it says besides is for nobody."""
    program = shutil.which(Path(words[0]).expanduser())
    if program is None:
        hint = "install it, or name it by its path; it is looked for on the PATH of whoever started the agent"
        raise TargetError(f"there is no program {words[0]}", hint=hint)
    hint = f"run {words[0]} yourself to see why"
    try:
        process = subprocess.Popen(
            [program, *words[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=Path.home(), start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise TargetError(f"{words[0]} cannot be started: {error.strerror}", hint=hint) from None
    late = Timer(COMMAND_S, _end, [process])
    late.start()
    try:
        assert process.stdout is not None
        said = process.stdout.read(LARGEST_BYTES + 1)
        process.stdout.close()
        code = process.wait()
    finally:
        in_time = late.is_alive()
        late.cancel()
    if not in_time:
        raise TargetError(f"{words[0]} took longer than {COMMAND_S:g} s", hint=hint)
    if code and len(said) <= LARGEST_BYTES:
        ended = f"exited with {code}" if code > 0 else f"was ended by signal {-code}"
        raise TargetError(f"{words[0]} {ended}", hint=hint)
    return _without_line_end(said)


def _end(process: subprocess.Popen[bytes]) -> None:
    """And all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _without_line_end(content: bytes) -> str:
    """Without the last line end, which editors and `echo` add."""
    if len(content) > LARGEST_BYTES:
        raise TargetError(f"it has more than {LARGEST_BYTES:,} bytes", hint="keep something shorter there")
    text = _text(content)
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise TargetError("it is no UTF-8 text", hint="keep a text there, in base64 for example") from None
