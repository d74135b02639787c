"""The emulator with everything in this package applied; its settings are ministack's environment variables."""

from __future__ import annotations

from ministack.app import main

from tests.aws_emulator_patches import (
    alarms,
    balancers,
    references,
    resource_types,
    secrets,
    services,
    task_definitions,
    tasks,
)

for module in (alarms, balancers, references, resource_types, secrets, services, task_definitions, tasks):
    module.apply()
main()
