"""Platforms as processes, with the tools of this machine."""

from __future__ import annotations

import http.client

import pytest

from beanstalk.model import Outcome

pytestmark = pytest.mark.real


def read(site, path):
    """(status, text) of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", site.home.port, timeout=30)
    connection.request("GET", path, headers={"Host": "shop.localhost", "Connection": "close"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_files_alone_are_served(site):
    none = ("Procfile", "# the platform knows what to start\n")
    files = [none, ("index.html", "<h1>one</h1>"), ("style/a.css", "h1 {}"), (".env", "SECRET=1")]
    created = site.create("v1", platform="static", size=2, files=files)
    assert created.outcome is Outcome.SUCCEEDED, created.cause
    assert [read(site, path)[0] for path in ("/.env", "/.caddyfile", "/Procfile", "/nothing")] == [404] * 4
    assert (read(site, "/"), read(site, "/style/a.css")) == ((200, "<h1>one</h1>"), (200, "h1 {}"))
    result = site.deploy("v2", files=[none, ("index.html", "<h1>two</h1>")])
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    assert read(site, "/") == (200, "<h1>two</h1>")
    assert site.leftovers() == []
