"""Every test of this folder has a home of its own, and leaves no process behind, whatever happened in it."""

from __future__ import annotations

import pytest

from beanstalk.targets.local.haproxy import haproxy_program
from tests.end_to_end.site import Site


@pytest.fixture
def balancer():
    """Which one the site uses; a test that runs with both is parametrized by this name."""
    return "caddy"


@pytest.fixture
def site(balancer):
    if balancer == "haproxy" and haproxy_program() is None:
        pytest.skip("HAProxy is not installed")
    site = Site(balancer)
    try:
        yield site
    finally:
        site.close()
