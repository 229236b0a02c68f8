"""The uniformity check: does a hash spread users evenly over its buckets, and not more evenly than chance does?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ffcore.errors import ConfigError, shown
from ffcore.hashing import HASH_SPACE
from ffcore.lab.bulk.parts import PART_ROWS
from ffcore.lab.verify import power
from ffcore.lab.verify.answers import Assign
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.display import bar, more_needed, p_text, percent, points
from ffcore.lab.verify.draws import (
    VIEWS,
    Drawn,
    Keys,
    Words,
    range_shares,
    ranges,
    read_draws,
    remainder_shares,
)
from ffcore.lab.verify.goodness import EXACT_BELOW
from ffcore.lab.verify.shares import MARGIN_PART, WATCH_BELOW, check_rates, inside, verdict
from ffcore.lab.verify.users import Users, read_users

NAME = "uniformity"
MOST_BUCKETS = 10_000
#: With fewer cells the counts' lattice is too coarse for chi-square's lower tail, which finds what is too even.
FEWEST_CELLS = 10

CountArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of one draw: chi-square over ``ranges`` or ``remainders``, or Kolmogorov and Smirnov's of the order."""

    draw: str
    kind: str
    statistic: float
    p_value: float
    too_even: bool


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Users in each bucket of a draw, by one view, and the exact share of all hashes in each bucket."""

    draw: str
    view: str
    counts: CountArray
    shares: NDArray[np.float64]


def uniformity(
    assign: Assign | Drawn | None,
    users: Users,
    keys: Keys | None = None,
    *,
    buckets: int = 100,
    margin: float = 0.01,
    alpha: float = 0.001,
) -> Check:
    """Whether hashes fall evenly into buckets, yet no more evenly than chance lets them.

    Each draw is tested by chi-square over equal ranges of the hash, which decide variants, and over hash % buckets,
    which decides rollouts, and by Kolmogorov and Smirnov's test of its whole distribution. All tests are two-sided: a
    hash that is too even keeps something of the order of the ids. The alarm rate is divided equally among all tests
    and both tails (Bonferroni), so ``p_value`` is the smallest p times their number.

    Pass: every bucket's 90 % Wilson interval lies within the margin of its share (two one-sided tests at 0.05).

    Args:
        assign: ``assign(user_id, key)`` that returns a 32-bit integer, scalar or marked with ``vectorized``; or flags
            or an experiment, whose salts the product's hash is tried with; or None, the product's hash.
        users: Ids, or a frame with the column ``user_id``.
        keys: A key, several, or draws by name; by default the function's own ``key`` attribute, or "verify".
        buckets: Cells of each chi-square test; fewer where fewer than 50 users would fall into each.
        margin: The largest deviation of a bucket's share that counts as equal, at most a fifth of the share.
        alpha: The alarm rate of the whole check.

    Returns:
        A Check whose ``estimate`` holds the emptiest and the fullest bucket of each view; ``details["tests"]`` lists
        every test, ``details["buckets_of"]`` the users in each bucket of the draw with the smallest p.

    Raises:
        ConfigError: An answer that is no 32-bit integer, or a parameter that makes no sense.

    >>> check = uniformity(None, range(100_000), ["dark-mode", "checkout"])
    >>> check.verdict, len(check.details["tests"]), check.n_needed
    ('pass', 6, 69710)
    """
    check_rates(NAME, alpha, margin)
    check_buckets(buckets)
    draws, population = read_draws(NAME, assign, keys), read_users(users)
    tests: list[Trial] = []
    tallies: list[Tally] = []
    for draw, words in draws.words(population):
        found = [tally(draw, view, words, buckets) for view in VIEWS]
        cells = cells_for(words.size, buckets)
        tests += [
            chi_square(one if cells == buckets else tally(draw, one.view, words, cells)) for one in found if cells
        ]
        tests += [order(draw, words)] if words.size else []
        tallies += found
    return judged(tests, tallies, margin, alpha)


def check_buckets(buckets: Any) -> None:
    """Refuses a number of buckets that is none."""
    if not isinstance(buckets, int) or isinstance(buckets, bool) or not 2 <= buckets <= MOST_BUCKETS:
        message = f"expected a whole number from 2 to {MOST_BUCKETS:,}, got {shown(buckets)}"
        raise ConfigError([("buckets", message)], source=NAME)


def cells_for(users: int, buckets: int) -> int:
    """Cells of the chi-square test: as many as expect 50 users each, but none where those are too few.

    >>> cells_for(5_000, 100), cells_for(1_000, 100), cells_for(400, 100), cells_for(100, 2)
    (100, 20, 0, 2)
    """
    cells = min(buckets, users // EXACT_BELOW)
    return cells if cells >= min(buckets, FEWEST_CELLS) else 0


def tally(draw: str, view: str, words: Words, buckets: int) -> Tally:
    """The users in each bucket."""
    counts = np.zeros(buckets, dtype=np.int64)
    for start in range(0, words.size, PART_ROWS):
        part = words[start : start + PART_ROWS]
        places = ranges(part, buckets) if view == "ranges" else part % np.uint32(buckets)
        counts += np.bincount(places, minlength=buckets)
    return Tally(draw, view, counts, range_shares(buckets) if view == "ranges" else remainder_shares(buckets))


def chi_square(found: Tally) -> Trial:
    """Pearson's test of a tally, in both tails; of few cells in the upper one alone."""
    expected = found.counts.sum() * found.shares
    statistic, freedom = float(np.sum((found.counts - expected) ** 2 / expected)), found.counts.size - 1
    upper = float(stats.chi2.sf(statistic, freedom))
    lower = float(stats.chi2.cdf(statistic, freedom)) if freedom >= FEWEST_CELLS - 1 else 1.0
    return two_sided(found.draw, found.view, statistic, upper, lower)


def order(draw: str, words: Words) -> Trial:
    """Kolmogorov and Smirnov's test of the hashes against the uniform distribution, in both tails of the distance.

    >>> order("demo", np.arange(0, 2**32, 2**22, dtype=np.uint32)).too_even
    True
    """
    users, ordered = words.size, np.sort(words)
    below = (ordered + 0.5) / HASH_SPACE
    places = np.arange(users) / users
    distance = float(max(np.max(below - places), np.max(places - below) + 1 / users))
    kolmogorov = stats.kstwo(users)
    return two_sided(draw, "order", distance, float(kolmogorov.sf(distance)), float(kolmogorov.cdf(distance)))


def two_sided(draw: str, kind: str, statistic: float, upper: float, lower: float) -> Trial:
    """A test with p for both tails at once."""
    return Trial(draw, kind, statistic, min(1.0, 2 * min(upper, lower)), lower < upper)


def judged(tests: Sequence[Trial], tallies: Sequence[Tally], margin: float, alpha: float) -> Check:
    """The Check of all tests and tallies."""
    buckets, users = tallies[0].counts.size, int(tallies[0].counts.sum())
    worst = min(tests, key=lambda test: test.p_value, default=None)
    p_value = min(1.0, len(tests) * worst.p_value) if worst else 1.0
    allowed = min(margin, 1 / buckets / MARGIN_PART)
    extremes = dict(chain.from_iterable(ends(tallies, view) for view in VIEWS)) if users else {}
    intervals = {arm: power.wilson(count, users) for arm, (count, _) in extremes.items()}
    equivalent = bool(users) and all(inside(intervals[arm], share, allowed) for arm, (_, share) in extremes.items())
    shares = [count / users for count, _ in extremes.values()]
    observed = f"{percent(min(shares))} to {percent(max(shares))}" if shares else "-"
    needed = users_needed(buckets, len(tallies), allowed)
    facts = {"p_value": p_value, "alpha": alpha, "equivalent": equivalent, "needed": needed, "users": users}
    return Check(
        name=NAME,
        verdict=verdict(p_value, alpha, equivalent=equivalent),
        statistic=worst.statistic if worst else None,
        p_value=p_value,
        estimate=dict(zip(extremes, shares, strict=True)),
        interval=intervals,
        n=users,
        n_needed=needed,
        detectable=detectable(cells_for(users, buckets), users, alpha / (2 * max(1, len(tests)))),
        alpha=alpha,
        details={
            "figure": NAME,
            "observed": observed,
            "expected": {arm: share for arm, (_, share) in extremes.items()},
            "margin": dict.fromkeys(extremes, allowed),
            "interval_level": power.INTERVAL_LEVEL,
            "equivalent": equivalent,
            "watch": alpha <= p_value < WATCH_BELOW,
            "buckets": buckets,
            "tests": [asdict(test) for test in tests],
            "buckets_of": counts_of(tallies, worst.draw if worst else tallies[0].draw),
            "reason": said(worst, len(tests), buckets, allowed, facts),
        },
    )


def detectable(cells: int, users: int, alpha: float) -> float | None:
    """The smallest mismatch of a bucket that one chi-square test finds with 80 % power; None where there is no test."""
    return power.detectable(1 / cells, cells, users, alpha) if cells else None


def ends(tallies: Sequence[Tally], view: str) -> Iterator[tuple[str, tuple[int, float]]]:
    """The emptiest and the fullest bucket of a view over all draws: its name, its users and its share of all hashes."""
    seen = [one for one in tallies if one.view == view]
    for extreme in (np.argmin, np.argmax) if seen else ():
        one = seen[int(extreme([extreme_of(tally, extreme) for tally in seen]))]
        place = int(extreme(one.counts))
        yield f"{one.draw}: {view.removesuffix('s')} {place}", (int(one.counts[place]), float(one.shares[place]))


def extreme_of(found: Tally, extreme: Any) -> int:
    """The users of the emptiest or fullest bucket."""
    return int(found.counts[extreme(found.counts)])


def counts_of(tallies: Sequence[Tally], draw: str) -> dict[str, Any]:
    """The users in each bucket of one draw, by view."""
    return {"draw": draw, **{one.view: one.counts for one in tallies if one.draw == draw}}


def users_needed(buckets: int, tallies: int, margin: float) -> int:
    """Users that give 90 % power for every bucket of every tally to lie inside the margin, if the hash is uniform."""
    chance = (1 - power.PASS_POWER) / (buckets * tallies)
    return power.plan(1 / buckets, margin, 1 - chance, power.EQUIVALENCE_ALPHA)


def said(worst: Trial | None, tests: int, buckets: int, margin: float, facts: Mapping[str, Any]) -> str:
    """The verdict in words."""
    if worst is None:
        return "no users were counted"
    if facts["p_value"] < WATCH_BELOW:
        how = "too evenly" if worst.too_even else "unevenly"
        where = {"order": "along the whole range", "ranges": "over equal ranges"}.get(
            worst.kind, f"over hash % {buckets}"
        )
        p_value = f"p {p_text(facts['p_value'])} over {tests} tests is {bar(facts['p_value'], facts['alpha'])}"
        return f"{worst.draw} lies {how} {where}: {p_value}"
    allowed = f"±{points(margin, sign='')}"
    if facts["equivalent"]:
        return f"every bucket holds {percent(1 / buckets)} of the users within {allowed}, shown at 0.05"
    return f"a bucket's interval reaches beyond {allowed}{more_needed(facts['needed'], facts['users'])}"
