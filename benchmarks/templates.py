"""How long a bundle takes to become a stack: read from its zip, resolved, the template made, until it is JSON.

    python benchmarks/templates.py [--rounds 15]

The largest example has a Dockerrun of version 2 with ten containers, on instances, and every file of
`ebextensions_examples/` that goes with it. Beside it a Dockerfile alone, and the linter's look at the same template
where it is installed. After the imports; processor time of the best round: nothing but the machine makes one slower.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from beanstalk.options.resolve import parse_option  # noqa: E402
from beanstalk.service.aws.drafting import Draft  # noqa: E402
from beanstalk.service.aws.ejecting import render_template  # noqa: E402
from beanstalk.source.bundle import read_bundle  # noqa: E402

MOST_MS = 100.0
EXAMPLES = ROOT / "ebextensions_examples"
NOT_TOGETHER = {
    "https-redirect.config", "imported-output.config", "secrets.config", "single-instance.config", "worker.config",
}  # fmt: skip
"""What another example contradicts, or what stands in the place of another."""
CONTAINERS = 10


def main() -> int:
    """Print times. 0 when the largest takes at most 100 ms, else 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        small = bundle(Path(folder, "small.zip"), {"Dockerfile": "FROM base\nEXPOSE 8000\n"})
        large = bundle(Path(folder, "large.zip"), largest())
        report("a Dockerfile", small, (), rounds)
        took = report("the largest example", large, ("beanstalk:aws:LaunchType=EC2",), rounds)
    return 0 if took <= MOST_MS else 1


def report(name: str, path: Path, options: tuple[str, ...], rounds: int) -> float:
    """Print and return the milliseconds that it takes."""
    text = template(path, options)
    took = best_ms(lambda: template(path, options), rounds)
    count = len(json.loads(text)["Resources"])
    print(f"{name:20} {took:6.1f} ms, {count} resources, {len(text):,} bytes (target {MOST_MS:g})")
    if importlib.util.find_spec("cfnlint"):
        print(f"{'  cfn-lint':20} {lint_ms(text):6.0f} ms, its rules read before")
    return took


def largest() -> Mapping[str, str]:
    containers = [
        {
            "name": f"part-{number}", "image": f"registry.example.com/part:{number}", "memory": 128, "essential": True,
            "environment": [{"name": "NUMBER", "value": str(number)}],
            **({"portMappings": [{"hostPort": 80, "containerPort": 80}]} if number == 0 else {}),
        }
        for number in range(CONTAINERS)
    ]  # fmt: skip
    files = {path.name: path.read_text() for path in sorted(EXAMPLES.glob("*.config")) if path.name not in NOT_TOGETHER}
    run = json.dumps({"AWSEBDockerrunVersion": 2, "containerDefinitions": containers})
    return {"Dockerrun.aws.json": run, **{f".ebextensions/{name}": text for name, text in files.items()}}


def bundle(path: Path, files: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def template(path: Path, options: tuple[str, ...]) -> str:
    draft = Draft(read_bundle(path), settings=[parse_option(each) for each in options])
    return json.dumps(render_template(draft).body)


def lint_ms(text: str) -> float:
    from cfnlint.api import lint
    from cfnlint.core import get_rules

    rules = get_rules([], [], [])
    lint(text, rules, ["eu-central-1"])
    return best_ms(lambda: lint(text, rules, ["eu-central-1"]), 3)


def best_ms(measured: Callable[[], object], rounds: int) -> float:
    took: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        measured()
        took.append(time.process_time() - began)
    return 1000 * min(took)


if __name__ == "__main__":
    sys.exit(main())
