"""Bulk decisions held against the evaluator's, bit for bit: over users, over ids of every length, for every key."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import ffcore
from ffcore.lab.bench.engines import HALF
from ffcore.lab.bulk.frames import evaluate_frame
from ffcore.lab.population import contexts
from ffcore.lab.testing.wrong_bit import wrong_bit
from ffcore.lab.verify.check import Check

from .mismatches import counted

FAULT = "wrong_bit"
LENGTHS = range(601)
#: Letters by the bytes that each takes in UTF-8, surrogates left out.
LETTERS = {1: range(0x80), 2: range(0x80, 0x800), 3: range(0x800, 0xD800), 4: range(0x10000, 0x110000)}
CONTROL = "control: one wrong bit is seen"
Decide = Callable[[str, str, Any], ffcore.Decision]
Numbers = NDArray[np.int64]


def generated_ids(seed: int = 0) -> list[str]:
    """Four ids of every length from 0 to 600 bytes: ASCII, and with letters of two, three and four bytes before it.

    >>> ids = generated_ids()
    >>> len(ids), sorted({len(user.encode()) for user in ids}) == list(range(601))
    (2404, True)
    """
    generator = random.Random(seed)  # noqa: S311  no secret
    return [_id(length, width, generator) for length in LENGTHS for width in LETTERS]


def _id(length: int, width: int, generator: random.Random) -> str:
    wide = generator.randint(0, length // width)
    codes = generator.choices(LETTERS[width], k=wide) + generator.choices(LETTERS[1], k=length - wide * width)
    return "".join(map(chr, codes))


def equality(flags: ffcore.FlagSet, users: pd.DataFrame, fault: str = "", most: int | None = None) -> dict[str, Check]:
    """Hold the bulk decisions of every flag and experiment against the evaluator's, one after the other, by name.

    The cases are the users and, with contexts taken from users, the generated ids. A blank id has to be refused by
    both. The last check is the negative control: kernels with one wrong bit have to be caught by the same comparison.

    Args:
        flags: what is decided.
        users: one row per user with `user_id` and context columns.
        fault: `wrong_bit` decides everything with the faulty kernels.
        most: at most so many of the users, evenly spread; None takes all.

    Raises:
        ConfigError: for an unknown fault.

    >>> flags = ffcore.FlagSet([ffcore.Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> found = equality(flags, pd.DataFrame({"user_id": ["ann", "bob"]}))
    >>> found["dark-mode"].details, found[CONTROL].verdict
    ({'cases': 2406, 'mismatches': 0}, 'pass')
    """
    if fault not in ("", FAULT):
        raise ffcore.ConfigError.unknown("fault", fault, [FAULT])
    some = users if most is None else users.iloc[:: -(-len(users) // most)]
    ids = generated_ids()
    made = users.iloc[np.arange(len(ids)) % len(users)].assign(user_id=ids)
    with wrong_bit() if fault else nullcontext():
        found = dict(_compared(flags, pd.concat([some, made], ignore_index=True)))
    with wrong_bit():
        [(_, faulty)] = _compared(ffcore.FlagSet([HALF]), made[["user_id"]])
    details = {name: faulty.details[name] for name in ("cases", "mismatches")}
    control = Check(CONTROL, "pass" if details["mismatches"] else "fail", n=faulty.n, details=details)
    return found | {CONTROL: control}


def _compared(flags: ffcore.FlagSet, cases: pd.DataFrame) -> Iterator[tuple[str, Check]]:
    evaluator = ffcore.Evaluator(flags)
    ids, context = cases["user_id"].tolist(), list(contexts(cases))
    halves = (
        ("", ffcore.FlagSet(flags.values()), evaluator.evaluate),
        ("experiment ", ffcore.FlagSet(experiments=flags.experiments.values()), evaluator.assign),
    )
    for kind, some, decide in halves:
        decided = evaluate_frame(cases, some, on_invalid="mark")
        for key in [*some, *some.experiments]:
            numbers, places = _numbered(decided, key)
            expected = _expected(decide, key, ids, context, places)
            yield f"{kind}{key}", counted(f"{kind}{key}", int((numbers != expected).sum()), len(cases))


def _numbered(decided: pd.DataFrame, key: str) -> tuple[Numbers, dict[tuple[bool, str, str | None], int]]:
    """A number for each row's decision, and the number that each decision has."""
    reasons, variants = decided[f"{key}.reason"].cat, decided[f"{key}.variant"].cat
    names = [*variants.categories, None]  # the code of null, -1, finds the last
    width = len(names)
    codes = reasons.codes.to_numpy(np.int64) * width + variants.codes.to_numpy(np.int64) % width
    places = {
        (enabled, reason, name): 2 * (width * row + column) + enabled
        for row, reason in enumerate(reasons.categories)
        for column, name in enumerate(names)
        for enabled in (False, True)
    }
    return 2 * codes + decided[f"{key}.enabled"].to_numpy(np.int64), places


def _expected(
    decide: Decide,
    key: str,
    ids: Sequence[str],
    context: Sequence[dict[str, Any]],
    places: dict[tuple[bool, str, str | None], int],
) -> Numbers:
    refused = places[False, "invalid_user_id", None]

    def number(user: str, attributes: dict[str, Any]) -> int:
        try:
            found = decide(user, key, attributes)
        except ValueError:
            return refused
        return places.get((found.enabled, found.reason, found.variant), -1)

    return np.fromiter(map(number, ids, context), dtype=np.int64, count=len(ids))
