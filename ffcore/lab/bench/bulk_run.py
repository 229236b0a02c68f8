"""What a bulk measurement found: decisions a second by method and number of rows, ratios within rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ffcore.errors import suggestion
from ffcore.lab.bench.display import duration, interval, rate, table
from ffcore.lab.bench.estimate import Estimate, Floats, median, paired_ratio


@dataclass(frozen=True, slots=True, eq=False)
class Speed:
    """How fast so many rows were decided: decisions a second, one figure a round."""

    rows: int
    rates: Floats

    def rate(self) -> Estimate:
        """Median decisions a second over the rounds; needs at least six.

        >>> import numpy as np
        >>> Speed(1_000, np.arange(1.0, 12.0)).rate()
        Estimate(value=6.0, low=2.0, high=10.0, n=11)
        """
        return median(self.rates)

    def cost(self) -> Estimate:
        """Median nanoseconds a decision.

        >>> import numpy as np
        >>> Speed(1_000, np.full(6, 1e6)).cost().value
        1000.0
        """
        return median(1e9 / self.rates)


@dataclass(frozen=True, slots=True, eq=False)
class BulkRun:
    """What `bulk` measured.

    Attributes:
        speeds: by method, one for each number of rows, in rising order.
        absent: why other methods were not measured.
        shortest: seconds of the shortest timed block.
    """

    speeds: Mapping[str, tuple[Speed, ...]]
    absent: Mapping[str, str]
    shortest: float

    @property
    def rounds(self) -> int:
        """How many rounds were timed."""
        return int(next(iter(self.speeds.values()))[0].rates.size)

    def largest(self, name: str) -> Speed:
        """A method's speed over its largest number of rows.

        Raises:
            KeyError: nothing of this name was measured.
        """
        if name not in self.speeds:
            raise KeyError(f"nothing measured is called {name!r}{suggestion(name, self.speeds)}")
        return self.speeds[name][-1]

    def ratio(self, name: str, baseline: str) -> Estimate:
        """A method's decisions a second over another's, paired by round, each over its largest number of rows."""
        return paired_ratio(self.largest(name).rates, self.largest(baseline).rates)

    def _repr_html_(self) -> str:
        rows = [self._row(name, speed) for name, speeds in self.speeds.items() for speed in speeds]
        absent = [{"method": name, "rows": why} for name, why in self.absent.items()]
        return table([*rows, *absent], self._note())

    def _row(self, name: str, speed: Speed) -> dict[str, str]:
        return {
            "method": name,
            "rows": f"{speed.rows:,}",
            "decisions a second": interval(speed.rate(), rate),
            "time a decision": interval(speed.cost(), duration),
        }

    def _note(self) -> str:
        shortest = duration(self.shortest * 1e9)
        return f"Median [95 % interval] over {self.rounds} interleaved rounds, each block at least {shortest}."
