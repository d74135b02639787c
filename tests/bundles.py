"""Bundles for tests, from a dict of texts."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from beanstalk.source.bundle import Bundle, read_bundle


def make_bundle(folder: Path, files: Mapping[str, str | bytes], name: str = "bundle.zip") -> Bundle:
    """Write `files` into a zip below `folder` and read it as a bundle."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return read_bundle(folder / name)
