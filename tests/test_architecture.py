"""The direction of the layers: a module imports only from its own layer and from those below it in LAYERS.

The list is the one of `docs/architecture.md`. A new module of the package belongs to a layer, or this test fails.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = [
    ["__init__", "errors", "model", "records", "secrets"],
    ["source"],
    ["options"],
    [
        "platforms",
        "platform_file",
        "platform_image",
        "platform_section",
        "image",
        "platform_rules",
        "scripts",
        "workload",
        "worker",
        "lifecycle",
        "rollout",
        "containers",
        "container_groups",
    ],
    ["store"],
    ["targets"],
    ["agent"],
    ["service"],
    ["cli", "server", "__main__"],
]
CLOUD = {"boto3", "botocore", "docker"}
SLOW_TO_IMPORT = {"yaml", "jinja2", "rich", "psutil", *CLOUD}
MODULES = sorted(ROOT.glob("beanstalk/**/*.py"))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """Absolute dotted names that a module imports, anywhere in it. `from a import b` gives `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def layer_of(name: str) -> int:
    """Index of the layer of `beanstalk.…`; names taken from the package itself (its version) are in the first."""
    part = name.split(".")[1] if "." in name else "__init__"
    if part not in {child.stem for child in (ROOT / "beanstalk").iterdir()}:
        return 0
    return next(number for number, layer in enumerate(LAYERS) if part in layer)


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_imports_only_from_its_own_layer_and_those_below(path: Path) -> None:
    own = layer_of(dotted(path))
    assert [name for name in imports(path) if name.startswith("beanstalk") and layer_of(name) > own] == []


def test_every_module_has_its_layer() -> None:
    parts = {child.stem for child in (ROOT / "beanstalk").iterdir() if child.stem != "__pycache__"}
    assert parts - {name for layer in LAYERS for name in layer} == set()


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_cloud_and_containers_are_known_to_targets_alone(path: Path) -> None:
    if path.is_relative_to(ROOT / "beanstalk/targets") or path == ROOT / "beanstalk/store/s3.py":
        return
    assert CLOUD & {name.split(".")[0] for name in imports(path)} == set()


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_only_the_doors_know_click(path: Path) -> None:
    if layer_of(dotted(path)) < len(LAYERS) - 1:
        assert {"click", "rich"} & {name.split(".")[0] for name in imports(path)} == set()


def test_the_command_starts_without_what_is_slow_to_import() -> None:
    code = "import sys, beanstalk.__main__; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert SLOW_TO_IMPORT & set(done.stdout.split()) == set()


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    assert [str(path) for path in MODULES if path.stem in {"utils", "util", "common", "helpers", "misc"}] == []
