"""A platform of the user's own: a folder to start from, and the check of one."""

from __future__ import annotations

import re
from pathlib import Path

import beanstalk.image
from beanstalk.errors import AlreadyExists, BeanstalkError, InvalidInput, Problem, Where
from beanstalk.image.template import check_template
from beanstalk.platform_file import FILE_NAME, Platform
from beanstalk.platform_section import TEMPLATE

_NAME = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]")
_SAMPLE_PROCFILE = "web: while :; do sleep 1; done\n"


def make_platform_folder(name: str, into: Path) -> tuple[Path, ...]:
    """Write the folder `into`/`name`; gives its files. Raises InvalidInput for a name that cannot be one,
    AlreadyExists when the folder is there."""
    if not _NAME.fullmatch(name):
        hint = "2 to 40 lower-case letters, digits and hyphens, a letter first"
        raise InvalidInput([Problem(f"{name[:60]!r} is no name for a platform", hint=hint)])
    folder, shipped = into / name, Path(beanstalk.image.__file__).parent
    files = {
        FILE_NAME: (shipped / "new-platform.yaml").read_text().replace("NAME", name),
        TEMPLATE: (shipped / "new-Dockerfile.j2").read_text(),
        f"sample.{name}.txt": "What an application of this platform needs.\n",
        "sample.Procfile": _SAMPLE_PROCFILE,
    }
    try:
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text)
    except FileExistsError:
        raise AlreadyExists(
            "the folder exists", Where(str(folder)), "choose another name, or change what is there"
        ) from None
    except OSError as error:
        raise BeanstalkError(f"cannot be written: {error.strerror}", Where(str(folder))) from None
    return tuple(folder / file for file in files)


def check_platform(platform: Platform) -> None:
    """What its platform.yaml does not show. Raises InvalidInput with the line of the template."""
    if platform.image is not None and (problems := check_template(platform.folder)):
        raise InvalidInput(list(problems))
