"""What checks mean for an instance, and instances for their environment: tables by hand, and what holds always."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.records import Health
from beanstalk.rollout.health import (
    COLOUR,
    Answer,
    Checks,
    Situation,
    Verdict,
    environment_health,
    is_crash_loop,
    judge_serving,
    judge_starting,
    level_of,
    note,
    restart_delay,
)

OK, REDIRECT, ERROR, NONE = (
    Answer("Ok", 200, ""), Answer("Warning", 302, ""), Answer("Degraded", 500, ""), Answer("Severe", 0, ""),
)  # fmt: skip
NOT_YET = Answer("Degraded", 503, "")
answers = st.sampled_from([OK, REDIRECT, ERROR, NONE, NOT_YET])


@pytest.mark.parametrize(
    ("status", "codes", "level"),
    [
        (200, [(200, 200)], "Ok"),
        (201, [(200, 200)], "Warning"),
        (299, [(200, 299)], "Ok"),
        (302, [(200, 299)], "Warning"),
        (302, [(200, 200), (302, 302)], "Ok"),
        (404, [(200, 200)], "Warning"),
        (499, [(200, 200)], "Warning"),
        (500, [(200, 200)], "Degraded"),
        (503, [(500, 599)], "Ok"),
    ],
)
def test_an_answer_is_as_good_as_its_status(status, codes, level):
    assert level_of(status, codes) == level


@pytest.mark.parametrize(
    ("threshold", "passing"),
    [
        ("Ok", [OK]),
        ("Warning", [OK, REDIRECT]),
        ("Degraded", [OK, REDIRECT, ERROR]),
        ("Severe", [OK, REDIRECT, ERROR, NONE]),
    ],
)
def test_a_check_passes_up_to_the_threshold(threshold, passing):
    for answer in (OK, REDIRECT, ERROR, NONE):
        assert note(Checks(), answer, threshold, 0.0).passes == (answer in passing)


@given(st.lists(answers, max_size=20))
def test_passes_and_failures_are_counted_in_a_row(given_answers):
    checks = Checks()
    for number, answer in enumerate(given_answers):
        checks = note(checks, answer, "Ok", float(number))
    good = [answer is OK for answer in given_answers]
    row = next((length for length, each in enumerate(reversed(good)) if each != good[-1]), len(good))
    assert (checks.passes, checks.failures) == ((row, 0) if good and good[-1] else (0, row))


@pytest.mark.parametrize(
    ("sequence", "since"),
    [
        ([ERROR], 0.0),
        ([ERROR, REDIRECT, ERROR], 0.0),
        ([ERROR, NOT_YET, ERROR], 2.0),
        ([NONE, ERROR], 1.0),
        ([ERROR, NONE], None),
        ([ERROR, OK], None),
        ([NOT_YET, NOT_YET], None),
    ],
)
def test_wrong_answers_count_from_the_first_of_an_unbroken_row(sequence, since):
    checks = Checks()
    for number, answer in enumerate(sequence):
        checks = note(checks, answer, "Ok", float(number))
    assert checks.wrong_since == since


@pytest.mark.parametrize(
    ("checks", "ignore", "late", "verdict"),
    [
        (Checks(passes=2), False, False, Verdict.SERVE),
        (Checks(passes=1), False, False, Verdict.WAIT),
        (Checks(failures=9), False, True, Verdict.WAIT),
        (Checks(failures=9), True, True, Verdict.SERVE),
        (Checks(failures=9), True, False, Verdict.WAIT),
        (Checks(failures=9, wrong_since=90.0), False, False, Verdict.REMOVE),
        (Checks(failures=9, wrong_since=90.1), False, False, Verdict.WAIT),
        (Checks(failures=9, wrong_since=0.0), True, False, Verdict.WAIT),
    ],
)
def test_a_starting_instance_serves_waits_or_goes(checks, ignore, late, verdict):
    assert judge_starting(checks, 2, 10.0, ignore, late, now=100.0) is verdict


@given(st.integers(1, 10), st.integers(0, 20))
def test_an_instance_in_service_goes_after_so_many_failures_in_a_row(allowed, failures):
    expected = Verdict.REMOVE if failures >= allowed else Verdict.SERVE
    assert judge_serving(Checks(failures=failures), allowed) is expected


@pytest.mark.parametrize(
    ("failures", "size", "delay"),
    [(0, 3, 0.0), (1, 3, 0.0), (3, 3, 0.0), (4, 3, 0.5), (6, 3, 0.5), (7, 3, 1.0), (2, 1, 0.5), (3, 1, 1.0),
     (6, 1, 8.0), (7, 1, 10.0), (10**6, 1, 10.0), (1, 0, 0.0)],
)  # fmt: skip
def test_the_first_round_of_deaths_is_replaced_at_once_then_ever_later(failures, size, delay):
    assert restart_delay(failures, size) == delay


@given(st.integers(0, 10**9), st.integers(0, 100))
def test_more_deaths_never_shorten_the_wait_and_it_stays_short(failures, size):
    assert 0.0 <= restart_delay(failures, size) <= restart_delay(failures + 1, size) <= 10.0
    assert not is_crash_loop(failures, size) or restart_delay(failures, size) > 0


@pytest.mark.parametrize(("failures", "size", "loops"), [(2, 1, False), (3, 1, True), (6, 3, False), (7, 3, True)])
def test_three_rounds_are_a_crash_loop(failures, size, loops):
    assert is_crash_loop(failures, size) is loops


HEALTHY = Situation(size=4, in_service=4, expected=("v1", 7))


@pytest.mark.parametrize(
    ("change", "health", "first_cause"),
    [
        ({}, Health.OK, None),
        ({"creating": True, "in_service": 0}, Health.PENDING, "Environment is being created."),
        ({"updating": True, "in_service": 0}, Health.INFO, "An operation is in progress on the instances."),
        ({"in_service": 3}, Health.WARNING, "3 of 4 instances are in service."),
        ({"in_service": 2}, Health.WARNING, "2 of 4 instances are in service."),
        ({"in_service": 1}, Health.DEGRADED, "1 of 4 instances are in service."),
        ({"in_service": 0}, Health.SEVERE, "0 of 4 instances are in service."),
        ({"crash": "it exited with 1"}, Health.SEVERE, "Instances keep ending: it exited with 1"),
        ({"size": 0, "in_service": 0}, Health.UNKNOWN, "No instances are wanted."),
        ({"other_version": 1}, Health.DEGRADED,
         "Incorrect application version found on 1 of 4 instances."
         ' Expected version "v1" (deployment 7).'),
    ],
)  # fmt: skip
def test_the_health_of_an_environment(change, health, first_cause):
    found, causes = environment_health(replace(HEALTHY, **change))
    assert found is health
    assert (causes[0] if causes else None) == first_cause


def test_all_causes_are_told_the_most_important_first():
    now = Situation(4, 1, unhealthy=1, other_version=2, expected=("v1", 7), crash="it died")
    health, causes = environment_health(now)
    assert health is Health.SEVERE
    assert [cause.split()[0] for cause in causes] == ["Instances", "1", "Health", "Incorrect"]


@given(st.integers(1, 50), st.data())
def test_fewer_instances_in_service_are_never_healthier(size, data):
    order = [Health.OK, Health.WARNING, Health.DEGRADED, Health.SEVERE]
    fewer = data.draw(st.integers(0, size))
    more = data.draw(st.integers(fewer, size))
    worse, better = (environment_health(Situation(size, count))[0] for count in (fewer, more))
    assert order.index(worse) >= order.index(better)


def test_every_health_has_a_colour():
    assert set(COLOUR) == set(Health)
