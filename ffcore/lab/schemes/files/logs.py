"""Exposure logs of other vendors' flags: every logged outcome against the one recomputed from the vendor's file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.schemes.files.flags import FlagFile, VendorFlag
from ffcore.lab.verify.check import Check, Verdict
from ffcore.lab.verify.exposures import ENABLED, ID, KEY, PREFIX, VARIANT, read_exposures

NAME = "vendor log"
#: How many mismatches are shown.
EXAMPLES = 5
#: Texts that are truth values, however their letters are cased: pandas writes them as True and False.
TRUTH = {"true": "true", "false": ""}

Texts = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class _Recomputed:
    """One flag's rows of a log: how many, how many differ, the first of them, and why none could be recomputed."""

    rows: int
    mismatches: int = 0
    examples: tuple[str, ...] = ()
    unknown: str = ""


def vendor_log(exposures: Any, flags: FlagFile) -> Check:
    """Whether a log says of each user what the vendor's file gives them.

    A row's outcome is its variant where it has one, else whether it is enabled. Not enabled, false (in any case) and no
    variant are the same.
    Variants are compared by the values that users got, as the file spells them (JSON for anything but text).

    Pass: every row agrees. Fail: one differs. Inconclusive: none differs, but rows are of flags that cannot be
    recomputed, for a part of theirs is not followed (``details["by_flag"]`` says which).

    Args:
        exposures: a log as ``verify.read_exposures`` takes it; its columns ``context.<attribute>`` are the attributes.
        flags: what ``read_flags`` read.

    Raises:
        ConfigError: a log that is none, or of a flag that the file has not.

    >>> flags = FlagFile("unleash", {"dark-mode": VendorFlag("dark-mode", True)}, ())
    >>> log = pd.DataFrame({"user_id": ["ann", "bob"], "flag_key": "dark-mode", "enabled": [True, False]})
    >>> check = vendor_log(log, flags)
    >>> check.verdict, check.details["reason"]
    ('fail', "1 of 2 rows differ; dark-mode, user 'bob': logged off, recomputed true")
    """
    read = read_exposures(exposures)
    table = read.table().to_pandas()
    attributes = {name: name.removeprefix(PREFIX) for name in table if name.startswith(PREFIX)}
    frame = table.rename(columns=attributes) if read.typed else _typed(table.rename(columns=attributes), attributes)
    keys = [str(key) for key in frame[KEY].unique()]
    problems = [(key, f"the file has no such flag{suggestion(key, flags)}") for key in keys if key not in flags]
    if problems:
        raise ConfigError(problems, source=read.source)
    return _check({key: _compared(flags[key], frame[frame[KEY].astype(str) == key]) for key in keys})


def _typed(frame: pd.DataFrame, attributes: dict[str, str]) -> pd.DataFrame:
    """A CSV's attributes: a column of numbers is one of numbers."""
    for name in attributes.values():
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if (numbers.notna() == frame[name].notna()).all():
            frame[name] = numbers
    return frame


def _compared(flag: VendorFlag, rows: pd.DataFrame) -> _Recomputed:
    if flag.uncovered:
        return _Recomputed(len(rows), unknown=flag.uncovered[0])
    users = rows[ID].astype(str).to_numpy(dtype=object)
    logged, found = _logged(rows), _as_texts(flag.decide(rows).to_numpy(dtype=object))
    wrong = np.flatnonzero(logged != found)
    examples = tuple(
        f"{flag.key}, user {shown(users[row])}: logged {logged[row] or 'off'}, recomputed {found[row] or 'off'}"
        for row in wrong[:EXAMPLES]
    )
    return _Recomputed(len(rows), len(wrong), examples)


def _logged(rows: pd.DataFrame) -> Texts:
    none = np.full(len(rows), None, dtype=object)
    enabled = rows[ENABLED].to_numpy(dtype=object) if ENABLED in rows else none
    variant = rows[VARIANT].to_numpy(dtype=object) if VARIANT in rows else none
    return _as_texts(np.where(pd.isna(variant), enabled, variant))


def _as_texts(answers: Texts) -> Texts:
    """Answers as text: true is "true"; false and nothing are empty."""
    return np.array([_as_text(answer) for answer in answers.tolist()], dtype=object)


def _as_text(answer: Any) -> str:
    if isinstance(answer, str):
        return TRUTH.get(answer.lower(), answer)
    return "" if pd.isna(answer) or not answer else "true"


def _check(found: dict[str, _Recomputed]) -> Check:
    rows, wrong = sum(one.rows for one in found.values()), sum(one.mismatches for one in found.values())
    unknown = {key: one for key, one in found.items() if one.unknown}
    examples = [line for one in found.values() for line in one.examples]
    verdict: Verdict = "fail" if wrong else "inconclusive" if unknown or not rows else "pass"
    reason = f"{wrong:,} of {rows:,} rows differ; {examples[0]}" if wrong else "every row agrees"
    if unknown and not wrong:
        first, one = next(iter(unknown.items()))
        reason = f"{sum(one.rows for one in unknown.values()):,} rows cannot be recomputed; {first}: {one.unknown}"
    by_flag = {
        key: {"rows": one.rows, "mismatches": None if one.unknown else one.mismatches, "not_followed": one.unknown}
        for key, one in found.items()
    }
    details = {"mismatches": wrong, "by_flag": by_flag, "examples": examples[:EXAMPLES], "reason": reason}
    return Check(NAME, verdict, n=rows, details=details)
