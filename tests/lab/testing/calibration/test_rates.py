"""Tests of the calibration itself: it sees checks that alarm too often, too rarely, or against their own p-value."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ffcore.lab.testing.calibration import command
from ffcore.lab.testing.calibration.nulls import NULLS
from ffcore.lab.testing.calibration.populations import counts, flag, looks, serving, shifted
from ffcore.lab.testing.calibration.rates import Null, Power, Rate, Trial
from ffcore.lab.verify import Check, rollout, sample_ratio

UNIFORM = np.random.default_rng(5).random(4_000)


def honest(number: int, alpha: float) -> Check:
    """A check with a uniform p-value and the verdict that follows from it."""
    p_value = float(UNIFORM[number])
    return Check("demo", "fail" if p_value < alpha else "pass", p_value=p_value, alpha=alpha)


def with_p(change: Callable[[float], float]) -> Trial:
    """A check whose p-value is wrong, and whose verdict follows from it."""

    def trial(number: int, alpha: float) -> Check:
        p_value = change(float(UNIFORM[number]))
        return Check("demo", "fail" if p_value < alpha else "pass", p_value=p_value, alpha=alpha)

    return trial


def ten_times_too_eager(number: int, alpha: float) -> Check:
    """A check that fails below ten times its alarm rate, with a right p-value."""
    check = honest(number, alpha)
    return replace(check, verdict="fail" if (check.p_value or 0) < 10 * alpha else "pass")


def unfounded(number: int, alpha: float) -> Check:
    """A proof that is violated although nothing is wrong."""
    return Check("demo", "fail" if number % 10 == 0 else "pass", alpha=alpha)


def test_an_honest_check_holds() -> None:
    """A uniform p-value is neither too small nor too large too often."""
    finding = Null("demo", "uniform", honest, exact=True).run(4_000)

    assert finding.holds
    assert [rate.what for rate in finding.rates] == [
        "p below 0.05", "p below 0.01", "p below 0.001", "fail at 0.05", "fail at 0.001",
    ]  # fmt: skip
    assert [rate.trials for rate in finding.rates] == [4_000, 4_000, 4_000, 2_000, 2_000]


@pytest.mark.parametrize(
    ("trial", "trials"),
    [
        (with_p(lambda p_value: p_value / 10), 60),
        (with_p(lambda p_value: p_value / 2), 2_000),
        (with_p(lambda p_value: p_value * 10), 2_000),
        (ten_times_too_eager, 60),
        (unfounded, 2_000),
    ],
    ids=["p a tenth", "p half", "p tenfold", "tenfold alarm rate", "unfounded proof"],
)
def test_a_check_that_is_off_does_not_hold(trial: Trial, trials: int) -> None:
    """A tenfold alarm rate shows in 60 trials, smaller faults, and too few alarms, in 2,000."""
    assert not Null("demo", "off", trial, exact=True).run(trials).holds


def test_verdicts_must_follow_from_their_p_values() -> None:
    """A verdict on the wrong side of its p-value is counted, even if the rates are right."""
    finding = Null("demo", "off", ten_times_too_eager).run(60)

    assert finding.contradictions > 0
    assert Null("demo", "honest", honest).run(60).contradictions == 0


def test_a_cautious_check_may_alarm_less() -> None:
    """Only where the p-value is uniform are too few alarms wrong: an exact test of few users is below its rate."""
    timid = with_p(lambda p_value: min(1.0, p_value * 10))

    assert Null("demo", "timid", timid).run(2_000).holds
    assert not Null("demo", "timid", timid, exact=True).run(2_000).holds


@pytest.mark.parametrize(("stated", "holds"), [((0.47, 0.53), True), ((0.9, 1.0), False), ((0.0, 0.3), False)])
def test_powers_are_held_from_both_sides(stated: tuple[float, float], holds: bool) -> None:
    """A power of a half is no power of 90 %, and no power of 30 %."""
    half = Power("demo", "half", lambda number, _: Check("demo", "fail" if number % 2 else "pass"), "fail", *stated)

    assert half.run().holds is holds


def test_an_interval_is_clopper_and_pearsons() -> None:
    """Known bounds: none of ten is 0 to 30.8 %, and half of 2,000 is within 2.2 points."""
    assert Rate("", 0, 10, 0, 1).interval == pytest.approx((0, 0.3085), abs=1e-4)
    assert Rate("", 1_000, 2_000, 0, 1).interval == pytest.approx((0.4779, 0.5221), abs=1e-4)


def test_what_is_counted_is_what_is_served() -> None:
    """Counts are of all users, looks add up to them, and functions serve the share that they should."""
    served = flag(3, 100, {"a": "7/10", "b": "3/10"})
    arms = counts(3, [0.7, 0.3], 5_000)
    found = rollout(serving("calibration-3", 0.25), range(40_000), expected=0.25)

    assert served.key == "calibration-3"
    assert sum(arms) == 5_000
    assert np.sum(looks(3, [0.7, 0.3], 5_000, 100), axis=0).tolist() == arms
    assert found.verdict == "pass"
    assert sum(shifted([0.6, 0.3, 0.1], 2, 0.05)) == pytest.approx(1)


@pytest.mark.slow
def test_the_command_prints_and_judges() -> None:
    """One check alone, few trials, on all cores: a line for each rate, and exit code 0."""
    options = ["--only", "sample_ratio", "--trials", "20"]
    command_line = [sys.executable, "-m", "ffcore.lab.testing.calibration", *options]
    done = subprocess.run(command_line, capture_output=True, text=True, check=True)

    assert done.stderr == ""
    assert done.stdout.splitlines()[0] == "sample_ratio: 50:50, 10,000 users"
    assert done.stdout.splitlines()[1].startswith("  p below 0.05 ")


def test_a_rate_that_is_off_is_marked() -> None:
    """Who reads the table sees at once which check is not as stated."""
    never = Power("sample_ratio", "never", lambda *_: sample_ratio([1, 1], [0.5, 0.5]), "fail", 0.9)

    assert next(command.lines(never.run(100))) == "sample_ratio: never   <- NOT as stated"


def test_every_case_is_long_enough_when_run_in_full() -> None:
    """No fewer than 2,000 salts."""
    assert min(case.trials for case in NULLS) >= 2_000
