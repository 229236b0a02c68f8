"""Traffic as the theory sees it: Poisson requests for flags of unequal popularity, spread over a fleet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of one fleet.

    Attributes:
        requests: Requests a second, of the whole fleet.
        shares: Each flag's share of them; they sum to 1.
        containers: How many containers share the requests evenly, each with a cache of its own.

    Raises ``ConfigError`` with every value that makes no sense.

    >>> Traffic(100, zipf(4), containers=10).rates.round(2).tolist()
    [4.8, 2.4, 1.6, 1.2]
    """

    requests: float
    shares: tuple[float, ...] = (1.0,)
    containers: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", tuple(float(share) for share in self.shares))
        problems = [*_wrong("requests", self.requests), *_wrong("containers", self.containers, whole=True)]
        if not self.shares or min(self.shares) <= 0 or abs(sum(self.shares) - 1) > 1e-9:
            problems.append(("shares", f"expected shares above 0 that sum to 1, got {shown(self.shares)}"))
        if problems:
            raise ConfigError(problems)

    @property
    def rates(self) -> Floats:
        """Requests a second for each flag at one container."""
        return self.requests / self.containers * np.array(self.shares)

    def over(self, containers: int) -> Traffic:
        """The same requests over another number of containers.

        >>> Traffic(100).over(4).rates.tolist()
        [25.0]
        """
        return replace(self, containers=containers)


def zipf(flags: int, exponent: float = 1.0) -> tuple[float, ...]:
    """Each flag's share of the requests where the flag of rank k is asked for k^-exponent times as often as the first.

    >>> [round(share, 3) for share in zipf(3)]
    [0.545, 0.273, 0.182]
    """
    require_positive(flags=flags, whole=("flags",))
    weights = np.arange(1, flags + 1, dtype=np.float64) ** -exponent
    return tuple((weights / weights.sum()).tolist())


def require_positive(*, whole: tuple[str, ...] = (), **values: Any) -> None:
    """Raise ``ConfigError`` unless each value is a finite number above 0, a whole one where its name says so."""
    if problems := [problem for name, value in values.items() for problem in _wrong(name, value, whole=name in whole)]:
        raise ConfigError(problems)


def _wrong(name: str, value: object, *, whole: bool = False) -> list[tuple[str, str]]:
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else np.nan
    if 0 < number < np.inf and not (whole and number % 1):
        return []
    return [(name, f"expected a {'whole number, 1 or more' if whole else 'number above 0'}, got {shown(value)}")]
