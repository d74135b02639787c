"""What to run, said once for every target: the meeting point of source bundle, option settings and platform.

A `Workload` is a value. Targets read it and nothing else about the application: the local target starts
its processes, a container target will build an image from the same facts. It goes into the store as JSON,
so that an agent that comes back finds exactly what was decided when the deployment began.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from beanstalk.containers import Container, ContainerGroup, Restart
from beanstalk.errors import InvalidInput, Problem, UsageError, Where
from beanstalk.options.resolve import Configuration, Layer
from beanstalk.platform_file import FILE_NAME, Pairs, Platform, Preparation, Value
from beanstalk.platform_rules import choose_build, choose_web, files_of, hand_over, render
from beanstalk.scripts import Script, script_from_json
from beanstalk.source.bundle import Bundle, read_text
from beanstalk.source.procfile import ProcfileEntry, read_procfile
from beanstalk.worker import WORKER, Worker, make_worker, worker_from_json

WEB = "web"
"""Name of the process that gets the requests."""
OURS = "beanstalk:deployment"
PROCESS = "aws:elasticbeanstalk:environment:process:default"
APPLICATION = "aws:elasticbeanstalk:application"
HEALTH_URL = "Application Healthcheck URL"
REPORTING = "aws:elasticbeanstalk:healthreporting:system"


@dataclass(frozen=True, slots=True)
class Process:
    """One long-running command line. `web` gets the requests on ${PORT}; every one is restarted when it ends.

    command: for `sh -c`, as it is. Where it is plain its last program replaces the shell and gets SIGTERM itself.
    """

    name: str
    command: str

    @property
    def essential(self) -> bool:
        """Whether its instance ends when it ends."""
        return self.name == WEB

    @property
    def restart(self) -> Restart:
        return Restart.ALWAYS


@dataclass(frozen=True, slots=True)
class Secret:
    """An environment variable whose value is read when an instance starts. reference: see `secrets.read_reference`."""

    name: str
    reference: str


Unit = Process | Container
"""What an instance consists of."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """When an instance counts as healthy.

    path: asked for by GET, None: a TCP connection is enough.  codes: inclusive ranges of good statuses, ((200, 200),).
    interval_s: between checks of an instance in service, None: the target's own pace.  probe_interval_s: while it
    starts.  healthy_passes, unhealthy_failures: checks in a row, >= 1.
    threshold: worst health ("Ok", "Warning", "Degraded" or "Severe") with which a deployment goes on.
    wrong_answers_s: how long a starting instance may give nothing but wrong answers.
    """

    path: str | None
    codes: tuple[tuple[int, int], ...]
    interval_s: float | None
    probe_interval_s: float
    timeout_s: float
    healthy_passes: int
    unhealthy_failures: int
    threshold: str
    wrong_answers_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Build:
    """What is made once and shared by all instances and versions with the same `key`: the dependencies.

    key: hex digest of everything below and of the content of `files`.
    commands: for `sh -e -c`, one after the other, in the build folder.  environment: for the commands.
    path: folders in the build folder that go before PATH, for the commands and for the processes.
    links: (name in the instance's folder, path in the build folder). The name "*" stands for every
    entry of that path whose name the instance's folder does not have yet.
    files: paths copied from the version into the build folder first.
    tools: (program, remedy): what the machine must have, and what to tell a person when it does not.
    identify: commands whose output tells one machine's tools from another's, such as `python3 --version`; a build
    is not taken for another interpreter's.
    """

    key: str
    commands: tuple[str, ...]
    environment: Pairs
    path: tuple[str, ...]
    links: Pairs
    files: tuple[str, ...]
    tools: Pairs = ()
    identify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workload:
    """One version with one configuration, ready for a target.

    platform: its name.  processes: `web` first; none when there is a `group` of containers instead.
    environment: the platform's, then the user's properties, which win; PORT only when the user fixed it.
    drain_s: longest wait for open requests of a leaving instance.  grace_s: between SIGTERM and SIGKILL.
    build: None when there is nothing to prepare.  scripts: what else the bundle wants to run, in its order.
    secrets: by name; none of them is in `environment`, too.  worker: the queue that is worked off, None for an
    environment that answers requests.
    """

    platform: str
    processes: tuple[Process, ...]
    environment: Pairs
    health: HealthCheck
    drain_s: float
    grace_s: float
    build: Build | None
    group: ContainerGroup | None = None
    scripts: tuple[Script, ...] = ()
    secrets: tuple[Secret, ...] = ()
    worker: Worker | None = None

    @property
    def units(self) -> tuple[Unit, ...]:
        """The processes or containers of an instance, in the order in which they are started."""
        return self.group.containers if self.group else self.processes

    @property
    def web(self) -> str:
        """Name of the unit that gets the requests."""
        return self.group.web if self.group else WEB

    def unit(self, name: str) -> Unit:
        """Raises StopIteration when there is none of this name."""
        return next(unit for unit in self.units if unit.name == name)

    def secrets_of(self, unit: Unit) -> Pairs:
        """(variable, name of the secret) of each secret that a process or container sees."""
        if isinstance(unit, Container):
            return unit.secrets
        return tuple((secret.name, secret.name) for secret in self.secrets)

    def to_json(self) -> dict[str, Any]:
        """Lists, dicts, texts and numbers only. `from_json` gives back an equal value."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Workload:
        """Also takes what went through `json.dumps`. Raises KeyError or TypeError for anything else."""
        health = {**data["health"], "codes": tuple((low, high) for low, high in data["health"]["codes"])}
        build, group = data["build"], data.get("group")
        return cls(
            platform=data["platform"],
            processes=tuple(Process(**process) for process in data["processes"]),
            environment=_pairs(data["environment"]),
            health=HealthCheck(**health),
            drain_s=data["drain_s"],
            grace_s=data["grace_s"],
            build=None if build is None else _build(build),
            group=None if group is None else ContainerGroup.from_json(group),
            scripts=tuple(script_from_json(each) for each in data.get("scripts", ())),
            secrets=tuple(Secret(**each) for each in data.get("secrets", ())),
            worker=None if data.get("worker") is None else worker_from_json(data["worker"]),
        )


def make_workload(
    bundle: Bundle, configuration: Configuration, platform: Platform, group: ContainerGroup | None = None
) -> Workload:
    """Bring the three together. Pure: reads the bundle's entries and texts, runs nothing.

    group: the containers of an instance, None: it consists of processes.  A worker whose health check nobody chose is
    well when it takes connections: what processes messages need not answer GET.
    Raises InvalidInput for a Procfile with mistakes, UsageError when there is nothing to start.
    """
    processes: tuple[Process, ...] = ()
    build = None
    if group is None:
        text = read_text(bundle, "Procfile")
        lines = () if text is None else read_procfile(text, "Procfile")
        compose = Composition(bundle, configuration, platform)
        processes, extra = compose.processes(lines)
        build = compose.build(extra)
    return Workload(
        platform=platform.name,
        processes=processes,
        environment=_plain(platform, configuration),
        health=health_check(configuration),
        drain_s=drain_s(configuration),
        grace_s=configuration.number(OURS, "GraceSeconds"),
        build=build,
        group=group,
        secrets=tuple(Secret(name, reference) for name, reference in configuration.secrets().items()),
        worker=make_worker(bundle, configuration) if configuration.circumstances.tier == WORKER else None,
    )


def _plain(platform: Platform, configuration: Configuration) -> Pairs:
    """The platform's variables and the user's properties; no secret has a second, plain value."""
    both = {**dict(platform.environment), **configuration.properties()}
    return tuple((name, value) for name, value in both.items() if name not in configuration.secrets())


@dataclass(frozen=True, slots=True)
class Composition:
    """What an application is started and built with. address: what its processes are told to listen on."""

    bundle: Bundle
    configuration: Configuration
    platform: Platform
    address: str = "127.0.0.1"

    def processes(self, lines: tuple[ProcfileEntry, ...]) -> tuple[tuple[Process, ...], tuple[str, ...]]:
        """`web` first, then the others as the Procfile has them; and the build commands that this `web` needs."""
        listed = [Process(line.name, hand_over(line.command)) for line in lines]
        if any(process.name == "web" for process in listed):
            return tuple(sorted(listed, key=lambda process: process.name != "web")), ()
        web = choose_web(self.platform, self.bundle)
        if web is None:
            problem = f"the platform {self.platform.name} finds nothing to start in the application"
            if lines:
                problem = "the Procfile has no process named web, the one that answers requests"
            raise UsageError(problem, hint=self.platform.web_missing or "add a Procfile with a line `web: command`")
        return (Process("web", self.render(web.command)), *listed), tuple(self.render(each) for each in web.build)

    def build(self, extra: tuple[str, ...]) -> Build | None:
        choice = choose_build(self.platform, self.bundle)
        plan = self.platform.build
        if choice is None or plan is None:
            return None
        commands = (*(self.render(each) for each in (*plan.before, *choice.commands)), *extra)
        files = files_of(choice, self.bundle)
        environment = (*plan.environment, *self.visible(plan))
        # Of a mode only the executable bit: the rest is the packer's umask.
        contents = {entry.path: (entry.sha256, bool(entry.mode & 0o100)) for entry in self.bundle.entries}
        made_of = [
            self.platform.name, commands, environment, plan.path, choice.links, plan.identify,
            [(path, contents[path]) for path in files],
        ]  # fmt: skip
        return Build(
            key=hashlib.sha256(json.dumps(made_of).encode()).hexdigest(),
            commands=commands,
            environment=environment,
            path=plan.path,
            links=choice.links,
            files=files,
            tools=plan.tools,
            identify=plan.identify,
        )

    def visible(self, plan: Preparation) -> Pairs:
        """The user's properties that build commands see."""
        properties = self.configuration.properties().items()
        return tuple(
            (name, value)
            for name, value in sorted(properties)
            if any(fnmatchcase(name, pattern) for pattern in plan.properties)
        )

    def render(self, command: str) -> str:
        values = {"grace_seconds": str(round(self.configuration.number(OURS, "GraceSeconds")))}
        values |= {value.name: self.value(value) for value in self.platform.values}
        return render(command, values | {"address": self.address}, self.bundle)

    def value(self, value: Value) -> str:
        try:
            text = self.configuration.text(value.namespace, value.option) or ""
        except KeyError:
            at = Where(str(self.platform.folder / FILE_NAME))
            problem = f"the value {value.name} is of an unknown option {value.namespace}:{value.option}"
            raise InvalidInput([Problem(problem, at)]) from None
        for pattern, replacement in value.rewrite:
            text = re.sub(pattern, replacement, text)
        return text


def health_check(configuration: Configuration) -> HealthCheck:
    """Elastic Beanstalk's options, and ours where those are not set or describe a slow balancer.

    Without any of them it is GET / with 200, as an Application Load Balancer does; of a worker, which has none, it is a
    connection: what processes messages need not answer GET.
    """
    return HealthCheck(
        path=_health_path(configuration),
        codes=tuple(_code_range(each) for each in (configuration.text(PROCESS, "MatcherHTTPCode") or "200").split(",")),
        interval_s=_set_by_somebody(configuration, "HealthCheckInterval"),
        probe_interval_s=configuration.number(OURS, "ProbeIntervalMilliseconds") / 1000,
        timeout_s=configuration.number(PROCESS, "HealthCheckTimeout"),
        healthy_passes=round(
            _set_by_somebody(configuration, "HealthyThresholdCount") or configuration.number(OURS, "HealthyPasses")
        ),
        unhealthy_failures=configuration.integer(PROCESS, "UnhealthyThresholdCount"),
        threshold=configuration.text(REPORTING, "HealthCheckSuccessThreshold") or "Ok",
        wrong_answers_s=configuration.number(OURS, "WrongAnswerSeconds"),
    )


def drain_s(configuration: Configuration) -> float:
    """How long a leaving instance may take for its open requests. 0 is a value like any other."""
    set_by_somebody = _set_by_somebody(configuration, "DeregistrationDelay")
    return configuration.number(OURS, "DrainSeconds") if set_by_somebody is None else set_by_somebody


def _health_path(configuration: Configuration) -> str | None:
    """Raises InvalidInput for what no request could ask for."""
    path = _named_path(configuration)
    if path is not None and not re.fullmatch(r"/[!-~]*", path):
        hint = "begin with /, and write spaces and letters beyond ASCII percent-encoded (%20)"
        raise InvalidInput([Problem(f"the health check path {path!r} cannot be asked for", hint=hint)])
    return path


def _named_path(configuration: Configuration) -> str | None:
    """Of the two options for the same thing the one of the stronger layer; the newer one when both are in one.

    None for a TCP check: Protocol TCP, or "TCP:80" and "SSL:443" of the older option.
    """
    if configuration.text(PROCESS, "Protocol") == "TCP":
        return None
    url = configuration.text(APPLICATION, HEALTH_URL)
    is_chosen = url or configuration.layer(PROCESS, "HealthCheckPath") is not Layer.DEFAULT
    if configuration.circumstances.tier == WORKER and not is_chosen:
        return None
    strength = list(Layer).index
    by_url = strength(configuration.layer(APPLICATION, HEALTH_URL))
    by_path = strength(configuration.layer(PROCESS, "HealthCheckPath"))
    if not url or by_path <= by_url:
        return configuration.text(PROCESS, "HealthCheckPath") or "/"
    if url.startswith("/"):
        return url
    protocol, _, place = url.partition(":")
    return None if protocol in ("TCP", "SSL") else "/" + place.partition("/")[2]


def _code_range(text: str) -> tuple[int, int]:
    low, _, high = text.strip().partition("-")
    return int(low), int(high or low)


def _set_by_somebody(configuration: Configuration, name: str) -> float | None:
    """A number of the default process, None when it is only a default."""
    return None if configuration.layer(PROCESS, name) is Layer.DEFAULT else configuration.number(PROCESS, name)


def _build(data: dict[str, Any]) -> Build:
    return Build(
        key=data["key"],
        commands=tuple(data["commands"]),
        environment=_pairs(data["environment"]),
        path=tuple(data["path"]),
        links=_pairs(data["links"]),
        files=tuple(data["files"]),
        tools=_pairs(data["tools"]),
        identify=tuple(data["identify"]),
    )


def _pairs(data: Any) -> Pairs:
    return tuple((name, value) for name, value in data)
