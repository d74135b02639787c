"""The lifecycle of application versions: which of them go when a new one was made, and why each of the others stays.

Pure. Source: EB Developer Guide, "Configuring application version lifecycle settings", with its two readings of
MaxCount settled: the new version does not count.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from beanstalk.records import Version

MOST_AT_ONCE = 100
"""Deletions after one new version."""
REMEMBERED_S = 70 * 86400.0
"""Ten weeks: so long versions of a terminated environment stay."""
_DAY_S = 86400.0


class Running(Protocol):
    """What of an environment, on any target, decides whether versions stay. terminated: None while it lives."""

    @property
    def name(self) -> str: ...
    @property
    def version_label(self) -> str: ...
    @property
    def terminated(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """limit: versions, or days.  deletes_bundle: the source bundle goes with its version (DeleteSourceFromS3)."""

    limit: int
    enabled: bool = False
    deletes_bundle: bool = False


@dataclass(frozen=True, slots=True)
class LifecyclePolicy:
    """As the EB CLI proposes it: 200 versions or 180 days, neither in force."""

    count: Rule = Rule(200)
    age: Rule = Rule(180)

    @property
    def enabled(self) -> bool:
        return self.count.enabled or self.age.enabled


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one version. reason: why it goes, or why it stays; a clause."""

    version: Version
    deleted: bool
    reason: str
    with_bundle: bool = False


def judge(
    policy: LifecyclePolicy,
    versions: Sequence[Version],
    environments: Sequence[Running],
    opened: Mapping[str, Collection[str]],
    now: float,
    new: str | None = None,
) -> tuple[Verdict, ...]:
    """A verdict on every version of one application, the oldest first.

    environments: those of the application, terminated ones too.  opened: name of an environment → labels that its open
    deployment needs.  new: the label that was just created; None: nothing was, all versions count.
    """
    kept = _protected(environments, opened, now)
    if new is not None:
        kept[new] = "it is the new one"
    ordered = sorted(versions, key=lambda version: (version.created, version.label))
    left = sum(version.label != new for version in ordered)
    verdicts, deleted = [], 0
    for version in ordered:
        rules = _against(policy, version, left, now)
        if not rules:
            verdicts.append(Verdict(version, False, _why_it_may_stay(policy)))
        elif version.label in kept:
            verdicts.append(Verdict(version, False, kept[version.label]))
        elif deleted == MOST_AT_ONCE:
            text = f"it goes after another new version: {MOST_AT_ONCE} at once are the most"
            verdicts.append(Verdict(version, False, text))
        else:
            deleted, left = deleted + 1, left - 1
            texts = " and ".join(text for text, _ in rules)
            verdicts.append(Verdict(version, True, texts, any(rule.deletes_bundle for _, rule in rules)))
    return tuple(verdicts)


def policy_document(policy: LifecyclePolicy) -> dict[str, dict[str, object]]:
    """`VersionLifecycleConfig` of the Elastic Beanstalk API."""
    return {
        "MaxCountRule": _rule_document(policy.count, "MaxCount"),
        "MaxAgeRule": _rule_document(policy.age, "MaxAgeInDays"),
    }


def read_policy(text: str) -> LifecyclePolicy:
    """The opposite, of JSON text."""
    return read_policy_document(json.loads(text))


def read_policy_document(whole: Mapping[str, Any]) -> LifecyclePolicy:
    """The opposite of `policy_document`."""
    rules = []
    for name, key in (("MaxCountRule", "MaxCount"), ("MaxAgeRule", "MaxAgeInDays")):
        rule = whole[name]
        rules.append(Rule(rule[key], rule["Enabled"], rule["DeleteSourceFromS3"]))
    return LifecyclePolicy(*rules)


def _rule_document(rule: Rule, key: str) -> dict[str, object]:
    return {"Enabled": rule.enabled, key: rule.limit, "DeleteSourceFromS3": rule.deletes_bundle}


def _protected(environments: Sequence[Running], opened: Mapping[str, Collection[str]], now: float) -> dict[str, str]:
    """{label: why it must stay whatever a rule says}; the strongest reason of each."""
    reasons: dict[str, str] = {}
    for each in environments:
        if each.terminated is not None and now - each.terminated < REMEMBERED_S:
            reasons[each.version_label] = f"{each.name} ran it, which was terminated less than ten weeks ago"
    for each in environments:
        if each.terminated is None:
            reasons[each.version_label] = f"{each.name} runs it"
    for name, labels in opened.items():
        reasons |= {label: f"a deployment to {name} goes on, which needs it" for label in labels}
    return reasons


def _against(policy: LifecyclePolicy, version: Version, left: int, now: float) -> list[tuple[str, Rule]]:
    """The rules that want this version gone while it is the oldest of `left`."""
    found = []
    if policy.count.enabled and left > policy.count.limit:
        found.append((f"there are more than {policy.count.limit}", policy.count))
    if policy.age.enabled and now - version.created > policy.age.limit * _DAY_S:
        found.append((f"it is older than {policy.age.limit} days", policy.age))
    return found


def _why_it_may_stay(policy: LifecyclePolicy) -> str:
    if not policy.enabled:
        return "no rule is in force"
    within = [f"one of {policy.count.limit}"] if policy.count.enabled else []
    within += [f"not older than {policy.age.limit} days"] if policy.age.enabled else []
    return "it is " + " and ".join(within)
