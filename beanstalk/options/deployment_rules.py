"""Rules about sizes, deployments, replaced instances, scaling and properties."""

from __future__ import annotations

from collections.abc import Iterator

from beanstalk.errors import Problem
from beanstalk.options.catalogue import PROPERTIES, catalogue
from beanstalk.options.given import ASG, COMMAND, ENVIRONMENT, REPORTING, SCHEDULED, Finding, Given, Rule, warning
from beanstalk.options.values import has_function

UPDATES = "aws:autoscaling:updatepolicy:rollingupdate"
TRIGGER = "aws:autoscaling:trigger"
MANAGED = "aws:elasticbeanstalk:managedactions"
DATABASE = "aws:rds:dbinstance"


def size(given: Given) -> Iterator[Finding]:
    """MinSize <= MaxSize (Amazon EC2 Auto Scaling refuses the group otherwise)."""
    least, most = given.integer(ASG, "MinSize"), given.integer(ASG, "MaxSize")
    if least is None or most is None or least <= most:
        return
    origin = "" if given.chosen(ASG, "MaxSize") else ", which nobody set"
    text = f"{ASG}: MinSize {least} is more than MaxSize {most}{origin}"
    yield Finding(given.problem(text, f"set MaxSize to {least} or more", (ASG, "MinSize"), (ASG, "MaxSize")))


def single(given: Given) -> Iterator[Finding]:
    """A single instance knows two policies only (EB Developer Guide, Deployment policies and settings)."""
    policy = given.text(COMMAND, "DeploymentPolicy")
    if given.text(ENVIRONMENT, "EnvironmentType") != "SingleInstance" or policy in (None, "AllAtOnce", "Immutable"):
        return
    if given.chosen(COMMAND, "DeploymentPolicy"):
        text = f"{COMMAND}: Elastic Beanstalk has no DeploymentPolicy {policy} for a SingleInstance environment"
        hint = "there it takes AllAtOnce and Immutable"
        yield warning(given.problem(text, hint, (COMMAND, "DeploymentPolicy")))


def traffic_splitting(given: Given) -> Iterator[Finding]:
    """It needs an Application Load Balancer (EB Developer Guide, Deployment policies and settings)."""
    balancer = given.facts["load_balancer"]
    if given.text(COMMAND, "DeploymentPolicy") != "TrafficSplitting" or balancer not in ("classic", "network"):
        return
    text = f"{COMMAND}: TrafficSplitting needs a load balancer of type application, and it is {balancer}"
    places = (COMMAND, "DeploymentPolicy"), (ENVIRONMENT, "LoadBalancerType")
    yield Finding(given.problem(text, "take Immutable, which every load balancer can do", *places))


def one_batch(given: Given) -> Iterator[Finding]:
    """100 percent, the default, makes Rolling a single batch of everything."""
    default = not given.chosen(COMMAND, "BatchSize") and given.text(COMMAND, "BatchSize") == "100"
    rolling = given.chosen(COMMAND, "DeploymentPolicy") and given.text(COMMAND, "DeploymentPolicy") == "Rolling"
    several = given.text(ENVIRONMENT, "EnvironmentType") != "SingleInstance"
    if several and rolling and default and given.text(COMMAND, "BatchSizeType") == "Percentage":
        text = f"{COMMAND}: Rolling with BatchSize 100 percent, its default, replaces all instances at once"
        yield warning(given.problem(text, "set BatchSize, for example to 30", (COMMAND, "DeploymentPolicy")))


def enhanced_health(given: Given) -> Iterator[Finding]:
    """Some things need enhanced health. Platforms of today have it whatever SystemType says."""
    if given.text(REPORTING, "SystemType") != "basic" or not given.chosen(REPORTING, "SystemType"):
        return
    needy = []
    if given.text(COMMAND, "DeploymentPolicy") in ("Immutable", "TrafficSplitting"):
        needy.append(f"DeploymentPolicy {given.text(COMMAND, 'DeploymentPolicy')}")
    if given.text(UPDATES, "RollingUpdateType") == "Immutable":
        needy.append("RollingUpdateType Immutable")
    if given.true(MANAGED, "ManagedActionsEnabled"):
        needy.append("ManagedActionsEnabled")
    if needy:
        text = f"{REPORTING}: SystemType is basic, and {needy[0]} needs enhanced"
        yield warning(given.problem(text, "set it to enhanced, or leave it out", (REPORTING, "SystemType")))


def rolling_update(given: Given) -> Iterator[Finding]:
    """Bounds of updates that replace instances (EB Developer Guide, Rolling configuration updates)."""
    least, most = given.integer(UPDATES, "MinInstancesInService"), given.integer(ASG, "MaxSize")
    if least is not None and most is not None and least >= most:
        text = f"{UPDATES}: MinInstancesInService {least} is not less than MaxSize, which is {most}"
        places = (UPDATES, "MinInstancesInService"), (ASG, "MaxSize")
        yield Finding(given.problem(text, f"set it to at most {max(most - 1, 0)}", *places))
    implied = [name for name in ("MaxBatchSize", "MinInstancesInService", "PauseTime") if given.chosen(UPDATES, name)]
    off = given.chosen(UPDATES, "RollingUpdateEnabled") and not given.true(UPDATES, "RollingUpdateEnabled")
    if implied and off:
        text = f"{UPDATES}: RollingUpdateEnabled is false, and {implied[0]} turns it on"
        yield warning(given.problem(text, f"leave {implied[0]} out, or set it to true", (UPDATES, implied[0])))
    kind = given.text(UPDATES, "RollingUpdateType")
    single = given.text(ENVIRONMENT, "EnvironmentType") == "SingleInstance"
    if single and given.chosen(UPDATES, "RollingUpdateType") and kind in ("Time", "Health"):
        text = f"{UPDATES}: a SingleInstance environment has no batches for RollingUpdateType {kind}"
        yield warning(given.problem(text, "there it takes Immutable", (UPDATES, "RollingUpdateType")))


def trigger(given: Given) -> Iterator[Finding]:
    """BreachDuration = Period x EvaluationPeriods; the service changes one of them where that does not hold."""
    names = ("BreachDuration", "Period", "EvaluationPeriods")
    total, period, count = (given.integer(TRIGGER, name) for name in names)
    if not all(given.chosen(TRIGGER, name) for name in names) or total is None or period is None or count is None:
        return
    if total != period * count:
        text = f"{TRIGGER}: BreachDuration {total} is not Period {period} times EvaluationPeriods {count}"
        hint = "leave one of the three out; Elastic Beanstalk would change one"
        yield warning(given.problem(text, hint, *((TRIGGER, name) for name in names)))


def schedule(given: Given) -> Iterator[Finding]:
    """What Amazon EC2 Auto Scaling asks of a scheduled action."""
    actions = {item.resource_name: item.winner.at for item in given.choices if item.namespace == SCHEDULED}
    begins: dict[str, str] = {}
    for action, at in sorted(actions.items()):
        sizes = [given.integer(SCHEDULED, name, action) for name in ("MinSize", "DesiredCapacity", "MaxSize")]
        told = [number for number in sizes if number is not None]
        if told != sorted(told):
            text = f"the scheduled action {action} does not have MinSize <= DesiredCapacity <= MaxSize"
            yield Finding(Problem(text, at, "correct the sizes"))
        start, end = (given.text(SCHEDULED, name, action) for name in ("StartTime", "EndTime"))
        if start and end and end <= start:
            yield Finding(Problem(f"the scheduled action {action} ends before it begins", at, "correct EndTime"))
        if not start and not given.text(SCHEDULED, "Recurrence", action):
            text = f"the scheduled action {action} has neither StartTime nor Recurrence"
            yield warning(Problem(text, at, "say when it happens"))
        if start and start in begins:
            text = f"the scheduled actions {begins[start]} and {action} begin at the same time"
            yield warning(Problem(text, at, "give each a StartTime of its own"))
        begins.setdefault(start or "", action)


def property_size(given: Given) -> Iterator[Finding]:
    """All properties together have room in 4,096 bytes as `name=value` (EB Developer Guide, Environment properties)."""
    room = catalogue().namespaces[PROPERTIES].total_max_bytes
    sizes = {k: len(f"{k}={v}".encode(errors="replace")) for k, v in given.configuration.properties().items()}
    if room is None or sum(sizes.values()) <= room:
        return
    largest = max(sizes, key=lambda name: sizes[name])
    text = f"the environment properties have {sum(sizes.values())} bytes as NAME=VALUE, more than {room}"
    hint = f"the largest is {largest} with {sizes[largest]}: keep it in a file or a secret store"
    yield Finding(given.problem(text, hint, (PROPERTIES, largest)))


def password(given: Given) -> Iterator[Finding]:
    """8 to 16 printable ASCII characters (EB Developer Guide; the API alone would take 128)."""
    value = given.text(DATABASE, "DBPassword")
    if value and not (8 <= len(value) <= 16 and value.isascii() and value.isprintable()):
        text = f"{DATABASE}: DBPassword is not 8 to 16 printable ASCII characters"
        yield warning(given.problem(text, "choose another one", (DATABASE, "DBPassword")))


def functions(given: Given) -> Iterator[Finding]:
    """Only CloudFormation evaluates a function in backquotes: a typed option cannot wait for it, a text is kept."""
    for item in sorted(given.configuration.stated(), key=lambda each: (each.namespace, each.name, each.resource_name)):
        if item.value is None or not has_function(item.value):
            continue
        option = catalogue().find(item.namespace, item.name)
        typed = option is not None and option.type in ("boolean", "integer", "number", "enum", "codes", "duration")
        fatal = typed and option is not None and option.local
        text = f"{item.namespace}:{item.name} holds a CloudFormation function, which is not evaluated here"
        hint = "set it directly on the environment to a plain value" if fatal else "it is taken as plain text"
        if option is not None and option.type == "secret":
            hint = f"no instance gets it, unless you set one: beanstalk setenv --secret {item.name}=REFERENCE"
        yield Finding(Problem(text, item.winner.at, hint), fatal)


RULES: tuple[Rule, ...] = (
    size, single, traffic_splitting, one_batch, enhanced_health, rolling_update, trigger, schedule, property_size,
    password, functions,
)  # fmt: skip
