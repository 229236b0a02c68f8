"""Real evaluators in simulated time: they miss what the simulator says, and survive what they should."""

import logging

import numpy as np
import pytest

from ffcore.lab import caching
from ffcore.lab.caching import Traffic, zipf
from ffcore.lab.caching.arrivals import arrivals, misses
from ffcore.lab.caching.replay import OUTCOMES, Scenario, quiet, replay
from ffcore.lab.testing.caches import ErrorsAsMissing

TRAFFIC = Traffic(50, zipf(5), containers=3)


@pytest.mark.parametrize("ttl", [0.1, 7.0, 300.0])
def test_evaluators_miss_exactly_what_the_simulator_says(ttl: float) -> None:
    """Request by request, and in the sums of the evaluators' own counts."""
    found = arrivals(TRAFFIC, ttl, 100)
    played, missed = replay(found), misses(found)

    assert (played.missed == missed).all()
    assert sum(stats.misses for stats in played.stats) == sum(stats.loads for stats in played.stats) == missed.sum()
    assert sum(stats.hits for stats in played.stats) == (~missed).sum()
    assert played.count("right") == found.counted.sum()


def test_an_outage_changes_no_answer_but_a_naive_cache_forgets_the_flags() -> None:
    """During 60 s without a store all is right; where errors count as missing most is not, until a life later."""
    found = arrivals(TRAFFIC, 10, 150)
    scenario = Scenario(down=((50, 110),))
    ours, naive = replay(found, scenario), replay(found, scenario, ErrorsAsMissing)
    spans = np.array([0, 50, 65, 110, 120, 150])

    assert ours.count("right") == len(ours.outcomes)
    assert sum(stats.errors for stats in ours.stats) > 1_000
    assert naive.count("unavailable", "stale") == 0
    before, _, during, after, healed = naive.wrong_share(spans)
    assert (before, healed) == (0, 0)
    assert during == 1
    assert 0 < after < 1


def test_cold_containers_say_that_the_store_is_unavailable() -> None:
    """With nothing in the cache, an outage is told from a flag that does not exist."""
    found = arrivals(Traffic(5), 1e-3, 10)
    played = replay(found, Scenario(down=((-1e9, 1e9),)))

    assert played.count("unavailable") == len(played.outcomes) > 10


def test_a_change_is_seen_within_one_life_and_as_fast_as_theory_says() -> None:
    """Stale answers fall along the line and end when the last entry from before has run out."""
    traffic = Traffic(400, zipf(5), containers=40)
    found = arrivals(traffic, 10, 60)
    played = replay(found, Scenario(change=20))
    stale = played.seconds[played.outcomes == OUTCOMES.index("stale")]
    shares = played.wrong_share(np.array([20, 22, 24, 26, 28, 30, 60]))

    assert stale.min() >= 20
    assert stale.max() < 30
    assert played.count("right", "stale") == len(played.outcomes)
    assert shares == pytest.approx([*caching.stale_share(traffic, 10, np.arange(1.0, 11, 2)), 0], abs=0.08)


def test_spans_without_requests_have_no_share() -> None:
    """Where nobody asked nothing is right or wrong."""
    played = replay(arrivals(TRAFFIC, 10, 10))

    assert np.isnan(played.wrong_share(np.array([20, 30]))).all()


def test_the_log_is_quiet_for_the_run_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Failures that are meant write no lines; afterwards warnings come as before."""
    with quiet():
        logging.getLogger("ffcore").warning("meant")
    logging.getLogger("ffcore").warning("not meant")

    assert caplog.messages == ["not meant"]
