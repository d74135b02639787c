"""What is read of a shared load balancer, against moto."""

from __future__ import annotations

import pytest

from beanstalk.errors import BeanstalkError, CloudError
from beanstalk.model import OptionSetting
from beanstalk.options.circumstances import Circumstances
from beanstalk.options.resolve import Layer, resolve
from beanstalk.service.aws.network import network_values

WANTED = ("SharedListener", "SharedSecurityGroup", "SharedRulePriority")


def ask(account, arn):
    setting = OptionSetting("aws:elbv2:loadbalancer", "SharedLoadBalancer", arn)
    configuration = resolve({Layer.ENVIRONMENT: [setting]}, Circumstances())
    return network_values(account.service.cloud, configuration, WANTED)


@pytest.fixture
def balancer(account):
    """balancer(*ports): one with listeners there; its ARN, its group, {port: ARN of the listener}."""
    ec2, elb = account.client("ec2"), account.client("elbv2")
    rows = ec2.describe_subnets()["Subnets"]
    group = ec2.create_security_group(GroupName="shared", Description="shared", VpcId=rows[0]["VpcId"])["GroupId"]

    def make(*ports, **more):
        subnets = [row["SubnetId"] for row in rows][:2]
        made = elb.create_load_balancer(Name="shared", Subnets=subnets, SecurityGroups=[group], **more)
        arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
        listeners = {
            port: elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=port, DefaultActions=answer)
            for port in ports
        }
        return arn, group, {port: each["Listeners"][0]["ListenerArn"] for port, each in listeners.items()}

    return make


@pytest.mark.parametrize(("ports", "taken"), [((80, 443), 443), ((8080, 80), 80)])
def test_the_rule_goes_to_the_listener_that_people_reach(account, balancer, ports, taken):
    arn, group, listeners = balancer(*ports)
    assert ask(account, arn) == {"SharedListener": listeners[taken], "SharedSecurityGroup": group}


def test_without_such_a_listener_one_line_says_so(account, balancer):
    with pytest.raises(BeanstalkError, match="the shared load balancer shared has no listener at port 443 or 80"):
        ask(account, balancer(8080)[0])


def test_a_network_load_balancer_cannot_be_shared(account, balancer):
    with pytest.raises(BeanstalkError, match="shared is of type network"):
        ask(account, balancer(Type="network")[0])


def test_one_that_is_not_there_is_told(account, balancer):
    arn, *_ = balancer(80)
    with pytest.raises(CloudError, match="DescribeLoadBalancers"):
        ask(account, arn.replace("/shared/", "/other/"))
