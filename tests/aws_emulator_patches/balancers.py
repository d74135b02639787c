"""Application load balancers: weighted forwarding, and health that is probed instead of supposed.

A target that has not passed its probe gets no request while another one has; thresholds, draining and stickiness are
not emulated.
"""

from __future__ import annotations

import asyncio
import copy
import random
import time
import urllib.error
import urllib.request

from ministack.services import alb
from ministack.services.cloudformation import provisioners

FRESH_S = 0.5
_seen: dict[tuple[str, int, str], tuple[float, bool]] = {}


def apply() -> None:
    _forward_by_weight()
    alb._describe_target_health = alb._ACTION_MAP["DescribeTargetHealth"] = _describe_target_health
    _forward_to_the_healthy()


def _forward_by_weight():
    from_template, from_request, to_xml, execute = (
        provisioners._elbv2_listener_actions, alb._parse_actions, alb._action_xml, alb._execute_action,
    )  # fmt: skip

    def template_actions(properties, balancer, name="DefaultActions", **named):
        name = named.get("prop", name)
        actions = from_template(properties, balancer, name)
        said = [each for each in properties.get(name) or [] if isinstance(each, dict)]
        for action, each in zip(actions, said, strict=True):
            if each.get("ForwardConfig"):
                action["ForwardConfig"] = copy.deepcopy(each["ForwardConfig"])
        return actions

    def request_actions(parameters, prefix="DefaultActions"):
        actions = from_request(parameters, prefix)
        for number, action in enumerate(actions, 1):
            if groups := list(_groups(parameters, f"{prefix}.member.{number}.ForwardConfig.TargetGroups")):
                action["ForwardConfig"] = {"TargetGroups": groups}
        return actions

    def action_xml(action):
        groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
        if len(groups) > 1:
            action = {name: value for name, value in action.items() if name != "TargetGroupArn"}
        inner = "".join(
            f"<member><TargetGroupArn>{each['TargetGroupArn']}</TargetGroupArn>"
            f"<Weight>{each.get('Weight', 1)}</Weight></member>"
            for each in groups
        )
        more = f"<ForwardConfig><TargetGroups>{inner}</TargetGroups></ForwardConfig>" if groups else ""
        return to_xml(action).removesuffix("</member>") + more + "</member>"

    async def execute_action(action, *arguments, **named):
        groups = (action.get("ForwardConfig") or {}).get("TargetGroups")
        if groups and action.get("Type", "").lower() == "forward":
            weights = [int(each.get("Weight", 1)) for each in groups]
            if not sum(weights):
                return 503, {"Content-Type": "text/plain"}, b"no target group has a weight above 0"
            action = {**action, "TargetGroupArn": random.choices(groups, weights)[0]["TargetGroupArn"]}
        return await execute(action, *arguments, **named)

    provisioners._elbv2_listener_actions = template_actions
    alb._parse_actions, alb._action_xml, alb._execute_action = request_actions, action_xml, execute_action


def _groups(parameters, prefix):
    number = 1
    while arn := alb._p(parameters, f"{prefix}.member.{number}.TargetGroupArn"):
        weight = alb._p(parameters, f"{prefix}.member.{number}.Weight", "1")
        yield {"TargetGroupArn": arn, "Weight": int(weight)}
        number += 1


def _is_healthy(group, target):
    """Whether the target passed its last probe, which is at most half a second old."""
    port = target.get("Port") or group.get("Port", 80)
    if group.get("HealthCheckPort") not in (None, "", "traffic-port"):
        port = group["HealthCheckPort"]
    key = target["Id"], int(port), group.get("HealthCheckPath") or "/"
    at, passed = _seen.get(key, (0.0, False))
    if time.monotonic() - at > FRESH_S:
        try:
            with urllib.request.urlopen(f"http://{key[0]}:{key[1]}{key[2]}", timeout=1) as answer:
                passed = _matches(answer.status, group)
        except urllib.error.HTTPError as error:
            passed = _matches(error.code, group)
        except OSError:
            passed = False
        _seen[key] = time.monotonic(), passed
    return passed


def _matches(status, group):
    matcher = group.get("Matcher") or {}
    wanted = matcher.get("HttpCode", "200") if isinstance(matcher, dict) else matcher
    ranges = [each.strip().partition("-") for each in str(wanted or "200").split(",")]
    return any(int(low) <= status <= int(high or low) for low, _, high in ranges)


def _describe_target_health(parameters):
    arn = alb._p(parameters, "TargetGroupArn")
    if arn not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target group '{arn}' not found.")
    group, rows = alb._tgs[arn], []
    for target in alb._targets.get(arn, []):
        state = "<State>healthy</State>"
        if not _is_healthy(group, target):
            state = (
                "<State>unhealthy</State><Reason>Target.FailedHealthChecks</Reason>"
                "<Description>Health checks failed</Description>"
            )
        place = f"<Id>{target['Id']}</Id><Port>{target.get('Port', group.get('Port', 80))}</Port>"
        rows.append(f"<member><Target>{place}</Target><TargetHealth>{state}</TargetHealth></member>")
    return alb._xml(
        200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{''.join(rows)}</TargetHealthDescriptions>"
    )


def _forward_to_the_healthy():
    async def forward(arn, method, path, headers, body, query, raw_query=None, raw_path=None):
        """A target that passed its probe; any of them when none did, as AWS does."""
        group, targets = alb._tgs.get(arn), alb._targets.get(arn, [])
        if not group or not targets or group.get("TargetType") == "lambda":
            return await before(arn, method, path, headers, body, query, raw_query, raw_path)
        passed = await asyncio.gather(*(asyncio.to_thread(_is_healthy, group, each) for each in targets))
        healthy = [each for each, yes in zip(targets, passed, strict=True) if yes]
        target = random.choice(healthy or targets)
        return await alb._proxy_http_target(target, group, method, raw_path or path, headers, body, query, raw_query)

    before = alb._forward_to_tg
    alb._forward_to_tg = forward
