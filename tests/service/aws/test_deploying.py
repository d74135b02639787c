"""What becomes of a change set when new tasks are wanted all the same (`deploy --force`)."""

from __future__ import annotations

import pytest

from beanstalk.options.catalogue import catalogue
from beanstalk.options.updates import Changed
from beanstalk.service.aws.deploying import only_restarts
from beanstalk.targets.aws.change_set import Action, Because, ChangeSet, ResourceChange

ASG = "aws:autoscaling:asg"


def larger() -> Changed:
    option = catalogue().find(ASG, "MaxSize")
    assert option is not None
    return Changed((ASG, "MaxSize", ""), option, "4", "8", "changed", None)


def proposed(*names: str) -> ChangeSet:
    return ChangeSet("arn", tuple(ResourceChange(Action.MODIFY, name, "AWS::Some::Thing") for name in names))


@pytest.mark.parametrize(("names", "restarts"), [(("Service",), True), (("Service", "Uploads"), False)])
def test_other_resources_are_changed_and_not_passed_over(names, restarts):
    assert only_restarts((), proposed(*names)) is restarts


def test_an_option_that_is_to_be_remembered_is_carried_out():
    assert not only_restarts((larger(),), proposed("Service"))


def test_what_only_refers_to_the_service_is_no_change_of_its_own():
    follows = ResourceChange(
        Action.MODIFY,
        "ScalableTarget",
        "AWS::Some::Thing",
        because=(Because("Properties", "ResourceId", "Service.Name"),),
    )
    assert only_restarts((), ChangeSet("arn", (follows, *proposed("Service").changes)))
