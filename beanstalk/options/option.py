"""The nouns of the catalogue: an option, a namespace, and what depends on something else. Frozen, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

PROPERTIES = "aws:elasticbeanstalk:application:environment"
SECRETS = "aws:elasticbeanstalk:application:environmentsecrets"
ANY_NAME = "*"
ANY_VALUE = "*"

Type = Literal[
    "boolean", "integer", "number", "string", "enum", "comma-list", "json", "arn", "duration", "codes", "secret"
]  # fmt: skip
Change = Literal["none", "restart", "replace", "database", "unknown"]
Reference = tuple[str, str]
"""An option by namespace and name."""


@dataclass(frozen=True, slots=True)
class By:
    """What depends on something else. `what`: "load_balancer", "platform", "environment_type", "tier", or an option
    of the same namespace. `cases`: its value -> the texts that then hold (one default, two bounds, or all values).
    """

    what: str
    cases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Which clients of Elastic Beanstalk ("console", "eb") set an option on their own, and to what.

    value: None when it is a question to the user, or depends on the account.
    """

    by: tuple[str, ...]
    value: str | None


@dataclass(frozen=True, slots=True)
class Option:
    """One option as the catalogue has it. `name` is "*" for the option that stands for every other name.

    default: None when nothing holds unless somebody sets it.  default_by, default_note: what Elastic Beanstalk then
    does by circumstances, or in words.  minimum, maximum: inclusive; of a duration in seconds.  advised_minimum: less
    is taken with a notice.  limit: option whose value is the most.  values: of an enum, of a number, or of each entry
    of a list.  lenient: another value is only a warning.  unit: of the number, may be "".  pattern: of the whole value,
    `form` says it in words.  schema: of a JSON document, by its name among the schemas of `source`.  max_items,
    item_max_length, item_max_wildcards: of a list.  applies_to: circumstance -> where it means something.  requires,
    required_if: option -> values of it.  change: what a changed value does to running instances, "restart" of the
    application in them or "replace".  local: whether the local target acts on it, local_note: how.
    """

    namespace: str
    name: str
    type: Type
    about: str
    source: str
    default: str | None = None
    default_by: By | None = None
    default_note: str = ""
    minimum: float | None = None
    maximum: float | None = None
    advised_minimum: float | None = None
    limit: Reference | None = None
    range_by: By | None = None
    values: tuple[str, ...] = ()
    values_by: By | None = None
    lenient: bool = False
    unit: str = ""
    max_length: int | None = None
    max_items: int | None = None
    item_max_length: int | None = None
    item_max_wildcards: int | None = None
    pattern: str = ""
    form: str = ""
    schema: str = ""
    applies_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    requires: Mapping[Reference, tuple[str, ...]] = field(default_factory=dict)
    required_if: Mapping[Reference, tuple[str, ...]] = field(default_factory=dict)
    required: bool = False
    immutable: bool = False
    recommended: Recommendation | None = None
    sensitive: bool = False
    deprecated: str = ""
    since: str = ""
    change: Change = "unknown"
    documented: bool = True
    disputed: str = ""
    note: str = ""
    local: bool = False
    local_note: str = ""


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace: its options by name, its aliases (name -> namespace where the option really lives).

    segment: a pattern for the {part} of the name that is free, "" when none is.  name_pattern, name_form: which names
    "*" stands for.  total_max_bytes: of all its `name=value` together.  by_resource: its settings carry the name of a
    resource, so one option may be set several times.  on_demand: its defaults hold once something of it is set.
    """

    name: str
    about: str
    source: str
    options: Mapping[str, Option]
    aliases: Mapping[str, str] = field(default_factory=dict)
    segment: str = ""
    name_pattern: str = ""
    name_form: str = ""
    total_max_bytes: int | None = None
    by_resource: bool = False
    on_demand: bool = False
    applies_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    deprecated: str = ""
    since: str = ""
    documented: bool = True
    disputed: str = ""
    note: str = ""

    @property
    def stem(self) -> str:
        """The name up to its free part."""
        return self.name.partition("{")[0]

    @property
    def is_cluster(self) -> bool:
        """Whether it is one of Beanstalk Cluster environments, which take no other."""
        return self.name.startswith("aws:elasticbeanstalk:eks")
