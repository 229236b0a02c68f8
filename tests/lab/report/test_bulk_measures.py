"""The key figures of bulk decisions: each a ratio in one run, or a time per user, with what it rests on."""

from __future__ import annotations

import numpy as np
import pytest

from ffcore.lab.bench.bulk import ALTERNATIVES, LIMIT, ours
from ffcore.lab.bench.bulk_run import BulkRun, Speed
from ffcore.lab.report.bulk_measures import bulk_measures


def speed(rows: int, rate: float) -> Speed:
    """Six rounds of one rate."""
    return Speed(rows, np.full(6, rate))


MEASURED = {
    ours("one flag", 1): (speed(1_000, 2e6), speed(1_000_000, 40e6)),
    ours("one flag", 2): (speed(1_000, 1e6), speed(1_000_000, 80e6)),
    ours("ten flags", 1): (speed(1_000_000, 60e6),),
    LIMIT: (speed(1_000_000, 200e6),),
    "DuckDB md5, 2 threads": (speed(1_000_000, 8e6),),
    "scalar evaluator": (speed(100_000, 1e6),),
    "pandas apply": (speed(100_000, 8e5),),
}
RUN = BulkRun(MEASURED, {"polars-hash md5, all cores": "polars_hash is not installed"}, 0.02)
FOUND = {measure.name: measure for measure in bulk_measures(RUN)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bulk_duckdb", 10),
        ("bulk_scalar", 80),
        ("bulk_pandas", 100),
        ("bulk_threads", 2),
        ("bulk_ten_flags", 1.5),
        ("bulk_limit", 0.2),
    ],
)
def test_ratios_are_of_decisions_a_second(name: str, value: float) -> None:
    """Ours on two threads over each alternative, and the ratios among our own, each with the times it comes from."""
    assert FOUND[name].unit == "ratio"
    assert FOUND[name].value == pytest.approx(value)
    assert FOUND[name].interval == pytest.approx((value, value))
    assert " ns] against " in FOUND[name].note


def test_time_per_user_stands_beside_the_seeds() -> None:
    """Nanoseconds a user in the smallest population and the largest, the seed report's figure beside the first."""
    assert (FOUND["bulk_user_few"].value, FOUND["bulk_user_many"].value) == (500, 12.5)
    assert FOUND["bulk_user_few"].label == "time per user, 1,000 together"
    assert "0.002 ms" in FOUND["bulk_user_few"].note
    assert FOUND["bulk_user_many"].label == "time per user, 1,000,000 together"


def test_the_target_of_the_report_comes_first() -> None:
    """The figure that the summary page shows is the one against one call per user, with the time of either."""
    first = bulk_measures(RUN)[0]

    assert (first.name, first.note) == (
        "bulk_scalar",
        "12.5 ns [12.5 ns, 12.5 ns] against 1.00 µs [1.00 µs, 1.00 µs] a decision",
    )


def test_who_is_not_installed_has_no_figure() -> None:
    """An absent alternative keeps its place, without a value and with the reason."""
    assert FOUND["bulk_polars"].value is None
    assert FOUND["bulk_polars"].note == "polars_hash is not installed"


def test_every_contender_has_a_name_of_its_own() -> None:
    """Names in result files are plain and differ."""
    names = [measure.name for measure in bulk_measures(RUN)]

    assert len(set(names)) == len(names) == len(ALTERNATIVES) + 5
    assert all(name.replace("_", "").isalpha() for name in names)
