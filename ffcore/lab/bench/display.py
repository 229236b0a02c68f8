"""How measurements are written: durations, rates, intervals, tables."""

from collections.abc import Callable, Sequence

from ffcore.lab.bench.estimate import Estimate

DURATIONS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (0.0, "ns"))
RATES = ((1e6, "M/s"), (1e3, "k/s"), (0.0, "/s"))


def duration(nanoseconds: float) -> str:
    """Write a duration to three significant digits.

    >>> [duration(value) for value in (0, 42.4, 1234, 31.8e6, 2e9, 1373e9)]
    ['0 ns', '42.4 ns', '1.23 µs', '31.8 ms', '2.00 s', '1,373 s']
    """
    return _scaled(nanoseconds, DURATIONS)


def rate(per_second: float) -> str:
    """Write calls per second to three significant digits.

    >>> [rate(value) for value in (1_434_480, 812_345, 17)]
    ['1.43 M/s', '812 k/s', '17.0 /s']
    """
    return _scaled(per_second, RATES)


def ratio(value: float) -> str:
    """Write a ratio to two decimals; zero has no sign.

    >>> ratio(2.958), ratio(-0.004)
    ('2.96', '0.00')
    """
    return f"{value:z.2f}"


def percentile_name(q: float) -> str:
    """Name a quantile as a percentile.

    >>> [percentile_name(q) for q in (0.5, 0.99, 0.9999)]
    ['p50', 'p99', 'p99.99']
    """
    return f"p{100 * q:.6g}"


def interval(estimate: Estimate, write: Callable[[float], str]) -> str:
    """Write an estimate with its interval, or say that there is none.

    >>> interval(Estimate(1234, 1200, 1300, 400), duration)
    '1.23 µs [1.20 µs, 1.30 µs]'
    >>> interval(Estimate(None, None, None, 40), duration)
    'not estimable (n = 40)'
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"not estimable (n = {estimate.n:,})"
    return f"{write(estimate.value)} [{write(estimate.low)}, {write(estimate.high)}]"


def table(rows: Sequence[dict[str, str]], note: str) -> str:
    """Write rows as an HTML table with a note under it.

    >>> "<td>floor</td>" in table([{"workload": "floor"}], "n = 10")
    True
    """
    import pandas as pd  # 0.3 s that the fresh processes of a measurement do without

    return f"{pd.DataFrame(rows).to_html(index=False, border=0)}<p>{note}</p>"


def _scaled(value: float, units: Sequence[tuple[float, str]]) -> str:
    scale, unit = next((scale or 1.0, unit) for scale, unit in units if value >= scale)
    shown = value / scale
    digits = 0 if shown >= 100 or shown == 0 else 1 if shown >= 10 else 2
    return f"{shown:,.{digits}f} {unit}"
