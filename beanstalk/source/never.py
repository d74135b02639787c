"""What is never part of a source bundle, whatever the ignore rules say.

Source: EB CLI (drops `.elasticbeanstalk`, names ending in "~" and `.ebignore`); ours: folders of version control,
and virtual environments, which hold this machine's absolute paths and run nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection

VENV_MARK = "pyvenv.cfg"
"""A folder with this file is a virtual environment (PEP 405)."""

VIRTUAL_ENVIRONMENT = f"never packed: a virtual environment ({VENV_MARK})"

HOME_MARK = "beanstalk.db"
"""A folder with this file is a home of ours: it holds the secrets of its environments, and grows with every version."""

OUR_HOME = f"never packed: a home of beanstalk ({HOME_MARK})"

_NAMES = {
    ".ebignore": "never packed: rules for packing",
    ".elasticbeanstalk": "never packed: settings of the command line",
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr", "CVS"), "never packed: version control"),
}


def why_never(name: str) -> str:
    """Why a file or folder of this name never goes in; "" when it may."""
    if name.endswith("~"):
        return "never packed: a backup copy of an editor"
    return _NAMES.get(name, "")


def virtual_environments(paths: Collection[str]) -> frozenset[str]:
    """The folders among `paths` (files) that are virtual environments, without "/". Never the project itself."""
    mark = f"/{VENV_MARK}"
    return frozenset(path.removesuffix(mark) for path in paths if path.endswith(mark))


def why_never_path(path: str, environments: frozenset[str]) -> str:
    """Like why_never, for every part of `path`; `environments` are virtual environments."""
    *folders, _ = parts = path.split("/")
    if why := next(filter(None, map(why_never, parts)), ""):
        return why
    if environments and any("/".join(folders[: n + 1]) in environments for n in range(len(folders))):
        return VIRTUAL_ENVIRONMENT
    return ""
