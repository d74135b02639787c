"""The job that makes one image: builds it, or pulls and pins it. Run by the runner, so that it outlives the agent.

What it is to do is `spec.json` in its folder; what it says is the log of the job, and its last lines are the error.
Credentials are looked for here, in memory, and go to the engine alone.
"""

from __future__ import annotations

import json
import shlex
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from beanstalk.containers import ImageBuild, ImageSource
from beanstalk.errors import TargetError, Where
from beanstalk.source.dockerfile import needs_buildkit
from beanstalk.targets.local.base_images import base_images
from beanstalk.targets.local.build_context import open_context
from beanstalk.targets.local.buildkit import build_with_command
from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.image_build import build_with_engine
from beanstalk.targets.local.pins import is_only_here, pin_present, pin_pulled
from beanstalk.targets.local.proxy import replace_text
from beanstalk.targets.local.registries import Credentials, find_credentials, registry_of
from beanstalk.targets.local.transfers import Report, image_id, pull

SPEC = "spec.json"
PROGRESS = "progress"
_TAKE_IT = 'the engine has an image of this name: with "Update": "false", or pull_policy: missing, that one is taken'
_START = "import sys; sys.path.append(sys.argv[1]); from beanstalk.targets.local.imaging import main; main(sys.argv[2])"
"""As in runner.py: neither the current folder nor ours comes before the standard library."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What to make. name: under which the engine gets it.  labels: of an image that is built.  version: the unpacked
    source bundle.  pin: folder of the pin of a pulled image.  url: of the engine."""

    source: ImageSource
    name: str
    labels: dict[str, str]
    version: Path
    pin: Path
    url: str

    def write(self, folder: Path) -> None:
        """Readable by the owner alone: arguments of a build may be secrets."""
        data = {**asdict(self), "version": str(self.version), "pin": str(self.pin)}
        (folder / SPEC).touch(mode=0o600)
        (folder / SPEC).write_text(json.dumps(data), encoding="utf-8")


def read_spec(folder: Path) -> Spec:
    data = json.loads((folder / SPEC).read_text(encoding="utf-8"))
    read = {"source": _source(data["source"]), "version": Path(data["version"]), "pin": Path(data["pin"])}
    return Spec(**{**data, **read})


def command(folder: Path) -> str:
    """For `sh -c`: do what is written down in `folder`."""
    root = str(Path(__file__).resolve().parents[3])
    return "exec " + shlex.join([sys.executable, "-P", "-c", _START, root, str(folder)])


def main(folder: str) -> None:
    """The job's side. Ends with 1 when the image cannot be made; the last lines say why."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        make(read_spec(Path(folder)), _Log(Path(folder) / PROGRESS))
    except TargetError as error:
        print(f"error: {error}", flush=True)
        sys.exit(1)


def make(spec: Spec, report: Report) -> None:
    """Raises TargetError."""
    found = Engine()
    engine = found if found.url == spec.url else Engine(spec.url)
    if spec.source.build is not None:
        _build(spec, spec.source.build, engine, "" if engine is found else spec.url, report)
        return
    _pull(spec, engine, report)


def _pull(spec: Spec, engine: Engine, report: Report) -> None:
    reference, version = spec.source.reference, spec.version.name
    try:
        credentials = _credentials(spec, reference, report)
        pin_pulled(engine, reference, spec.name, spec.pin, credentials, report, version)
    except TargetError as error:
        if not spec.source.or_present:
            with engine.ask() as client:
                present = image_id(client, reference)
            raise TargetError(error.problem, error.at, _TAKE_IT if present else error.hint) from None
        if not pin_present(engine, reference, spec.name, spec.pin, version):
            raise
        report.line(f"{error.problem}; {reference} is taken as it is on the engine")


def _build(spec: Spec, image: ImageBuild, engine: Engine, url: str, report: Report) -> None:
    context = open_context(image, spec.version)
    for line, name in base_images(context.text, dict(image.args), image.target):
        _fetch(spec, name, Where(context.path, line), engine, report)
    if needs := needs_buildkit(context.text):
        build_with_command(url, image, context, spec.name, spec.labels, needs, report)
    else:
        build_with_engine(engine, image, context, spec.name, spec.labels, report)


def _fetch(spec: Spec, name: str, at: Where, engine: Engine, report: Report) -> None:
    """See that an image that a Dockerfile begins with is there: with progress, and the build needs no login.

    One that is there is pulled anew only when somebody asked for that, as far as a registry has it.
    """
    with engine.ask() as client:
        present = image_id(client, name)
    if present and (not spec.source.again or is_only_here(engine, name)):
        return
    try:
        pull(engine, name, _credentials(spec, name, report), report)
    except TargetError as error:
        if not present:
            raise TargetError(error.problem, at, error.hint) from None
        report.line(f"{error.problem}; {name} is taken as it is on the engine")


def _credentials(spec: Spec, reference: str, report: Report) -> Credentials | None:
    return find_credentials(registry_of(reference), spec.source.credentials, spec.version, report.line)


def _source(data: dict[str, Any]) -> ImageSource:
    build = data["build"]
    if build is not None:
        args = tuple((name, value) for name, value in build["args"])
        build = ImageBuild(**{**build, "args": args, "left_out": tuple(build["left_out"])})
    return ImageSource(**{**data, "build": build})


class _Log:
    """A report for people: on standard output, which is the log, and what goes on in a file."""

    def __init__(self, progress: Path) -> None:
        self._progress = progress

    def line(self, text: str) -> None:
        print(text, flush=True)

    def now(self, text: str) -> None:
        replace_text(self._progress, text)


def _leave(number: int, frame: FrameType | None) -> None:
    """Asked to stop: as an exception, so that what was opened is closed, and the engine stops, too."""
    sys.exit(128 + number)
