"""What the notebook on the cache judges: clean caches pass, each fault fails its own check and no other."""

from dataclasses import replace

import pytest

import ffcore
from ffcore.errors import StoreError
from ffcore.lab.caching import Traffic, measure, zipf
from ffcore.lab.caching.replay import OUTCOMES
from ffcore.lab.caching.stampede import Stampede
from ffcore.lab.report import cache_cases
from ffcore.lab.testing.servers import installed

TTL = 20.0
FLAGS = ffcore.FlagSet(
    ffcore.Flag(key, enabled=True, rollout_percentage=share)  # type: ignore[arg-type]
    for key, share in (("all", 100), ("half", 50))
)


def test_traffic_goes_by_zipf_over_the_flags_of_the_file() -> None:
    """The first flag is the most popular."""
    assert cache_cases.traffic(FLAGS, 10, 3, TTL) == Traffic(10, zipf(2), 3)


@pytest.mark.parametrize(
    ("flags", "requests", "containers", "ttl", "place"),
    [
        (ffcore.FlagSet(), 1, 1, 1, "flags"),
        (FLAGS, 0, 1, 1, "requests"),
        (FLAGS, 1, 20_000, 1, "containers"),
        (FLAGS, 1, 0, 1, "containers"),
        (FLAGS, 1, 1, 0, "ttl"),
        (FLAGS, 1, 1, 1e9, "ttl"),
    ],
)
def test_traffic_that_cannot_be_is_named(
    flags: ffcore.FlagSet, requests: float, containers: int, ttl: float, place: str
) -> None:
    """One message names the parameter."""
    with pytest.raises(ffcore.ConfigError) as caught:
        cache_cases.traffic(flags, requests, containers, ttl)

    assert [where for where, _ in caught.value.problems] == [place]


def test_all_that_cannot_be_is_named_at_once() -> None:
    """Numbers that make no sense stand beside those that are beyond the notebook."""
    with pytest.raises(ffcore.ConfigError) as caught:
        cache_cases.traffic(FLAGS, -1, 0, 0)

    assert [where for where, _ in caught.value.problems] == ["ttl", "requests", "containers"]


@pytest.mark.slow
def test_hit_rates_and_simulator_agree() -> None:
    """Three lives and seven fleets lie on the curve, and every request missed as simulated."""
    asked = cache_cases.traffic(FLAGS, 100, 10, TTL)
    runs = cache_cases.curve(asked, TTL, "smoke")
    fleets = cache_cases.fleets(asked, TTL, "smoke")

    assert cache_cases.curve_check(runs).verdict != "fail"
    assert cache_cases.fleet_check(fleets).verdict != "fail"
    assert [run.traffic.containers for run in fleets] == [1, 3, 10, 30, 100, 300, 1_000]
    assert cache_cases.simulator_check([*runs, *fleets]).verdict == "pass"


def test_one_mismatch_fails_the_simulator() -> None:
    """Agreement is a proof over every request."""
    run = measure(Traffic(10), 3, 500)

    found = cache_cases.simulator_check([run, replace(run, mismatches=1)])

    assert (found.verdict, found.details["mismatches"]) == ("fail", 1)


@pytest.mark.parametrize(
    ("fault", "verdict"), [("", "pass"), ("errors_as_missing", "pass"), ("no_single_flight", "fail")]
)
def test_only_a_missing_single_flight_fails_the_stampede(
    monkeypatch: pytest.MonkeyPatch, fault: str, verdict: str
) -> None:
    """Herds of up to 20 threads are enough to tell."""
    monkeypatch.setattr(cache_cases, "HERDS", (1, 20))

    assert cache_cases.stampede_check(cache_cases.herds(fault)).verdict == verdict


def test_a_control_that_loads_once_fails_the_stampede() -> None:
    """Where even a cache without single flight loads once, the threads did not come together."""
    herd = Stampede(8, 1, 8)

    assert cache_cases.stampede_check({"ours": [herd], "no single flight": [herd]}).verdict == "fail"


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["", "no_single_flight", "errors_as_missing"])
def test_only_errors_as_missing_fail_an_outage(fault: str) -> None:
    """An entry from before answers, with single flight or without; where errors count as missing it is lost."""
    found = cache_cases.outages(TTL, fault)["10 minutes"].check("10 minutes")

    assert found.verdict == ("fail" if fault == "errors_as_missing" else "pass")
    assert found.details["naive"] > 0.5 * found.n


def test_a_change_arrives_within_a_life() -> None:
    """No stale answer is older; one that is fails."""
    answers = cache_cases.change(TTL)
    late = replace(answers, seconds=answers.seconds + TTL)

    assert cache_cases.change_check(answers, TTL).verdict == "pass"
    assert answers.count(OUTCOMES[1]) > 100
    assert cache_cases.change_check(late, TTL).verdict == "fail"


@pytest.mark.slow
def test_every_key_figure_has_its_value() -> None:
    """Names are those of the targets; a speed-up has a value unless warm-up left fewer than six blocks."""
    with cache_cases.stores(FLAGS, "smoke") as stores:
        readings = cache_cases.readings(stores, FLAGS, ["ann", "bob"], "smoke")
        spectra = cache_cases.spectra(stores, FLAGS, "smoke")
    found = {measure.name: measure for measure in cache_cases.timed_measures(readings, spectra)}

    assert set(found) == {"speedup_sqlite", "speedup_5_ms_away", "knee_sqlite", "knee_5_ms_away"}
    assert all(found[name].value is not None for name in ("knee_sqlite", "knee_5_ms_away"))
    for name, run in readings.items():
        enough = len(run.workloads[name].blocks) >= 6
        assert (found[f"speedup_{cache_cases._slug(name)}"].value is not None) == enough
    assert all(abs(run.hit_rate - 0.9) < 0.05 for run in spectra.values())


@pytest.mark.slow
@pytest.mark.skipif(not installed("ministack"), reason="ministack is not installed")
def test_beyond_smoke_misses_read_dynamodb_too() -> None:
    """A real server holds the flags, evaluators are asked for all of them, and it is stopped in the end."""
    with cache_cases.stores(FLAGS, "standard") as stores:
        found = stores["DynamoDB server"].get_flags(["all", "half", "none"])
        spectra = cache_cases.spectra({"DynamoDB server": stores["DynamoDB server"]}, FLAGS, "smoke")

    assert found == {key: FLAGS[key] for key in FLAGS}
    assert abs(spectra["DynamoDB server"].hit_rate - 0.9) < 0.05
    with pytest.raises(StoreError):
        stores["DynamoDB server"].get_flags(["all"])
