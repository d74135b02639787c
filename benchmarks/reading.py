"""How fast what is in a bundle is read and checked, compared with loading the same bytes and nothing else.

    python benchmarks/reading.py [--rounds 9]

The Dockerrun and .config files of the collection at $BEANSTALK_CORPUS, or of the examples and tests when there is none,
are validated one by one in this process: read with the place of everything, checked, mistakes explained. Beside it the
same bytes are loaded by PyYAML, by libyaml where it is there, and by json. Then a bundle of 50 .config files is read as
a whole and its options resolved. What counts is processor time, and the best of the rounds: nothing but the machine
makes one slower.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from beanstalk.options.resolve import Layer, resolve  # noqa: E402
from beanstalk.service.validation import FileKind, validate_file  # noqa: E402
from beanstalk.source import yaml_syntax  # noqa: E402
from beanstalk.source.ebextensions import read_extensions  # noqa: E402

MOST_MS_A_FILE, MOST_MS_A_BUNDLE, FILES_OF_A_BUNDLE = 2.0, 50.0, 50
Files = Sequence[tuple[str, bytes]]


def main() -> int:
    """Print times and ratios. 0 when the targets (2 ms a file, 50 ms a bundle) are met, else 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    configs, dockerruns, place = find_files()
    print(f"{len(configs)} .config files and {len(dockerruns)} Dockerrun files of {place}")
    ours = best_ms(lambda: validate_all(configs, dockerruns), rounds) / (len(configs) + len(dockerruns))
    print(f"validated                {ours:7.3f} ms a file (target {MOST_MS_A_FILE:g})")
    yaml_ms = best_ms(lambda: validate_all(configs, ()), rounds) / len(configs)
    report("  .config", yaml_ms, {name: best_ms(load, rounds) / len(configs) for name, load in yaml_loads(configs)})
    json_ms = best_ms(lambda: validate_all((), dockerruns), rounds) / len(dockerruns)
    report("  Dockerrun", json_ms, {"json": best_ms(lambda: load_json(dockerruns), rounds) / len(dockerruns)})
    bundle = make_bundle(configs)
    bundle_ms = best_ms(lambda: read_and_resolve(bundle), rounds)
    size = sum(len(content) for _, content in bundle)
    shown = f"{len(bundle)} files, {size / 1024:.0f} KiB, target {MOST_MS_A_BUNDLE:g}"
    print(f"a bundle read, resolved  {bundle_ms:7.1f} ms ({shown})")
    print(f"libyaml: {'yes' if yaml_syntax.FAST else 'no'}")
    return 0 if ours <= MOST_MS_A_FILE and bundle_ms <= MOST_MS_A_BUNDLE else 1


def find_files() -> tuple[Files, Files, str]:
    """(.config files, Dockerrun files, where they are from)."""
    corpus = os.environ.get("BEANSTALK_CORPUS")
    if corpus:
        with Path(corpus, "INDEX.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["kind"], row["file"]) for row in csv.DictReader(file)]
        found = [(kind, Path(file).name, Path(corpus, file).read_bytes()) for kind, file in rows]
        configs = [(name, content) for kind, name, content in found if kind == "ebextensions"]
        dockerruns = [(name, content) for kind, name, content in found if kind.startswith("dockerrun")]
        return configs, dockerruns, "$BEANSTALK_CORPUS"
    from tests.source.any_input import seeds

    examples = sorted((ROOT / "ebextensions_examples").glob("*.config"))
    dockerruns = [("Dockerrun.aws.json", content) for content in seeds("dockerrun") if content[:1] == b"{"]
    return [(path.name, path.read_bytes()) for path in examples], dockerruns, "the examples and tests"


def best_ms(measured: Callable[[], object], rounds: int) -> float:
    took: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        measured()
        took.append(time.process_time() - began)
    return 1000 * min(took)


def validate_all(configs: Files, dockerruns: Files) -> None:
    for name, content in configs:
        validate_file(name, content, FileKind.EBEXTENSIONS)
    for name, content in dockerruns:
        validate_file(name, content, FileKind.DOCKERRUN)


def yaml_loads(files: Files) -> list[tuple[str, Callable[[], None]]]:
    loaders: dict[str, Any] = {"PyYAML": yaml.SafeLoader, "libyaml": getattr(yaml, "CSafeLoader", None)}
    return [(name, partial(load_yaml, files, loader)) for name, loader in loaders.items() if loader]


def load_yaml(files: Files, loader: Any) -> None:
    for _, content in files:
        try:
            yaml.compose(content, loader)
        except (yaml.YAMLError, ValueError):
            pass  # some files are there because they are broken


def load_json(files: Files) -> None:
    for _, content in files:
        try:
            json.loads(content)
        except ValueError:
            pass


def make_bundle(configs: Files) -> Files:
    """The first files that are right by themselves and together, with names of their own."""
    chosen: list[tuple[str, bytes]] = []
    for name, content in configs:
        more = [*chosen, (f".ebextensions/{len(chosen):03}-{name}", content)]
        if len(chosen) < FILES_OF_A_BUNDLE and is_right(more):
            chosen = more
    return chosen


def is_right(files: Files) -> bool:
    from beanstalk.errors import InvalidInput

    try:
        read_and_resolve(files)
    except InvalidInput:
        return False
    return True


def read_and_resolve(files: Files) -> None:
    resolve({Layer.EBEXTENSIONS: read_extensions(files).settings})


def report(name: str, ms: float, others: dict[str, float]) -> None:
    ratios = ", ".join(f"{ms / other:.1f} times {what} ({other:.3f} ms)" for what, other in others.items())
    print(f"{name:24} {ms:7.3f} ms a file: {ratios}")


if __name__ == "__main__":
    raise SystemExit(main())
