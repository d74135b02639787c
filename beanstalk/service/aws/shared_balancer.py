"""What only a look at a shared load balancer tells: the listener that gets the rule, the group that tasks let in."""

from __future__ import annotations

from beanstalk.errors import BeanstalkError
from beanstalk.options.configuration import Configuration
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.aws.template.balancer import SHARED_LISTENER
from beanstalk.targets.aws.template.network import BALANCER, SHARED_GROUP

_PORTS = (443, 80)
"""In this order: with HTTPS, the listener of port 80 redirects."""


def shared_values(cloud: Cloud, configuration: Configuration, wanted: tuple[str, ...]) -> dict[str, str]:
    """Values of those parameters of a template that are about a shared load balancer. wanted: all its parameters.

    Raises BeanstalkError when the load balancer is not one that can be shared, CloudError when there is none.
    """
    if SHARED_LISTENER not in wanted:
        return {}
    arn = configuration.text(BALANCER, "SharedLoadBalancer") or ""
    if not arn:
        hint = f"name it: --option {BALANCER}:SharedLoadBalancer=arn:…"
        raise BeanstalkError("LoadBalancerIsShared is true, and no load balancer is named", hint=hint)
    elb = cloud.client("elbv2")
    (balancer,) = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    if balancer["Type"] != "application":
        text = f"{balancer['LoadBalancerName']} is of type {balancer['Type']}, which has no rules by host name"
        raise BeanstalkError(text, hint="name an Application Load Balancer")
    listeners = {
        row["Port"]: row["ListenerArn"]
        for page in elb.pages("describe_listeners", LoadBalancerArn=arn)
        for row in page["Listeners"]
    }
    listener = next((listeners[port] for port in _PORTS if port in listeners), "")
    if not listener:
        text = f"the shared load balancer {balancer['LoadBalancerName']} has no listener at port 443 or 80"
        raise BeanstalkError(text, hint="make one there; the environment gets a rule of it")
    found = {SHARED_LISTENER: listener}
    if SHARED_GROUP in wanted:
        groups = balancer.get("SecurityGroups") or []
        if not groups:
            text = (
                f"the shared load balancer {balancer['LoadBalancerName']} has no security group that tasks could let in"
            )
            raise BeanstalkError(text, hint=f"set {BALANCER}:ManagedSecurityGroup")
        found[SHARED_GROUP] = groups[0]
    return found
