"""What else is in `.platform/`, and folders of older platforms: recognised, and told what it means here.

Proxy files are for the nginx or Apache of an Elastic Beanstalk instance. On this machine one load balancer is in front
of all instances, so they are kept in the bundle and have no effect.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from beanstalk.errors import Problem, Where
from beanstalk.source.hooks import Occasion
from beanstalk.source.notes import Notes

_PROXIES = {"nginx": "nginx", "httpd": "Apache"}
_KNOWN = (*Occasion, *_PROXIES)
_OLD_HOOKS = {
    "appdeploy": "hooks", "configdeploy": "confighooks", "restartappserver": "hooks", "preinit": "hooks",
    "postinit": "hooks",
}  # fmt: skip
_OLD_STAGES = {"pre": "prebuild or predeploy", "enact": "predeploy", "post": "postdeploy"}


@dataclass(frozen=True, slots=True)
class ProxyFile:
    """proxy: nginx or Apache.  replaces: it stands for the whole configuration, instead of adding to it."""

    path: str
    proxy: str
    replaces: bool


@dataclass(frozen=True, slots=True)
class PlatformFolder:
    """What was recognised. Each proxy file has its notice among the warnings, too."""

    proxy_files: tuple[ProxyFile, ...] = ()
    warnings: tuple[Problem, ...] = ()


def read_platform_folder(paths: Iterable[str]) -> PlatformFolder:
    """Look at the paths of a bundle. Nothing is an error: Elastic Beanstalk passes over what it does not know."""
    files: list[ProxyFile] = []
    notes = Notes()
    for path in sorted(paths):
        parts = path.split("/")
        if old := _old(parts):
            notes.warn(Where(path), old[0], old[1])
        elif parts[0] != ".platform" or (len(parts) > 1 and parts[1] in list(Occasion)):
            continue
        elif len(parts) > 2 and parts[1] in _PROXIES and not _is_read(parts):
            text = f"Elastic Beanstalk does not read this file: of .platform/{parts[1]} it takes conf.d/*.conf"
            hint = f"move it to .platform/{parts[1]}/conf.d/NAME.conf, unless a file there includes it"
            notes.warn(Where(path), text, hint)
        elif len(parts) > 2 and parts[1] in _PROXIES:
            file = ProxyFile(path, _PROXIES[parts[1]], _replaces(parts))
            files.append(file)
            effect = "would replace" if file.replaces else "would extend"
            text = f"{effect} the configuration of {file.proxy} on Elastic Beanstalk; it has no effect on this machine"
            notes.warn(Where(path), text, _proxy_hint(file))
        else:
            hint = notes.meant(parts[1], _KNOWN) if len(parts) > 2 else f"the folders are {', '.join(_KNOWN)}"
            notes.warn(Where(path), "nobody reads this file of .platform", hint)
    return PlatformFolder(tuple(files), tuple(notes.warnings))


def _replaces(parts: list[str]) -> bool:
    return parts[2:] in (["nginx.conf"], ["conf", "httpd.conf"])


def _is_read(parts: list[str]) -> bool:
    """conf.d/elasticbeanstalk holds what the main files of the platform include."""
    extends = parts[2:-1] in (["conf.d"], ["conf.d", "elasticbeanstalk"]) and parts[-1].endswith(".conf")
    return extends or _replaces(parts)


def _proxy_hint(file: ProxyFile) -> str:
    if file.replaces and file.proxy == "nginx":
        return "it should include conf.d/elasticbeanstalk/*.conf, or health and static files are lost"
    return "nothing to do"


def _old(parts: list[str]) -> tuple[str, str] | None:
    """(problem, remedy) for a file in a folder of Amazon Linux 1."""
    if parts[0] == ".ebextensions" and len(parts) > 2 and parts[1] in _PROXIES:
        hint = f"move it to .platform/{parts[1]}/"
        return f"a folder for {_PROXIES[parts[1]]} of Amazon Linux 1, which newer platforms do not read", hint
    inner = parts[2:] if parts[:2] == [".platform", "hooks"] else parts[1:] if parts[0] == "hooks" else []
    if len(inner) > 1 and inner[0] in _OLD_HOOKS:
        stage = _OLD_STAGES.get(inner[1], "predeploy")
        hint = f"move it to .platform/{_OLD_HOOKS[inner[0]]}/, into {stage}"
        return "a hook in the folders of Amazon Linux 1, which newer platforms never run", hint
    return None
