"""The figure of a blast radius: for each key the users who came in, went out and changed their variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ffcore.lab.plots import BLUE, FONT, ORANGE, VERMILION, Chart, finish_rows, judged_chart

if TYPE_CHECKING:
    from ffcore.lab.verify.check import Check

KINDS = (("gained", "come in", BLUE), ("changed", "change their variant", ORANGE), ("lost", "lose it", VERMILION))
SHOWN = 12


def blast(check: Check) -> Chart:
    """The share of the users that each key moves, by kind of move; keys that move nobody are counted below.

    >>> from ffcore import Flag
    >>> from ffcore.lab.verify import blast_radius
    >>> before, after = (Flag("x", enabled=True, rollout_percentage=share) for share in (10, 20))
    >>> print(blast(blast_radius(before, after, range(1_000))).caption[:50])
    Share of 1,000 users who move, by key, in percent.
    """
    totals = {key: kinds for key, kinds in check.details["totals"].items() if sum(kinds.values())}
    keys = sorted(totals, key=lambda key: -sum(totals[key].values()))[:SHOWN]
    still = len(check.details["totals"]) - len(totals)
    more = f" {len(totals) - SHOWN:,} more keys move fewer users." if len(totals) > SHOWN else ""
    caption = f"Share of {check.n:,} users who move, by key, in percent.{more} {still:,} keys move nobody."
    figure, axes = judged_chart(check, "blast radius", caption, 0.6 + 0.55 * len(keys), width=0.7)
    for row, key in enumerate(keys):
        left = 0.0
        for kind, words, colour in KINDS:
            share = 100 * totals[key][kind] / check.n
            axes.barh(row, share, left=left, height=0.7, color=colour, label=words if row == 0 else None)
            left += share
        axes.text(left, row, f"  {sum(totals[key].values()):,}", va="center", fontsize=FONT - 1)
    finish_rows(axes, keys or ["nobody moves"])
    axes.margins(x=0.15)
    axes.set_xlim(left=0)
    axes.set_xlabel("users who move, %", fontsize=FONT)
    if keys:
        axes.legend(fontsize=FONT - 2, frameon=False, loc="lower right")
    return figure
