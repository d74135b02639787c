"""What an engine says when it refuses a container, in one sentence for people, with a remedy where there is one."""

from __future__ import annotations

import re

from beanstalk.errors import TargetError
from beanstalk.targets.local.engine import EngineRefused

_NOISE = re.compile(
    r"^.*?(?:starting container process caused|error during container init|unable to start container process):\s*"
    r"(?:process_linux\.go:\d+: )?",
    re.DOTALL,
)
_PATTERNS: tuple[tuple[str, str, str], ...] = (
    (r"no such image|image .* not found", "its image is not on the engine", "deploy the version again"),
    (r"no command specified", "neither its image nor the bundle says what to run", "add Command, or CMD to the image"),
    (
        r'exec: "(?P<what>[^"]*)": .*(?:not found|no such file)',
        "its image has no program {what}",
        "correct the command or the entry point; the first word is a program, not a line for the shell",
    ),
    (
        r'exec: "(?P<what>[^"]*)": (?:permission denied|is a directory)',
        "{what} of its image is no program",
        "make it executable: RUN chmod +x",
    ),
    (r"exec (?P<what>\S+): exec format error", "{what} is not for this machine's processor", "build it for this one"),
    (r"exec format error", "its program is not for this machine's processor, or a script without #!", ""),
    (
        r'mounting "(?P<what>[^"]*)" to rootfs at "(?P<to>[^"]*)".*not a directory',
        "{to} is a file in the image and a folder outside, or the other way round",
        "mount a folder on a folder, or a file on a file",
    ),
    (r'chdir to cwd \("(?P<what>[^"]*)"\)', "its working directory {what} cannot be entered", ""),
    (
        r"unable to find (?:user|group) (?P<what>[^:]+)",
        "its image has no user or group {what}",
        "use a number, or add it to the image",
    ),
    (r"minimum memory limit allowed is (?P<what>\w+)", "its memory limit is below the least, {what}", ""),
    (r"minimum memory limit .* memory reservation", "its memory reservation is more than its memory limit", ""),
    (
        r"range of cpus is from \S+ to (?P<what>[\d.]+)",
        "it wants more processors than the {what} that are there",
        "",
    ),
    (r"duplicate mount point: (?P<what>\S+)", "two mounts are on {what}", ""),
    (
        r"invalid mount path: '?(?P<what>[^']*?)'? mount path must be absolute",
        "the path {what} of a mount is not absolute",
        "begin it with /",
    ),
)  # fmt: skip
_RULES = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), text, hint) for pattern, text, hint in _PATTERNS)


def explain(container: str, refused: EngineRefused) -> TargetError:
    """container: its name in the group."""
    for pattern, text, hint in _RULES:
        if found := pattern.search(refused.problem):
            return TargetError(f"{container} cannot be started: {text.format(**found.groupdict())}", hint=hint)
    said = _NOISE.sub("", refused.problem).removesuffix(": unknown")
    return TargetError(f"{container} cannot be started: {said}", hint=refused.hint)
