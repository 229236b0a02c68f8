"""The targets of the executive table: the seed's beside ours, read as strictly as flags are."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import yaml

import ffcore
from ffcore.errors import shown, suggestion
from ffcore.lab.verify.check import Verdict


@dataclass(frozen=True, slots=True)
class Target:
    """One row: where the actual figure comes from, what the seed demanded and printed, what we demand and why."""

    metric: str
    notebook: str
    measure: str
    seed_target: str
    seed_figure: str
    target: str
    remark: str = ""
    at_most: float | None = None
    at_least: float | None = None

    def judge(self, value: float | None, interval: tuple[float | None, float | None] | None) -> Verdict | None:
        """Hold a measure against the bound: its whole interval on one side decides; None if a check decides instead.

        >>> Target("P99", "latency", "p99", "< 40 ms", "< 0.01 ms", "at most 8", at_most=8.0).judge(5.0, (4.0, 9.0))
        'inconclusive'
        """
        if self.at_most is None and self.at_least is None:
            return None
        low, high = interval or (value, value)
        if low is None or high is None:
            return "inconclusive"
        floor = self.at_least if self.at_least is not None else float("-inf")
        ceiling = self.at_most if self.at_most is not None else float("inf")
        if floor <= low and high <= ceiling:
            return "pass"
        return "fail" if high < floor or low > ceiling else "inconclusive"


def load_targets(path: Path) -> list[Target]:
    """Read a targets file in the order of its rows; ConfigError names every mistake with its place."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise ffcore.ConfigError([("", f"cannot be read: {error}")], source=str(path)) from error
    rows = data.get("metrics") if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or set(data) != {"metrics"}:
        raise ffcore.ConfigError([("", "has to be a mapping with the one list `metrics`")], source=str(path))
    problems = [problem for number, row in enumerate(rows) for problem in _problems(f"metrics[{number}]", row)]
    if problems:
        raise ffcore.ConfigError(problems, source=str(path))
    return [Target(**row) for row in rows]


_FIELDS = {field.name: field for field in fields(Target)}
_BOUNDS = ("at_most", "at_least")


def _problems(place: str, row: object) -> list[tuple[str, str]]:
    if not isinstance(row, Mapping):
        return [(place, f"{shown(row)} is no mapping")]
    known = [name for name in row if name in _FIELDS]
    missing = [name for name, field in _FIELDS.items() if field.default is MISSING and name not in row]
    return [
        *((f"{place}.{name}", f"unknown field{suggestion(name, _FIELDS)}") for name in row if name not in _FIELDS),
        *((f"{place}.{name}", "is missing") for name in missing),
        *((f"{place}.{n}", f"{shown(row[n])} is no {_kind(n)}") for n in known if not _fits(n, row[n])),
    ]


def _kind(name: str) -> str:
    return "number" if name in _BOUNDS else "text"


def _fits(name: str, value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) if name in _BOUNDS else isinstance(value, str)
