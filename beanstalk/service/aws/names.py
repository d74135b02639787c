"""The public name of an environment on AWS, when its options name a zone of Route 53 and a domain.

It is kept outside of the stack: put when the stack has come to have its own name, taken away before the stack goes.
"""

from __future__ import annotations

from beanstalk.errors import AlreadyExists, BeanstalkError
from beanstalk.options.configuration import Configuration
from beanstalk.options.values import has_function
from beanstalk.records import Severity
from beanstalk.service.aws.operations import Running
from beanstalk.service.aws.place import CloudService
from beanstalk.service.aws.state import CloudEnvironment
from beanstalk.targets.aws.dns import Zone, change_records, find_record, plain
from beanstalk.targets.aws.template.said import OURS

LONGEST_WAIT_S = 300.0
"""`terminate` waits so long for others to forget a name, and otherwise says when to come again."""


def zone_of(environment: CloudEnvironment) -> Zone | None:
    """Where its public name is; None when it has none."""
    outputs = environment.outputs
    if not environment.public_name:
        return None
    domain = plain(outputs["EnvironmentRecordName"]).partition(".")[2]
    return Zone(outputs["PublicNameZone"], domain, int(outputs["PublicNameTTL"]))


def check_name_free(service: CloudService, environment: CloudEnvironment, configuration: Configuration) -> None:
    """Of a new environment. Raises AlreadyExists when its public name leads to something already."""
    said = {name: configuration.text(OURS, name) or "" for name in ("HostedZoneId", "DomainName")}
    if not all(said.values()) or any(map(has_function, said.values())) or environment.tier != "WebServer":
        return
    zone = Zone(said["HostedZoneId"], plain(said["DomainName"]), configuration.integer(OURS, "RecordTTL"))
    wanted = zone.record(environment.cname, environment.id)
    found = find_record(service.cloud, zone, wanted.name)
    if found is not None:
        text = f"DNS name ({wanted.name}) is not available: it leads to {found.leads_to}."
        raise AlreadyExists(text, hint="choose another one: --cname")


def publish(running: Running) -> None:
    """Make the public name lead to the environment, unless it does. What stands in the way is told, and nothing else
    fails by it: the environment answers at the name of its load balancer, too."""
    environment, cloud = running.environment, running.service.cloud
    zone = zone_of(environment)
    if zone is None:
        return
    wanted = zone.record(environment.cname, environment.id)
    try:
        found = find_record(cloud, zone, wanted.name)
        if found is None:
            change_records(cloud, zone, (), (wanted,), f"beanstalk: {environment.name}")
            running.say(f"{wanted.name} leads to {environment.name}.")
        elif found.leads_to == wanted.leads_to and found.ttl != wanted.ttl:
            change_records(cloud, zone, (found,), (wanted,), f"beanstalk: RecordTTL of {environment.name}")
        elif found.leads_to != wanted.leads_to:
            at = environment.outputs.get("LoadBalancerDNSName", zone.domain)
            text = f"{wanted.name} leads to {found.leads_to} and was left so; {environment.name} answers at {at}."
            running.say(text, Severity.WARN)
    except BeanstalkError as error:
        running.say(f"The name {wanted.name} could not be made: {error.problem}.", Severity.WARN)


def renew(running: Running, before: CloudEnvironment) -> None:
    """After an update: the name of now instead of the one before, when the options name another zone or none."""
    old, new = zone_of(before), zone_of(running.environment)
    if old is not None and (new is None or (old.id, old.domain) != (new.id, new.domain)):
        unpublish(running, before)
    publish(running)


def unpublish(running: Running, named: CloudEnvironment | None = None) -> None:
    """Take the public name away, as far as it leads to this environment. named: the environment with the name that is
    meant, None for the one of now."""
    environment, cloud = named or running.environment, running.service.cloud
    zone = zone_of(environment)
    if zone is None:
        return
    mine = zone.record(environment.cname, environment.id)
    try:
        found = find_record(cloud, zone, mine.name)
        if found is not None and found.leads_to == mine.leads_to:
            change_records(cloud, zone, (found,), (), f"beanstalk: {environment.name} lets go of it")
            running.say(f"{mine.name} leads nowhere any more.")
    except BeanstalkError as error:
        running.say(f"The name {mine.name} could not be taken away: {error.problem}.", Severity.WARN)


def wait_until_forgotten(running: Running) -> None:
    """After a swap others remember for its TTL that a name leads here. Raises BeanstalkError when that takes longer
    than anybody waits for."""
    left = running.environment.remembered_until - running.service.now()
    if left <= 0:
        return
    name = running.environment.name
    if left > LONGEST_WAIT_S:
        text = f"for {left / 60:.0f} minutes others may still remember that a name leads to {name}, as it was swapped"
        raise BeanstalkError(text, hint="terminate it then")
    running.say(f"Waiting {left:.0f} s: until then others may remember that a name leads to {name}.")
    while (left := running.environment.remembered_until - running.service.now()) > 0:
        running.check_wanted()
        running.service.sleep(min(left, 5.0))
