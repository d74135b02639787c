"""What the agent tidies up now and then: folders nobody needs, long logs, old rows. Nothing here is urgent."""

from __future__ import annotations

import contextlib
import time

from beanstalk.agent.world import World
from beanstalk.errors import BeanstalkError
from beanstalk.records import Deployment
from beanstalk.source.bundle import remove_unpacked
from beanstalk.targets.local.logs import forget_oldest, rotate
from beanstalk.targets.local.trees import remove_tree

_KEPT_DEPLOYMENTS = 10
"""Deployments of an environment whose unpacked bundles and built dependencies stay, so that going back is quick."""
_KEPT_ENVIRONMENTS = 20
"""Environments that are gone and whose logs stay."""
_HISTORY_S = 42 * 86400
"""Six weeks of events, as Elastic Beanstalk keeps."""
_SCRATCH_S = 3600.0
"""Files of a packing that died are older than this."""


def keep_house(world: World, now: float) -> None:
    """Tidy everything once. What cannot be tidied now is tidied the next time."""
    for task in (_sweep_instances, sweep_environments, _sweep_versions, _sweep_scratch, _tend_logs):
        with contextlib.suppress(OSError, BeanstalkError):
            task(world)
    world.store.forget_before(now - _HISTORY_S)


def _sweep_instances(world: World) -> None:
    """Remove from the engine what instances left that nobody knows any more."""
    world.host.sweep({instance.id for instance in world.store.living_instances()})


def sweep_environments(world: World) -> None:
    """Remove the folders of environments that do not live any more (one whose creation failed, for example)."""
    living = {environment.id for environment in world.store.living()}
    folders = world.home.folder / "environments"
    for folder in folders.iterdir() if folders.is_dir() else ():
        if folder.name not in living:
            found = world.store.environments.get(folder.name)
            if found is not None and not found.deployment_id:
                keep_logs(world, folder.name)  # its creation failed: somebody wants to know why
            remove_tree(folder)


def keep_logs(world: World, environment_id: str) -> None:
    """Put the logs of an environment that goes where they stay. Of those that were kept before, the newest remain."""
    logs, kept = world.home.environment(environment_id) / "logs", world.home.kept_logs(environment_id)
    if not logs.is_dir():
        return
    kept.parent.mkdir(exist_ok=True, mode=0o700)
    forget_oldest(kept.parent, (), _KEPT_ENVIRONMENTS - 1)
    remove_tree(kept)
    logs.rename(kept)


def _tend_logs(world: World) -> None:
    for environment in world.store.living():
        living = [instance.id for instance in world.store.living_instances(environment.id)]
        logs = world.home.environment(environment.id) / "logs"
        for instance_id in living:
            rotate(logs / instance_id)
        forget_oldest(logs, living)


def _sweep_versions(world: World) -> None:
    """Remove unpacked bundles, builds and images that nothing runs on and no recent deployment used."""
    used = _in_use(world)
    sweep_images(world)
    if not used:
        return
    digests = {deployment.digest for deployment in used}
    unpacked = world.home.folder / "unpacked"
    for folder in unpacked.iterdir() if unpacked.is_dir() else ():
        if folder.name not in digests and not folder.name.startswith("."):
            with contextlib.suppress(OSError):
                remove_unpacked(folder)
    world.preparer.sweep_builds([deployment.workload_json for deployment in used])


def sweep_images(world: World) -> None:
    """The engine is shared with others: what of this home nothing needs goes, also when no environment is left."""
    versions = {version.digest for version in world.store.versions.where("1")}
    world.preparer.sweep_images([deployment.workload_json for deployment in _in_use(world)], versions)


def _in_use(world: World) -> list[Deployment]:
    """Of every environment the latest deployments whose version was not deleted, what an open one goes to or back to,
    and those of its instances, however long ago they were."""
    store = world.store
    there = {(version.application, version.label) for version in store.versions.where("1")}
    found: dict[int, Deployment] = {}
    for environment in store.living():
        query = f"environment_id = ? ORDER BY id DESC LIMIT {_KEPT_DEPLOYMENTS}"
        for each in store.deployments.where(query, environment.id):
            if each.ended is None or (environment.application, each.version_label) in there:
                found[each.id] = each
        for identity in (environment.deployment_id, *(e.deployment_id for e in store.living_instances(environment.id))):
            running = store.deployments.get(identity)
            found |= {running.id: running} if running else {}
    return list(found.values())


def _sweep_scratch(world: World) -> None:
    """Remove what a killed packing or unpacking left."""
    for folder in (world.home.bundles, world.home.folder / "unpacked"):
        for scratch in folder.glob(".*"):
            with contextlib.suppress(OSError):
                if time.time() - scratch.lstat().st_mtime > _SCRATCH_S:
                    remove_tree(scratch) if scratch.is_dir() else scratch.unlink()
