from __future__ import annotations

import pytest

from tests.agent.scene import Scene


@pytest.fixture
def scene(tmp_path):
    scene = Scene(tmp_path / "home")
    yield scene
    scene.store.close()
