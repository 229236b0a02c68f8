"""Stored baselines: result files of earlier runs, and what a comparison with one can and cannot see."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ffcore.errors import ConfigError
from ffcore.lab.bench.contender import BATCH, NAMES, ROLLOUT, SIMPLE, TARGETED, VARIANTS
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.report import results

SCHEMA = 2
#: The measures of a notebook's result file that hold the multiples of the floor.
MEASURES = {
    SIMPLE: "multiple_simple",
    ROLLOUT: "multiple_rollout",
    TARGETED: "multiple_targeted",
    VARIANTS: "multiple_variants",
    BATCH: "multiple_batch",
}
#: Where these differ, multiples of the floor differ too though the code is the same, so nothing is judged.
DECISIVE = {
    "implementation": "interpreter",
    "python": "Python",
    "architecture": "architecture",
    "cpu_model": "processor",
}
#: Where these differ, they may.
DOUBTFUL = {"platform": "system", "compiler": "compiler", "cpu_count": "number of cores", "hypervisor": "hypervisor"}
RECORDS = (("machine", "the machine"), ("versions", "the versions measured"))
UNSEEN = (
    "Both runs are taken in multiples of the floor, one bare hash measured beside every block, because times of two "
    "moments don't compare. A change that moves the hash and the evaluator alike (another OpenSSL, say) cancels out "
    "and is not seen."
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What an earlier run says: its file, version, profile and machine, and each workload in multiples of the floor."""

    source: str
    version: str
    profile: str
    machine: Mapping[str, Any]
    multiples: Mapping[str, Estimate]


def read(path: Path) -> Stored:
    """Read a run that ``ffcore bench --json`` or the regression notebook wrote.

    Raises:
        ConfigError: It can't be read, is no such file, or lacks what a comparison needs.
    """
    try:
        item = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError([("", f"cannot be read as JSON: {error}")], str(path)) from None
    if isinstance(item, dict) and "notebook" in item:
        return _from_notebook(path)
    if not isinstance(item, dict) or "multiples" not in item or item.get("schema") != SCHEMA:
        wanted = "expected a file that `ffcore bench --json` or the regression notebook of this version wrote"
        raise ConfigError([("", wanted)], str(path))
    return _checked(path, item["multiples"], item)


def _from_notebook(path: Path) -> Stored:
    result = results.read(path)
    measures = {measure.name: measure for measure in result.measures}
    rows: dict[str, Any] = {}
    for workload, name in MEASURES.items():
        if measure := measures.get(name):
            low, high = measure.interval or (None, None)
            rows[workload] = {"value": measure.value, "low": low, "high": high, "n": measure.n}
    if not rows:
        wanted = "holds no multiples of the floor; expected regression.json or what `ffcore bench --json` wrote"
        raise ConfigError([("measures", wanted)], str(path))
    versions = {"ffcore": result.version}
    return _checked(path, rows, {"profile": result.profile, "machine": result.machine, "versions": versions})


def _checked(path: Path, rows: Any, item: Mapping[str, Any]) -> Stored:
    given = rows if isinstance(rows, dict) else {}
    problems = [problem for name in NAMES for problem in _problems(name, given.get(name))]
    problems += [
        (name, f"expected the record of {what}") for name, what in RECORDS if not isinstance(item.get(name), dict)
    ]
    if problems:
        raise ConfigError(problems, str(path))
    multiples = {name: Estimate(**given[name]) for name in NAMES}
    version = str(item["versions"].get("ffcore", "unknown"))
    return Stored(str(path), version, str(item.get("profile")), item["machine"], multiples)


def _problems(workload: str, row: Any) -> Iterator[tuple[str, str]]:
    place = f"multiples.{workload}"
    if not isinstance(row, dict) or set(row) != {"value", "low", "high", "n"}:
        yield place, "expected value, low, high and n"
    elif not all(_positive(row[name]) for name in row) or not row["low"] <= row["value"] <= row["high"]:
        yield place, "expected positive numbers with low <= value <= high"


def _positive(value: Any) -> bool:
    return type(value) in {int, float} and 0 < value < math.inf


def decisive(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Differences between two machine records that make their runs incomparable.

    >>> decisive({"python": "3.11.7", "cpu_model": "a"}, {"python": "3.12.1", "cpu_model": "a"})
    ['another Python: 3.11.7 then, 3.12.1 now']
    """
    return list(_differences(DECISIVE, then, now))


def doubtful(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Differences between two machine records that may explain a difference of times.

    >>> doubtful({"cpu_count": 2}, {"cpu_count": 4})
    ['another number of cores: 2 then, 4 now']
    """
    return list(_differences(DOUBTFUL, then, now))


def same(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What agrees between two machine records, in words.

    >>> same({"python": "3.11.7", "cpu_count": 2}, {"python": "3.11.7", "cpu_count": 4})
    ['Python (3.11.7)']
    """
    both = {**DECISIVE, **DOUBTFUL}.items()
    return [f"{label} ({now[name]})" for name, label in both if now.get(name) is not None and _equal(name, then, now)]


def _equal(name: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return bool(then.get(name) == now.get(name))


def _differences(fields: Mapping[str, str], then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name, label in fields.items():
        if not _equal(name, then, now):
            yield f"another {label}: {_said(then.get(name))} then, {_said(now.get(name))} now"


def _said(value: Any) -> str:
    return "unknown" if value is None else str(value)
