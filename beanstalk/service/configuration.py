"""From the settings of an environment and the files of a bundle to its configuration, workload and rollout. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from beanstalk.errors import Where
from beanstalk.model import OnFailure, OptionSetting, Policy, Rollout
from beanstalk.options.catalogue import SECRETS, catalogue
from beanstalk.options.configuration import Configuration, Layer
from beanstalk.rollout.policies import batch_of

COMMAND = "aws:elasticbeanstalk:command"
ASG = "aws:autoscaling:asg"
ENVIRONMENT = "aws:elasticbeanstalk:environment"
PROPERTIES = "aws:elasticbeanstalk:application:environment"
TRAFFIC = "aws:elasticbeanstalk:trafficsplitting"
OURS = "beanstalk:deployment"

_VARIABLES = {PROPERTIES: SECRETS, SECRETS: PROPERTIES}
HIDDEN = "(hidden)"
"""Stands for the value of a secret."""

RECOMMENDED = (
    OptionSetting(COMMAND, "DeploymentPolicy", Policy.ADDITIONAL_BATCH),
    OptionSetting(COMMAND, "BatchSizeType", "Percentage"),
    OptionSetting(COMMAND, "BatchSize", "30"),
)
"""What `create` recommends: even one instance keeps serving while it is replaced. Batches as the EB CLI has them."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One setting of an environment, with the layer it belongs to.

    link: the environment whose address this property is (`EnvironmentLinks` of env.yaml), "" for any other setting.
    """

    setting: OptionSetting
    layer: Layer = Layer.ENVIRONMENT
    link: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.setting.namespace, self.setting.name, self.setting.resource_name


def load_settings(settings_json: str) -> tuple[Stored, ...]:
    return tuple(_stored(row) for row in json.loads(settings_json))


def dump_settings(settings: Iterable[Stored]) -> str:
    """As JSON. The place is kept of what a file said that is no part of the bundle's `.ebextensions`."""
    return json.dumps([_row(each) for each in sorted(settings, key=lambda stored: (*stored.key, stored.layer))])


def are_same(one: Iterable[Stored], other: Iterable[Stored]) -> bool:
    """Whether they say the same, wherever it was written."""
    told = [{(*each.key, each.setting.value, each.layer, each.link) for each in settings} for settings in (one, other)]
    return told[0] == told[1]


def change_settings(
    stored: Sequence[Stored], add: Sequence[OptionSetting], remove: Sequence[tuple[str, str]] = ()
) -> tuple[Stored, ...]:
    """Set options directly on the environment. What is set replaces what was set or recommended, and a property the
    secret of its name, or the other way round; `remove` uncovers what files and defaults say."""
    gone = {*((each.namespace, each.name, each.resource_name) for each in add), *((*each, "") for each in remove)}
    gone |= {(_VARIABLES[each.namespace], each.name, "") for each in add if each.namespace in _VARIABLES}
    kept = [each for each in stored if each.key not in gone]
    return (*kept, *(Stored(each) for each in {(e.namespace, e.name, e.resource_name): e for e in add}.values()))


def is_secret(namespace: str, name: str) -> bool:
    """Whether nobody is shown the value of this option: passwords, as far as the catalogue knows them."""
    option = catalogue().find(namespace, name)
    return option is not None and option.sensitive


def shown(namespace: str, name: str, value: str | None) -> str | None:
    """The value of an option as it may be printed. Environment properties are, as by Elastic Beanstalk."""
    return HIDDEN if value and is_secret(namespace, name) else value


def differences(before: Sequence[Stored], after: Sequence[Stored]) -> list[str]:
    """What changes, in words. Names only: a value may be a secret."""
    old, new = ({each.key: each.setting.value for each in settings} for settings in (before, after))
    told = []
    for key in sorted(old.keys() | new.keys()):
        namespace, name, _ = key
        what = name if namespace == PROPERTIES else f"{namespace}:{name}"
        if key not in new:
            told.append(f"{what} removed")
        elif key not in old:
            told.append(f"{what} set")
        elif old[key] != new[key]:
            told.append(f"{what} changed")
    return told


def layers_of(stored: Sequence[Stored], extensions: Sequence[OptionSetting]) -> dict[Layer, Sequence[OptionSetting]]:
    """What `resolve` takes. The recommended batch is a percentage; where somebody wants a fixed number it is one."""
    layers: dict[Layer, list[OptionSetting]] = {Layer.EBEXTENSIONS: list(extensions)}
    for each in stored:
        layers.setdefault(each.layer, []).append(each.setting)
    said = [setting for layer, settings in layers.items() if layer is not Layer.RECOMMENDED for setting in settings]
    if any((each.namespace, each.name, each.value) == (COMMAND, "BatchSizeType", "Fixed") for each in said):
        layers[Layer.RECOMMENDED] = [
            replace(each, value="1") if each.name == "BatchSize" else each for each in layers.get(Layer.RECOMMENDED, [])
        ]
    return {layer: tuple(settings) for layer, settings in layers.items()}


def size_of(configuration: Configuration) -> int:
    """Instances wanted: MinSize, as a group without any scaling activity has; one for a single instance."""
    if configuration.text(ENVIRONMENT, "EnvironmentType") == "SingleInstance":
        return 1
    return configuration.integer(ASG, "MinSize")


def rollout_for(configuration: Configuration, old_size: int, policy: Policy | None = None) -> Rollout:
    """The walk that the configuration asks for. policy: what must be done whatever it says (a first deployment)."""
    size = size_of(configuration)
    percentage = configuration.text(COMMAND, "BatchSizeType") == "Percentage"
    seconds = configuration.text(OURS, "EvaluationSeconds")
    return Rollout(
        policy=policy or Policy(configuration.text(COMMAND, "DeploymentPolicy") or Policy.ALL_AT_ONCE),
        size=size,
        old_size=old_size,
        batch=batch_of(max(size, 1), configuration.integer(COMMAND, "BatchSize"), percentage),
        timeout_s=configuration.number(COMMAND, "Timeout"),
        new_percent=configuration.integer(TRAFFIC, "NewVersionPercent"),
        evaluate_s=float(seconds) if seconds else 60.0 * configuration.number(TRAFFIC, "EvaluationTime"),
        ignore_health=configuration.boolean(COMMAND, "IgnoreHealthCheck"),
        on_failure=OnFailure(configuration.text(OURS, "OnFailure") or "rollback"),
    )


def _stored(row: dict[str, Any]) -> Stored:
    at = Where(*row["At"]) if "At" in row else None
    setting = OptionSetting(row["Namespace"], row["OptionName"], row["Value"], row.get("ResourceName", ""), at)
    return Stored(setting, Layer(row["Layer"]), row.get("Link", ""))


def _row(each: Stored) -> dict[str, Any]:
    setting, at = each.setting, each.setting.at
    row: dict[str, Any] = {"Namespace": setting.namespace, "OptionName": setting.name, "Value": setting.value}
    if setting.resource_name:
        row["ResourceName"] = setting.resource_name
    if at is not None and each.layer is Layer.SAVED:
        row["At"] = [at.path, at.line, at.column]
    if each.link:
        row["Link"] = each.link
    return row | {"Layer": str(each.layer)}
