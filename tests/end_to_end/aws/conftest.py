"""What every test of the command line against the emulator has."""

from __future__ import annotations

import pytest

from tests.end_to_end.aws.cloud_site import CloudSite


@pytest.fixture
def cloud_site(tmp_path, emulator, python_image, monkeypatch):
    monkeypatch.delenv("BEANSTALK_TARGET", raising=False)
    return CloudSite(tmp_path, emulator, python_image)
