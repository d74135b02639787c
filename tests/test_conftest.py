"""Where CI is set, leaving a test out fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
import pytest

def test_that_runs(): pass

{mark}
def test_that_skips(): pytest.skip("no balancer")
"""
SKIPS, MODULE_SKIPS = TEST.format(mark=""), "import pytest\npytest.importorskip('no_such_module')\n"
CONTAINERS, CORPUS = TEST.format(mark="@pytest.mark.docker"), TEST.format(mark="@pytest.mark.corpus")
KNOWN_TO_FAIL = "import pytest\ndef test_bug(): pytest.xfail('why')"


@pytest.mark.parametrize(
    ("text", "ci", "code"),
    [
        (SKIPS, "", 0),
        (SKIPS, "1", 1),
        (MODULE_SKIPS, "1", 2),
        (CONTAINERS, "1", 1),
        (CORPUS, "1", 0),
        (KNOWN_TO_FAIL, "1", 0),
    ],
)
def test_a_skip_is_a_failure_in_ci(tmp_path: Path, text: str, ci: str, code: int) -> None:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_it.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path)]
    variables = os.environ | {"CI": ci, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.returncode == code, done.stdout
    assert ("left out, and CI is set" in done.stdout) is (code > 0)
