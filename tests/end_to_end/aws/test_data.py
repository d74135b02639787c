"""What holds data is neither replaced unasked nor lost against a person's wish."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.aws, pytest.mark.docker]
QUEUE = "Resources:\n  Orders:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: %s}\n"


def queues(site):
    return [each.rpartition("/")[2] for each in site.emulator.client("sqs").list_queues().get("QueueUrls", [])]


def test_data_is_not_replaced_unasked_and_stays_when_that_is_wanted(cloud_site):
    site = cloud_site
    site.write("v1", queue=QUEUE % "orders")
    site.json("create", "shop-dev", "--archive", ".", "--label", "v1", "--scale", 1)
    site.write("v2", queue=QUEUE % "orders-2")
    words = ["deploy", "shop-dev", "--archive", ".", "--label", "v2"]
    refused = site.json(*words, code=1)
    assert "Orders (AWS::SQS::Queue)" in refused["Error"] and "replaced" in refused["Error"]
    assert "--allow-replace" in refused["Hint"]
    assert queues(site) == ["orders"]
    assert site.json(*words, "--allow-replace")["Outcome"] == "Succeeded"
    assert queues(site) == ["orders-2"]
    process = site.start("terminate", "shop-dev", "--force", "--keep-data")
    _, error = process.communicate()
    assert process.returncode == 0, error
    assert "queue orders-2 (Orders) stays in the account" in error
    assert queues(site) == ["orders-2"]
    assert site.emulator.containers() == []
