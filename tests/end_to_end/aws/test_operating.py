"""Looking into an environment on AWS, running things there, and a second one like it: by the command line alone."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.aws]


def test_an_environment_is_looked_into_and_cloned(cloud_site):
    cloud_site.create("shop-prod", size=1)
    health = cloud_site.json("health", "shop-prod")
    [row] = health["Instances"]
    assert (health["HealthStatus"], row["HealthStatus"], row["VersionLabel"]) == ("Ok", "Ok", "v1")
    assert cloud_site.run("run", "-e", "shop-prod", "echo it runs; exit 3", code=3) == "it runs\n"
    logs = cloud_site.json("logs", "shop-prod", "--all")
    assert ["it runs"] in [each["Lines"] for each in logs]
    cloud_site.json("clone", "shop-prod", "-n", "shop-next")
    assert cloud_site.answer("shop-next") == "v1"
    cloud_site.json("terminate", "shop-next", "--force")
    cloud_site.json("restore", "shop-next")
    assert cloud_site.answer("shop-next") == "v1"
