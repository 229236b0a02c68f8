"""Measured hit rates and their judgement: theory's own pass, a cache with another rule fails."""

from dataclasses import replace

import numpy as np
import pytest

from ffcore import ConfigError
from ffcore.lab import caching
from ffcore.lab.caching import Traffic, zipf
from ffcore.lab.caching.measuring import measure, theory_check

TRAFFIC = Traffic(100, zipf(8), containers=5)


def test_evaluators_and_simulator_measure_the_same() -> None:
    """Both count the same requests to the same rate, of all flags and of each."""
    played, simulated = measure(TRAFFIC, 3, 20_000), measure(TRAFFIC, 3, 20_000, make=None)

    assert (played.hit_rate, played.n, played.mismatches) == (simulated.hit_rate, simulated.n, 0)
    assert simulated.mismatches is None
    assert played.flags.tolist() == simulated.flags.tolist()


def test_flags_weigh_up_to_the_whole() -> None:
    """Each flag's hits over its requests, the popular above the others."""
    run = measure(TRAFFIC, 3, 200_000, make=None)

    assert run.flags == pytest.approx(caching.hit_rate(TRAFFIC.rates, 3), abs=0.02)
    assert float(np.dot(run.flags, TRAFFIC.shares)) == pytest.approx(run.hit_rate, abs=0.005)


def test_intervals_are_wider_for_more_confidence_and_stay_fractions() -> None:
    """The interval holds the estimate and never leaves 0 to 1."""
    run = replace(measure(TRAFFIC, 3, 500, make=None), hit_rate=0.9999)
    (low, high), (lower, higher) = run.interval(0.9), run.interval(0.99)

    assert 0 < lower < low < 0.9999 < high <= higher <= 1


def test_theory_passes_and_few_requests_leave_it_open() -> None:
    """Two fleets over many requests pass; over a hundred the interval reaches beyond the margin."""
    many = {str(count): measure(TRAFFIC.over(count), 3, 300_000, make=None) for count in (1, 5)}
    few = {"few": measure(TRAFFIC, 3, 100, make=None)}

    assert theory_check("many", many).verdict == "pass"
    assert theory_check("few", few).verdict == "inconclusive"
    assert (theory_check("few", few).n_needed or 0) > 10_000


def test_a_cache_that_renews_lives_fails() -> None:
    """What it would hit more often is seen, though only one of two runs has it."""
    right, other = (measure(TRAFFIC, 3, 30_000, make=None, seed=seed) for seed in (1, 2))
    renewed = float(np.dot(TRAFFIC.shares, caching.renewed_hit_rate(TRAFFIC.rates, 3)))
    check = theory_check("hit rates", {"right": right, "renewed": replace(other, hit_rate=renewed)})

    assert check.verdict == "fail"
    assert check.p_value is not None
    assert check.p_value < 1e-9


def test_a_half_request_is_refused() -> None:
    """Requests are counted."""
    with pytest.raises(ConfigError, match="requests: expected a whole number"):
        measure(TRAFFIC, 3, 0)
