"""Rules between options: what is wrong only in company. Pure; one function a rule, each naming where it comes from.

An error is what would make an update of Elastic Beanstalk fail, a warning what it takes without doing what was meant.
"""

from __future__ import annotations

from beanstalk.errors import Problem
from beanstalk.options import balancer_rules, catalogue_rules, deployment_rules, document_rules, secret_rules
from beanstalk.options.catalogue import Key
from beanstalk.options.configuration import Configuration
from beanstalk.options.given import Given, Rule

RULES: tuple[Rule, ...] = (
    *deployment_rules.RULES,
    *balancer_rules.RULES,
    *catalogue_rules.RULES,
    *document_rules.RULES,
    *secret_rules.RULES,
)


def conflicts(configuration: Configuration, wrong: frozenset[Key]) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings. `wrong`: options that were found wrong before and count as unknown here."""
    given = Given(configuration, wrong)
    found = [finding for rule in RULES for finding in rule(given)]
    return [f.problem for f in found if f.fatal], [f.problem for f in found if not f.fatal]
