"""Public names of environments: records of Amazon Route 53 outside of all stacks, so that a swap is no drift of either.

`PREFIX.DOMAIN` is a CNAME of the environment's own name, `ID.DOMAIN`, which its stack has. A swap is one batch that
deletes two records exactly as they are and makes two others: Route 53 carries out all of a batch or nothing of it, and
refuses it when one of the records to delete is not like that any more. So it is a compare-and-swap.
Source: Route 53 API Reference, ChangeResourceRecordSets and GetChange.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from beanstalk.errors import TargetError
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.cloud import Cloud

_POLL_S = 2.0
_PATIENCE_S = 600.0
"""Changes are on all servers of Route 53 within 60 s as a rule."""
_KIND = "CNAME"


@dataclass(frozen=True, slots=True)
class Record:
    """A public name and what it leads to, both in small letters and without the dot at the end. ttl: in seconds."""

    name: str
    leads_to: str
    ttl: int


@dataclass(frozen=True, slots=True)
class Zone:
    """id: as Z0123456789ABC.  domain: public names are one label in front of it."""

    id: str
    domain: str
    ttl: int

    def record(self, prefix: str, environment_id: str) -> Record:
        return Record(plain(f"{prefix}.{self.domain}"), plain(f"{environment_id}.{self.domain}"), self.ttl)


def plain(name: str) -> str:
    """Route 53 tells names with a dot at the end, and in small letters."""
    return name.rstrip(".").lower()


def exchanged(one: Record, other: Record, ttl: int) -> tuple[Record, Record]:
    """The same two names, each leading where the other one led."""
    return Record(one.name, other.leads_to, ttl), Record(other.name, one.leads_to, ttl)


def batch(gone: Sequence[Record], new: Sequence[Record]) -> list[Json]:
    """`Changes` of ChangeResourceRecordSets: all of them happen, or none."""
    return [*(_change("DELETE", each) for each in gone), *(_change("CREATE", each) for each in new)]


def _change(action: str, record: Record) -> Json:
    rows = [{"Value": record.leads_to}]
    return {
        "Action": action,
        "ResourceRecordSet": {"Name": record.name, "Type": _KIND, "TTL": record.ttl, "ResourceRecords": rows},
    }


def find_record(cloud: Cloud, zone: Zone, name: str) -> Record | None:
    """What a public name leads to now; None when there is no such record.

    Raises TargetError for a name that has another kind of record, which is nobody's of ours.
    """
    api = cloud.client("route53")
    found = api.list_resource_record_sets(HostedZoneId=zone.id, StartRecordName=name, MaxItems="20")
    rows = [each for each in found["ResourceRecordSets"] if plain(each["Name"]) == plain(name)]
    if not rows:
        return None
    values = [each["Value"] for each in rows[0].get("ResourceRecords", ())]
    if len(rows) > 1 or rows[0]["Type"] != _KIND or len(values) != 1 or "SetIdentifier" in rows[0]:
        kinds = " and ".join(sorted({str(each["Type"]) for each in rows}))
        hint = "remove it there, or choose another name: --cname"
        raise TargetError(f"{plain(name)} has records of its own in the zone {zone.id} ({kinds})", hint=hint)
    return Record(plain(name), plain(values[0]), int(rows[0]["TTL"]))


def change_records(cloud: Cloud, zone: Zone, gone: Sequence[Record], new: Sequence[Record], why: str) -> str:
    """Ask for one change; gives its id. Raises CloudError when a record to delete is not like that any more, or one to
    create is there: then nothing was changed."""
    changes = {"Comment": why[:256], "Changes": batch(gone, new)}
    answer = cloud.client("route53").change_resource_record_sets(HostedZoneId=zone.id, ChangeBatch=changes)
    return str(answer["ChangeInfo"]["Id"])


def wait_until_known(cloud: Cloud, change_id: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Until all servers of Route 53 answer as a change says. Raises TargetError when that takes too long."""
    until = time.monotonic() + _PATIENCE_S
    while cloud.client("route53").get_change(Id=change_id)["ChangeInfo"]["Status"] != "INSYNC":
        if time.monotonic() > until:
            raise TargetError(f"Route 53 has not carried out the change {change_id} after {_PATIENCE_S:g} s")
        sleep(_POLL_S)
