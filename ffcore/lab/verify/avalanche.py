"""The avalanche check: does each bit of id and key, when it changes, change each bit of the hash half the time?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ffcore.errors import ConfigError, shown
from ffcore.hashing import hash32
from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.verify import power
from ffcore.lab.verify.answers import Assign, Text, call_for_words
from ffcore.lab.verify.assignments import DEFAULT_KEY
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.display import bar, more_needed, p_text, percent, points
from ffcore.lab.verify.hard_ids import BITS, KINDS, flipped, flipped_text, hard_ids, texts
from ffcore.lab.verify.shares import WATCH_BELOW, check_rates, inside, verdict
from ffcore.lab.verify.users import is_id

NAME = "avalanche"
FEWEST_IDS, MOST_IDS = 100, 1_000_000
#: The ids whose key is changed, and the name under which the bits of the key stand.
KEYED, KEY = "sequential", "key"

Words = NDArray[np.uint32]
#: Characters x their bits x the bits of the hash.
CountArray = NDArray[np.int64]


def avalanche(
    assign: Assign | None, *, key: str | None = None, ids: int = 1_536, margin: float = 0.1, alpha: float = 0.001
) -> Check:
    """Whether flipping one bit of an id or of the key flips each bit of the hash with probability one half.

    Each bit of each character is flipped for ids of seven kinds that weak hashes fail on, and each bit of the key:
    sequential numbers, UUIDs, e-mail addresses, shared prefixes and suffixes, non-ASCII, and ids one bit apart.
    For every input bit and every output bit the share of ids whose output bit changes is compared with one half by
    the exact binomial test; ``p_value`` is the smallest p times their number (Bonferroni). The strict avalanche
    criterion: Webster and Tavares, On the design of S-boxes, CRYPTO 1985.

    Pass: every share's 90 % Wilson interval lies within the margin of one half (two one-sided tests at 0.05).

    Args:
        assign: ``assign(user_id, key)`` that returns a 32-bit integer, scalar or marked with ``vectorized``; None is
            the product's hash.
        key: What the ids are hashed with; by default the function's own ``key`` attribute, or "verify".
        ids: How many ids of each kind.
        margin: The largest deviation from one half that counts as equal, at most 0.1.
        alpha: The alarm rate of the whole check.

    Returns:
        A Check whose ``estimate`` is for each kind of id, and for the key, the share farthest from one half;
        ``details["matrix"]`` holds for each kind, character and output bit the share farthest from one half.

    Raises:
        ConfigError: An answer that is no 32-bit integer, or a parameter that makes no sense.

    >>> check = avalanche(None)
    >>> check.verdict, len(check.details["matrix"]), check.n
    ('pass', 8, 10752)
    """
    check_rates(NAME, alpha, margin)
    salt = read_key(assign, key)
    check_ids(ids)
    counts = dict(count_all(assign, salt, ids))
    return judged(counts, ids, margin, alpha)


def read_key(assign: Assign | None, key: Any) -> str:
    """What the ids are hashed with."""
    if assign is not None and not callable(assign):
        kinds = "a function assign(user_id, key) of 32 bits, or None for the product's hash"
        raise ConfigError([("assign", f"expected {kinds}, got {shown(assign)}")], source=NAME)
    found = getattr(assign, "key", DEFAULT_KEY) if key is None else key
    if not is_id(found):
        raise ConfigError([("key", f"expected a text that is not blank, got {shown(found)}")], source=NAME)
    return str(found)


def check_ids(ids: Any) -> None:
    """Refuses a number of ids that is none."""
    if not isinstance(ids, int) or isinstance(ids, bool) or not FEWEST_IDS <= ids <= MOST_IDS:
        expected = f"a whole number from {FEWEST_IDS} to {MOST_IDS:,}"
        raise ConfigError([("ids", f"expected {expected}, got {shown(ids)}")], source=NAME)


def count_all(assign: Assign | None, key: str, size: int) -> Iterator[tuple[str, CountArray]]:
    """For each kind of ids, and for the key, how many ids' output bits change with each input bit."""
    for kind, characters in hard_ids(size).items():
        text = texts(characters)
        before = hashes(assign, text, key)
        after = (hashes(assign, flipped(characters, place), key) for place in range(characters.shape[1]))
        yield kind, np.stack([changes(before, words.reshape(BITS, size)) for words in after])
        if kind == KEYED:
            salted = ([hashes(assign, text, other) for other in others] for others in flipped_text(key))
            yield KEY, np.stack([changes(before, np.stack(words)) for words in salted])


def hashes(assign: Assign | None, text: Text, key: str) -> Words:
    """The hash of each id, those that repeat included."""
    if assign is None or assign is hash32:
        words: Words = hash_ids(id_array(text), [key])[0]
        return words
    return call_for_words(assign, text, key)


def changes(before: Words, after: Words) -> CountArray:
    """How many ids' bits differ: ``after`` is input bits x ids, the result input bits x output bits, lowest first.

    >>> changes(np.array([0, 1], dtype=np.uint32), np.array([[1, 3]], dtype=np.uint32))[0, :3].tolist()
    [1, 1, 0]
    """
    differing = np.ascontiguousarray(before ^ after, dtype="<u4")
    bits = np.unpackbits(differing.view(np.uint8).reshape(*after.shape, 4), axis=-1, bitorder="little")
    found: CountArray = bits.sum(axis=1, dtype=np.int64)
    return found


def judged(counts: Mapping[str, CountArray], ids: int, margin: float, alpha: float) -> Check:
    """The Check of all counts."""
    cells = sum(found.size for found in counts.values())
    allowed = min(margin, 0.1)
    worst = {kind: int(found.flat[farthest(found, ids)]) for kind, found in counts.items()}
    intervals = {kind: power.wilson(count, ids) for kind, count in worst.items()}
    gap = {kind: max(count, ids - count) for kind, count in worst.items()}
    most = max(gap, key=lambda kind: gap[kind])
    p_value = min(1.0, cells * 2 * float(stats.binom.sf(gap[most] - 1, ids, 0.5)))
    equivalent = all(inside(interval, 0.5, allowed) for interval in intervals.values())
    needed = power.plan(0.5, allowed, 1 - (1 - power.PASS_POWER) / cells, power.EQUIVALENCE_ALPHA)
    facts = {"p": p_value, "alpha": alpha, "margin": allowed, "equivalent": equivalent}
    facts |= {"ids": ids * len(KINDS), "needed": needed * len(KINDS)}
    return Check(
        name=NAME,
        verdict=verdict(p_value, alpha, equivalent=equivalent),
        statistic=gap[most] / ids - 0.5,
        p_value=p_value,
        estimate={kind: count / ids for kind, count in worst.items()},
        interval=intervals,
        n=ids * len(KINDS),
        n_needed=needed * len(KINDS),
        detectable=power.detectable(0.5, 2, ids, alpha / cells),
        alpha=alpha,
        details={
            "figure": NAME,
            "observed": f"{percent(worst[most] / ids)} at worst",
            "expected": dict.fromkeys(counts, 0.5),
            "margin": dict.fromkeys(counts, allowed),
            "interval_level": power.INTERVAL_LEVEL,
            "equivalent": equivalent,
            "watch": alpha <= p_value < WATCH_BELOW,
            "cells": cells,
            "ids": ids,
            "matrix": {kind: matrix(found, ids) for kind, found in counts.items()},
            "reason": said(most, counts[most], ids, facts),
        },
    )


def farthest(counts: CountArray, ids: int) -> int:
    """The place of the count farthest from half of the ids, in the flattened counts."""
    return int(np.abs(2 * counts - ids).argmax())


def matrix(counts: CountArray, ids: int) -> list[list[float]]:
    """For each character and output bit the share of the input bit whose share is farthest from one half."""
    places = np.abs(2 * counts - ids).argmax(axis=1)
    found: list[list[float]] = (np.take_along_axis(counts, places[:, None], axis=1)[:, 0] / ids).round(4).tolist()
    return found


def said(kind: str, counts: CountArray, ids: int, facts: Mapping[str, Any]) -> str:
    """The verdict in words."""
    place, bit, output = np.unravel_index(farthest(counts, ids), counts.shape)
    if facts["p"] < WATCH_BELOW:
        share = percent(int(counts[place, bit, output]) / ids)
        where = "of the key" if kind == KEY else f"of {kind} ids"
        what = f"bit {bit} of character {place + 1} {where} changes bit {output} of the hash in {share} of the cases"
        return f"{what}: p {p_text(facts['p'])} is {bar(facts['p'], facts['alpha'])}"
    allowed = f"50 % ± {points(facts['margin'], sign='')}"
    if facts["equivalent"]:
        return f"every bit of ids and key changes every bit of the hash in {allowed} of the cases, shown at 0.05"
    return f"the interval of a share reaches beyond {allowed}{more_needed(facts['needed'], facts['ids'], 'ids')}"
