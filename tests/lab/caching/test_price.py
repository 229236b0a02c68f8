"""Reads, their price, and staleness."""

import numpy as np
import pytest

from ffcore import ConfigError
from ffcore.lab import caching
from ffcore.lab.caching import Traffic, zipf


def test_the_published_bound_of_reads() -> None:
    """100 containers, 50 flags and a life of 300 s: 43 million reads a month, at two dollars seventy."""
    assert caching.most_reads(flags=50, containers=100, ttl=300) == pytest.approx(43e6, rel=0.01)
    assert caching.cost(43.2e6) == pytest.approx(2.7)
    assert caching.cost(43.2e6, units=1, dollars_per_million=1) == pytest.approx(43.2)


@pytest.mark.parametrize("requests", [0.1, 10, 1e3, 1e6])
def test_reads_are_the_misses_and_keep_below_the_bound(requests: float) -> None:
    """As many as requests that miss; more traffic comes closer to one read a life, flag and container."""
    traffic = Traffic(requests, zipf(50), 100)
    reads = caching.reads(traffic, 300, seconds=1)

    assert reads == pytest.approx(requests * (1 - caching.fleet_hit_rate(traffic, 300)))
    assert reads < caching.most_reads(50, 100, 300, seconds=1)


def test_heavy_traffic_reads_once_a_life() -> None:
    """A million requests a second reach the bound to a hundredth."""
    traffic = Traffic(1e6, zipf(50), 100)

    assert caching.reads(traffic, 300) == pytest.approx(caching.most_reads(50, 100, 300), rel=0.01)


def test_staleness_falls_linearly_to_nothing_after_one_life() -> None:
    """From the hit rate at once, half of it after half a life; after a whole one every answer is new."""
    traffic = Traffic(10, zipf(5), 3)
    at_once = caching.fleet_hit_rate(traffic, 60)

    assert caching.stale_share(traffic, 60, np.array([0, 30, 60, 90])) == pytest.approx([at_once, at_once / 2, 0, 0])


def test_a_bound_of_no_containers_is_refused() -> None:
    """All that makes no sense is named at once."""
    with pytest.raises(ConfigError) as caught:
        caching.most_reads(flags=0, containers=0.5, ttl=-1)  # type: ignore[arg-type]

    assert [place for place, _ in caught.value.problems] == ["flags", "containers", "ttl"]
