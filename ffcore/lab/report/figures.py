"""How a measure is written: value and interval in its unit, to three significant digits."""

from ffcore.lab.bench.display import duration, rate, ratio

from .results import Measure

_WRITERS = {"ns": duration, "1/s": rate, "ratio": ratio}


def amount(measure: Measure) -> str:
    """Write a measure's value with its unit.

    >>> amount(Measure("p99", "P99", 1234.0, (1200.0, 1300.0), "ns", 900))
    '1.23 µs'
    """
    return _written(measure.value, measure.unit)


def span(measure: Measure) -> str:
    """Write a measure's interval; nothing where there is none.

    >>> span(Measure("off", "Worst deviation", 0.1234, (0.1, 0.2), "points", 900))
    '[0.1, 0.2]'
    """
    if measure.interval is None:
        return ""
    low, high = (_written(bound, measure.unit).removesuffix(f" {measure.unit}") for bound in measure.interval)
    return f"[{low}, {high}]"


def _written(value: float | None, unit: str) -> str:
    if value is None:
        return "not estimable"
    return _WRITERS[unit](value) if unit in _WRITERS else f"{value:.3g} {unit}".strip()
