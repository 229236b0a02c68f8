"""The interleaving of workloads."""

import pytest

from ffcore.lab.bench.rounds import baseline_of, checked, shuffled

NAMES = ["floor", "no-op", "simple", "targeted"]


def test_every_workload_runs_once_a_round() -> None:
    """Rounds follow one another, and each holds every workload exactly once."""
    turns = list(shuffled(NAMES, 50, seed=1))

    assert [number for number, _ in turns] == [number for number in range(50) for _ in NAMES]
    assert all(sorted(name for n, name in turns if n == number) == sorted(NAMES) for number in range(50))


def test_order_is_drawn_anew_each_round() -> None:
    """Over 200 rounds each workload stands in each place (one absent by chance: 16 * 0.75**200 < 1e-9)."""
    turns = list(shuffled(NAMES, 200, seed=1))

    places = {(position % len(NAMES), name) for position, (_, name) in enumerate(turns)}

    assert len(places) == len(NAMES) ** 2


def test_order_follows_the_seed() -> None:
    """The same seed gives the same order, another seed another (two of 24**20 equal orders: below 1e-9)."""
    first = list(shuffled(NAMES, 20, seed=1))

    assert first == list(shuffled(NAMES, 20, seed=1))
    assert first != list(shuffled(NAMES, 20, seed=2))


def test_nothing_to_run_is_said() -> None:
    """No workload, or nobody to run it for, is one clear message."""
    with pytest.raises(ValueError, match="no workload to time"):
        checked({}, ["ann"])
    with pytest.raises(ValueError, match="no user id"):
        checked({"no-op": len}, [])


def test_unknown_baseline_is_named_with_the_known() -> None:
    """A baseline that was not timed is refused, and the message lists those that were."""
    with pytest.raises(KeyError, match="no workload 'flor'; there are floor, no-op"):
        baseline_of(NAMES, "flor")
