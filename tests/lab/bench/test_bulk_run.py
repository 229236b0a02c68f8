"""A bulk measurement's figures: rates, ratios paired by round, a table, a record."""

import numpy as np
import pytest

from ffcore.lab.bench.bulk_run import BulkRun, Speed


def speed(rows: int, *rates: float) -> Speed:
    """A speed of these rates."""
    return Speed(rows, np.array(rates))


RUN = BulkRun(
    {
        "ours": (speed(10, *[1e6] * 6), speed(100, 6e6, 5e6, 4e6, 3e6, 2e6, 1e6)),
        "theirs": (speed(10, 3e6, 2.5e6, 2e6, 1.5e6, 1e6, 5e5),),
    },
    {"nobody": "x is not installed"},
    0.02,
)


def test_ratios_are_paired_by_round_over_the_largest_rows() -> None:
    """Rounds that slow both down leave the ratio where it was."""
    assert RUN.ratio("ours", "theirs").value == 2
    assert (RUN.ratio("ours", "theirs").low, RUN.ratio("ours", "theirs").high) == (2, 2)
    assert RUN.largest("ours").rows == 100


def test_an_unknown_way_names_the_nearest() -> None:
    """A misspelt name is answered with those there are."""
    with pytest.raises(KeyError, match="did you mean ours"):
        RUN.largest("our")


def test_the_table_names_every_way_and_who_is_absent() -> None:
    """Each speed has a row with its rows, rate and time a decision; the absent ones have their reason."""
    html = RUN._repr_html_()

    for part in ("ours", "theirs", "1.00 M/s [1.00 M/s, 1.00 M/s]", "1.00 µs", "x is not installed", "6 interleaved"):
        assert part in html
