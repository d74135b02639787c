"""What every use case on AWS shares."""

from __future__ import annotations

import time
from types import SimpleNamespace

from beanstalk.service.aws.place import CloudService


def test_the_time_is_that_of_s3_wherever_this_machine_is_wrong(account, monkeypatch):
    account.environment("shop-prod")
    service = CloudService()
    an_hour_ago = SimpleNamespace(time=lambda: time.time() - 3600, sleep=time.sleep)
    monkeypatch.setattr("beanstalk.store.documents.time", an_hour_ago)
    service.memory.environment("shop-prod")
    assert abs(service.now() - time.time()) < 60


def test_a_clock_that_is_right_is_left_alone(account):
    account.environment("shop-prod")
    service = CloudService()
    service.memory.environment("shop-prod")
    assert service.store.documents._ahead_s == 0.0
