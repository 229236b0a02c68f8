"""Counts per arm and the shares they should have: read, checked, and in one order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ffcore.errors import ConfigError, shown, suggestion

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SUM_TOLERANCE = 1e-9
#: Above 2**53 users a float no longer holds every count.
MOST_USERS = 2**53

Problem = tuple[str, str]
#: Values by arm: a mapping (or a pandas Series, by its labels), or a sequence whose positions are the arms.
ByArm: TypeAlias = "Mapping[Any, Any] | Sequence[Any] | pd.Series[Any] | NDArray[Any]"


@dataclass(frozen=True, slots=True)
class Counts:
    """Users counted in each arm, and each arm's expected share (summing to 1), in the order of the expectation."""

    arms: tuple[str, ...]
    observed: tuple[int, ...]
    shares: tuple[float, ...]

    @property
    def users(self) -> int:
        """All users counted."""
        return sum(self.observed)

    @property
    def cells(self) -> tuple[list[int], list[float]]:
        """Counts and shares of the arms that should get traffic; an arm of 0 % is no cell of a test."""
        kept = [(count, share) for count, share in zip(self.observed, self.shares, strict=True) if share > 0]
        return [count for count, _ in kept], [share for _, share in kept]

    @property
    def leaks(self) -> dict[str, int]:
        """The arms of 0 % that got users, and how many."""
        rows = zip(self.arms, self.observed, self.shares, strict=True)
        return {arm: count for arm, count, share in rows if share == 0 and count}


def read_counts(observed: ByArm, expected: ByArm) -> Counts:
    """Checks counts against shares and puts both in one order; a ConfigError lists everything wrong with them.

    >>> read_counts({"b": 30, "a": 70}, {"a": 0.7, "b": 0.3}).observed
    (70, 30)
    >>> read_counts([5], [0.5])
    Traceback (most recent call last):
    ffcore.errors.ConfigError: sample ratio: 2 problems
      expected: needs two arms or more, got 1
      expected: sums to 0.5 instead of 1
    """
    counts, shares = by_arm(observed, "observed"), by_arm(expected, "expected")
    problems = list(sides(observed, expected))
    if not problems:
        problems = [*unmatched(counts, shares), *share_problems(shares)]
        problems += [problem for arm, count in counts.items() for problem in count_problems(f"observed[{arm}]", count)]
    if not problems and sum(map(int, counts.values())) > MOST_USERS:
        problems = [("observed", f"more than 2**53 users ({MOST_USERS:,})")]
    if problems:
        raise ConfigError(problems, source="sample ratio")
    return Counts(tuple(shares), tuple(int(counts[arm]) for arm in shares), normalized(shares))


def read_shares(expected: Any, source: str) -> dict[str, Any]:
    """The expected share of each arm by its name; a ConfigError lists what is wrong with them.

    >>> read_shares({True: 0.5, False: 0.5}, "demo")
    {'True': 0.5, 'False': 0.5}
    """
    if not has_names(expected):
        raise ConfigError([("expected", f"must map each arm to its share, got {shown(expected)}")], source=source)
    shares = by_arm(expected, "expected")
    if problems := list(share_problems(shares)):
        raise ConfigError(problems, source=source)
    return shares


def normalized(shares: Mapping[str, Any]) -> tuple[float, ...]:
    """Shares as floats that sum to 1.

    >>> normalized({"a": 0.7, "b": 0.2, "c": 0.1000000001})
    (0.69999999993, 0.19999999998, 0.10000000009)
    """
    total = math.fsum(float(share) for share in shares.values())
    return tuple(float(share) / total for share in shares.values())


def by_arm(values: Any, place: str = "arms") -> dict[str, Any]:
    """Values by the arm's name; a sequence names its arms by position. A ConfigError names ``place``.

    >>> by_arm([3, 4]), by_arm({True: 3})
    ({'0': 3, '1': 4}, {'True': 3})
    """
    if not isinstance(values, Iterable) or isinstance(values, str | bytes | AbstractSet):
        wanted = "expected a mapping, a Series, or a sequence with one value for each arm"
        raise ConfigError([(place, f"{shown(values)} has no arms: {wanted}")], source="sample ratio")
    pairs = values.items() if hasattr(values, "items") else enumerate(values)
    named = [(str(key), value) for key, value in pairs]
    names = [name for name, _ in named]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError([(place, f"{', '.join(twice)} named more than once")], source="sample ratio")
    return dict(named)


def has_names(values: ByArm) -> bool:
    """Whether the arms are named, as in a mapping or a pandas Series.

    >>> has_names({"a": 1}), has_names([1])
    (True, False)
    """
    return hasattr(values, "items")


def sides(observed: ByArm, expected: ByArm) -> Iterable[Problem]:
    """A problem where one side names its arms and the other does not."""
    if has_names(observed) != has_names(expected):
        named, other = ("observed", "expected") if has_names(observed) else ("expected", "observed")
        yield other, f"must name its arms as {named} does"


def unmatched(counts: Mapping[str, Any], shares: Mapping[str, Any]) -> Iterable[Problem]:
    """A problem for each arm that only one side has."""
    for arm in counts:
        if arm not in shares:
            yield f"observed[{arm}]", f"is no expected arm{suggestion(arm, shares)}"
    for arm in shares:
        if arm not in counts:
            yield f"observed[{arm}]", f"is missing (0 must be said, not left out){suggestion(arm, counts)}"


def count_problems(place: str, count: object) -> Iterable[Problem]:
    """A problem for a count that is not a whole number of users."""
    try:
        number = math.nan if isinstance(count, (bool, str)) else float(count)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not number.is_integer():
        yield place, f"{shown(count)} is not a whole number of users"
    elif number < 0:
        yield place, f"{shown(count)} is negative"


def share_problems(shares: Mapping[str, Any]) -> Iterable[Problem]:
    """Problems of the expectation: an entry that is no share, fewer than two arms, a sum other than 1."""
    wrong = {arm: share for arm, share in shares.items() if not is_share(share)}
    for arm, share in wrong.items():
        yield f"expected[{arm}]", f"{shown(share)} is not a share between 0 and 1"
    if len(shares) < 2:
        yield "expected", f"needs two arms or more, got {len(shares)}"
    if not wrong and abs((total := math.fsum(map(float, shares.values()))) - 1) > SUM_TOLERANCE:
        yield "expected", f"sums to {total:.12g} instead of 1"


def check_fractions(source: str, **limits: tuple[object, float]) -> None:
    """Refuses values that do not lie between 0 and their limit, neither of them included.

    >>> check_fractions("demo", alpha=(0.001, 0.5), margin=(5, 1.0))
    Traceback (most recent call last):
    ffcore.errors.ConfigError: demo: 1 problem
      margin: 5 is not between 0 and 1 (a fraction: 1 % is 0.01)
    """
    problems = [
        (name, f"{shown(value)} is not between 0 and {limit:g} (a fraction: 1 % is 0.01)")
        for name, (value, limit) in limits.items()
        if not is_share(value) or not 0 < float(value) < limit  # type: ignore[arg-type]
    ]
    if problems:
        raise ConfigError(problems, source=source)


def is_share(value: object) -> bool:
    """Whether a value is a number between 0 and 1 (decimals and fractions are numbers, truth values are not).

    >>> is_share(0.5), is_share(50), is_share(True)
    (True, False, False)
    """
    if isinstance(value, (bool, str)):
        return False
    try:
        return 0 <= float(value) <= 1  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
