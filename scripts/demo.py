"""The main job, live: four instances, a rolling update under constant load, and a count of every request.

Everything goes through the real command line. The environment stays when the demo has ended, so that its page can be
opened; the next run, or `--end`, terminates it. All that is made lies in `.demo/`. Exit code 1: requests were lost, or
a command failed.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.load import Load, Report  # noqa: E402

HOME, APP = ROOT / ".demo" / "home", ROOT / ".demo" / "app"
ENVIRONMENT, INSTANCES = "demo", 4
HOST = f"{ENVIRONMENT}.localhost"
RATE, CONNECTIONS = 200, 32
LIVE = sys.stdout.isatty() and "NO_COLOR" not in os.environ

BOLD, GREEN, RED = "\033[1m", "\033[1;32m", "\033[1;31m"


class CommandFailed(Exception):
    """A command of ours exited with another code than 0."""


def say(text: str = "", colour: str = "") -> None:
    """One line; on a terminal it takes the place of the live one."""
    print((f"\r\033[K{colour}{text}\033[0m" if LIVE else text), flush=True)


def bold(text: str) -> None:
    say(text, BOLD)


def beanstalk(port: int, command: str, note: Callable[[], str] = str, quiet: bool = False) -> None:
    """Run `beanstalk COMMAND` in the application's folder, showing what it says.

    note: what to write before each of its lines, and alone while nothing is said.  Raises CommandFailed.
    """
    if not quiet:
        bold(f"$ beanstalk {command}")
    environment = os.environ | variables(port)
    process = subprocess.Popen(
        [ROOT / ".venv/bin/beanstalk", *shlex.split(command)],
        cwd=APP,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else subprocess.STDOUT,
    )
    if process.stdout:
        show(process.stdout.fileno(), note)
    if code := process.wait():
        raise CommandFailed(f"beanstalk {command} ended with exit code {code}")


def show(pipe: int, note: Callable[[], str]) -> None:
    """Print the lines that come out of `pipe` until its end; on a terminal the note is kept up to date meanwhile."""
    os.set_blocking(pipe, False)
    text = b""
    while True:
        try:
            data = os.read(pipe, 65536)
        except BlockingIOError:
            if LIVE and (now := note()):
                print(f"\r\033[K\033[36m  {now}\033[0m", end="", flush=True)
            time.sleep(0.1)
            continue
        *lines, text = (text + data).split(b"\n")
        for line in lines if data else [line for line in (*lines, text) if line]:
            now = note()
            say(f"  {now}{'   ' if now else ''}{line.decode(errors='replace')}")
        if not data:
            return


def variables(port: int) -> dict[str, str]:
    """The environment of every command: a home of its own, so that nothing else on this machine is touched."""
    return {
        "BEANSTALK_HOME": str(HOME),
        **({"BEANSTALK_HTTP_PORT": str(port)} if port else {}),  # 0: the home knows where it answers
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
    }


def free_port() -> int:
    """8080, or BEANSTALK_HTTP_PORT; any other when that is taken."""
    for port in (int(os.environ.get("BEANSTALK_HTTP_PORT", "8080")), 0):
        with socket.socket() as test:
            test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                test.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(test.getsockname()[1])
    raise CommandFailed("no free port")


def end_former() -> None:
    """Terminate what an earlier run left, and forget it."""
    if not HOME.parent.exists():
        return
    say("terminating the environment of the last demo")
    for command in (f"terminate {ENVIRONMENT} --force", "agent stop"):
        try:
            beanstalk(0, command, quiet=True)
        except (CommandFailed, OSError):
            pass  # the last run may have ended before there was anything to terminate
    shutil.rmtree(HOME.parent)


def write_application() -> None:
    """The first version. An .ebignore, because git leaves out the whole of .demo/ here."""
    shutil.copytree(ROOT / "scripts" / "demo_app", APP)
    (APP / ".ebignore").write_text("__pycache__/\n")


def change_application() -> None:
    source = (APP / "app.py").read_text()
    (APP / "app.py").write_text(source.replace('VERSION = "first"', 'VERSION = "second"'))


def roll_under_load(port: int) -> tuple[Report, float]:
    """The report of the load from before the deployment until after it, and the seconds the deployment took."""
    with Load(port, HOST, rate=RATE, connections=CONNECTIONS) as load:

        def counts() -> str:
            now = load.now
            return f"{now.ok:>6,} answered  {now.lost_total} lost"

        time.sleep(1)
        began = time.monotonic()
        try:
            beanstalk(port, f"deploy {ENVIRONMENT} --policy Rolling --batch-size 1", counts)
        except CommandFailed as failure:
            say(str(failure), RED)  # what the clients saw of it is worth the more
        seconds = time.monotonic() - began
        time.sleep(1)
        return load.stop(), seconds


def summarise(report: Report, seconds: float) -> None:
    lost = ", ".join(f"{count} {kind}" for kind, count in report.lost.items())
    seen = ", ".join(
        f"{version} ({count:,} answers, {report.versions[version][0]:.1f} s to {report.versions[version][1]:.1f} s)"
        for version, count in report.by_version.items()
    )
    good = not report.lost and "second" in report.by_version
    say()
    say(
        f"  {report.ok:,} requests answered, {report.lost_total} lost" + (f": {lost}" if lost else ""),
        GREEN if good else RED,
    )
    say(f"  deployment   {seconds:.1f} s, {INSTANCES} instances, one at a time")
    say(
        f"  load         {RATE} requests a second over {CONNECTIONS} kept-alive connections, for {report.seconds:.1f} s"
    )
    say(f"  latency      half within {report.p50_ms:.1f} ms, 99 % within {report.p99_ms:.1f} ms")
    say(f"  versions     {seen}")
    say(f"  instances    {len(report.by_instance)} have answered")


def say_how_to_go_on(port: int) -> None:
    say()
    bold(f"It runs at http://{HOST}:{port}/")
    say(f'  where that name does not resolve: curl -H "Host: {HOST}" http://127.0.0.1:{port}/')
    say("  to look around:")
    say(f"    cd {APP.relative_to(Path.cwd()) if APP.is_relative_to(Path.cwd()) else APP}")
    values = variables(port) | {"PATH": f"{ROOT / '.venv/bin'}:$PATH"}
    say("    export " + " ".join(f'{name}="{value}"' for name, value in values.items()))
    say(f"    beanstalk status {ENVIRONMENT}")
    say(f"    beanstalk events {ENVIRONMENT}")
    say(f"  to end it: beanstalk terminate {ENVIRONMENT} --force   (or `make clean`)")


def main() -> int:
    end_former()
    if "--end" in sys.argv:
        return 0
    write_application()
    port = free_port()
    beanstalk(port, f"init {ENVIRONMENT} --platform procfile --target local")
    beanstalk(port, f"create {ENVIRONMENT} --cname {ENVIRONMENT} --scale {INSTANCES}")
    change_application()
    say()
    bold(f"{RATE} requests a second begin, and the code changes: the first version becomes the second")
    report, seconds = roll_under_load(port)
    summarise(report, seconds)
    say_how_to_go_on(port)
    return 1 if report.lost or "second" not in report.by_version else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CommandFailed as failure:
        say(f"{failure}. To look around: BEANSTALK_HOME={HOME}", RED)
        sys.exit(1)
    except KeyboardInterrupt:
        say(f"stopped; what runs goes on running. To end it: {sys.executable} scripts/demo.py --end")
        sys.exit(130)
