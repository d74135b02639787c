"""What a bundle runs before its application starts, in the entry point of the image that is made of its platform.

Every task runs it, whenever it starts. What runs once in a deployment (`leader_only`) is a task of its own.
"""

from __future__ import annotations

from beanstalk.errors import Problem
from beanstalk.image.pieces import CURRENT, START
from beanstalk.scripts import Part, Script, chosen
from beanstalk.source.hooks import Occasion
from beanstalk.targets.aws.blueprint import Blueprint, Json
from beanstalk.targets.aws.script_text import shell_text


def with_scripts(blueprint: Blueprint, document: Json) -> tuple[Json, list[Problem]]:
    """A task definition whose web container runs them, and those that nothing runs."""
    scripts = blueprint.workload.scripts
    before = chosen(scripts, Part.BEFORE, Occasion.VERSION, leader=False)
    told = [_untold(each) for each in chosen(scripts, Part.AFTER, Occasion.VERSION, leader=False)]
    if not _is_of_platform(blueprint):
        return document, [*(_foreign(each) for each in before), *told]
    if not before:
        return document, told
    # what fails ends the task, and with enough of them the deployment
    text = f"cd {CURRENT}\n{shell_text(before)}\nexec {START}"
    containers = [
        {**each, "entryPoint": ["/bin/sh", "-c"], "command": [text]} if each["name"] == blueprint.group.web else each
        for each in document["containerDefinitions"]
    ]
    return {**document, "containerDefinitions": containers}, told


def _is_of_platform(blueprint: Blueprint) -> bool:
    """Whether we know what starts the application: the Dockerfile is ours."""
    build = blueprint.group.container(blueprint.group.web).image.build
    return build is not None and bool(build.text)


def _foreign(script: Script) -> Problem:
    text = f"{script.phase} {script.name} is not run on AWS: the image starts as whoever made it wants"
    return Problem(text, script.at, "have the entry point of the image run it, or set leader_only to run it once")


def _untold(script: Script) -> Problem:
    text = f"{script.phase} {script.name} is not run on AWS: nobody tells a task when it serves"
    return Problem(text, script.at, "run it after the deployment, for example in a pipeline")
