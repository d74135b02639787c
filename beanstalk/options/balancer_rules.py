"""Rules about load balancers: processes, listeners, the rules of listeners, one balancer for several environments."""

from __future__ import annotations

from collections.abc import Iterator

from beanstalk.options.catalogue import catalogue
from beanstalk.options.given import ENVIRONMENT, PROCESS, Finding, Given, Rule, warning

LISTENER = "aws:elbv2:listener:"
LISTENER_RULE = "aws:elbv2:listenerrule:"
CLASSIC_LISTENER = "aws:elb:listener"
CLASSIC_CHECK = "aws:elb:healthcheck"
BALANCER = "aws:elbv2:loadbalancer"


def check_times(given: Given) -> Iterator[Finding]:
    """A health check has to be over before the next one begins (Elastic Load Balancing refuses a target group)."""
    balancer = given.facts["load_balancer"]
    checks = [(name, "HealthCheckInterval", "HealthCheckTimeout") for name in given.namespaces(PROCESS)]
    for namespace, interval, timeout in [*checks, (CLASSIC_CHECK, "Interval", "Timeout")]:
        if (balancer == "network") if namespace != CLASSIC_CHECK else not given.namespaces(CLASSIC_CHECK):
            continue
        every, wait = given.integer(namespace, interval), given.integer(namespace, timeout)
        if every is None or wait is None or wait < every:
            continue
        chosen = given.chosen(namespace, timeout)
        origins = ["" if given.chosen(namespace, name) else ", its default," for name in (timeout, interval)]
        text = f"{namespace}: {timeout} {wait}{origins[0]} is not less than {interval} {every}{origins[1].rstrip(',')}"
        places = (namespace, timeout), (namespace, interval)
        hint = f"set {timeout} to {every - 1} or less" + (f", or {interval} to more than {wait}" if origins[1] else "")
        yield Finding(given.problem(text, hint, *places), fatal=chosen)


def shared(given: Given) -> Iterator[Finding]:
    """A shared load balancer is of type application; of a listener with a number only Rules counts there."""
    if not given.true(ENVIRONMENT, "LoadBalancerIsShared"):
        return
    kind = given.text(ENVIRONMENT, "LoadBalancerType")
    if kind in ("classic", "network"):
        text = f"{ENVIRONMENT}: LoadBalancerIsShared needs LoadBalancerType application, and it is {kind}"
        places = (ENVIRONMENT, "LoadBalancerIsShared"), (ENVIRONMENT, "LoadBalancerType")
        yield Finding(given.problem(text, "set it to application", *places))
    written: dict[str, list[str]] = {name: [] for name in given.namespaces(LISTENER)}
    for item in given.choices:
        if item.namespace in written and item.name != "Rules":
            written[item.namespace].append(item.name)
    for namespace, idle in written.items():
        if idle and namespace != f"{LISTENER}default":
            text = f"{namespace}: {', '.join(idle)}: ignored by Elastic Beanstalk"
            hint = "of a listener of a shared load balancer only Rules counts"
            yield warning(given.problem(text, hint, (namespace, idle[0])))


def certificates(given: Given) -> Iterator[Finding]:
    """A listener that speaks TLS needs a certificate; somebody may have set it where we cannot see it."""
    kinds = (
        (LISTENER, "Protocol", "SSLCertificateArns", ("HTTPS", "TLS")),
        (f"{CLASSIC_LISTENER}:", "ListenerProtocol", "SSLCertificateId", ("HTTPS", "SSL")),
    )
    for stem, protocol, certificate, secure in kinds:
        for namespace in given.namespaces(stem):
            speaks = given.text(namespace, protocol)
            off = given.text(namespace, "ListenerEnabled") == "false"
            if speaks in secure and not off and not given.configuration.text(namespace, certificate):
                text = f"{namespace}: {protocol} is {speaks}, and there is no {certificate}"
                yield warning(given.problem(text, f"set {certificate}", (namespace, protocol)))


def names(given: Given) -> Iterator[Finding]:
    """Listeners name processes and rules, rules name processes: a name that nobody describes leads nowhere."""
    processes = {"default", *(name.removeprefix(PROCESS) for name in given.namespaces(PROCESS))}
    rules = {"default", *(name.removeprefix(LISTENER_RULE) for name in given.namespaces(LISTENER_RULE))}
    kinds = (
        (LISTENER, "DefaultProcess", PROCESS, processes),
        (LISTENER, "Rules", LISTENER_RULE, rules),
        (LISTENER_RULE, "Process", PROCESS, processes),
    )
    for stem, option, home, known in kinds:
        for namespace in given.namespaces(stem):
            for name in given.entries(namespace, option):
                if name not in known:
                    text = f"{namespace}: {option} names {name[:60]!r}, and nothing is set in {home}{name[:60]}"
                    hint = f"known are {', '.join(sorted(known))}"
                    yield warning(given.problem(text, hint, (namespace, option)))


def listener_rules(given: Given) -> Iterator[Finding]:
    """What an Application Load Balancer takes as a rule."""
    priorities: dict[int, str] = {}
    for namespace in given.namespaces(LISTENER_RULE):
        patterns = [*given.entries(namespace, "HostHeaders"), *given.entries(namespace, "PathPatterns")]
        places = (namespace, "HostHeaders"), (namespace, "PathPatterns"), (namespace, "Priority")
        described = catalogue().find(namespace, "HostHeaders")
        most = described.max_items if described else None
        if most is not None and len(patterns) > most:
            text = f"{namespace}: {len(patterns)} host names and paths, more than {most}"
            yield Finding(given.problem(text, "divide them over several rules", *places))
        priority = given.integer(namespace, "Priority")
        if priority in priorities:
            text = f"{namespace}: Priority {priority} is that of {priorities[priority]}, too"
            yield warning(given.problem(text, "give each rule a Priority of its own", places[2], *places[:2]))
        elif priority is not None:
            priorities[priority] = namespace


def one_protocol(given: Given) -> Iterator[Finding]:
    """A Classic Load Balancer speaks one protocol to a port of the instances."""
    spoken: dict[int, tuple[str, str]] = {}
    for namespace in given.namespaces(CLASSIC_LISTENER):
        port, protocol = given.integer(namespace, "InstancePort"), given.text(namespace, "InstanceProtocol")
        if port is None or protocol is None:
            continue
        other, where = spoken.setdefault(port, (protocol, namespace))
        if other != protocol:
            text = f"{namespace}: InstanceProtocol {protocol} for port {port}, which is {other} in {where}"
            yield Finding(given.problem(text, "use one protocol for a port", (namespace, "InstanceProtocol")))


RULES: tuple[Rule, ...] = (check_times, shared, certificates, names, listener_rules, one_protocol)
