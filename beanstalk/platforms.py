"""Find the platform of an application: by name, or by looking at its source bundle.

A platform is a folder with a `platform.yaml`; everything about a language is in there (docs/platforms.md).
Folders of the user come first and may replace ours by name. Pure apart from reading those folders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatch
from pathlib import Path

from beanstalk.errors import NotFound, UsageError
from beanstalk.platform_file import FILE_NAME, Platform, read_platform
from beanstalk.platform_rules import first_match
from beanstalk.source.bundle import Bundle

__all__ = ["Detection", "Platform", "detect", "find_platform", "list_platforms", "sample_files"]


@dataclass(frozen=True, slots=True)
class Detection:
    """The platform a bundle looks like. matched: the file that says so.  others: names of further ones that fit."""

    platform: Platform
    matched: str
    others: tuple[str, ...]

    @property
    def reason(self) -> str:
        also = f"; {' and '.join(self.others)} would fit, too" if self.others else ""
        return f"{self.platform.title}, because of {self.matched}{also}"


def shipped_folder() -> Path:
    """Where our own platforms are: beside this module when installed, else at the top of the checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "_platforms"
    return installed if installed.is_dir() else here.parent / "platforms"


def list_platforms(search: Sequence[Path] = ()) -> tuple[Platform, ...]:
    """All platforms, in the order of detection. The first folder in `search`, then ours, wins a name.

    Raises InvalidInput for a platform.yaml with mistakes, NotFound for a folder of `search` that does not exist.
    """
    found: dict[str, Path] = {}
    for folder in _folders(search):
        for path in sorted(folder.glob(f"*/{FILE_NAME}")):
            found.setdefault(path.parent.name, path.parent)
    return tuple(sorted(map(read_platform, found.values()), key=lambda platform: (platform.order, platform.name)))


def find_platform(name: str, search: Sequence[Path] = ()) -> Platform:
    """The platform called `name`: its folder, or one of its other names, such as Elastic Beanstalk's branches.

    With a / in it, it is the path of a platform's folder; such a platform is called by its absolute path.
    Raises NotFound, InvalidInput.
    """
    if "/" in name and (Path(name) / FILE_NAME).is_file():
        folder = Path(name).resolve()
        return replace(read_platform(folder), name=str(folder))
    for folder in _folders(search):
        if name and Path(name).name == name and (folder / name / FILE_NAME).is_file():
            return read_platform(folder / name)
    platforms = list_platforms(search)
    for platform in platforms:
        if any(fnmatch(name.lower(), pattern.lower()) for pattern in (platform.name, *platform.also_called)):
            return platform
    names = [platform.name for platform in platforms]
    close = get_close_matches(name.lower(), names, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    raise NotFound(f"there is no platform {name}", hint=hint)


def detect(bundle: Bundle, search: Sequence[Path] = (), mode: str | None = None) -> Detection:
    """The platform whose rules fit the bundle, the lowest `order` first, as the EB CLI does.

    mode: "process" when the user wants no container whatever the bundle says.
    Raises UsageError when nothing fits or two fit equally well.
    """
    platforms = [each for each in list_platforms(search) if not (each.containers and mode == "process")]
    matches = [(each, matched) for each in platforms if (matched := first_match(each.detect, bundle))]
    if not matches:
        wanted = "; ".join(f"{each.name}: {' or '.join(each.detect)}" for each in platforms if each.detect)
        raise UsageError(
            "no platform recognises this application",
            hint=f"put its files at the root of the bundle ({wanted}), or add a Procfile with a line `web: command`",
        )
    (platform, matched), *rest = matches
    equal = [each.name for each, _ in rest if each.order == platform.order]
    if equal:
        also = " and ".join([platform.name, *equal])
        raise UsageError(f"the application looks like {also}", hint="say which one with --platform NAME")
    # Whatever an application in a container is written in is the image's business.
    others = () if platform.containers else tuple(each.name for each, _ in rest if each.name != "procfile")
    return Detection(platform, matched, others)


def sample_files(platform: Platform) -> dict[str, bytes]:
    """The sample application of a platform: name in the bundle → content. Empty when it has none."""
    return {name: (platform.folder / file).read_bytes() for name, file in platform.sample}


def _folders(search: Sequence[Path]) -> list[Path]:
    for folder in search:
        if not folder.is_dir():
            raise NotFound(f"there is no folder {folder} with platforms")
    return [*search, shipped_folder()]
