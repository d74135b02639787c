"""A whole stack to look at, or to deploy without us: made of a bundle and options, without any account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beanstalk.errors import Problem
from beanstalk.service.aws.drafting import Draft, draft_blueprint
from beanstalk.service.configuration import rollout_for
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.repository import repository_name
from beanstalk.targets.aws.strategy import strategy
from beanstalk.targets.aws.template import make_template
from beanstalk.targets.aws.template.listeners import forwarding_listeners, is_network


@dataclass(frozen=True, slots=True)
class RenderedTemplate:
    """body: as `aws cloudformation deploy --template-file` takes it.  needed: parameters without a default.  to_do:
    what a person has to do before.  why: what the deployment policy became.
    """

    body: Json
    needed: tuple[str, ...]
    to_do: tuple[str, ...]
    why: tuple[str, ...]
    warnings: tuple[Problem, ...]


def render_template(draft: Draft, platforms: Sequence[Path] = ()) -> RenderedTemplate:
    """Raises InvalidInput with all problems at once."""
    blueprint, told = draft_blueprint(draft, platforms)
    rollout = rollout_for(blueprint.configuration, blueprint.size)
    chosen = strategy(rollout, blueprint.is_balanced, forwarding_listeners(blueprint), is_network(blueprint))
    template = make_template(blueprint, chosen)
    needed = tuple(name for name, each in template.body["Parameters"].items() if "Default" not in each)
    repository = repository_name(blueprint.application, blueprint.configuration)
    to_do = [
        f"build the image of {container}, push it to the repository {repository} of Amazon ECR, and give its name with"
        f" the digest as {parameter}"
        for container, parameter in template.image_parameters.items()
    ]
    return RenderedTemplate(template.body, needed, tuple(to_do), chosen.why, (*told, *template.warnings))
