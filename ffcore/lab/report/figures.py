"""How a measure is written: value and interval in its unit, to three significant digits."""

from collections.abc import Callable

from ffcore.lab.bench.display import duration, rate

from .results import Measure

_WRITERS: dict[str, Callable[[float], str]] = {
    "ns": duration,
    "s": lambda value: duration(1e9 * value),
    "1/s": rate,
    "ratio": lambda value: f"{value:,.2f} times" if abs(value) < 100 else f"{value:,.0f} times",
    "points": "{:+.3g} points".format,
}


def amount(measure: Measure) -> str:
    """Write a measure's value with its unit.

    >>> amount(Measure("p99", "P99", 1234.0, (1200.0, 1300.0), "ns", 900))
    '1.23 µs'
    >>> amount(Measure("all", "Everybody", 1373.0, None, "s", 6))
    '1,373 s'
    """
    return written(measure.value, measure.unit)


def span(measure: Measure) -> str:
    """Write a measure's interval; nothing where there is none.

    >>> span(Measure("off", "Worst deviation", 0.1234, (0.1, 0.2), "points", 900))
    '[+0.1, +0.2 points]'
    >>> span(Measure("p99", "P99", 1234.0, (900.0, 1300.0), "ns", 900))
    '[900 ns, 1.30 µs]'
    """
    if measure.interval is None:
        return ""
    low, high = (written(bound, measure.unit) for bound in measure.interval)
    unit = high[high.rfind(" ") :]
    return f"[{low.removesuffix(unit)}, {high}]"


def written(value: float | None, unit: str) -> str:
    """Write a value in its unit; None says that it cannot be estimated.

    >>> written(None, "ns")
    'not estimable'
    """
    if value is None:
        return "not estimable"
    return _WRITERS[unit](value) if unit in _WRITERS else f"{value:.3g} {unit}".strip()
