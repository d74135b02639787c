"""Gives every reader of a bundle broken input, and keeps each input that is not refused politely.

    python scripts/fuzz.py [--seconds 60] [--seed 1] [READER ...]
    python scripts/fuzz.py --replay .fuzz/compose-0123abcd

The seconds are shared by the readers. An input is one that the tests, the examples or the collection at
$BEANSTALK_CORPUS have, broken in a few places. A finding is an exception that is no BeanstalkError, more than 2 s of
processor time, or more than 200 MB; it is made smaller and kept in .fuzz/. With atheris (`pip install -e .[fuzz]`) the
code that an input reaches guides the choice of the next one. Exit code 1: something was found.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
KEPT = ROOT / ".fuzz"

MOST_S, MOST_BYTES = 2.0, 200 * 1024 * 1024
STUCK_S = 60
"""A reader that is not back by then is ended from outside; what it read is a finding."""
_SMALLER_S = 20


class TooSlow(BaseException):
    """Not an Exception, so that no reader can take it for a mistake in its input."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("readers", nargs="*", metavar="READER")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--replay", type=Path, help="one input that was kept")
    parser.add_argument("--child", choices=["blind", "guided"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    os.nice(10)
    if given.replay:
        from tests.source.any_input import READERS

        said = attempt(READERS[given.replay.name.partition("-")[0]], given.replay.read_bytes())
        print(said or "nothing is wrong with it")
        return 1 if said else 0
    if given.child:  # one reader, in the process that _run starts
        return (_guided if given.child == "guided" else _blind)(given.readers[0], given.seconds, given.seed)
    return _all(given.readers, given.seconds, given.seed)


def _all(chosen: list[str], seconds: float, seed: int) -> int:
    from tests.source.any_input import READERS

    chosen = chosen or list(READERS)
    KEPT.mkdir(exist_ok=True)
    ways = ["blind", "guided"] if importlib.util.find_spec("atheris") else ["blind"]
    share = seconds / len(chosen) / len(ways)
    print(f"{len(chosen)} readers, {share:.0f} s each {' and '.join(ways)}, seed {seed}", flush=True)
    started = time.time()
    for name in chosen:
        for way in ways:
            _run(name, way, share, seed)
    found = [path for path in sorted(KEPT.iterdir()) if path.stat().st_mtime >= started and "." not in path.name]
    confirmed = [path for path in found if _is_confirmed(path)]
    print(f"{len(confirmed)} findings" + "".join(f"\n  {path.relative_to(ROOT)}" for path in confirmed))
    return 1 if confirmed else 0


def _run(name: str, way: str, seconds: float, seed: int) -> None:
    """One reader in a process of its own, which may die or never come back."""
    running = KEPT / f"{name}.running"
    running.unlink(missing_ok=True)
    command = [sys.executable, __file__, name, "--child", way, "--seconds", str(seconds), "--seed", str(seed)]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL if way == "guided" else None)
    while child.poll() is None:
        time.sleep(0.5)
        if running.exists() and time.time() - running.stat().st_mtime > STUCK_S:
            child.kill()
    if child.returncode and running.exists():
        keep(name, running.read_bytes(), f"the process ended with {child.returncode}")


def _is_confirmed(path: Path) -> bool:
    """Whether it happens again in a fresh process, without the cost of guidance."""
    command = [sys.executable, __file__, "--replay", str(path)]
    try:
        again = subprocess.run(command, capture_output=True, timeout=STUCK_S, check=False).returncode != 0
    except subprocess.TimeoutExpired:
        again = True
    if not again:
        path.unlink()
    return again


def _blind(name: str, seconds: float, seed: int) -> int:
    """What is known to be hard, then whatever comes."""
    from tests.source.any_input import READERS, broken, seeds
    from tests.source.hostile import hostile

    watch, chance, ended = Watch(name, READERS[name]), random.Random(f"{name} {seed}"), time.monotonic() + seconds
    for content in (*seeds(name), *hostile(name)):
        watch.look_at(content)
    while time.monotonic() < ended:
        watch.look_at(broken(chance, name))
    print(watch, flush=True)
    return 0


def _guided(name: str, seconds: float, seed: int) -> int:
    """Small inputs only: the guidance makes a reader several times slower."""
    import atheris

    with atheris.instrument_imports(include=["beanstalk"]):
        from tests.source.any_input import READERS, changed, seeds
    watch = Watch(name, READERS[name])

    def mutated(content: bytes, most: int, number: int) -> bytes:
        return changed(random.Random(number), name, content)[:most]

    ended = time.monotonic() + seconds

    def one(content: bytes) -> None:
        watch.look_at(content)
        if time.monotonic() > ended:
            print(watch, flush=True)
            os._exit(0)

    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for number, content in enumerate(seeds(name)):
            Path(folder, str(number)).write_bytes(content)
        options = [f"-seed={seed or 1}", "-max_len=20000", "-len_control=0", "-rss_limit_mb=0", "-timeout=3600"]
        atheris.Setup([sys.argv[0], *options, folder], one, custom_mutator=mutated)
        atheris.Fuzz()
    return 0


class Watch:
    """Looks at inputs of one reader; each kind of finding is kept once."""

    def __init__(self, name: str, read: Callable[[bytes], object]) -> None:
        self.name, self.read = name, read
        self.count, self.slowest_s = 0, 0.0
        self.known: set[str] = set()
        self._running = KEPT / f"{name}.running"

    def look_at(self, content: bytes) -> None:
        self._running.write_bytes(content)
        began = time.process_time()
        said = attempt(self.read, content)
        self.slowest_s = max(self.slowest_s, time.process_time() - began)
        self.count += 1
        if said and said not in self.known:
            self.known.add(said)
            keep(self.name, self._smaller(content, said), said)

    def _smaller(self, content: bytes, said: str) -> bytes:
        """The input without the parts that do not matter, as far as that takes no long time."""
        ended, size = time.monotonic() + _SMALLER_S, len(content) // 2
        while size and time.monotonic() < ended:
            at = 0
            while at < len(content) and time.monotonic() < ended:
                shorter = content[:at] + content[at + size :]
                if attempt(self.read, shorter) == said:
                    content = shorter
                else:
                    at += size
            size //= 2
        return content

    def __str__(self) -> str:
        return f"{self.name:16} {self.count:9,} inputs, slowest {self.slowest_s:.2f} s, {len(self.known)} suspicions"


def attempt(read: Callable[[bytes], object], content: bytes) -> str:
    """What happened that must never happen, "" when nothing did. The same words for the same mistake."""
    from beanstalk.errors import BeanstalkError

    try:
        with _limits():
            try:
                read(content)
            except BeanstalkError as error:
                str(error)
    except TooSlow as error:
        return f"more than {MOST_S:.0f} s {_where(error)}"
    except MemoryError as error:
        return f"more than {MOST_BYTES >> 20} MB {_where(error)}"
    except Exception as error:
        return f"{type(error).__name__} {_where(error)}"
    return ""


@contextmanager
def _limits() -> Iterator[None]:
    """Processor time and memory of what is inside."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_BYTES
    signal.signal(signal.SIGPROF, _raise_too_slow)
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_PROF, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _raise_too_slow(*_: Any) -> None:
    raise TooSlow


def _where(error: BaseException) -> str:
    """The innermost function of ours; of what is too slow or large the line may be another one each time."""
    ours = [each for each in traceback.extract_tb(error.__traceback__) if str(ROOT) in each.filename]
    ours = [each for each in ours if Path(each.filename) != Path(__file__).resolve()]
    if not ours:
        return ""
    line = f":{ours[-1].lineno}" if isinstance(error, Exception) and not isinstance(error, MemoryError) else ""
    return f"in {Path(ours[-1].filename).name}{line} {ours[-1].name}"


def keep(name: str, content: bytes, said: str) -> None:
    path = KEPT / f"{name}-{hashlib.sha256(content).hexdigest()[:8]}"
    path.write_bytes(content)
    print(f"  {path.relative_to(ROOT)}: {said} ({len(content)} bytes)", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
