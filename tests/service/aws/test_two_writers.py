"""Two who change one environment on AWS at the same time: nobody writes over what the other one did, on moto."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from beanstalk.errors import CloudError, EnvironmentBusy
from beanstalk.model import Outcome
from beanstalk.records import Kind, Status
from beanstalk.service.aws.operations import OutOfDate, begun, end
from beanstalk.service.aws.state import CloudOperation, Stage
from beanstalk.store.leases import FIELD


def silent(_):
    pass


def take_over(account, name):
    """Somebody else holds the environment now."""

    def taken(there):
        return {**there, FIELD: {**there[FIELD], "token": "somebody else's"}}

    account.service.store.change_document(f"environments/{name}.json", taken)


def test_what_was_worked_out_for_an_older_environment_is_not_carried_out(account):
    read = account.environment("shop-prod")
    with begun(account.service, read, Kind.RESTART, read.as_it_is(), silent) as first:
        end(first, Outcome.SUCCEEDED, "")
    again = begun(account.service, read, Kind.RESTART, read.as_it_is(), silent)
    with pytest.raises(EnvironmentBusy, match="changed by somebody else"), again:
        pytest.fail("it was begun")
    assert account.service.memory.operation(read.id, 2) == account.service.memory.operations(read)[0]
    assert account.service.memory.operation(read.id, 2).outcome is Outcome.SUCCEEDED
    assert account.service.memory.holder(read) == ""


def test_what_ends_only_when_it_is_looked_at_makes_the_next_change_be_worked_out_anew(account):
    """A deployment has ended, and nobody has written into the environment what runs there now."""
    read = account.environment("shop-prod", operation=2, operations=2)
    becomes = replace(read.as_it_is(), version_label="v2", deploys=True)
    done = CloudOperation("op", 2, Kind.DEPLOY, read.id, read.name, "me", 1.0, "v2", "v1", becomes, Stage.ENDED,
                          outcome=Outcome.SUCCEEDED, ended=2.0)  # fmt: skip
    account.service.memory.save_operation(done)
    again = begun(account.service, read, Kind.CONFIGURE, read.as_it_is(), silent)
    with pytest.raises(OutOfDate, match="brought to v2"), again:
        pytest.fail("v1 would come back")
    read = account.service.memory.environment("shop-prod")
    with begun(account.service, read, Kind.CONFIGURE, read.as_it_is(), silent) as running:
        end(running, Outcome.SUCCEEDED, "")
    assert account.service.memory.environment("shop-prod").version_label == "v2"


def test_whoever_was_taken_for_dead_leaves_what_the_next_one_writes(account):
    read = account.environment("shop-prod")
    held = begun(account.service, read, Kind.CONFIGURE, read.as_it_is(), silent)
    with pytest.raises(EnvironmentBusy, match="before it was renewed"), held as running:
        take_over(account, "shop-prod")
        running.check_wanted()
    left = account.service.memory.environment("shop-prod")
    assert (left.status, left.operation) == (Status.UPDATING, 2)


def test_what_has_ended_is_not_begun_again_by_a_late_word(account):
    read = account.environment("shop-prod")
    with begun(account.service, read, Kind.CONFIGURE, read.as_it_is(), silent) as running:
        late = running.operation
        end(running, Outcome.ABORTED, "it was aborted")
    account.service.memory.save_operation(replace(late, abort=True))
    kept = account.service.memory.operation(read.id, 2)
    assert (kept.stage, kept.outcome, kept.cause) == (Stage.ENDED, Outcome.ABORTED, "it was aborted")


def test_a_lease_outlives_a_request_that_fails(account, monkeypatch):
    read, failures = account.environment("shop-prod"), [CloudError("AWS cannot be reached")]
    change = account.service.store.documents.change

    def unsteady(key, changed):
        if failures:
            raise failures.pop()
        return change(key, changed)

    with begun(account.service, read, Kind.RESTART, read.as_it_is(), silent) as running:
        end(running, Outcome.SUCCEEDED, "")
    again = account.service.memory.environment("shop-prod")
    with account.service.memory.lease(again, running.operation, 0.4) as lease:
        before = lease.info.expires
        monkeypatch.setattr(account.service.store.documents, "change", unsteady)
        until = lease.info.since + 30.0
        while lease.info.expires == before and account.service.store.now() < until:
            time.sleep(0.02)
    assert not failures and lease.info.expires > before
