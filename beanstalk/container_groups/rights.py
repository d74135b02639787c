"""What a container may do to the machine. More than a plain container gets only a bundle that the user trusts."""

from __future__ import annotations

from collections.abc import Iterable

from beanstalk.container_groups.material import Material
from beanstalk.containers import Pairs
from beanstalk.source.notes import Place

_TRUST = "if you trust the bundle, set --option beanstalk:docker:AllowPrivileged=true"
_GIVEN = frozenset((
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
    "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
))  # fmt: skip
"""Capabilities that every container has anyway (Docker, "Runtime privilege and Linux capabilities")."""
_STRICTER = ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")

_OF_ITS_OWN = ("net.", "fs.mqueue.", "kernel.msg", "kernel.sem", "kernel.shm")
"""What begins so a container has apart from the machine (Docker, "Configure namespaced kernel parameters")."""


def privileged(wanted: bool | None, who: str, place: Place, material: Material) -> bool:
    if wanted and not material.settings.allow_privileged:
        material.told(place, f"privileged of {who}", "with it a container could do everything on this machine", _TRUST)
    return bool(wanted) and material.settings.allow_privileged


def added_capabilities(names: Iterable[str], who: str, place: Place, material: Material) -> tuple[str, ...]:
    """Those that every container has are harmless: with `drop: ALL` they are how one asks for fewer."""
    wanted = tuple(names)
    if material.settings.allow_privileged:
        return wanted
    refused = [name for name in wanted if name.upper().removeprefix("CAP_") not in _GIVEN]
    if refused:
        material.told(place, f"the capability {', '.join(refused)[:80]} of {who}", "no container has it here", _TRUST)
    return tuple(name for name in wanted if name not in refused)


def sysctls(pairs: Iterable[tuple[str, str]], who: str, place: Place, material: Material) -> Pairs:
    """An engine gives no container any other, trusted or not."""
    wanted = tuple(pairs)
    refused = [name for name, _ in wanted if not name.startswith(_OF_ITS_OWN)]
    if refused:
        what = f"the kernel parameter {', '.join(refused)[:80]} of {who}"
        material.told(place, what, "it is one of the whole machine")
    return tuple((name, value) for name, value in wanted if name not in refused)


def security_options(options: Iterable[str], who: str, place: Place, material: Material) -> tuple[str, ...]:
    wanted = tuple(options)
    if material.settings.allow_privileged:
        return wanted
    refused = [each for each in wanted if each not in _STRICTER]
    if refused:
        what = f"the security option {', '.join(refused)[:80]} of {who}"
        material.told(place, what, "it may take a protection of this machine away", _TRUST)
    return tuple(each for each in wanted if each in _STRICTER)
