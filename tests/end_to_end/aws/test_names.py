"""Public names of environments on AWS, by the command line alone."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.aws]
DOMAIN = "apps.example.org"


def records(route53, zone):
    """{public name: what it leads to}"""
    rows = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {row["Name"].rstrip("."): row["ResourceRecords"][0]["Value"] for row in rows if row["Type"] == "CNAME"}


def test_names_come_and_go_with_environments_and_are_swapped(cloud_site):
    route53 = cloud_site.emulator.client("route53")
    zone = route53.create_hosted_zone(Name=DOMAIN, CallerReference="1")["HostedZone"]["Id"].rpartition("/")[2]
    ours = {"HostedZoneId": zone, "DomainName": DOMAIN, "RecordTTL": "1"}
    cloud_site.write("v1", names=f"option_settings: {{beanstalk:aws: {ours}}}")
    blue = cloud_site.json("create", "blue", "--archive", ".", "--label", "v1")
    assert blue["CNAME"] == f"blue.{DOMAIN}"
    green = cloud_site.json("clone", "blue", "-n", "green")
    own = {each["EnvironmentName"]: f"{each['EnvironmentId']}.{DOMAIN}" for each in (blue, green)}
    assert records(route53, zone) == {f"blue.{DOMAIN}": own["blue"], f"green.{DOMAIN}": own["green"]}
    assert cloud_site.json("swap", "blue")["Outcome"] == "Succeeded"
    assert records(route53, zone) == {f"blue.{DOMAIN}": own["green"], f"green.{DOMAIN}": own["blue"]}
    assert cloud_site.json("status", "green")["CNAME"] == f"blue.{DOMAIN}"
    cloud_site.json("terminate", "blue", "--force")
    assert records(route53, zone) == {f"blue.{DOMAIN}": own["green"]}
