"""Hit rates by theory: the published tables, the limits that are known otherwise, and simulations written here."""

from collections import OrderedDict

import numpy as np
import pytest

from ffcore import ConfigError
from ffcore.lab import caching
from ffcore.lab.caching import Traffic, theory, zipf

SHARES = zipf(50)
FLEETS = (1, 10, 100, 1_000)
#: Hit rates in percent of 50 flags of Zipf popularity with a TTL of 300 s, by requests a second, for each fleet.
PUBLISHED = {
    1: (87.6, 53.9, 16.6, 2.3),
    10: (98.4, 87.6, 53.9, 16.6),
    100: (99.8, 98.4, 87.6, 53.9),
    1_000: (99.98, 99.8, 98.4, 87.6),
}


@pytest.mark.parametrize("requests", PUBLISHED)
def test_fleets_have_the_published_hit_rates(requests: int) -> None:
    """Each cell of the table, within half a unit of its last digit."""
    for containers, percent in zip(FLEETS, PUBLISHED[requests], strict=True):
        found = 100 * caching.fleet_hit_rate(Traffic(requests, SHARES, containers), 300)

        assert found == pytest.approx(percent, abs=0.005 if percent == 99.98 else 0.05)


def test_only_the_product_of_rate_and_life_counts() -> None:
    """Ten times the requests over ten times the containers, or for a tenth of the TTL, is no change."""
    one = caching.fleet_hit_rate(Traffic(10, SHARES, 7), 300)

    assert caching.fleet_hit_rate(Traffic(100, SHARES, 70), 300) == pytest.approx(one)
    assert caching.fleet_hit_rate(Traffic(100, SHARES, 7), 30) == pytest.approx(one)


@pytest.mark.parametrize(("ttl", "containers"), [(300, 33), (60, 6), (30, 3)])
def test_the_largest_fleet_with_95_percent(ttl: float, containers: int) -> None:
    """At 100 requests a second; one container more has less."""
    traffic = Traffic(100, SHARES)

    assert caching.most_containers(traffic, ttl, 0.95) == containers
    assert caching.fleet_hit_rate(traffic.over(containers), ttl) >= 0.95
    assert caching.fleet_hit_rate(traffic.over(containers + 1), ttl) < 0.95


def test_no_fleet_reaches_what_one_container_misses() -> None:
    """A request a minute is never a hit in a second."""
    assert caching.most_containers(Traffic(1 / 60), 1, 0.95) == 0


def test_a_renewed_life_hits_more_often() -> None:
    """Whatever the rate, renewing a life can only add hits."""
    rates = np.geomspace(1e-4, 1e2, 30)

    assert (caching.renewed_hit_rate(rates, 10) > caching.hit_rate(rates, 10)).all()


def answers(keys: list[int], times: list[float], ttl: float, room: int) -> list[bool]:
    """Which requests hit in a bounded cache with a TTL from the fetch, in the plainest words."""
    fetched: OrderedDict[int, float] = OrderedDict()
    hits = []
    for key, now in zip(keys, times, strict=True):
        since = fetched.pop(key, -np.inf)
        hits.append(now < since + ttl)
        fetched[key] = since if hits[-1] else now
        if len(fetched) > room:
            fetched.popitem(last=False)
    return hits


@pytest.mark.parametrize(("ttl", "room"), [(5.0, 20), (0.3, 20), (1e6, 20), (2.0, 50)])
def test_a_bounded_cache_hits_as_often_as_simulated(ttl: float, room: int) -> None:
    """Room for 20 of 50 flags with lives around and far beyond the time that an entry stays: 1 point at most apart."""
    draw, size = np.random.default_rng(3), 60_000
    keys = draw.choice(50, size, p=SHARES)
    hits = np.array(answers(keys.tolist(), draw.exponential(0.01, size).cumsum().tolist(), ttl, room))
    expected = caching.bounded_hit_rate(Traffic(100, SHARES).rates, ttl, room)

    assert hits.mean() == pytest.approx(float(expected @ SHARES), abs=0.01)
    assert hits[keys == 0].mean() == pytest.approx(float(expected[0]), abs=0.01)
    assert hits[keys >= 30].mean() == pytest.approx(float(np.average(expected[30:], weights=SHARES[30:])), abs=0.02)


@pytest.mark.parametrize(
    ("rate", "ttl", "time"), [(1.0, 10.0, 2.0), (5.0, 10.0, 1.0), (0.1, 100.0, 3.0), (3.0, 99.0, 0.9)]
)
def test_the_series_solves_its_equation(rate: float, ttl: float, time: float) -> None:
    """Stepped in small steps, u'(t) = rate - rate exp(-rate C) u(t - C) comes to the same."""
    steps = 40_000
    width, back = ttl / steps, round(time * steps / ttl)
    u = [1.0]
    for step in range(steps):
        u.append(u[-1] + width * rate * (1 - (np.exp(-rate * time) * u[step - back] if step >= back else 0)))

    assert theory.requests_of_a_life(rate, ttl, time) == pytest.approx(u[-1], rel=1e-4)


def test_room_for_all_is_no_bound() -> None:
    """Where every flag fits, an entry stays for good and only its life counts."""
    rates = Traffic(100, SHARES).rates

    assert caching.characteristic_time(rates, 50) == np.inf
    assert caching.bounded_hit_rate(rates, 3, 50) == pytest.approx(caching.hit_rate(rates, 3))


@pytest.mark.parametrize(
    ("requests", "shares", "containers", "place"),
    [(0, (1,), 1, "requests"), (np.nan, (1,), 1, "requests"), (1, (0.5, 0.4), 1, "shares"), (1, (), 1, "shares"),
     (1, (2, -1), 1, "shares"), (1, (1,), 1.5, "containers"), (1, (1,), True, "containers")],
)  # fmt: skip
def test_traffic_that_cannot_be_is_refused(
    requests: float, shares: tuple[float, ...], containers: int, place: str
) -> None:
    """The message names the place."""
    with pytest.raises(ConfigError) as caught:
        Traffic(requests, shares, containers)

    assert [where for where, _ in caught.value.problems] == [place]


@pytest.mark.parametrize("ttl", [0, -1, np.inf, np.nan, True, "300"])
def test_a_life_that_cannot_be_is_refused(ttl: float) -> None:
    """A life is a finite number of seconds above 0."""
    with pytest.raises(ConfigError, match="ttl: expected a number above 0"):
        caching.fleet_hit_rate(Traffic(1), ttl)


@pytest.mark.parametrize("wanted", [0, 1, -1, np.nan, True, "0.9", None])
def test_a_hit_rate_that_cannot_be_wanted_is_refused(wanted: float) -> None:
    """Every fleet, however large, has a hit rate above 0, and none has one of 1."""
    for ask in (caching.needed_ttl, lambda traffic, wanted: caching.most_containers(traffic, 300, wanted)):
        with pytest.raises(ConfigError, match="wanted: expected a fraction between 0 and 1"):
            ask(Traffic(1), wanted)
