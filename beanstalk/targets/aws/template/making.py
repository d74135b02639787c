"""One template while it is made: what the concerns say, and what is built from all of it together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from beanstalk.errors import InvalidInput, Problem
from beanstalk.targets.aws.blueprint import Blueprint, Json, Parameter, Resources, Template, image_parameter
from beanstalk.targets.aws.checks import check_template
from beanstalk.targets.aws.launch import network_mode
from beanstalk.targets.aws.repository import repository_name
from beanstalk.targets.aws.strategy import Strategy
from beanstalk.targets.aws.taskdef import TaskDefinition, task_definition, to_cloudformation
from beanstalk.targets.aws.template import balancer, listeners, merge, network, outputs, roles, service
from beanstalk.targets.aws.template.aliases import used
from beanstalk.targets.aws.template.contribution import Contribution, all_together
from beanstalk.targets.aws.template.listeners import Layout
from beanstalk.targets.aws.template.pieces import merged, ref, resource
from beanstalk.targets.aws.template.tags import tagged, tags_of

T = TypeVar("T")


@dataclass
class Making:
    """problems: everything that is wrong so far; nothing stops at the first."""

    blueprint: Blueprint
    strategy: Strategy
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    resources: Resources = field(default_factory=dict)
    contributions: list[Contribution] = field(default_factory=list)

    def add(self, build: Callable[[Blueprint], Resources]) -> None:
        """Resources of one concern."""
        found = self._noting(lambda: build(self.blueprint))
        self.resources = merged(self.resources, found or {})

    def take(self, contribute: Callable[[Blueprint], Contribution]) -> None:
        """What one concern says about what others make."""
        found = self._noting(lambda: contribute(self.blueprint))
        if found is not None:
            self.contributions.append(found)

    def _noting(self, make: Callable[[], T]) -> T | None:
        """What it makes; None after its problems were noted."""
        try:
            return make()
        except InvalidInput as error:
            self.problems += error.problems
            self.warnings += error.warnings
            return None

    def finish(self) -> Template:
        """Raises InvalidInput with every problem."""
        more = all_together(self.contributions)
        self.warnings += more.warnings
        layout = self._layout()
        images = self._images()
        references = {name: ref(each) for name, each in images.items()}
        tasks = self._noting(lambda: task_definition(self.blueprint, references, None, more.containers))
        self._network(layout, more)
        if tasks is not None:
            self._tasks(tasks, layout, more, bool(images))
        if self.problems:
            raise InvalidInput(_once(self.problems), _once(self.warnings))
        return self._template(layout, images, more)

    def _layout(self) -> Layout | None:
        """None without a load balancer, and after its problems were noted."""
        if not self.blueprint.is_balanced:
            return None
        return self._noting(lambda: listeners.make_layout(self.blueprint))

    def _images(self) -> dict[str, str]:
        """Container → parameter, of the images that are built."""
        return {each.name: image_parameter(each.name) for each in self.blueprint.group.containers if each.image.build}

    def _network(self, layout: Layout | None, more: Contribution) -> None:
        blueprint = self.blueprint
        ports = [port.port for port in (layout.main, *layout.others)] if layout else [blueprint.group.port]
        groups = network.Doors(
            all_ports=network_mode(blueprint) == "bridge",
            ports=tuple(ports),
            listeners=tuple(each.port for each in layout.listeners) if layout else (),
            more=tuple(more.security_group_ingress),
        )
        self.add(lambda blueprint: network.build(blueprint, groups))
        if layout is not None:
            build = balancer.build_shared if network.is_shared(blueprint) else balancer.build
            self.add(lambda blueprint: build(blueprint, layout))

    def _tasks(self, tasks: TaskDefinition, layout: Layout | None, more: Contribution, built: bool) -> None:
        """The task definition, the roles that follow from it, cluster and service."""
        blueprint = self.blueprint
        self.warnings += tasks.warnings
        document = _with_more(blueprint, _with_ports(blueprint, tasks.document, layout), more)
        definition = to_cloudformation(document)
        self.resources["TaskDefinition"] = resource("AWS::ECS::TaskDefinition", definition)
        repository = repository_name(blueprint.application, blueprint.configuration) if built else ""
        self.add(lambda blueprint: roles.build(blueprint, document, repository, more, layout is not None))
        self.add(lambda blueprint: service.build_cluster(blueprint, more))
        production = outputs.production(layout, blueprint) if layout else None
        moving = roles.infrastructure_role(blueprint)
        self.add(lambda blueprint: service.build(blueprint, self.strategy, layout, more, production, moving))

    def _template(self, layout: Layout | None, images: Mapping[str, str], more: Contribution) -> Template:
        blueprint, shared = self.blueprint, network.is_shared(self.blueprint)
        hosts = balancer.shared_hosts(blueprint) if shared else []
        parameters = {
            **network.parameters(blueprint),
            **(balancer.shared_parameters(blueprint) if shared else {}),
            **_counts(blueprint),
            **{name: _image(container) for container, name in images.items()},
            **more.parameters,
        }
        kept = {"Fn::Equals": [ref(Parameter.KEEP_COUNT.value), "true"]}
        body: Json = {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": f"{blueprint.environment}, an environment of {blueprint.application}, made by beanstalk",
            "Parameters": parameters,
            "Conditions": {service.COUNT_IS_KEPT: kept, **more.conditions},
            "Resources": tagged(self.resources, tags_of(blueprint)),
            "Outputs": {**outputs.build(blueprint, layout, hosts), **more.outputs},
        }
        body, told = merge.with_those_of_bundle(blueprint, body)
        if problems := check_template(body):
            raise InvalidInput(problems, _once([*self.warnings, *told]))
        unused = parameters.keys() - used(body)
        body["Parameters"] = {name: each for name, each in body["Parameters"].items() if name not in unused}
        names = tuple(name for name in parameters if name not in unused)
        return Template(body, names, {**images, **more.image_parameters}, _once([*self.warnings, *told]))


def _with_ports(blueprint: Blueprint, document: Json, layout: Layout | None) -> Json:
    """With the ports of further processes, which nothing in the bundle may have said of its containers."""
    wanted = [(each.container, each.port) for each in layout.others] if layout else []
    host = {"hostPort": 0} if network_mode(blueprint) == "bridge" else {}

    def opened(container: Json) -> Json:
        there = container.get("portMappings", [])
        known = {each.get("containerPort") for each in there}
        added = [port for name, port in wanted if name == container["name"] and port not in known]
        ports = [{"containerPort": port, **host, "protocol": "tcp"} for port in dict.fromkeys(added)]
        return {**container, "portMappings": [*there, *ports]} if ports else container

    return {**document, "containerDefinitions": [opened(each) for each in document["containerDefinitions"]]}


def _with_more(blueprint: Blueprint, document: Json, more: Contribution) -> Json:
    """A task definition with what other concerns add to the application's containers."""
    own = {each.name for each in blueprint.group.containers}
    containers = [
        _application(each, more) if each["name"] in own else each for each in document["containerDefinitions"]
    ]
    found = {**document, "containerDefinitions": containers}
    if more.volumes:
        found["volumes"] = [*document.get("volumes", []), *more.volumes]
    return found


def _application(container: Json, more: Contribution) -> Json:
    """One container; what the bundle itself says of a variable stays."""
    named = {each["name"] for each in (*container.get("environment", []), *container.get("secrets", []))}
    added = [{"name": name, "value": value} for name, value in more.environment.items() if name not in named]
    secrets = [{"name": name, "valueFrom": value} for name, value in more.secrets.items() if name not in named]
    more_of = {"environment": added, "secrets": secrets, "mountPoints": list(more.mounts)}
    return {**container, **{key: [*container.get(key, []), *each] for key, each in more_of.items() if each}}


def _counts(blueprint: Blueprint) -> Json:
    size = {"Type": "Number", "Default": blueprint.size, "MinValue": 0, "Description": "tasks wanted"}
    keep = {
        "Type": "String", "Default": "false", "AllowedValues": ["true", "false"],
        "Description": "true: the number of tasks stays as it is, whatever is wanted here",
    }  # fmt: skip
    label = {"Type": "String", "Default": blueprint.version_label, "Description": "of the application version"}
    return {
        Parameter.DESIRED_COUNT.value: size,
        Parameter.KEEP_COUNT.value: keep,
        Parameter.VERSION_LABEL.value: label,
    }


def _image(container: str) -> Json:
    return {"Type": "String", "Description": f"image of the container {container}, by its digest"}


def _once(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(problems))
