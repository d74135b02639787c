"""SwapEnvironmentCNAMEs on AWS: two public names are exchanged in one change of Route 53.

Both environments are held. What is to be is written down first; whoever finds the operation of a client that died looks
at the records: they have been exchanged, or they have not.
"""

from __future__ import annotations

from dataclasses import dataclass

from beanstalk.errors import BeanstalkError, InvalidInput, Problem
from beanstalk.model import Outcome
from beanstalk.records import Kind
from beanstalk.service.aws.names import zone_of
from beanstalk.service.aws.operations import NEW_CNAME, TTL, Running, Tell, begun, end
from beanstalk.service.aws.place import CloudService, find_cloud_environment
from beanstalk.service.aws.state import CloudEnvironment, Spoken, Stage
from beanstalk.targets.aws.dns import Record, Zone, change_records, exchanged, find_record, wait_until_known


@dataclass(frozen=True, slots=True)
class Swap:
    """Two environments that can be swapped, and where their names are."""

    one: CloudEnvironment
    other: CloudEnvironment
    zone: Zone

    @property
    def after(self) -> tuple[tuple[str, str], ...]:
        """(public name, environment it leads to)"""
        return (self.other.public_name, self.one.name), (self.one.public_name, self.other.name)


def plan_swap(service: CloudService, name: str, other: str) -> Swap:
    """Raises InvalidInput with everything that keeps the two from being swapped, NotFound."""
    environments = [find_cloud_environment(service, each) for each in (name, other)]
    return swap_of(*environments)


def swap_of(one: CloudEnvironment, other: CloudEnvironment) -> Swap:
    """See `plan_swap`."""
    if one.id == other.id:
        hint = "name another environment: -n OTHER"
        raise InvalidInput([Problem(f"{one.name} cannot be swapped with itself", hint=hint)])
    zones = [zone_of(one), zone_of(other)]
    problems = [_without(each) for each, zone in zip((one, other), zones, strict=True) if zone is None]
    if problems:
        raise InvalidInput(problems)
    mine, its = zones
    assert mine is not None and its is not None
    if (mine.id, mine.domain) != (its.id, its.domain):
        text = f"{one.name} is below {mine.domain} ({mine.id}) and {other.name} below {its.domain} ({its.id})"
        hint = "names are exchanged within one domain of one zone: clone the one that runs"
        raise InvalidInput([Problem(text, hint=hint)])
    return Swap(one, other, mine)


def _without(environment: CloudEnvironment) -> Problem:
    if environment.tier == "Worker":
        return Problem(f"{environment.name} is a worker, which has no CNAME", hint="swap web environments")
    options = "--option beanstalk:aws:HostedZoneId=Z… --option beanstalk:aws:DomainName=apps.example.org"
    hint = (
        f"give it a zone of Route 53 (beanstalk config {environment.name} --update, or beanstalk create with {options})"
    )
    return Problem(f"{environment.name} has no public name that could be swapped", hint=hint)


def swap_on_aws(service: CloudService, name: str, other: str, tell: Tell) -> Running:
    """Exchange the names of two environments, and wait until Route 53 answers so everywhere.

    Raises InvalidInput, EnvironmentBusy, NotFound, and BeanstalkError when the records are not as they are known here:
    then nothing was changed.
    """
    plan = plan_swap(service, name, other)
    first, second = sorted((plan.one, plan.other), key=lambda each: each.id)  # two swaps at once never wait in a ring
    heard = {name: tell}
    with (
        begun(service, first, Kind.SWAP, first.as_it_is(), heard.get(first.name, _nobody)) as one,
        begun(service, second, Kind.SWAP, second.as_it_is(), heard.get(second.name, _nobody)) as two,
    ):
        asked = one if one.environment.name == name else two
        asked.say("swapEnvironmentCNAMEs is starting.")
        change = _exchange(plan, one, two)
        for each in (one, two):
            each.save(stage=Stage.EXECUTING, executed=service.now())
        wait_until_known(service.cloud, change, service.sleep)
        names = " and ".join(f"'{each}'" for each in sorted((name, other)))
        for each in (one, two):
            each.say(f"Completed swapping CNAMEs for environments {names}.")
            end(each, Outcome.SUCCEEDED, "")
        return asked


def was_swapped(running: Running) -> bool:
    """Whether the name that an environment is to have after a swap leads to it. Only looks."""
    zone, prefix = zone_of(running.environment), running.operation.parameters.get(NEW_CNAME)
    if zone is None or not prefix:
        return False
    wanted = zone.record(prefix, running.environment.id)
    found = find_record(running.service.cloud, zone, wanted.name)
    return found is not None and found.leads_to == wanted.leads_to


def _exchange(plan: Swap, one: Running, two: Running) -> str:
    """The id of the change. Its intent is written down once the records are found to be as they are known here."""
    swap, service = swap_of(one.environment, two.environment), one.service
    if {*swap.after} != {*plan.after}:
        hint = "look at beanstalk list, and swap again if they are to be exchanged back"
        raise BeanstalkError("another swap, which this one had not seen, has exchanged the names", hint=hint)
    live = [_live(service, swap.zone, each) for each in (swap.one, swap.other)]
    ttl = str(max(swap.zone.ttl, *(each.ttl for each in live)))
    one.save(parameters={NEW_CNAME: two.environment.cname, TTL: ttl})
    two.save(parameters={NEW_CNAME: one.environment.cname, TTL: ttl})
    for each in (one, two):
        each.check_wanted()
    why = f"beanstalk swap {swap.one.name} {swap.other.name}"
    return change_records(service.cloud, swap.zone, live, exchanged(live[0], live[1], swap.zone.ttl), why)


def _live(service: CloudService, zone: Zone, environment: CloudEnvironment) -> Record:
    """Its public name as Route 53 has it. Raises BeanstalkError when that leads elsewhere."""
    known = zone.record(environment.cname, environment.id)
    found = find_record(service.cloud, zone, known.name)
    if found is None or found.leads_to != known.leads_to:
        leads = f"leads to {found.leads_to}" if found else "is not there"
        hint = f"make it a CNAME of {known.leads_to} again in Route 53, then swap"
        raise BeanstalkError(f"{known.name} {leads}; somebody else has changed it", hint=hint)
    return found


def _nobody(_: Spoken) -> None:
    """Hears the events of the other environment, which say the same."""
