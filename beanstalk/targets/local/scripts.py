"""The scripts of instances as jobs: all that run together are one job of the runner.

So they survive the agent, their exit code is on disk, and they never run twice: an agent that comes back finds what
became of them. In `environments/ID/scripts/INSTANCE/`:

    before/, after/   the jobs, see runner.py; scripts.json is for the program of the job (script_job.py)
    records.jsonl     one line for each script that ended, of both
"""

from __future__ import annotations

import json
import shlex
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from beanstalk.containers import Container
from beanstalk.errors import TargetError
from beanstalk.records import Instance
from beanstalk.scripts import Part, Script
from beanstalk.store.home import Home
from beanstalk.targets.local import runner
from beanstalk.targets.local.logs import SCRIPTS_LOG, tail
from beanstalk.targets.local.processes import variables_of
from beanstalk.targets.local.script_containers import ScriptContainers
from beanstalk.targets.local.trees import remove_tree
from beanstalk.workload import Workload

FindContainers = Callable[[Container, Instance, Part, Mapping[str, str]], ScriptContainers]

_START = (
    "import sys; sys.path.append(sys.argv[1]); from beanstalk.targets.local.script_job import main; main(sys.argv[2])"
)


@dataclass(frozen=True, slots=True)
class ScriptRecord:
    """What came of one script.

    part, number: which one, `number` counts from 0 in its part.  what: where it was written and what it is.
    code: its exit code, 128 + n for signal n; None when it was not run because of its test.  ignored: it failed, and
    that does not matter.  problem: why it was not run, "" when it was.  lines: the last ones of what it said.
    """

    part: Part
    number: int
    what: str
    code: int | None
    seconds: float
    ignored: bool
    problem: str
    lines: tuple[str, ...]

    @property
    def failed(self) -> bool:
        return bool(self.code) and not self.ignored


class ScriptJobs:
    """Starts jobs, and tells what became of them. Nothing is kept here: make a new object at any time."""

    def __init__(self, home: Home, containers: FindContainers) -> None:
        """containers: what a job needs for scripts that run in containers; called for an instance of these."""
        self._home, self._containers = home, containers

    def start(
        self,
        instance: Instance,
        workload: Workload,
        part: Part,
        scripts: Sequence[Script],
        environment: Mapping[str, str],
        timeout_s: float,
    ) -> None:
        """Have `scripts` run in the instance's folder, until one fails or `timeout_s` are over. Returns at once.

        Nothing happens when this part of the instance was started before. environment: that of the application.
        Raises TargetError when the disk, the system or the engine refuses.
        """
        group = workload.group
        if group is not None:
            environment = {**dict(group.container(group.web).environment), **environment}
        place = self._place(instance)
        job = place / part
        logs = self._home.logs(instance.environment_id, instance.id)
        plan: dict[str, Any] = {
            "part": part,
            "folder": str(self._home.instance(instance.environment_id, instance.id)),
            "log": str(logs / SCRIPTS_LOG),
            "records": str(place / "records.jsonl"),
            "secrets": [variable for variable, _ in workload.secrets_of(workload.unit(workload.web))],
            "scripts": [asdict(script) | {"what": str(script), "is_hook": script.is_hook} for script in scripts],
        }
        if group is not None:
            web = group.container(group.web)
            plan["containers"] = self._containers(web, instance, part, environment).to_json()
        root = str(Path(__file__).resolve().parents[3])
        # -I: what the application's environment says to Python is not meant for this one
        command = "exec " + shlex.join([sys.executable, "-I", "-c", _START, root, str(job)])
        try:
            logs.mkdir(parents=True, exist_ok=True)
            job.mkdir(parents=True, exist_ok=True)
            if not (job / "job.json").exists():
                (job / "scripts.json").write_text(json.dumps(plan), encoding="utf-8")
            runner.start(
                job, [command], job, variables_of(self._home, instance, f"{part}:scripts", environment), timeout_s
            )
        except OSError as error:
            raise TargetError(f"its scripts cannot be started: {error}") from None

    def was_asked_for(self, instance: Instance, part: Part) -> bool:
        """Whether `start` came so far that the job may run: the instance's folder belongs to its scripts since."""
        return (self._place(instance) / part / "job.json").exists()

    def state(self, instance: Instance, part: Part) -> runner.State:
        return runner.state(self._place(instance) / part)

    def records(self, instance: Instance) -> list[ScriptRecord]:
        """Of all scripts that ended, in their order."""
        try:
            lines = (self._place(instance) / "records.jsonl").read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        found = [json.loads(line) for line in lines]
        return [ScriptRecord(**each | {"part": Part(each["part"]), "lines": tuple(each["lines"])}) for each in found]

    def last_lines(self, instance: Instance, lines: int) -> list[str]:
        """The end of what the scripts of an instance said."""
        return tail(self._home.logs(instance.environment_id, instance.id) / SCRIPTS_LOG, lines)

    def signal(self, instance: Instance, number: signal.Signals) -> None:
        """Send a signal to whatever runs of the instance's scripts."""
        for part in Part:
            runner.notify(self._place(instance) / part, number)

    def are_over(self, instance: Instance) -> bool:
        """Whether none of them runs, or is about to."""
        return not any(isinstance(self.state(instance, part), runner.Running) for part in Part)

    def clear(self, instance: Instance) -> None:
        """Forget them; what they said stays in the log."""
        remove_tree(self._place(instance))

    def _place(self, instance: Instance) -> Path:
        return self._home.scripts(instance.environment_id, instance.id)
