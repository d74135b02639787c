"""What is in a stack."""

from __future__ import annotations

from beanstalk.targets.aws.stack import Stack


class TwoPages:
    """An account whose stack has so many resources that they come in two answers."""

    def client(self, _):
        return self

    def pages(self, method, **arguments):
        assert (method, arguments) == ("list_stack_resources", {"StackName": "shop"})
        for names in (["Cluster", "Gone", "Begun"], ["Service"]):
            yield {"StackResourceSummaries": [self._row(name) for name in names]}

    def _row(self, name):
        status = "DELETE_COMPLETE" if name == "Gone" else "CREATE_COMPLETE"
        row = {"LogicalResourceId": name, "ResourceType": "AWS::Some::Thing", "ResourceStatus": status}
        return row if name == "Begun" else row | {"PhysicalResourceId": f"its-{name}"}


def test_resources_of_every_page_that_are_there():
    found = Stack(TwoPages(), "shop").resources()
    assert [each.physical_id for each in found.values()] == ["its-Cluster", "its-Service"]
