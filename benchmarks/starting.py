"""How long the command takes to start, against the bare interpreter, in pairs so that a noisy machine hits both.

python benchmarks/starting.py [PAIRS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = {
    "beanstalk --help": [sys.executable, "-m", "beanstalk", "--help"],
    "beanstalk --version": [sys.executable, "-m", "beanstalk", "--version"],
    "beanstalk deploy --help": [sys.executable, "-m", "beanstalk", "deploy", "--help"],
}
BARE = [sys.executable, "-c", "pass"]


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for name, command in COMMANDS.items():
        seconds(command)
        rounds = [(seconds(command), seconds(BARE)) for _ in range(pairs)]
        ratios = [ours / bare for ours, bare in rounds]
        ours, bare = (1000 * statistics.median(each) for each in zip(*rounds, strict=True))
        low, high = min(ratios), max(ratios)
        print(
            f"{name:24} {ours:6.0f} ms, bare interpreter {bare:5.0f} ms: "
            f"{statistics.median(ratios):.2f} x ({low:.2f} to {high:.2f})"
        )


if __name__ == "__main__":
    main()
