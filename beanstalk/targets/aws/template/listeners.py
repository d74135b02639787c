"""Listeners of the load balancer, and their rules: which requests go to which process.

The rule through which Amazon ECS moves requests between two versions is constant: every change of it would put its
weights back to those of the template, and they may name a group without tasks. So everything that options say is in
other rules, which come before it. Source: EB Developer Guide, "Configuring an Application Load Balancer".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from beanstalk.errors import InvalidInput, Problem
from beanstalk.source.functions import Object, to_json
from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources
from beanstalk.targets.aws.template import processes
from beanstalk.targets.aws.template.aliases import listener_id, our_name
from beanstalk.targets.aws.template.pieces import ref, resource
from beanstalk.targets.aws.template.processes import DEFAULT, Process, camel
from beanstalk.targets.aws.template.said import ENVIRONMENT, OURS, effective, is_on, is_set, listed, said, wrong

NAMESPACE = "aws:elbv2:listener:"
RULE = "aws:elbv2:listenerrule:"
LAST_PRIORITY = 50_000
"""Of the production rule; an Application Load Balancer has no higher one."""
_SECURE = ("HTTPS", "TLS")


@dataclass(frozen=True, slots=True)
class Listener:
    """namespace: of its options.  process: that gets what no rule takes.  rules: their names.  redirects: it sends
    everything on and nothing to the tasks.
    """

    port: int
    protocol: str
    namespace: str
    process: str
    rules: tuple[str, ...]
    redirects: bool = False

    @property
    def id(self) -> str:
        return listener_id(self.port)

    @property
    def is_secure(self) -> bool:
        return self.protocol in _SECURE


@dataclass(frozen=True, slots=True)
class Layout:
    """production: the listener with the production rule.  main: the process that it sends to.  others: processes that
    other listeners or rules send to.
    """

    listeners: tuple[Listener, ...]
    production: Listener
    main: Process
    others: tuple[Process, ...]

    @property
    def ports(self) -> tuple[int, ...]:
        """Of the tasks."""
        return tuple(dict.fromkeys(each.port for each in (self.main, *self.others)))

    def process(self, name: str) -> Process:
        return next(each for each in (self.main, *self.others) if each.name == name)


def forwarding_listeners(blueprint: Blueprint) -> int:
    """In how many places requests are sent to the tasks: what `strategy.strategy` asks for. 0 without a load balancer.

    Rules that send requests to a process count, too: ECS moves none of theirs.
    """
    if not blueprint.is_balanced:
        return 0
    layout = make_layout(blueprint)
    forwarding = [each for each in layout.listeners if not each.redirects]
    return len(forwarding) + sum(len(each.rules) for each in forwarding)


def make_layout(blueprint: Blueprint) -> Layout:
    """Who sends what where. Raises InvalidInput when nothing gets to the application, or a name leads nowhere."""
    listeners = _listeners(blueprint)
    forwarding = sorted(
        (each for each in listeners if not each.redirects), key=lambda each: (not each.is_secure, each.port)
    )
    if not forwarding:
        text = "no listener sends requests to the application"
        hint = "set ListenerEnabled of aws:elbv2:listener:default, or have a listener at another port"
        raise InvalidInput([Problem(text, hint=hint)])
    production = forwarding[0]
    main = processes.main_process(blueprint, production.process)
    named = [each.process for each in forwarding]
    named += [_process_of(blueprint, rule) for each in forwarding for rule in each.rules]
    others = [name for name in dict.fromkeys(named) if name != main.name]
    return Layout(
        tuple(listeners), production, main, tuple(processes.further_process(blueprint, name) for name in others)
    )


def _listeners(blueprint: Blueprint) -> list[Listener]:
    """Those that are enabled, by their port."""
    written = {each.namespace for each in blueprint.configuration.stated() if each.namespace.startswith(NAMESPACE)}
    namespaces = {80: f"{NAMESPACE}default"}
    namespaces |= {int(each.removeprefix(NAMESPACE)): each for each in written if each[len(NAMESPACE) :].isdigit()}
    enabled = {
        port: each
        for port, each in sorted(namespaces.items())
        if blueprint.configuration.boolean(each, "ListenerEnabled")
    }
    protocols = {port: _protocol(blueprint, each) for port, each in enabled.items()}
    has_secure = any(each == "HTTPS" for each in protocols.values())
    redirecting = has_secure and is_on(blueprint, OURS, "RedirectHTTP")
    return [
        Listener(
            port,
            protocols[port],
            each,
            blueprint.configuration.text(each, "DefaultProcess") or DEFAULT,
            tuple(listed(blueprint, each, "Rules")),
            _is_overridden(blueprint, port) or (redirecting and protocols[port] == "HTTP"),
        )
        for port, each in enabled.items()
    ]


def _protocol(blueprint: Blueprint, namespace: str) -> str:
    """One with a certificate and nothing else said encrypts."""
    is_network = effective(blueprint, ENVIRONMENT, "LoadBalancerType") == "network"
    if not is_set(blueprint, namespace, "Protocol") and is_set(blueprint, namespace, "SSLCertificateArns"):
        return "TLS" if is_network else "HTTPS"
    return effective(blueprint, namespace, "Protocol") or ("TCP" if is_network else "HTTP")


def _is_overridden(blueprint: Blueprint, port: int) -> bool:
    """Whether a configuration file lays actions over the listener that send nothing to the tasks."""
    actions = overridden_properties(blueprint, listener_id(port)).get("DefaultActions")
    return isinstance(actions, list) and all(
        isinstance(each, dict) and each.get("Type") in ("redirect", "fixed-response") for each in actions
    )


def overridden_properties(blueprint: Blueprint, name: str) -> Mapping[str, Any]:
    """What configuration files say about the properties of a resource, under its name or Elastic Beanstalk's."""
    for entry in blueprint.extensions.template.resources.entries:
        if our_name(entry.key) == name and isinstance(entry.value, Object):
            properties = entry.value.get("Properties")
            return to_json(properties) if isinstance(properties, Object) else {}
    return {}


def build(blueprint: Blueprint, layout: Layout) -> Resources:
    """Raises InvalidInput for every listener and rule that cannot be."""
    problems = [problem for each in layout.listeners for problem in _check(blueprint, each)]
    found: Resources = {}
    for listener in layout.listeners:
        found[listener.id] = _listener(blueprint, listener, layout)
        rules, wrong_rules = _rules(blueprint, listener, layout)
        found |= rules
        problems += wrong_rules
    if not is_network(blueprint):
        found["ProductionRule"] = production_rule(ref(layout.production.id), layout.main)
    if problems:
        raise InvalidInput(problems)
    return found


def production_rule(listener: Any, process: Process, priority: Any = LAST_PRIORITY, hosts: Any = None) -> Json:
    """All requests to the first group, until Amazon ECS changes the weights. Nothing in it may depend on an option that
    changes.

    listener: its ARN.  hosts: host names it takes, where others share the listener.
    """
    condition = {"Field": "host-header", "HostHeaderConfig": {"Values": hosts}} if hosts else None
    paths = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}
    groups = [{"TargetGroupArn": ref(name), "Weight": 0 if n else 100} for n, name in enumerate(process.groups)]
    return resource(
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        {
            "ListenerArn": listener,
            "Priority": priority,
            "Conditions": [condition or paths],
            "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        },
    )


def is_network(blueprint: Blueprint) -> bool:
    return effective(blueprint, ENVIRONMENT, "LoadBalancerType") == "network"


def _check(blueprint: Blueprint, listener: Listener) -> Iterator[Problem]:
    has_one = is_set(blueprint, listener.namespace, "SSLCertificateArns")
    if listener.is_secure and not has_one and "Certificates" not in overridden_properties(blueprint, listener.id):
        text = f"{listener.protocol} needs a certificate"
        hint = f"set {listener.namespace}:SSLCertificateArns to the ARN of one in the region of the environment"
        yield wrong(blueprint, listener.namespace, "Protocol", text, hint)


def _listener(blueprint: Blueprint, listener: Listener, layout: Layout) -> Json:
    certificate = said(blueprint, listener.namespace, "SSLCertificateArns")
    return resource(
        "AWS::ElasticLoadBalancingV2::Listener",
        {
            "LoadBalancerArn": ref("LoadBalancer"),
            "Port": listener.port,
            "Protocol": listener.protocol,
            "Certificates": [{"CertificateArn": certificate}] if certificate and listener.is_secure else None,
            "SslPolicy": said(blueprint, listener.namespace, "SSLPolicy") or None if listener.is_secure else None,
            "DefaultActions": [_default_action(blueprint, listener, layout)],
        },
    )


def _default_action(blueprint: Blueprint, listener: Listener, layout: Layout) -> Json:
    """Of the production listener nothing is left for it: the production rule takes everything."""
    if listener.redirects:
        secure = next((each for each in layout.listeners if each.is_secure), layout.production)
        # "#{…}" are words of Elastic Load Balancing for the parts of the request
        to = {"Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
        config = {"Protocol": "HTTPS", "Port": str(secure.port), **to, "StatusCode": "HTTP_301"}
        return {"Type": "redirect", "RedirectConfig": config}
    if listener == layout.production and not is_network(blueprint):
        return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
    process = layout.process(listener.process)
    return {"Type": "forward", "TargetGroupArn": ref(process.group)}


def _rules(blueprint: Blueprint, listener: Listener, layout: Layout) -> tuple[Resources, list[Problem]]:
    """The rules of a listener and what is wrong with them. A listener that redirects has none."""
    found: Resources = {}
    problems: list[Problem] = []
    if listener.redirects:
        return found, problems
    for name, priority in _priorities(blueprint, listener.rules, problems).items():
        namespace = RULE + name
        conditions = _conditions(blueprint, namespace)
        if not conditions:
            text = f"{namespace}: the rule has no HostHeaders and no PathPatterns"
            at = wrong(blueprint, listener.namespace, "Rules", "").at
            problems.append(Problem(text, at, "set one of them, or take the rule out of Rules"))
            continue
        process = layout.process(_process_of(blueprint, name))
        found[f"ListenerRule{camel(name)}{listener.port}"] = resource(
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            {
                "ListenerArn": ref(listener.id),
                "Priority": priority,
                "Conditions": conditions,
                "Actions": [{"Type": "forward", "TargetGroupArn": ref(process.group)}],
            },
        )
    return found, problems


def _process_of(blueprint: Blueprint, rule: str) -> str:
    return blueprint.configuration.text(RULE + rule, "Process") or DEFAULT


def _conditions(blueprint: Blueprint, namespace: str) -> list[Json]:
    kinds = (("HostHeaders", "host-header", "HostHeaderConfig"), ("PathPatterns", "path-pattern", "PathPatternConfig"))
    return [
        {"Field": field, config: {"Values": values}}
        for option, field, config in kinds
        if (values := listed(blueprint, namespace, option))
    ]


def _priorities(blueprint: Blueprint, rules: tuple[str, ...], problems: list[Problem]) -> dict[str, int]:
    """Rule → its priority, no two alike: as set, and for those without one the next that is free, in their order."""
    found: dict[str, int] = {}
    taken: dict[int, str] = {}
    for name in rules:
        if not is_set(blueprint, RULE + name, "Priority"):
            continue
        priority = found[name] = blueprint.configuration.integer(RULE + name, "Priority")
        if priority in taken:
            text = f"{priority} is the priority of the rule {taken[priority]}, too"
            problems.append(wrong(blueprint, RULE + name, "Priority", text, "give each rule a Priority of its own"))
        taken[priority] = name
    free = 1
    for name in rules:
        while name not in found and free in taken:
            free += 1
        if name not in found:
            found[name], taken[free] = free, name
    return {name: found[name] for name in rules}
