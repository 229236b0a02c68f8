"""The Check: what one verification found, how sure that is, and what would settle the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NoReturn, get_args

import numpy as np

from ffcore.errors import ConfigError, suggestion
from ffcore.lab.verify import display

if TYPE_CHECKING:
    from ffcore.lab.plots import Chart

Verdict = Literal["pass", "fail", "inconclusive"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True, repr=False)
class Check:
    """The outcome of one verification. Everything in it is a plain, JSON-safe value; shares are fractions of 1.

    Attributes:
        name: What was checked.
        verdict: ``pass`` and ``fail`` both rest on evidence; ``inconclusive`` is everything else.
        statistic: The test statistic, or None for a proof.
        p_value: The probability of data at least this extreme if nothing is wrong; None for a proof.
        estimate: The share measured for each arm.
        interval: The bounds of each arm's interval; ``details["interval_level"]`` is its confidence.
        n: How many users were counted.
        n_needed: How many users give 90 % power to pass when the truth is on target; None for a proof.
        detectable: The smallest mismatch of a share that this check finds with 80 % power; None for a proof.
        alpha: The alarm rate of the whole check.
        details: What else there is to know, by name.

    >>> check = Check("demo", "pass", n=4, estimate={"on": 0.5}, interval={"on": (0.4, 0.6)})
    >>> Check.from_dict(check.to_dict()) == check
    True
    """

    name: str
    verdict: Verdict
    statistic: float | None = None
    p_value: float | None = None
    estimate: Mapping[str, float] = field(default_factory=dict)
    interval: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    n: int = 0
    n_needed: int | None = None
    detectable: float | None = None
    alpha: float = 0.001
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ConfigError([("verdict", f"{self.verdict!r} is no verdict{suggestion(self.verdict, VERDICTS)}")])
        for name in ("statistic", "p_value", "estimate", "n", "n_needed", "detectable", "alpha", "details"):
            object.__setattr__(self, name, plain(getattr(self, name)))
        bounds = {str(arm): (float(low), float(high)) for arm, (low, high) in self.interval.items()}
        object.__setattr__(self, "interval", bounds)

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, ready for ``json.dumps``.

        >>> Check("demo", "pass", n=4).to_dict()["n"]
        4
        """
        return {item.name: plain(getattr(self, item.name)) for item in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Check:
        """The Check that ``to_dict`` wrote; a missing or unknown field is a ConfigError that names it.

        >>> Check.from_dict({"name": "demo", "verdict": "pass"}).verdict
        'pass'
        """
        names = [item.name for item in fields(cls)]
        problems = [(key, f"unknown field{suggestion(key, names)}") for key in data if key not in names]
        problems += [(key, "is missing") for key in ("name", "verdict") if key not in data]
        if problems:
            raise ConfigError(problems, source="check")
        return cls(**data)

    def plot(self) -> Chart:
        """The check's own figure, or its intervals against their margins; ``caption`` is the text that goes with it."""
        from ffcore.lab import figures

        return figures.draw(self)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a Check is neither true nor false, because inconclusive is not pass: "
            f'compare its verdict, as in check.verdict == "pass" (this one: {self.verdict!r})'
        )

    def __repr__(self) -> str:
        return display.line(self)

    def __str__(self) -> str:
        return display.text(self)

    def _repr_html_(self) -> str:
        return display.html(self)


def combine(checks: Iterable[Check]) -> Verdict:
    """One verdict for many checks: any fail fails, else any inconclusive (or no check at all) is inconclusive.

    >>> combine([Check("a", "pass"), Check("b", "inconclusive")])
    'inconclusive'
    >>> combine([])
    'inconclusive'
    """
    return worst(check.verdict for check in checks)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of several: one fail fails, else one inconclusive (or none at all) leaves it open.

    >>> worst(["pass", "inconclusive"]), worst([])
    ('inconclusive', 'inconclusive')
    """
    present = set(verdicts)
    worst_first: tuple[Verdict, ...] = ("fail", "inconclusive", "pass")
    return next((verdict for verdict in worst_first if verdict in present), "inconclusive")


def plain(value: object) -> Any:
    """``value`` as the types JSON knows: numpy scalars and fractions become numbers, keys text, NaN and infinity None.

    >>> plain({1: np.float64(0.5), "shape": (Fraction(1, 4), float("nan"))})
    {'1': 0.5, 'shape': [0.25, None]}
    """
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
