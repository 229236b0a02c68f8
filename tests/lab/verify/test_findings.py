"""Tests of what an audit finds, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore import FlagSet
from ffcore.lab.verify import findings
from ffcore.lab.verify.configurations import read_configurations
from ffcore.lab.verify.exposures import read_exposures
from ffcore.lab.verify.findings import Finding, delayed, duration, graded, repeated, uncompared, violated
from ffcore.lab.verify.recomputing import Recomputed, recompute
from ffcore.lab.verify.repeated_exposures import Repeats

ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "red", "allocation": 0.5}]
FLAGS = FlagSet.from_items(flags=[{"key": "checkout", "enabled": True, "variants": ARMS}, {"key": "banner"}])
START = pd.Timestamp("2024-06-01", tz="UTC")
NOBODY = np.empty(0, np.int64)


def found(rows: int = 1_000, **columns: Any) -> Recomputed:
    """A log of one flag that nobody gets, with other columns."""
    plain = {"user_id": range(rows), "flag_key": "checkout", "enabled": False, "timestamp": START}
    return recompute(read_exposures(pd.DataFrame(plain | columns)), read_configurations(FLAGS))


def repeats(several: int = 0, duplicates: int = 0, bursts: int = 0) -> dict[str, Repeats]:
    """What repeats among a thousand users."""
    return {"checkout": Repeats(1_000, several, np.arange(duplicates), np.arange(bursts), burst_users=1)}


def only(some: Any) -> Finding:
    """The one finding."""
    (one,) = some
    return one  # type: ignore[no-any-return]


@pytest.mark.parametrize(("count", "level"), [(1, "note"), (4, "note"), (5, "watch"), (99, "watch"), (100, "fail")])
def test_a_share_decides_the_level(count: int, level: str) -> None:
    """Shown from 0.5 %, alarmed from 10 %, of rows or users; none is no finding."""
    assert only(graded("late events", count, 1_000, "...")).level == level
    assert list(graded("late events", 0, 1_000, "...")) == []
    millisecond = found(timestamp=START + pd.to_timedelta(range(1_000), unit="ms"))
    for name, some in {
        "several variants": repeats(several=count),
        "duplicate events": repeats(duplicates=count),
        "bursts": repeats(bursts=count),
    }.items():
        finding = only(repeated(millisecond, some, 60))
        assert (finding.name, finding.level, finding.count, finding.of) == (name, level, count, 1_000)


def test_events_of_one_second_may_look_alike() -> None:
    """Where times are cut to seconds, the same event again is no more than noted."""
    assert only(repeated(found(), repeats(duplicates=500), 60)).level == "note"


@pytest.mark.parametrize(("late", "level"), [(4, "note"), (5, "watch"), (600, "watch")])
def test_late_events_are_counted_by_their_arrival(late: int, level: str) -> None:
    """More than an hour after they happened; they never fail an audit."""
    hours = np.where(np.arange(1_000) < late, 2, 1)
    finding = only(delayed(found(received_at=START + pd.to_timedelta(hours, unit="h")), 3_600))

    assert (finding.count, finding.level) == (late, level)
    assert finding.text.endswith("arrived more than 1 h later")


def test_without_a_time_of_arrival_late_events_stand_behind_others() -> None:
    """By more than an hour; in a log that is in no order of time, nothing can be said."""
    seconds = np.arange(1_000) * 60
    seconds[500:506] -= 7_200
    times = START + pd.to_timedelta(seconds, unit="s")
    finding = only(delayed(found(timestamp=times), 3_600))

    assert (finding.count, finding.level) == (6, "watch")
    assert "stand behind events of more than 1 h later" in finding.text
    assert list(delayed(found(timestamp=times[::-1]), 3_600)) == []
    assert list(delayed(found(timestamp=times), 7_200)) == []


def test_a_log_without_times_is_never_late() -> None:
    """Nothing is known of it."""
    frame = pd.DataFrame({"user_id": ["a"], "flag_key": "banner", "enabled": False})

    assert list(delayed(recompute(read_exposures(frame), read_configurations(FLAGS)), 1)) == []


@pytest.mark.parametrize(("count", "level"), [(1, "note"), (99, "note"), (100, "watch"), (1_000, "watch")])
def test_rows_that_cannot_be_compared_are_watched_from_a_tenth_on(count: int, level: str) -> None:
    """A pass speaks of most of the log."""
    reason = np.where(np.arange(1_000) < count, "store_unavailable", "not_in_rollout")
    finding = only(uncompared(found(reason=reason)))

    assert (finding.name, finding.count, finding.level) == ("store unavailable", count, level)


def test_unknown_flags_and_variants_are_told_with_the_nearest_names() -> None:
    """Three of each, and how many more there are."""
    keys = ["chekout", "banners", "x", "y", *["checkout"] * 996]
    variant = [*[None] * 4, "rod", *[None] * 995]
    of_variant, of_flag = violated(found(flag_key=keys, variant=variant, enabled=np.array(variant) == "rod"), [], [])

    assert (of_variant.name, of_variant.count) == ("unknown variant", 1)
    assert of_variant.text == "1 rows say 'rod', which is no variant of checkout; did you mean red?"
    assert (of_flag.name, of_flag.count, of_flag.level) == ("unknown flag", 4, "fail")
    assert "'chekout', which is neither a flag nor an experiment; did you mean checkout?" in of_flag.text
    assert of_flag.text.endswith("and 1 more")


def test_a_variant_of_a_flag_without_any_is_told_so() -> None:
    """There is none to suggest."""
    (finding,) = violated(found(flag_key="banner", enabled=True, variant="blue"), [], [])

    assert finding.text == "1,000 rows say 'blue', which is no variant of banner; it has no variants"


def test_few_of_many_unknown_keys_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of a thousand strange keys is told as fast as one of three."""
    asked: list[object] = []

    def suggest(name: object, _: object) -> str:
        asked.append(name)
        return ""

    monkeypatch.setattr(findings, "suggestion", suggest)
    list(violated(found(flag_key=[f"key-{row}" for row in range(1_000)]), [], []))

    assert len(asked) == 3


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.4, "0 s"), (59.6, "1 min"), (3_600, "1 h"), (3_661, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_lengths_of_time_have_two_units(seconds: float, text: str) -> None:
    """The largest ones."""
    assert duration(seconds) == text
