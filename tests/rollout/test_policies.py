"""The promises of every policy, for every fleet; and the walks, written out by hand."""

from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.model import (
    Await,
    Count,
    End,
    Enter,
    Fleet,
    Group,
    OnFailure,
    Outcome,
    Phase,
    Policy,
    Rollout,
    Route,
    Scale,
)
from beanstalk.rollout.policies import ABORTED, abort, batch_of, keeps_old, next_step, promises
from beanstalk.targets.memory import MemoryFleet
from beanstalk.targets.plan import make_plan, trace

OLD, NEW = Group.OLD, Group.NEW
REPLACING = [policy for policy in Policy if policy is not Policy.RESIZE]


def rollout(policy, n, batch=1, old=None, **more):
    return Rollout(policy, n, n if old is None else old, batch, timeout_s=60.0, evaluate_s=5.0, **more)


def finish(current, fleet):
    """Walk to the end; returns how it ended."""
    return [move for _, move in trace(current, fleet)][-1]


@pytest.mark.parametrize(
    ("size", "batch_size", "percentage", "expected"),
    [
        (4, 25, True, 1),
        (4, 30, True, 2),
        (3, 33, True, 1),
        (3, 34, True, 2),
        (10, 1, True, 1),
        (4, 100, True, 4),
        (1, 30, True, 1),
        (4, 2, False, 2),
        (4, 9, False, 4),
        (0, 50, True, 1),
    ],
)
def test_a_batch_is_rounded_up_and_capped_by_the_fleet(size, batch_size, percentage, expected):
    assert batch_of(size, batch_size, percentage) == expected


WALKS = {
    (Policy.ALL_AT_ONCE, 2, 2): [
        Scale(OLD, 0), Await(OLD, 0), Scale(NEW, 2), Await(NEW, 2),
    ],
    (Policy.ROLLING, 3, 2): [
        Scale(OLD, 1), Await(OLD, 1), Scale(NEW, 2), Await(NEW, 2),
        Scale(OLD, 0), Await(OLD, 0), Scale(NEW, 3), Await(NEW, 3),
    ],
    (Policy.ADDITIONAL_BATCH, 3, 2): [
        Scale(NEW, 2), Await(NEW, 2), Scale(OLD, 1), Scale(NEW, 3), Await(NEW, 3), Scale(OLD, 0), Await(OLD, 0),
    ],
    (Policy.IMMUTABLE, 3, 1): [
        Scale(NEW, 1), Await(NEW, 1), Scale(NEW, 3), Await(NEW, 3), Scale(OLD, 0), Await(OLD, 0),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("policy", "n", "batch"), WALKS)
def test_the_walk_is_the_documented_one(policy, n, batch):
    assert list(make_plan(rollout(policy, n, batch)).steps) == WALKS[policy, n, batch]


def test_traffic_splitting_starts_all_without_traffic_holds_and_then_gives_everything():
    steps = list(make_plan(rollout(Policy.TRAFFIC_SPLITTING, 2, new_percent=15)).steps)
    assert steps[:4] == [Route(0), Scale(NEW, 2), Await(NEW, 2), Route(15)]
    assert steps[5:] == [Route(100), Scale(OLD, 0), Await(OLD, 0)]


@given(st.sampled_from(REPLACING), st.integers(1, 40), st.integers(0, 40), st.data())
def test_every_policy_ends_with_the_new_version_within_its_promise(policy, n, old, data):
    current = rollout(policy, n, data.draw(st.integers(1, n)), old)
    fleet = MemoryFleet(old, start_s=data.draw(st.floats(0.1, 9)), stop_s=data.draw(st.floats(0.1, 9)))
    assert finish(current, fleet) == End(Outcome.SUCCEEDED)
    assert (fleet.groups[OLD].healthy, fleet.groups[NEW].healthy) == (0, n)
    least, most = promises(current)
    assert min(fleet.serving) >= least
    assert max(fleet.running) <= most


@given(st.sampled_from(REPLACING), st.integers(1, 12), st.integers(1, 12), st.data())
def test_a_failure_at_any_start_ends_with_the_old_version(policy, n, old, data):
    current = rollout(policy, n, data.draw(st.integers(1, n)), old)
    fleet = MemoryFleet(old)
    fails_at = data.draw(st.integers(0, 12))
    end = None
    awaited = 0
    for _, move in trace(current, fleet):
        end = move
        if isinstance(move, Await) and move.group is NEW:
            if awaited == fails_at:
                fleet.fail_starting(NEW)
            awaited += 1
    assert (fleet.groups[OLD].healthy, fleet.groups[NEW].healthy) in {(old, 0), (0, n)}
    failed = fleet.groups[NEW].failed > 0
    assert end.outcome is (Outcome.ROLLED_BACK if failed else Outcome.SUCCEEDED)


@given(st.sampled_from(REPLACING), st.integers(2, 12), st.data())
def test_going_back_never_removes_good_capacity_first(policy, n, data):
    batch = data.draw(st.integers(1, n - 1))
    current = rollout(policy, n, batch)
    fleet = MemoryFleet(n)
    for _, move in trace(current, fleet):
        if isinstance(move, Await) and move.group is NEW and fleet.groups[NEW].healthy:
            fleet.fail_starting(NEW)
    least = promises(current)[0]
    assert min(fleet.serving) >= min(least, n - batch)


counts = st.builds(
    Count,
    starting=st.integers(0, 4),
    healthy=st.integers(0, 4),
    unhealthy=st.integers(0, 2),
    leaving=st.integers(0, 4),
)


def rebuilt(old: Count, new: Count, **kw) -> MemoryFleet:
    """The fleet that a newly started agent would find."""
    fleet = MemoryFleet(old.healthy + old.unhealthy, **kw)
    fleet.groups[NEW].healthy = new.healthy
    for group, count in ((OLD, old), (NEW, new)):
        if count.starting:
            fleet.groups[group].starting.append((0.0, 1.0, count.starting))
        if count.leaving:
            fleet.groups[group].leaving.append((1.0, count.leaving))
    return fleet


@settings(max_examples=300)
@given(
    st.sampled_from(list(Policy)),
    st.integers(1, 6),
    st.integers(0, 6),
    st.integers(1, 6),
    st.sampled_from([Phase.FORWARD, Phase.COMMIT, Phase.BACK]),
    st.sampled_from([None, 0, 10, 100]),
    counts,
    counts,
)
def test_every_state_leads_to_an_end(policy, n, old_size, batch, phase, route, old, new):
    current = rollout(policy, n, min(batch, n), old_size, phase=phase, route=route, cause="why")
    fleet = rebuilt(old, new)
    moves = [move for _, move in islice(trace(current, fleet), 200)]
    assert isinstance(moves[-1], End)


@given(st.sampled_from(list(Policy)), st.integers(1, 9), st.integers(1, 9), counts, counts)
def test_asking_again_gives_the_same_answer(policy, n, batch, old, new):
    current = rollout(policy, n, min(batch, n))
    assert next_step(current, Fleet(old, new), 1.0) == next_step(current, Fleet(old, new), 1.0)


@pytest.mark.parametrize("policy", REPLACING)
@pytest.mark.parametrize("phase", [Phase.BUILD, Phase.FORWARD, Phase.EVALUATE, Phase.COMMIT, Phase.BACK])
def test_abort_leads_back_from_every_phase(policy, phase):
    current = rollout(policy, 3, 1, phase=phase, route=100 if policy is Policy.TRAFFIC_SPLITTING else None)
    fleet = MemoryFleet(1)
    fleet.groups[NEW].healthy = 2
    enter = abort(current)
    assert enter == Enter(Phase.BACK, ABORTED)
    end = finish(replace(current, phase=Phase.BACK, cause=ABORTED), fleet)
    assert end == End(Outcome.ABORTED, ABORTED)
    assert (fleet.groups[OLD].healthy, fleet.groups[NEW].healthy) == (3, 0)


def test_on_failure_stop_leaves_everything_as_it_is():
    current = rollout(Policy.ROLLING, 4, on_failure=OnFailure.STOP)
    seen = Fleet(Count(healthy=2), Count(healthy=1, failed=1, cause="it exited"))
    assert next_step(current, seen, 0.0) == End(Outcome.FAILED, "it exited")


def test_a_start_that_takes_longer_than_the_timeout_fails():
    seen = Fleet(Count(healthy=4), Count(starting=1, oldest_start=100.0))
    assert next_step(rollout(Policy.IMMUTABLE, 4), seen, 160.0) == Await(NEW, 1)
    assert next_step(rollout(Policy.IMMUTABLE, 4), seen, 160.1) == Enter(Phase.BACK, "not healthy within 60 s")


def test_ignoring_health_checks_does_not_fail_on_time_or_health_but_on_death():
    current = rollout(Policy.ROLLING, 2, ignore_health=True)
    late = Fleet(Count(healthy=1), Count(starting=1, oldest_start=0.0))
    assert next_step(current, late, 1000.0) == Await(NEW, 1)
    dead = Fleet(Count(healthy=1), Count(failed=1, cause="it exited"))
    assert next_step(current, dead, 0.0) == Enter(Phase.BACK, "it exited")


def test_a_first_deployment_that_fails_leaves_nothing():
    fleet = MemoryFleet(0)
    moves = []
    for _, move in trace(rollout(Policy.ALL_AT_ONCE, 2, old=0), fleet):
        moves.append(move)
        if move == Await(NEW, 2):
            fleet.fail_starting(NEW)
    assert moves[-1].outcome is Outcome.ROLLED_BACK
    assert fleet.observe().new.running == 0


def test_going_back_gives_up_when_the_old_version_keeps_dying():
    current = rollout(Policy.IMMUTABLE, 2, phase=Phase.BACK, cause="new died")
    move = next_step(current, Fleet(Count(failed=3, cause="old died"), Count()), 0.0)
    assert move == End(Outcome.FAILED, "new died; going back failed too: old died")


def test_only_policies_with_an_untouched_old_group_replace_its_dead():
    assert keeps_old(rollout(Policy.IMMUTABLE, 2))
    assert not keeps_old(rollout(Policy.IMMUTABLE, 2, phase=Phase.COMMIT))
    assert not keeps_old(rollout(Policy.ROLLING, 2))


@given(st.integers(0, 20), st.integers(0, 20))
def test_a_resize_ends_at_the_wanted_number_and_never_dips_below_the_smaller(n, old):
    plan_fleet = MemoryFleet(0)
    plan_fleet.groups[NEW].healthy = old
    plan_fleet.serving.clear()
    assert finish(rollout(Policy.RESIZE, n, old=old), plan_fleet) == End(Outcome.SUCCEEDED)
    assert plan_fleet.groups[NEW].healthy == n
    assert min(plan_fleet.serving, default=n) >= min(n, old)
