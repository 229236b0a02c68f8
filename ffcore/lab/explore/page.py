"""An answer as HTML: the share against its margin, who would move, and the ramp, each as a row that can be read."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ffcore.lab.verify.assignments import ON
from ffcore.lab.verify.display import VERDICT_COLOURS, percent, points, reason
from ffcore.lab.verify.ramps import label

if TYPE_CHECKING:
    from ffcore.lab.verify.check import Check

    from .questions import Answer

#: How many margins the strip shows on either side of the target.
REACH = 2.0


def page(answer: Answer) -> str:
    """The answer as a fragment of HTML; it brings its own style and fetches nothing.

    >>> from ffcore import Flag, FlagSet
    >>> from ffcore.lab.explore import Edit, Explorer
    >>> explorer = Explorer(FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=10)]), range(10_000))
    >>> "1,499 users" in page(explorer.answer(Edit("dark-mode", 25, margin=0.02)))
    True
    """
    checks = [("share let in", answer.share), *([("variants", answer.split)] if answer.split is not None else [])]
    return _template().render(
        answer=answer,
        heading=f"{answer.flag.key} at {label(answer.flag.rollout_percentage)}",
        rows=[row for name, check in checks for row in strips(name, check)],
        judged=[(name, check.verdict, VERDICT_COLOURS[check.verdict], reason(check)) for name, check in checks],
        largest=max((move.users for move in answer.moves), default=1),
        lost=sum(move.users for move in answer.moves if move.loses),
        label=label,
    )


def strips(name: str, check: Check) -> Iterable[dict[str, object]]:
    """One strip for each arm of a check: where its interval lies, in margins from the target.

    >>> from ffcore.lab.verify import sample_ratio
    >>> [strip["arm"] for strip in strips("variants", sample_ratio({"a": 50, "b": 50}, {"a": 0.5, "b": 0.5}))]
    ['a', 'b']
    """
    arms = [arm for arm in check.estimate if name != "share let in" or arm == ON]
    for arm in arms:
        share, target = check.estimate[arm], check.details["expected"][arm]
        margin = check.details.get("margin", {}).get(arm) or 0.0
        low, high = check.interval.get(arm, (share, share)) if 0 < target < 1 else (share, share)
        scale = margin or max(abs(high - target), abs(low - target), 1e-9)
        yield {
            "arm": arm,
            "said": f"{percent(share, 4)} [{percent(low, 4)}, {percent(high, 4)}]",
            "asked": f"{percent(target, 6)} ± {points(margin, sign='')}" if margin else percent(target, 6),
            "low": _place((low - target) / scale),
            "high": _place((high - target) / scale),
            "at": _place((share - target) / scale),
            "inside": target - margin <= low and high <= target + margin,
        }


def _place(margins: float) -> float:
    """A distance in margins as a place on a strip 200 wide; what lies further stops at the edge."""
    return round(100 + 100 * max(-1.0, min(1.0, margins / REACH)), 2)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("ffcore.lab.explore", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["thousands"] = lambda number: f"{number:,}"
    return environment.get_template("answer.html.j2")
