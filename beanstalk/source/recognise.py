"""Which platform a bundle is, and why: by the names of its files alone, in the documented precedence.

Elastic Beanstalk never guesses: the user chooses a platform, and its client guesses when asked. The order here is that
of the client, with what the Docker platform itself decides between its files. Sources: EB Developer Guide, "Docker
platform configuration"; EB CLI, detection of the platform.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from beanstalk.errors import Where

COMPOSE, DOCKERFILE, DOCKERRUN, CUSTOM = "docker-compose.yml", "Dockerfile", "Dockerrun.aws.json", "platform.yaml"
EXTENSIONS = ".ebextensions"


class Kind(StrEnum):
    """What a bundle can be. The first four run in containers."""

    COMPOSE = "Docker with Compose"
    DOCKERFILE = "Docker with a Dockerfile"
    IMAGE = "Docker with a ready-made image"
    ECS = "ECS (several containers)"
    CUSTOM = "custom platform"
    PYTHON = "Python"
    RUBY = "Ruby"
    PHP = "PHP"
    NODE = "Node.js"
    WINDOWS = ".NET on Windows"
    TOMCAT = "Tomcat"
    JAVA = "Java SE"
    GO = "Go"
    DOTNET = ".NET Core on Linux"
    PROCFILE = "Procfile"


@dataclass(frozen=True, slots=True)
class Present:
    """One sign. path: the file that gives it."""

    kind: Kind
    path: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that would speak for something, and why it does not count, in one sentence."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """winner: None when nothing speaks for anything.  because: one sentence.

    present: all signs in their precedence.  ignored: files that lost, or have a name that nobody looks for.
    """

    winner: Kind | None
    because: str
    present: tuple[Present, ...]
    ignored: tuple[Ignored, ...]


def recognise(paths: Iterable[str], dockerrun_version: int | None = None) -> Recognised:
    """Look at the paths of a bundle. dockerrun_version: 1, 2 or 3, None: unknown, then taken for 1.

    A file deeper than the root counts only where the client looks deeper (`WEB-INF`, `build/libs/*.war`).
    """
    names = tuple(sorted(set(paths)))
    root = frozenset(path for path in names if "/" not in path)
    present = [Present(kind, found) for kind, test in _SIGNS if (found := test(names))]
    dockerrun = _DOCKERRUN.get(dockerrun_version or 1)
    present = [sign for sign in present if sign.path != DOCKERRUN or sign.kind is dockerrun]
    ignored = [Ignored(path, reason) for path in sorted(root) if (reason := _misnamed(path, root))]
    folders = sorted({path.partition("/")[0] for path in names if _MISNAMED_FOLDER.fullmatch(path)})
    ignored += [Ignored(folder, f"Elastic Beanstalk looks for the folder {EXTENSIONS}") for folder in folders]
    if not present:
        if dockerrun_version == 3 and DOCKERRUN in root:
            ignored.append(Ignored(DOCKERRUN, f"version 3 only gives credentials to a {COMPOSE}, which is not there"))
        return Recognised(None, "no file at the root speaks for a platform", (), tuple(ignored))
    winner = present[0]
    ignored += _losers(winner, present[1:], root, dockerrun_version)
    return Recognised(winner.kind, f"{winner.path} at the root: {_SAYS[winner.kind]}", tuple(present), tuple(ignored))


def _root(*wanted: str) -> Callable[[Sequence[str]], str]:
    """The first of the names, or suffixes after a *, that is at the root; "" for none."""

    def test(names: Sequence[str]) -> str:
        here = [name for name in names if "/" not in name]
        for each in wanted:
            for name in here:
                if name == each or (each.startswith("*") and name.endswith(each[1:]) and name != each[1:]):
                    return name
        return ""

    return test


def _tomcat(names: Sequence[str]) -> str:
    for name in names:
        if name.startswith("WEB-INF/") or ("/" not in name and name.endswith((".jsp", ".war"))):
            return name
        if name.startswith("build/libs/") and name.endswith(".war") and name.count("/") == 2:
            return name
    return ""


_SIGNS: tuple[tuple[Kind, Callable[[Sequence[str]], str]], ...] = (
    (Kind.CUSTOM, _root(CUSTOM)),
    (Kind.ECS, _root(DOCKERRUN)),
    (Kind.COMPOSE, _root(COMPOSE)),
    (Kind.DOCKERFILE, _root(DOCKERFILE)),
    (Kind.IMAGE, _root(DOCKERRUN)),
    (Kind.PYTHON, _root("requirements.txt", "Pipfile", "*.py")),
    (Kind.RUBY, _root("Gemfile", "*.rb")),
    (Kind.PHP, _root("composer.json", "*.php")),
    (Kind.NODE, _root("package.json")),
    (Kind.WINDOWS, _root("systemInfo.xml", "aws-windows-deployment-manifest.json")),
    (Kind.TOMCAT, _tomcat),
    (Kind.JAVA, _root("*.jar")),
    (Kind.GO, _root("application.go", "go.mod")),
    (Kind.DOTNET, _root("*.runtimeconfig.json")),
    (Kind.PROCFILE, _root("Procfile")),
    (Kind.PHP, _root("index.html")),
)
"""In their precedence: the first one wins."""

_DOCKERRUN = {1: Kind.IMAGE, 2: Kind.ECS}
_SAYS = {
    Kind.CUSTOM: "it marks the workspace of a custom platform",
    Kind.ECS: "version 2 describes several containers, which only the ECS branch runs",
    Kind.COMPOSE: "Compose goes before everything else on the Docker platform",
    Kind.DOCKERFILE: "the image is built from it",
    Kind.IMAGE: "version 1 names an image to pull",
    Kind.PYTHON: "a file of Python",
    Kind.RUBY: "a file of Ruby",
    Kind.PHP: "a file that the PHP platform serves",
    Kind.NODE: "a package of Node.js",
    Kind.WINDOWS: "a bundle for .NET on Windows",
    Kind.TOMCAT: "a web application of Java",
    Kind.JAVA: "a program of Java",
    Kind.GO: "a program in Go",
    Kind.DOTNET: "a published program of .NET",
    Kind.PROCFILE: "it says itself what to start",
}
"""Each kind with what its file says."""

_CONTAINERS = (Kind.COMPOSE, Kind.DOCKERFILE, Kind.IMAGE, Kind.ECS)


def _losers(winner: Present, others: Sequence[Present], root: frozenset[str], version: int | None) -> list[Ignored]:
    found: dict[str, Ignored] = {}
    if winner.kind is Kind.COMPOSE and DOCKERRUN in root and version == 3:
        others = [sign for sign in others if sign.path != DOCKERRUN]
    for sign in others:
        if sign.path != winner.path:
            found.setdefault(sign.path, Ignored(sign.path, _why(winner, sign)))
    return list(found.values())


def _why(winner: Present, sign: Present) -> str:
    match winner.kind, sign.kind:
        case Kind.CUSTOM, _:
            return f"in the workspace of a custom platform everything is named by {CUSTOM}"
        case Kind.COMPOSE, Kind.DOCKERFILE:
            return f"beside a {COMPOSE} it is used only by a service with build:"
        case Kind.COMPOSE, Kind.IMAGE:
            return f"beside a {COMPOSE} only version 3 counts, for credentials"
        case Kind.DOCKERFILE, Kind.IMAGE:
            return "its Image is not pulled, because the Dockerfile is built; its other keys count"
        case Kind.ECS, (Kind.COMPOSE | Kind.DOCKERFILE):
            return "the ECS branch neither builds images nor reads Compose"
        case (_, Kind.PROCFILE) if winner.kind not in _CONTAINERS:
            return f"it does not choose the platform, but says what {winner.kind} starts"
        case _ if winner.kind in _CONTAINERS:
            return "whatever the application is written in is inside the image"
    return f"{winner.path} comes first in the order of detection"


_MISNAMED_FOLDER = re.compile(
    rf"(?!{re.escape(EXTENSIONS)}/)[._]?eb[-_]?ext[ea]n[st]ions?/[^/]+\.config", re.IGNORECASE
)


def _misnamed(path: str, root: frozenset[str]) -> str:
    """Why a file that looks like one of ours is none."""
    for wanted in (COMPOSE, DOCKERFILE, DOCKERRUN, "Procfile", "Buildfile", "cron.yaml", "env.yaml"):
        if path != wanted and path.lower() == wanted.lower():
            return f"Elastic Beanstalk looks for {wanted}, and capitals count"
    if path in ("docker-compose.yaml", "compose.yaml", "compose.yml"):
        return f"Elastic Beanstalk looks for {COMPOSE}; other names of Compose do not count"
    if path in ("cron.yml", "env.yml"):
        return f"Elastic Beanstalk looks for {path.removesuffix('.yml')}.yaml"
    if path.startswith((DOCKERRUN + ".", "Dockerrun.aws.")) and path != DOCKERRUN:
        return f"not {DOCKERRUN}: a template counts only under that name"
    return ""


def place(recognised: Recognised) -> Where | None:
    """The file that decided."""
    return Where(recognised.present[0].path) if recognised.present else None
