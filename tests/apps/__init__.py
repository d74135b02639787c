"""Small applications that tests deploy: source bundles with a Procfile, made on the spot from `app.py`."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

APP = Path(__file__).with_name("app.py")


def write_app(
    folder: Path, version: str = "v1", rude: bool = False, python: str = sys.executable, **env: object
) -> Path:
    """Make `folder` a source bundle of the application of `app.py`, replacing a former one there; returns `folder`.

    env: environment properties (`HEALTH=500`), as option settings of `.ebextensions/options.config`.
    python: what the Procfile runs; a container needs `python3`, while a process starts faster without a search for it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(APP, folder / "app.py")
    (folder / "version.txt").write_text(version + "\n")
    (folder / "Procfile").write_text(f"web: {python} app.py{' --rude' if rude else ''}\n")
    options = folder / ".ebextensions" / "options.config"
    options.unlink(missing_ok=True)
    if env:
        options.parent.mkdir(exist_ok=True)
        lines = [f"    {name}: {json.dumps(str(value))}\n" for name, value in env.items()]
        options.write_text("option_settings:\n  aws:elasticbeanstalk:application:environment:\n" + "".join(lines))
    return folder
