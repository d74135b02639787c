"""CloudFormation's own linter, with its rules read once: a second or so, and every look after that is fast."""

from __future__ import annotations

import json
from functools import cache

from cfnlint.api import lint
from cfnlint.core import get_rules
from cfnlint.rules import RulesCollection

from beanstalk.targets.aws.blueprint import Json

REGION = "eu-central-1"


def complaints(body: Json) -> list[str]:
    """Errors and warnings, not mere information."""
    return [str(each) for each in lint(json.dumps(body), _rules(), [REGION])]


@cache
def _rules() -> RulesCollection:
    return get_rules([], [], [])
