"""What Route 53 is asked for when names are exchanged."""

from __future__ import annotations

from beanstalk.targets.aws.dns import Zone, batch, exchanged

ZONE = Zone("Z1", "apps.example.org", 60)
BLUE, GREEN = ZONE.record("Blue", "e-1"), ZONE.record("green", "e-2")


def row(action, name, value, ttl=60):
    record = {"Name": name, "Type": "CNAME", "TTL": ttl, "ResourceRecords": [{"Value": value}]}
    return {"Action": action, "ResourceRecordSet": record}


def test_what_is_there_goes_exactly_as_it_is_and_both_names_are_made_anew():
    old = Zone("Z1", "apps.example.org", 300).record("blue", "e-1")
    assert batch((old, GREEN), exchanged(old, GREEN, 60)) == [
        row("DELETE", "blue.apps.example.org", "e-1.apps.example.org", 300),
        row("DELETE", "green.apps.example.org", "e-2.apps.example.org"),
        row("CREATE", "blue.apps.example.org", "e-2.apps.example.org"),
        row("CREATE", "green.apps.example.org", "e-1.apps.example.org"),
    ]


def test_exchanging_twice_is_as_before():
    assert exchanged(*exchanged(BLUE, GREEN, 60), 60) == (BLUE, GREEN)
