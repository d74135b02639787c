"""How fast a project of many small files is packed, compared with Python's `zipfile`.

    python benchmarks/packing.py [--files 20000] [--rounds 5] [--bytes 3000]

Both walk the same folder and write a complete zip (deflate, default level); ours hashes every file as well, for the
digest. The runs alternate within one process, the first of each is thrown away, and what is printed are the median
of the ratios of neighbouring runs, the sizes, and the processor time each took. The ratio needs cores that have nothing
else to do, so the load of the machine is printed with it; processor time depends less on that. Files are cut out of
the sources of this Python, with a fixed seed.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import sysconfig
import tempfile
import time
import zipfile
from pathlib import Path

from beanstalk.source.packing import pack_folder

TARGET_RATIO, TARGET_SIZE = 2.0, 1.05


def make_project(folder: Path, files: int, mean_bytes: int) -> None:
    """`files` small text files, 100 a folder, of 1/10 to 3 times `mean_bytes`, cut out of Python's own sources."""
    chance = random.Random(20)
    library = Path(sysconfig.get_path("stdlib"))
    text = "".join(path.read_text("utf-8", errors="ignore") for path in sorted(library.glob("*.py")))
    words = re.findall(r"\w+", text)
    (folder / "Procfile").write_text("web: ./serve\n")
    for number in range(files - 1):
        place = folder / f"package{number // 100:03}" / f"module{number:05}.py"
        place.parent.mkdir(exist_ok=True)
        size = int(mean_bytes * min(3.0, max(0.1, chance.lognormvariate(-0.25, 0.7))))
        start = chance.randrange(len(text) - size)
        place.write_text(f"# {chance.choice(words)}\n{text[start : start + size]}")


def pack_with_zipfile(folder: Path, out: Path) -> int:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, folders, names in os.walk(folder):
            folders.sort()
            for name in sorted(names):
                path = Path(inside, name)
                archive.write(path, path.relative_to(folder).as_posix())
    return out.stat().st_size


def pack_with_ours(folder: Path, out: Path) -> int:
    return pack_folder(folder, out, working_tree=True)[1].size_bytes


def processor_s() -> float:
    """User and system time of this process and of its children that have ended."""
    return sum(os.times()[:4])


def main() -> int:
    """Print times, ratio and sizes. 0 when the targets (twice as fast, at most 5 % larger) are met, else 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--bytes", type=int, default=3_000, help="mean size of a file")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="packing-") as scratch:
        folder = Path(scratch, "project")
        folder.mkdir()
        make_project(folder, given.files, given.bytes)
        total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{given.files} files, {total / 1e6:.1f} MB, {len(os.sched_getaffinity(0))} cores")
        ratios: list[float] = []
        sizes = (0, 0)
        used: list[tuple[float, float]] = []
        for number in range(given.rounds + 1):
            before = processor_s()
            started = time.perf_counter()
            theirs = pack_with_zipfile(folder, Path(scratch, "theirs.zip"))
            between, middle = time.perf_counter(), processor_s()
            ours = pack_with_ours(folder, Path(scratch, "ours.zip"))
            ended = time.perf_counter()
            note = "warm-up" if number == 0 else f"{(between - started) / (ended - between):.2f}x"
            print(f"  zipfile {between - started:6.2f} s   ours {ended - between:6.2f} s   {note}")
            if number:
                ratios.append((between - started) / (ended - between))
                used.append((middle - before, processor_s() - middle))
            sizes = (theirs, ours)
    ratio, larger = statistics.median(ratios), sizes[1] / sizes[0]
    print(f"median {ratio:.2f}x faster (lowest {min(ratios):.2f}x, target {TARGET_RATIO}x)")
    cpu = tuple(statistics.median(column) for column in zip(*used, strict=True))
    print(f"processor time: zipfile {cpu[0]:.2f} s, ours {cpu[1]:.2f} s; load average {os.getloadavg()[0]:.1f}")
    print(f"size {sizes[1]} against {sizes[0]} bytes: {larger:.3f}x (target at most {TARGET_SIZE}x)")
    return 0 if ratio >= TARGET_RATIO and larger <= TARGET_SIZE else 1


if __name__ == "__main__":
    raise SystemExit(main())
