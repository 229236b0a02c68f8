"""The independence check: does a user's place in one flag say anything of the user's place in another?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from ffcore.errors import ConfigError
from ffcore.lab.bulk.parts import PART_ROWS
from ffcore.lab.verify import power
from ffcore.lab.verify.answers import Assign
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.display import bar, more_needed, number, p_text
from ffcore.lab.verify.draws import VIEWS, Drawn, Draws, Keys, View, Words, ranges, read_draws
from ffcore.lab.verify.goodness import EXACT_BELOW
from ffcore.lab.verify.pair_counts import Cells, pair_tables
from ffcore.lab.verify.shares import WATCH_BELOW, check_rates, verdict
from ffcore.lab.verify.users import Population, Users, read_users
from ffcore.model import DEFAULT_BUCKETS

NAME = "independence"
MOST_CELLS = 10
#: With fewer degrees of freedom the counts' lattice is too coarse for chi-square's lower tail.
FEWEST_FREEDOM = 9
FALSE_DISCOVERIES = 0.01
#: How many pairs the table of the check names.
LISTED = 10

Floats = NDArray[np.float64]
#: What is known of each pair by each view.
Trials = Sequence[Mapping[str, Any]]


def independence(
    assign: Assign | Drawn | None,
    keys: Keys | None,
    users: Users,
    *,
    margin: float = 0.02,
    alpha: float = 0.001,
) -> Check:
    """Whether every two draws of a hash are independent: who is in one flag says nothing of who is in another.

    Each pair is counted into a table of 10 x 10 cells, by equal ranges of the hash, which decide variants, and by
    tenths of its remainder of 10,000, which decide rollouts, and tested by chi-square in both tails: tables that are
    too even betray two draws that differ by a constant. The alarm rate is divided equally among all tests
    (Bonferroni), so ``p_value`` is the smallest p times their number. ``details["dependent"]`` lists the pairs that
    Benjamini and Hochberg's procedure finds at a false discovery rate of 1 %.

    Pass: the upper bound of Cramér's V lies below the margin for every pair, at 0.05. Bounds of V are those of the
    noncentrality of chi-square (Smithson, Confidence Intervals, 2003, p. 40, but without the degrees of freedom that he
    adds to it, which no population's V holds); for strongly dependent pairs they are too narrow. Between two halves, V
    is the correlation: 0.02 moves a share of 50 % by one point.

    Args:
        assign: ``assign(user_id, key)`` that returns a 32-bit integer, scalar or marked with ``vectorized``; or flags
            or an experiment, whose salts the product's hash is tried with; or None, the product's hash.
        keys: Two keys or more; draws by name, as ``{"rollout": "x", "variant": "x_variant"}``; flags and experiments,
            each with all its draws; or None where ``assign`` has its own.
        users: Ids, or a frame with the column ``user_id``.
        margin: The largest Cramér's V that counts as independent.
        alpha: The alarm rate of the whole check.

    Returns:
        A Check whose ``estimate`` is Cramér's V of the ten strongest pairs, corrected for the bias of many cells
        (Bergsma, J. Korean Stat. Soc. 42, 2013), with 90 % intervals; ``detectable`` is a V as well.
        ``details["matrix"]`` holds that of each pair, by the view that shows more; ``details["largest"]`` is the
        largest V as counted.

    Raises:
        ConfigError: Fewer than two keys, an answer that is no 32-bit integer, a parameter that makes no sense.

    >>> check = independence(None, ["dark-mode", "checkout", "banner"], range(100_000))
    >>> check.verdict, check.details["pairs"], check.n_needed
    ('pass', 3, 16941)
    """
    check_rates(NAME, alpha, margin)
    draws, population = read_draws(NAME, assign, keys), read_users(users)
    names = list(draws.salts)
    if len(names) < 2:
        raise ConfigError([("keys", f"expected two or more, got only {names[0]}")], source=NAME)
    found, counted, side = tables_of(draws, population)
    pairs = list(combinations(names, 2))
    trials = [
        {"pair": pair, "view": view, **dict(zip(columns, row, strict=True))}
        for view, tables in found.items()
        for columns in [chi_squares(tables, counted)]
        for pair, row in zip(pairs, zip(*(values.tolist() for values in columns.values()), strict=True), strict=True)
    ]
    return judged(names, trials, counted, side, {"margin": margin, "alpha": alpha})


def tables_of(draws: Draws, population: Population) -> tuple[dict[View, NDArray[np.int64]], int, int]:
    """The table of every pair for each view, the distinct users, and the cells of a draw."""
    cells: dict[View, Cells] = {}
    users = side = 0
    for row, (_, words) in enumerate(draws.words(population)):
        if not row:
            users, side = words.size, cells_for(words.size)
            cells = {view: np.empty((len(draws.salts), users), dtype=np.uint8) for view in VIEWS}
        for view, places in cells.items():
            fill(places[row], words, view, side)
    return {view: pair_tables(places, side) for view, places in cells.items()}, users, side


def cells_for(users: int) -> int:
    """Cells of a draw: ten, but fewer where fewer than 50 users would fall into each pair of them.

    >>> cells_for(5_000), cells_for(1_000), cells_for(100)
    (10, 4, 1)
    """
    return max(1, min(MOST_CELLS, math.isqrt(users // EXACT_BELOW)))


def fill(places: Cells, words: Words, view: View, side: int) -> None:
    """Write each user's cell of a draw."""
    for start in range(0, words.size, PART_ROWS):
        part = words[start : start + PART_ROWS]
        if view == "remainders":
            part = part % np.uint32(DEFAULT_BUCKETS) * np.uint32(side) // np.uint32(DEFAULT_BUCKETS)
            places[start : start + PART_ROWS] = part
        else:
            places[start : start + PART_ROWS] = ranges(part, side)


def chi_squares(tables: NDArray[np.int64], users: int) -> dict[str, NDArray[Any]]:
    """Pearson's chi-square of each table with its own margins, and Cramér's V with its bounds; a value for each table.

    The columns: ``statistic``; ``p`` in both tails; ``too_even``; ``v`` as counted; ``corrected`` as Bergsma does it;
    ``low`` and ``high``, its bounds at 95 %; ``judged``, whether both draws use several cells.
    """
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    lengths = (rows > 0).sum(axis=1) - 1.0, (columns > 0).sum(axis=1) - 1.0
    least, freedom = np.minimum(*lengths), np.maximum(lengths[0] * lengths[1], 1.0)
    expected = rows[:, :, None] * (columns[:, None, :] / max(users, 1))
    squares = np.divide((tables - expected) ** 2, expected, out=np.zeros(tables.shape), where=expected > 0)
    statistic = squares.sum(axis=(1, 2))
    upper, lower = stats.chi2.sf(statistic, freedom), stats.chi2.cdf(statistic, freedom)
    lower = np.where(freedom >= FEWEST_FREEDOM, lower, 1.0)
    cells = np.maximum(least, 1)
    scale, others = max(users, 1) * cells, max(users - 1, 2)
    excess = np.maximum(0, statistic / max(users, 1) - freedom / others)
    return {
        "statistic": statistic,
        "p": np.where(least > 0, np.minimum(1, 2 * np.minimum(upper, lower)), 1.0),
        "too_even": lower < upper,
        "v": np.sqrt(statistic / scale),
        "corrected": np.sqrt(excess / (cells - cells**2 / others)),
        "low": np.sqrt(noncentral(statistic, freedom, 0.95) / scale),
        "high": np.minimum(1, np.sqrt(noncentral(statistic, freedom, 0.05) / scale)),
        "judged": least > 0,
    }


def noncentral(statistic: Floats, freedom: Floats, chance: float) -> Floats:
    """The noncentrality under which chi-square is at most ``statistic`` with this chance; 0 where none is so small.

    >>> noncentral(np.array([60.0, 100.0]), np.array([81.0, 81.0]), 0.05).round(1).tolist()
    [0.0, 48.5]
    """
    found = special.chndtrinc(statistic, freedom, chance)
    return np.asarray(np.where(stats.chi2.cdf(statistic, freedom) > chance, found, 0.0))


@lru_cache(maxsize=256)
def users_needed(tests: int, margin: float) -> int:
    """Users that give 90 % power for every bound to lie below the margin, if all draws are independent.

    >>> users_needed(56, 0.02)
    21124
    """
    freedom = (MOST_CELLS - 1) ** 2
    reached = float(stats.chi2.isf((1 - power.PASS_POWER) / tests, freedom))

    def excess(centre: float) -> float:
        return float(special.chndtr(reached, freedom, centre)) - power.EQUIVALENCE_ALPHA

    centre = float(optimize.brentq(excess, 1e-9, 10 * reached + 100))
    return max(EXACT_BELOW * MOST_CELLS**2, math.ceil(centre / ((MOST_CELLS - 1) * margin**2)))


def judged(names: Sequence[str], trials: Trials, users: int, side: int, rates: Mapping[str, float]) -> Check:
    """The Check of all tests of all pairs."""
    margin, alpha = rates["margin"], rates["alpha"]
    tests, worst = len(trials), min(trials, key=lambda row: (row["p"], -row["v"]))
    p_value = min(1.0, tests * worst["p"])
    equivalent = all(row["judged"] and row["high"] < margin for row in trials)
    strongest = by_pair(trials, lambda row: -row["v"])
    needed = users_needed(tests, margin)
    shown = {" × ".join(row["pair"]): row for row in strongest[:LISTED] if row["judged"]}
    facts = {"users": users, "cells": side, "needed": needed, "p": p_value, "equivalent": equivalent, **rates}
    return Check(
        name=NAME,
        verdict=verdict(p_value, alpha, equivalent=equivalent),
        statistic=worst["statistic"],
        p_value=p_value,
        estimate={pair: row["corrected"] for pair, row in shown.items()},
        interval={pair: (row["low"], row["high"]) for pair, row in shown.items()},
        n=users,
        n_needed=needed,
        detectable=detectable(users, side, tests, alpha),
        alpha=alpha,
        details={
            "figure": NAME,
            "observed": f"V up to {number(max(row['corrected'] for row in shown.values()))}" if shown else "-",
            "expected": dict.fromkeys(shown, 0.0),
            "margin": dict.fromkeys(shown, margin),
            "interval_level": power.INTERVAL_LEVEL,
            "unit": "V",
            "equivalent": equivalent,
            "watch": alpha <= p_value < WATCH_BELOW,
            "draws": names,
            "pairs": len(strongest),
            "cells": side,
            "largest": strongest[0]["v"] if strongest[0]["judged"] else None,
            "matrix": matrix(names, strongest),
            "dependent": discoveries(trials),
            "reason": said(trials, worst, facts),
        },
    )


def detectable(users: int, side: int, tests: int, alpha: float) -> float | None:
    """The smallest Cramér's V that alarms with 80 % power; None where no V would."""
    if side == 1:
        return None
    found = math.sqrt(power.noncentrality(alpha / (2 * tests), (side - 1) ** 2) / (users * (side - 1)))
    return found if found <= 1 else None


def matrix(names: Sequence[str], strongest: Trials) -> list[list[float | None]]:
    """Cramér's V of every two draws, corrected, None for a draw with itself and for what could not be judged."""
    of_pair = {row["pair"]: row["corrected"] for row in strongest if row["judged"]}
    return [[of_pair.get((one, other), of_pair.get((other, one))) for other in names] for one in names]


def discoveries(trials: Trials) -> list[dict[str, Any]]:
    """The pairs that are dependent by Benjamini and Hochberg's procedure, each with its smallest p over the views."""
    found = by_pair(trials, lambda row: float(row["p"]))
    chances = [min(1.0, len(VIEWS) * row["p"]) for row in found]
    adjusted = stats.false_discovery_control(chances, method="bh").tolist()
    rows = zip(found, chances, adjusted, strict=True)
    return [{"pair": row["pair"], "p": p, "adjusted": low} for row, p, low in rows if low < FALSE_DISCOVERIES]


def by_pair(trials: Trials, key: Callable[[Mapping[str, Any]], float]) -> Trials:
    """The first trial of each pair in the order of ``key``."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in sorted(trials, key=key):
        found.setdefault(row["pair"], row)
    return list(found.values())


def said(trials: Trials, worst: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """The verdict in words."""
    pairs = len(trials) // len(VIEWS)
    if facts["p"] < WATCH_BELOW:
        how = "are too evenly mixed" if worst["too_even"] else f"depend (V {number(worst['v'])})"
        p_value = f"p {p_text(facts['p'])} over {len(trials):,} tests is {bar(facts['p'], facts['alpha'])}"
        return f"{' and '.join(worst['pair'])} {how}: {p_value}"
    if facts["equivalent"]:
        return f"Cramér's V of each of {pairs:,} pairs is below {facts['margin']:g}, shown at 0.05"
    if facts["cells"] > 1 and not all(row["judged"] for row in trials):
        return "a draw puts all users into one cell"
    few = "no users were counted" if not facts["users"] else "too few users for a table"
    lack = few if facts["cells"] == 1 else f"the bound of a pair's Cramér's V reaches beyond {facts['margin']:g}"
    return lack + more_needed(facts["needed"], facts["users"])
