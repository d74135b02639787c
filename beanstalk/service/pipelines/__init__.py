"""The pipeline that deploys a project to AWS from its CI service: files for GitHub, GitLab and CodeBuild.

Pure, but for `write_pipeline`. No pipeline holds a long-lived key: GitHub and GitLab exchange the token of their job
for credentials of a role (OpenID Connect), CodeBuild has a role of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from beanstalk import __version__
from beanstalk.errors import AlreadyExists, BeanstalkError, InvalidInput, Problem, Where

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,38}[A-Za-z0-9]")
_BRANCH = re.compile(r"[\w][\w./-]{0,199}")
_FOLDER = re.compile(r"(?!.*\.\.)[\w.@+][\w.@+/ -]{0,199}")
_INCLUDED = ".gitlab/beanstalk.yml"


class CiService(StrEnum):
    """Who runs the pipeline."""

    GITHUB = "github"
    GITLAB = "gitlab"
    CODEBUILD = "codebuild"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """environment: what is deployed to.  branch: whose commits are deployed; of all others the plan is shown.
    role, plan_role: ARNs of the roles that deploy and that only look; "" for a variable of the CI service.
    builds: an image is built, so that the job needs a container engine.  folder: of the project in the repository, ""
    for its root.
    """

    environment: str
    region: str
    branch: str = "main"
    role: str = ""
    plan_role: str = ""
    builds: bool = True
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """files: what was written or would be.  remarks: what is left to do by hand."""

    files: tuple[Path, ...]
    remarks: tuple[str, ...]


def check_pipeline(pipeline: Pipeline) -> None:
    """Raises InvalidInput with everything that cannot be; what passes can stand in a shell command as it is."""
    rules = [
        (_ENVIRONMENT, pipeline.environment, "environment name", "4 to 40 letters, digits and hyphens"),
        (_REGION, pipeline.region, "region", "such as eu-central-1 (--region)"),
        (_ROLE, pipeline.role or None, "ARN of a role", "such as arn:aws:iam::123456789012:role/deploy"),
        (_ROLE, pipeline.plan_role or None, "ARN of a role", "such as arn:aws:iam::123456789012:role/plan"),
        (_BRANCH, pipeline.branch, "branch", "letters, digits, . / - and _"),
        (_FOLDER, pipeline.folder or None, "folder", "letters, digits, . / - and _"),
    ]
    problems = [
        Problem(f"{text[:80]!r} is no {what}", hint=hint)
        for rule, text, what, hint in rules
        if text is not None and not rule.fullmatch(text)
    ]
    if problems:
        raise InvalidInput(problems)


def render_pipeline(service: CiService, pipeline: Pipeline) -> Mapping[str, str]:
    """The files of a pipeline: path in the repository -> text. Raises InvalidInput as `check_pipeline` does."""
    check_pipeline(pipeline)
    match service:
        case CiService.GITHUB:
            name = f".github/workflows/beanstalk-{pipeline.environment}.yml"
            return {name: _render("github.yml.j2", pipeline)}
        case CiService.GITLAB:
            return {_INCLUDED: _render("gitlab.yml.j2", pipeline)}
        case CiService.CODEBUILD:
            return {"buildspec.yml": _render("codebuild.yml.j2", pipeline)}


def write_pipeline(root: Path, files: Mapping[str, str], replace: bool = False) -> Written:
    """Write them below the root of the repository; files with exactly this content stay.

    Raises AlreadyExists for one with other content, and then nothing was written; BeanstalkError when it cannot be.
    """
    paths = {root / name: text for name, text in files.items()}
    for path, text in paths.items():
        if not replace and path.exists() and _text(path) != text:
            hint = "add --force to replace it, or -o - to print what would be written"
            raise AlreadyExists("the file exists with other content", Where(str(path)), hint)
    for path, text in paths.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        except OSError as error:
            raise BeanstalkError(f"cannot be written: {error.strerror}", Where(str(path))) from None
    return Written(tuple(paths), tuple(_remarks(root, files)))


def _remarks(root: Path, files: Mapping[str, str]) -> list[str]:
    if _INCLUDED not in files:
        return []
    main = root / ".gitlab-ci.yml"
    if main.is_file() and _INCLUDED in _text(main):
        return []
    return [f"have {main.name} include it: `include: {{local: {_INCLUDED}}}`"]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError as error:
        raise BeanstalkError(f"cannot be read: {error.strerror}", Where(str(path))) from None


def _render(template: str, pipeline: Pipeline) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # The templates' own marks: {{ and {% belong to the CI services.
    marks: dict[str, Any] = {
        "variable_start_string": "[[",
        "variable_end_string": "]]",
        "block_start_string": "[%",
        "block_end_string": "%]",
        "comment_start_string": "[#",
        "comment_end_string": "#]",
    }
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, **marks,
    )  # fmt: skip
    return environment.get_template(template).render(pipeline=pipeline, version=__version__)
