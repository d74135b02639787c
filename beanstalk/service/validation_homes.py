"""Where the instances of a bundle live, and what becomes there of each thing that a bundle can say. Data alone.

Sources: of Elastic Beanstalk the EB Developer Guide, "Instance deployment workflow", "Customizing software" and
"Platform hooks"; of this machine the documentation of `beanstalk`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from beanstalk.service.validation_files import FileKind
from beanstalk.source.ebextensions import TEMPLATE_KEYS
from beanstalk.source.hooks import Stage
from beanstalk.source.recognise import Kind

CONTAINERS = (Kind.COMPOSE, Kind.DOCKERFILE, Kind.IMAGE, Kind.ECS)
LOCAL, AWS = "local", "aws"
PROCESS, DOCKER = "process", "docker"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of something, in one sentence. acts: whether anything does."""

    acts: bool
    why: str


@dataclass(frozen=True, slots=True)
class Home:
    """title: what it is, in words.  mode: "process" or "docker", "" where there is no choice.

    platforms: those whose applications run there, all others need a Procfile; None: all.  missing: why this version
    has no such home, "" when it does.  keys: of a configuration file, but for option_settings.  files: at the root.
    hooks: by their stage.  proxy: files of .platform/nginx and .platform/httpd.  leaders: of container_commands with a
    leader_only among them, None: as in `keys`.  at_change: whether hooks for a change of settings alone are run.
    launch: the launch type of Amazon ECS.
    """

    target: str
    mode: str
    title: str
    platforms: tuple[Kind, ...] | None
    keys: Mapping[str, Fate]
    files: Mapping[FileKind, Fate]
    hooks: Mapping[Stage, Fate]
    proxy: Fate
    missing: str = ""
    leaders: Fate | None = None
    at_change: bool = True
    launch: str = ""


def home_here(mode: str, winner: Kind | None) -> Home:
    """Where a bundle lives on this machine. mode: "" for the one that its files ask for."""
    if (mode or (DOCKER if winner in CONTAINERS else PROCESS)) == PROCESS:
        return HERE_AS_PROCESSES
    return HERE_IN_CONTAINERS if winner in CONTAINERS or winner is None else HERE_IN_IMAGES


def ignored(why: str) -> Fate:
    return Fate(False, why)


def applied(why: str) -> Fate:
    return Fate(True, why)


_OWN_FOLDER = ignored("it changes the machine, and a process has nothing of its own here but its folder")
_FOR_CLOUDFORMATION = ignored("only on AWS: it is for CloudFormation")
_NO_PROXY = ignored("it configures the proxy of an instance, and there is none on this machine")
_TASKS = applied("its tasks are begun by the clock in a worker environment; nothing comes of it in a web environment")
_ENVIRONMENT = applied("names, settings, tags and links of an environment that is created")

HERE_AS_PROCESSES = Home(
    LOCAL,
    PROCESS,
    "local, as processes on this machine",
    (Kind.PYTHON, Kind.NODE, Kind.RUBY, Kind.JAVA, Kind.GO, Kind.DOTNET),
    {
        **dict.fromkeys(("packages", "groups", "users", "sources", "files", "commands"), _OWN_FOLDER),
        "services": ignored(
            "services belong to the machine; a process beside the application is a line of the Procfile"
        ),
        "container_commands": applied(
            "run in the instance's folder before the application starts; leader_only once in a deployment, first of all"
        ),
        **dict.fromkeys(TEMPLATE_KEYS, _FOR_CLOUDFORMATION),
    },
    {
        FileKind.BUILDFILE: applied("its commands run in the instance's folder, before container_commands"),
        FileKind.CRON: _TASKS,
        FileKind.MANIFEST: _ENVIRONMENT,
    },
    {
        Stage.PREBUILD: applied("runs in the instance's folder, before the Buildfile and container_commands"),
        Stage.PREDEPLOY: applied("runs in the instance's folder, before the application starts"),
        Stage.POSTDEPLOY: applied("runs in the instance's folder when the application answers, before it serves"),
    },
    _NO_PROXY,
)
_OF_THE_MACHINE = ignored("it changes the machine of an instance, and a container here has none")
HERE_IN_CONTAINERS = Home(
    LOCAL,
    DOCKER,
    "local, in containers on an engine of this machine",
    CONTAINERS,
    {
        **dict.fromkeys(("packages", "groups", "users", "sources", "files", "commands", "services"), _OF_THE_MACHINE),
        "container_commands": applied("run before the application starts, each in a container of its image"),
        **dict.fromkeys(TEMPLATE_KEYS, _FOR_CLOUDFORMATION),
    },
    {FileKind.CRON: _TASKS, FileKind.MANIFEST: _ENVIRONMENT},
    {
        Stage.PREBUILD: applied("runs in a container of the image, before container_commands"),
        Stage.PREDEPLOY: applied(
            "runs in a container of the image, after container_commands and before the application"
        ),
        Stage.POSTDEPLOY: applied("runs in a container of the image when the instance is healthy, before it serves"),
    },
    _NO_PROXY,
)
_LAYER = applied("becomes a layer of the image, before the application is copied into it")
HERE_IN_IMAGES = Home(
    LOCAL,
    DOCKER,
    "local, in a container of an image of its platform",
    (Kind.PYTHON, Kind.RUBY, Kind.PHP, Kind.NODE, Kind.JAVA, Kind.GO, Kind.DOTNET),
    {
        **dict.fromkeys(("packages", "groups", "users", "sources", "files"), _LAYER),
        "commands": applied("run as root when the image is built, before the application is copied into it"),
        "services": ignored("a container has no services; a process beside the application is a line of the Procfile"),
        "container_commands": HERE_IN_CONTAINERS.keys["container_commands"],
        **dict.fromkeys(TEMPLATE_KEYS, _FOR_CLOUDFORMATION),
    },
    {
        FileKind.BUILDFILE: applied(
            "its commands run as root when the image is built, with the properties that they name"
        ),
        FileKind.CRON: _TASKS,
        FileKind.MANIFEST: _ENVIRONMENT,
    },
    HERE_IN_CONTAINERS.hooks,
    _NO_PROXY,
)
