"""How measurements are written."""

import pytest

from ffcore.lab.bench.display import duration, interval, rate, table
from ffcore.lab.bench.estimate import Estimate


@pytest.mark.parametrize(
    ("nanoseconds", "text"), [(1.5, "1.50 ns"), (999, "999 ns"), (1_000, "1.00 µs"), (12_345_678, "12.3 ms")]
)
def test_durations_keep_three_digits(nanoseconds: float, text: str) -> None:
    """No figure is rounded away to 0.00 or written with digits that nobody measured."""
    assert duration(nanoseconds) == text


def test_rates_name_their_unit() -> None:
    """A rate says thousands or millions a second."""
    assert [rate(999_000), rate(2_500_000)] == ["999 k/s", "2.50 M/s"]


def test_no_number_where_nothing_is_estimable() -> None:
    """An estimate without interval shows its sample size and no number of its own."""
    assert interval(Estimate(None, None, None, 367), duration) == "not estimable (n = 367)"


def test_tables_escape_names() -> None:
    """A workload's name can't break the page."""
    assert "<script>" not in table([{"workload": "<script>"}], "")
