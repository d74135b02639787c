"""The pieces that a `Dockerfile.j2` is given: what stands in the image of every platform, each as instructions.

Folders are those of Elastic Beanstalk's instances, since scripts count on them: the application in `/var/app/current`,
also called `/var/app/staging`. What is built for it lies beside it, as the local target has it for processes.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from beanstalk.containers import Pairs
from beanstalk.image.instructions import comment, copy_files, origin, run, variable, words, write_file
from beanstalk.source.buildfile import BuildCommand
from beanstalk.workload import Build, Process

CURRENT, STAGING, BUILT = "/var/app/current", "/var/app/staging", "/var/app/build"
GET_CONFIG = "/opt/elasticbeanstalk/bin/get-config"
START, PROCESSES = "/opt/beanstalk/start", "/opt/beanstalk/processes"
USER_ID = 900
MEND_HOOKS = (
    'for hook in .platform/hooks/*/* .platform/confighooks/*/*; do if [ -f "$hook" ]; then chmod 755 "$hook";'
    ' if [ "$(head -c 2 "$hook")" = \'#!\' ]; then sed -i \'s/\\r$//\' "$hook"; fi; fi; done'
)
"""Executable, and with line ends of Unix, as on Elastic Beanstalk since 2022 (EB Developer Guide, "Platform hooks")."""


def system(user: str, prepare: Iterable[str]) -> list[str]:
    """prepare: commands that bring what the image lacks.  user: made without any program for that; small images have
    none."""
    home = f"/home/{user}"
    account, group = f"{user}:x:{USER_ID}:{USER_ID}:{user}:{home}:/bin/sh", f"{user}:x:{USER_ID}:"
    folders = f"{CURRENT} {BUILT} {PROCESSES} {home} {Path(GET_CONFIG).parent}"
    return [
        *map(run, prepare),
        comment("who runs the application, and where"),
        run(
            f"{{ grep -q '^{user}:' /etc/passwd || echo '{account}' >> /etc/passwd; }}"
            f" && {{ grep -q '^{user}:' /etc/group || echo '{group}' >> /etc/group; }}"
            f" && mkdir -p {folders} && chown {user}:{user} {CURRENT} {home} && ln -s {CURRENT} {STAGING}"
        ),
        comment("what tells scripts the settings, and what starts the processes and hands SIGTERM on to them"),
        _program("get-config.sh", GET_CONFIG),
        _program("start.sh", START),
    ]


def dependencies(build: Build, whole: bool, args: Iterable[str]) -> list[str]:
    """Only the files that say what is needed are there, so a change of other files leaves these layers as they are.

    whole: everything is copied nevertheless.  args: variables that the user's properties fill.
    """
    given = set(args)
    constants = [(name, value) for name, value in build.environment if name not in given]
    return [
        comment("dependencies"),
        f"WORKDIR {BUILT}",
        *search_path(build),
        *(f"ARG {name}" for name in sorted(given)),
        *(variable(name, value, "ARG") for name, value in constants),
        *([f"COPY . {BUILT}/"] if whole else copy_files(build.files, BUILT)),
        *(run(_strict(command)) for command in build.commands),
    ]


def application(
    user: str, build: Build | None, args: Iterable[str], lines: Sequence[BuildCommand], has_hooks: bool
) -> list[str]:
    """lines: of the Buildfile. What root makes there belongs to the application afterwards, as on an instance."""
    links = [link for name, target in build.links for link in _links(name, target)] if build else []
    owned = f"{{ chown -R --from=root {user}:{user} . 2>/dev/null || chown -R {user}:{user} .; }}"
    found = [comment("the application"), f"WORKDIR {CURRENT}", f"COPY --chown={user}:{user} . {CURRENT}/"]
    found += [run(" && ".join(links))] if links else []
    found += [comment("hooks can be run, wherever they were written"), run(MEND_HOOKS)] if has_hooks else []
    found += [f"ARG {name}" for name in sorted(args)] if lines else []
    for line in lines:
        found += [origin(f"{line.name} of the Buildfile", line.at), run(f"{{ {line.command}\n}} && {owned}")]
    return found


def start(user: str, port: int, processes: Iterable[Process], variables: Pairs) -> list[str]:
    """Raises ValueError for a command or variable that cannot stand in a Dockerfile."""
    return [
        comment("its processes"),
        *(write_file(f"{PROCESSES}/{process.name}", f"{process.command}\n".encode()) for process in processes),
        *(variable(name, value) for name, value in variables),
        f"EXPOSE {port}",
        "STOPSIGNAL SIGTERM",
        f"USER {user}",
        words("ENTRYPOINT", [START]),
    ]


def folders_of_path(build: Build | None) -> list[str]:
    """What goes before PATH."""
    return [f"{BUILT}/{each}" for each in build.path] if build else []


def search_path(build: Build | None) -> list[str]:
    folders = folders_of_path(build)
    return [f"ENV PATH={':'.join(folders)}:$PATH"] if folders else []


def _links(name: str, target: str) -> list[str]:
    """As Builds.link makes them for processes: "*" is everything that the application does not have itself."""
    built = f"{BUILT}/{target}".removesuffix("/.")
    if name == "*":
        every = f"for made in {shlex.quote(built)}/* {shlex.quote(built)}/.[!.]*"
        return [f'{every}; do if [ -e "$made" ] && [ ! -e "${{made##*/}}" ]; then ln -s "$made" .; fi; done']
    link = shlex.quote(name)
    parent = f"mkdir -p {shlex.quote(name.rpartition('/')[0])} && " if "/" in name else ""
    return [f"{parent}rm -rf {link} && ln -s {shlex.quote(built)} {link}"]


def _strict(command: str) -> str:
    """As `sh -e` runs it."""
    return f"set -e\n{command}" if "\n" in command else f"set -e; {command}" if ";" in command else command


def _program(name: str, path: str) -> str:
    content = Path(__file__).with_name(name).read_bytes()
    return write_file(path, content, after=f"chmod 755 {path}")
