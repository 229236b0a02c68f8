"""Figures that belong to one check each: a module for a check, looked up by the check's name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ffcore.lab.plots import Chart
    from ffcore.lab.verify.check import Check

#: Name of a check -> the module below this package and the function in it that draws the check.
FIGURES: dict[str, tuple[str, str]] = {
    "audit": ("audit", "mismatches"),
    "avalanche": ("avalanche", "avalanche"),
    "blast radius": ("blast", "blast"),
    "correlation": ("correlation", "correlation"),
    "explain": ("explain", "segments"),
    "fleet": ("fleet", "sorted_p_values"),
    "independence": ("independence", "independence"),
    "ramp": ("ramp", "ramp"),
    "sequential sample ratio": ("sequential", "path"),
    "uniformity": ("uniformity", "uniformity"),
}
DEFAULT = ("ffcore.lab.plots", "intervals")


def draw(check: Check) -> Chart:
    """The figure of a check: the one registered for its name, else its intervals against their margins.

    A check that was renamed keeps its figure where ``details["figure"]`` holds the name that it was made under.

    >>> from ffcore.lab.verify import sample_ratio
    >>> print(draw(sample_ratio([4969, 5031], [0.5, 0.5])).caption[:57])
    Deviation from target in percentage points: dot estimate,
    """
    module, function = place(check)
    chart: Chart = getattr(import_module(module), function)(check)
    return chart


def place(check: Check) -> tuple[str, str]:
    """The full name of the module, and the function in it, that draw a check.

    >>> from ffcore.lab.verify import Check
    >>> place(Check("a check without a figure of its own", "pass"))
    ('ffcore.lab.plots', 'intervals')
    """
    name = str(check.details.get("figure", check.name))
    if name not in FIGURES:
        return DEFAULT
    module, function = FIGURES[name]
    return f"{__name__}.{module}", function
