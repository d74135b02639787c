"""Worker environments on this machine: whose queue they work off, and what they cannot do."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from beanstalk.errors import BeanstalkError, InvalidInput, Problem, UsageError
from beanstalk.model import Policy, Rollout
from beanstalk.records import Environment
from beanstalk.targets.worker.queues import endpoint_of
from beanstalk.worker import SQSD

if TYPE_CHECKING:
    from beanstalk.service.changes import Change

_VARIABLES = ("AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL")


def with_queue(change: Change, like: Environment | None = None) -> Change:
    """A new worker with whom it asks about its queue. like: the environment that it is a copy of.

    Raises UsageError when nobody is known who has queues.
    """
    if not change.environment.is_worker:
        return change
    assert change.workload.worker is not None
    endpoint = _endpoint(change.workload.worker.queue_url, like)
    return replace(change, environment=replace(change.environment, queue_json=json.dumps({"Endpoint": endpoint})))


def queue_of(environment: Environment) -> str:
    """The address of the queue of a worker, "" while it is not known."""
    return str(json.loads(environment.queue_json).get("Url", ""))


def check_web(*environments: Environment) -> None:
    """Raises InvalidInput with each one that has no CNAME, because it is a worker."""
    problems = [
        Problem(f"{each.name} is a worker environment, which has no CNAME", hint="name environments of the web tier")
        for each in environments
        if each.is_worker
    ]
    if problems:
        raise InvalidInput(problems)


def check_policy(environment: Environment, rollout: Rollout) -> None:
    """Raises BeanstalkError for a policy that needs a load balancer."""
    if environment.is_worker and rollout.policy is Policy.TRAFFIC_SPLITTING:
        hint = "choose another one: --policy RollingWithAdditionalBatch"
        raise BeanstalkError(f"{environment.name} is a worker, which has no traffic to split", hint=hint)


def _endpoint(queue_url: str, like: Environment | None) -> str:
    if queue_url:
        return endpoint_of(queue_url)
    found = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), "")
    found = found or (json.loads(like.queue_json).get("Endpoint", "") if like else "")
    if not found:
        hint = (
            "set AWS_ENDPOINT_URL_SQS to a service on this machine that speaks SQS, or name a queue that is there: "
            f"--option {SQSD}:WorkerQueueURL=URL"
        )
        raise UsageError("a worker environment works off a queue, and no service that has queues is known", hint=hint)
    return found
