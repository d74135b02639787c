"""The images of registries that a Dockerfile begins with or copies from, brought onto the engine before it is built.

So they come with progress and with a login that the build itself needs not know, and what cannot be had is told at its
line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from beanstalk.source.dockerfile import Dockerfile, Instruction, read_dockerfile
from beanstalk.source.dockerfile_stages import Stage, find_stage, read_stages
from beanstalk.source.image_name import why_not_an_image


def base_images(text: str, args: Mapping[str, str], target: str = "") -> tuple[tuple[int, str], ...]:
    """(line, name), each name once, of the stages up to `target`, "": of all.

    What cannot be known before the build, or is for another platform, is left out: the engine gets it by itself.
    """
    dockerfile = read_dockerfile(text)
    stages = read_stages(dockerfile, args)
    found: dict[str, int] = {}
    for each in _up_to(dockerfile, find_stage(stages, target)):
        name = _from(each, stages) if each.keyword == "FROM" else _copied(each, stages)
        if name and name != "scratch" and not why_not_an_image(name):
            found.setdefault(name, each.line)
    return tuple((line, name) for name, line in found.items())


def _up_to(dockerfile: Dockerfile, last: Stage | None) -> Iterator[Instruction]:
    for each in dockerfile.instructions:
        if last and each.keyword == "FROM" and each.line > last.line:
            return
        yield each


def _from(each: Instruction, stages: tuple[Stage, ...]) -> str:
    stage = next((stage for stage in stages if stage.line == each.line), None)
    return stage.base if stage and stage.parent is None and not each.flags else ""


def _copied(each: Instruction, stages: tuple[Stage, ...]) -> str:
    """`COPY --from=` also takes the names and numbers of stages."""
    of = next((flag.partition("=")[2] for flag in each.flags if flag.startswith("--from=")), "")
    known = {stage.name for stage in stages} | {str(number) for number in range(len(stages))}
    return "" if each.keyword != "COPY" or of.lower() in known else of
