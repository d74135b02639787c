"""The emulator with everything in this package applied; its settings are ministack's environment variables.

ALSO_AT: one more address that it answers at, for the containers of tasks, whose AWS_ENDPOINT_URL leads there.
"""

from __future__ import annotations

import os

import hypercorn.asyncio
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

serve = hypercorn.asyncio.serve


async def serve_there_too(app, config):
    config.bind += [f"{os.environ['ALSO_AT']}:{os.environ['GATEWAY_PORT']}"] if os.environ.get("ALSO_AT") else []
    await serve(app, config)


hypercorn.asyncio.serve = serve_there_too
for module in (alarms, balancers, references, resource_types, secrets, services, task_definitions, tasks):
    module.apply()
main()
