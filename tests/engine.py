"""A container engine for tests, and images for it that need no registry.

The engine is the one that answers at DOCKER_HOST or at the usual socket. Where none does, root starts one in a folder
of its own, shared by the workers of pytest-xdist and ended with the last of them. Images are tarballs of this
machine's own Python and a few of its programs, named by their content, so that an engine that stays makes them once.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from beanstalk.errors import TargetError
from beanstalk.targets.local.engine import Engine
from tests.apps import APP

PATIENCE_S = 60
BRIDGES = {f"bsdk{number}": f"10.212.{16 * number}.1/20" for number in range(16)}
"""For engines beside another one, whose bridge has the usual name."""
PLACES = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
PROGRAMS = (
    "basename cat chmod chown cp cut date dd dirname echo env false find getent grep gzip head hostname id install ln "
    "ls mkdir mv printenv printf pwd readlink rm sed sh sleep sort stat tail tar tee test touch tr true uname uniq wc "
    "xargs"
)
LEFT_OUT = (
    *("test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "pydoc_data", "config-"),
    *("dist-packages", "site-packages"),
)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that answers. DOCKER_HOST leads to it, for the programs that a test starts, too."""
    before = os.environ.get("DOCKER_HOST")
    with _someones() if _answers(Engine()) else _private(tmp_path_factory) as found:
        os.environ["DOCKER_HOST"] = found.url
        yield found
        os.environ.pop("DOCKER_HOST")
        if before is not None:
            os.environ["DOCKER_HOST"] = before


@pytest.fixture
def own_daemon() -> Iterator[Daemon]:
    """A running dockerd that a test may stop and start."""
    skip_unless_startable()
    daemon = Daemon(Path(tempfile.mkdtemp(prefix="bs-dk-", dir="/tmp")))
    daemon.start()
    yield daemon
    daemon.stop()
    daemon.remove()


@pytest.fixture(scope="session")
def python_image(engine: Engine) -> str:
    """Name of an image with `python3`, its standard library, and PROGRAMS."""
    return make_python_image(engine)


def make_python_image(engine: Engine) -> str:
    files = _python_files()
    stats = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    name = f"beanstalk-tests/python:{_digest(Path(__file__).read_bytes(), stats)}"
    with engine.ask() as api:
        if not api.images(name):
            repository, tag = name.split(":")
            changes = ["ENV PATH=/usr/local/bin:/usr/bin:/bin", 'CMD ["python3"]']
            api.import_image_from_data(
                _tree([*files, *_libraries(files)]), repository=repository, tag=tag, changes=changes
            )
    return name


@pytest.fixture(scope="session")
def app_image(engine: Engine, python_image: str) -> str:
    """Name of an image that runs tests/apps/app.py: on ${PORT}, 5000 when that is not set."""
    text = f"FROM {python_image}\nWORKDIR /app\nCOPY . .\nEXPOSE 5000\nENV PYTHONUNBUFFERED=1\n"
    text += 'CMD ["python3", "app.py"]\n'
    files = {"Dockerfile": text.encode(), "app.py": APP.read_bytes(), "version.txt": b"image\n"}
    return build_image(engine, "beanstalk-tests/app", files)


def build_image(engine: Engine, repository: str, files: dict[str, bytes]) -> str:
    """Build a Dockerfile and the files beside it; returns the image's name, whose tag is made of them."""
    name = f"{repository}:{_digest(*sorted(files.items()))}"
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), 0o755
            tar.addfile(info, io.BytesIO(content))
    context.seek(0)
    with engine.ask() as api:
        if not api.images(name):
            said = list(api.build(fileobj=context, custom_context=True, tag=name, decode=True, rm=True))
            assert not any("error" in each for each in said), said
    return name


def _digest(*what: object) -> str:
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def _answers(engine: Engine) -> bool:
    try:
        return bool(engine.look())
    except TargetError:
        return False


@contextmanager
def _someones() -> Iterator[Engine]:
    yield Engine(Engine().url)


@contextmanager
def _private(factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine of this test run. Whoever uses it holds a lock that is shared; who gets it alone is the last one."""
    skip_unless_startable()
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with (shared / "engine.lock").open("w") as turn, (shared / "engine.users").open("w") as users:
        fcntl.flock(turn, fcntl.LOCK_EX)
        note = shared / "engine.folder"
        if not note.exists():
            note.write_text(tempfile.mkdtemp(prefix="bs-dk-", dir="/tmp"))
        daemon = Daemon(Path(note.read_text()))
        daemon.start()
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(turn, fcntl.LOCK_UN)
        try:
            yield Engine(daemon.url)
        finally:
            fcntl.flock(turn, fcntl.LOCK_EX)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                daemon.stop()
                daemon.remove()
                note.unlink()
            except BlockingIOError:
                pass  # somebody still uses it


def skip_unless_startable() -> None:
    if os.geteuid() != 0:
        pytest.skip("no container engine answers, and only root may start one")
    if not _program("dockerd"):
        pytest.skip("no container engine answers, and there is no dockerd to start (apt-get install docker.io)")


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")


class Daemon:
    """dockerd in a folder of its own, whose path is short: sockets are in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url = folder, f"unix://{folder}/docker.sock"

    def start(self) -> None:
        """Until it answers. Skips the test when it does not."""
        if _answers(Engine(self.url)):
            return
        places = [f"--{what}={self.folder / name}" for what, name in PLACES.items()]
        command = [_program("dockerd") or "dockerd", "-H", self.url, *places, *self._network()]
        path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "PATH": path}, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + PATIENCE_S
        while not _answers(Engine(self.url)):
            if process.poll() is not None or time.monotonic() > until:
                lines = (self.folder / "log").read_text().splitlines()[-3:]
                self.stop()
                self.remove()
                pytest.skip(f"dockerd does not start here: {' / '.join(lines)}")
            time.sleep(0.05)

    def _network(self) -> list[str]:
        """Nothing to say, unless there is another engine on this machine: its bridge and its rules are not ours."""
        known = self.folder / "bridge"
        if not known.exists():
            if not Path("/sys/class/net/docker0").exists():
                return []
            name = next(name for name in BRIDGES if not Path("/sys/class/net", name).exists())
            for line in (
                f"link add {name} type bridge",
                f"address add {BRIDGES[name]} dev {name}",
                f"link set {name} up",
            ):
                subprocess.run([_program("ip") or "ip", *line.split()], check=True)
            known.write_text(name)
        return ["--bridge", known.read_text(), "--iptables=false"]

    def stop(self) -> None:
        """Until it is gone; what it had is there when it is started again."""
        try:
            pid = int((self.folder / "pid").read_text())
            os.kill(pid, signal.SIGTERM)
        except (OSError, ValueError):
            return  # it does not run
        until = time.monotonic() + PATIENCE_S
        while Path(f"/proc/{pid}/stat").exists() and not _is_zombie(pid) and time.monotonic() < until:
            time.sleep(0.05)

    def remove(self) -> None:
        bridge = self.folder / "bridge"
        if bridge.exists():
            subprocess.run([_program("ip") or "ip", "link", "delete", bridge.read_text()], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _python_files() -> list[Path]:
    """This machine's Python with its standard library, and the programs."""
    library = Path(sysconfig.get_path("stdlib"))
    standard = [
        path
        for path in sorted(library.rglob("*"))
        if path.is_file() and not path.relative_to(library).parts[0].startswith(LEFT_OUT) and ".opt-" not in path.name
    ]
    programs = [Path(found) for name in PROGRAMS.split() if (found := shutil.which(name))]
    return [Path(os.path.realpath(sys.executable)), *programs, *standard]


def _libraries(files: list[Path]) -> list[Path]:
    """What the programs and extension modules among these files are linked with, the loader included."""
    linked = [str(file) for file in files if file.suffix == ".so" or os.access(file, os.X_OK)]
    said = subprocess.run(["ldd", *linked], capture_output=True, text=True, check=False).stdout
    words = [word for line in said.splitlines() if line.startswith("\t") for word in line.split()]
    return sorted({Path(word) for word in words if word.startswith("/")})


def _tree(files: list[Path]) -> bytes:
    """A root file system as a tarball. The folders that are links on this machine are links there."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", dereference=True) as tar:
        for name in ("bin", "sbin", "lib", "lib64"):
            if Path("/", name).is_symlink():
                _add_link(tar, name, str(Path("/", name).readlink()))
        # Any user gets into /root: this machine's Python may lie there.
        for name, mode in (("tmp", 0o1777), ("root", 0o755), ("etc", 0o755), ("usr/local/bin", 0o755)):
            info = tarfile.TarInfo(name)
            info.type, info.mode = tarfile.DIRTYPE, mode
            tar.addfile(info)
        _add_text(tar, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/tmp:/bin/sh\n")
        _add_text(tar, "etc/group", "root:x:0:\napp:x:1000:\n")
        for file in files:
            tar.add(file, str(file.parent.resolve() / file.name), recursive=False)
        _add_link(tar, "usr/local/bin/python3", os.path.realpath(sys.executable))
    return data.getvalue()


def _add_link(tar: tarfile.TarFile, name: str, target: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    tar.addfile(info)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(text), 0o644
    tar.addfile(info, io.BytesIO(text.encode()))
