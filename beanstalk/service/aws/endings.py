"""Whether an operation on AWS has ended, and how. Pure."""

from __future__ import annotations

from beanstalk.model import Outcome
from beanstalk.records import Kind
from beanstalk.service.aws.state import CloudOperation
from beanstalk.targets.aws.observing import stack_ended
from beanstalk.targets.aws.watch import Look, Memory, outcome_of

SETTLED_S = 10.0
"""For so long after AWS was told it may still show how everything was before."""
_CLOCKS_S = 3.0
"""By how much what S3 and Amazon ECS call now may differ; S3 tells whole seconds."""


def is_over(operation: CloudOperation, look: Look) -> bool:
    """Whether nothing moves any more in what AWS shows, which may be what was before: `may_be_old`."""
    if not stack_ended(look):
        return False
    if operation.by_stack:
        return True
    deployments = look.service.deployments if look.service else ()
    return len(deployments) <= 1 and all(each.rollout != "IN_PROGRESS" for each in deployments)


def may_be_old(operation: CloudOperation, look: Look) -> bool:
    """Whether what AWS shows may be from before the operation: it was told just now, and nothing of it is seen."""
    if operation.executed is None or look.at - operation.executed >= SETTLED_S or operation.kind is Kind.SWAP:
        return False
    if not operation.by_stack:
        return not _service_has_begun(operation, look)
    return look.stack is not None and all(each.token != operation.token for each in look.stack_events)


def verdict(operation: CloudOperation, look: Look, memory: Memory) -> tuple[Outcome, str]:
    """How an operation has ended, and why when it failed."""
    status = look.stack.status if look.stack else None
    if operation.kind is Kind.SWAP:  # it has ended as soon as Route 53 has taken the change
        return Outcome.SUCCEEDED, ""
    reason = look.stack.reason.rstrip(".") if look.stack else ""
    if operation.kind is not Kind.TERMINATE and status in (None, "DELETE_COMPLETE"):
        outcome: Outcome = Outcome.ABORTED if operation.abort else Outcome.ROLLED_BACK
    elif not operation.by_stack and look.service is not None:
        begun = _service_has_begun(operation, look)
        outcome = Outcome.SUCCEEDED if begun and not _service_went_back(look) else Outcome.ROLLED_BACK
        reason = reason if begun else "the client that began it went away before anything was changed"
    else:
        found = outcome_of(status, operation.abort)
        assert found is not None
        outcome = found
    if outcome is Outcome.SUCCEEDED:
        return outcome, ""
    if operation.abort:
        return outcome, "it was aborted"
    return outcome, memory.cause or reason or f"the stack is {status or 'gone'}"


def _service_has_begun(operation: CloudOperation, look: Look) -> bool:
    """Whether a deployment of the service is one of this operation, or it cannot be known."""
    since = (operation.executed or operation.created) - _CLOCKS_S
    deployments = look.service.deployments if look.service else ()
    seen = all(each.created for each in deployments) and deployments
    return bool(look.deployments) or not seen or any(each.created >= since for each in deployments)


def _service_went_back(look: Look) -> bool:
    deployments = look.service.deployments if look.service else ()
    failed = any(each.status == "PRIMARY" and each.rollout == "FAILED" for each in deployments)
    return failed or any(each.status.startswith("ROLLBACK") for each in look.deployments)
