"""Programs that a person runs beside an environment: once in a copy of its version, or inside one of its instances.

They use the terminal of whoever asked, and what they end with is theirs. The agent has nothing to do with them.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from beanstalk.containers import Container, ContainerGroup
from beanstalk.errors import NotFound, TargetError
from beanstalk.records import Deployment, Instance, State
from beanstalk.store.home import Home
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.container_lookup import check_program, check_running
from beanstalk.targets.local.container_programs import attach_command, exec_command, exit_code, made_once
from beanstalk.targets.local.machine import engine_of
from beanstalk.targets.local.preparing import LocalPreparer
from beanstalk.targets.local.processes import environment_of, given_secrets, identities, own_variables
from beanstalk.targets.local.secret_values import read_secrets
from beanstalk.targets.local.trees import copy_tree, remove_tree
from beanstalk.workload import Unit, Workload

_TERMINAL = ("TERM", "COLORTERM", "COLUMNS", "LINES")


class Programs:
    """Runs programs with the environment of instances. names: (environment name, version label).

    What they end with is returned: 127 when there is no such program, 128 + n for signal n, as a shell has it.
    container: name of the one that is meant, "" for that which gets the requests.
    """

    def __init__(self, home: Home, preparer: LocalPreparer) -> None:
        self._home, self._preparer = home, preparer

    def once(
        self,
        deployment: Deployment,
        workload: Workload,
        names: tuple[str, str],
        words: Sequence[str],
        container: str = "",
    ) -> int:
        """Run it in a fresh copy of the version, or a new container of its image; gone afterwards.

        Raises TargetError when the version is not ready on this machine, or a secret cannot be read; ProgramRefused
        when a container does not have the program; NotFound for an unknown container.
        """
        nobody = Instance("", deployment.environment_id, deployment.id, State.PENDING, 0, 0.0, 0.0)
        with self._copy(deployment) as folder:
            unit = _container(workload.group, container) if workload.group else workload.unit(workload.web)
            variables = self._variables(deployment, workload, nobody, names, _read(workload, unit))
            if isinstance(unit, Container):
                variables |= dict(unit.environment)
                return self._in_new_container(unit, variables, folder, words)
            self._preparer.link(deployment.workload_json, folder)
            del variables["PORT"]  # of an instance; nobody sends requests here
            return _run(_in_shell(words), folder, own_variables() | variables)

    def _in_new_container(
        self, container: Container, variables: Mapping[str, str], folder: Path, words: Sequence[str]
    ) -> int:
        engine, image = engine_of(self._home), self._preparer.images.name(container.image)
        labels = Labels.of(self._home).of_home()
        with made_once(engine, image, container, variables, folder, words, labels) as made:
            check_program(engine, made, container.name, words, own=True)
            told = _run(attach_command(engine.url, made), Path("/"), dict(os.environ))
            return exit_code(engine, made, told)

    def inside(
        self,
        deployment: Deployment,
        workload: Workload,
        names: tuple[str, str],
        instance: Instance,
        words: Sequence[str],
        container: str = "",
    ) -> int:
        """Run it in the folder of an instance with what its processes were given, or in a container of it.

        Raises NotFound for an unknown container, or one that was not started; ProgramRefused when a container does not
        have the program; TargetError when the container has ended, or a secret cannot be read.
        """
        folder = self._home.instance(instance.environment_id, instance.id)
        if workload.group is not None:
            chosen = _container(workload.group, container)
            key, _ = identities(instance).get(chosen.name, ("", 0.0))
            if not key:
                raise NotFound(f"{chosen.name} of instance {instance.id} was not started")
            engine = engine_of(self._home)
            command = exec_command(engine.url, str(key), words)
            check_running(engine, str(key), chosen.name)
            check_program(engine, str(key), chosen.name, words)
            return _run(command, Path("/"), dict(os.environ))
        secrets = given_secrets(workload, instance)
        if secrets is None:
            secrets = _read(workload, workload.unit(workload.web))
        variables = own_variables() | self._variables(deployment, workload, instance, names, secrets)
        return _run(_in_shell(words), folder, variables)

    def _variables(
        self,
        deployment: Deployment,
        workload: Workload,
        instance: Instance,
        names: tuple[str, str],
        secrets: Mapping[str, str],
    ) -> dict[str, str]:
        built = self._preparer.environment(deployment.workload_json)
        return environment_of(workload, instance, names, built, secrets)

    @contextmanager
    def _copy(self, deployment: Deployment) -> Iterator[Path]:
        unpacked = self._home.unpacked(deployment.digest)
        if not unpacked.is_dir():
            raise TargetError("the version is not unpacked on this machine", hint="wait until its deployment has ended")
        folder = self._home.run / f"program-{secrets.token_hex(6)}"
        try:
            copy_tree(unpacked, folder)
            yield folder
        except OSError as error:
            raise TargetError(f"the version cannot be copied: {error}") from None
        finally:
            remove_tree(folder)


def _container(group: ContainerGroup, name: str) -> Container:
    try:
        return group.container(name or group.web)
    except KeyError:
        names = ", ".join(each.name for each in group.containers)
        raise NotFound(f"an instance has no container {name}", hint=f"there are: {names}") from None


def _read(workload: Workload, unit: Unit) -> dict[str, str]:
    """{variable: value} of its secrets as they are now."""
    wanted = workload.secrets_of(unit)
    values = read_secrets(workload.secrets) if wanted else {}
    return {variable: values[name] for variable, name in wanted}


def _in_shell(words: Sequence[str]) -> list[str]:
    """One word is a line for the shell, several are a program and its arguments."""
    return ["/bin/sh", "-c", *([words[0]] if len(words) == 1 else ['exec "$@"', "sh", *words])]


def _run(command: Sequence[str], folder: Path, variables: dict[str, str]) -> int:
    """The terminal is the caller's."""
    terminal = {name: os.environ[name] for name in _TERMINAL if name in os.environ}
    try:
        child = subprocess.Popen(command, cwd=folder, env=terminal | variables)
    except (OSError, ValueError) as error:
        raise TargetError(f"{command[0]} cannot be started: {error}") from None
    while True:
        try:
            code = child.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:
            continue  # it got the signal, too, and decides itself
