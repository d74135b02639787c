from __future__ import annotations

import pytest

from tests.service.bench import Bench


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Use cases without an agent: what it would do is written down by `finish`."""
    bench = Bench(tmp_path)
    for module in ("changes", "environments", "operations"):
        monkeypatch.setattr(f"beanstalk.service.{module}.ensure_agent", bench.woken.append)
    monkeypatch.setattr("beanstalk.service.environments.miss_agent", lambda home: None)
    monkeypatch.setattr("beanstalk.service.changes.check_balancer", lambda home: None)
    return bench
