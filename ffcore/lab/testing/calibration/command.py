"""What the package prints when it is run: the alarm rates and powers of all checks, each with its interval."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from ffcore.lab.testing.calibration.nulls import NULLS
from ffcore.lab.testing.calibration.powers import POWERS
from ffcore.lab.testing.calibration.rates import Case, Finding, Rate

CASES: tuple[Case, ...] = (*NULLS, *POWERS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials, print what they found; 1 if a check does not do what it states."""
    parser = argparse.ArgumentParser(
        prog="python -m ffcore.lab.testing.calibration",
        description="Whether checks alarm as rarely, and see as much, as they state.",
    )
    parser.add_argument("--only", nargs="+", metavar="CHECK", help="calibrate these checks alone")
    parser.add_argument("--trials", type=int, help="trials of each case, instead of what the case asks for")
    options = parser.parse_args(arguments)
    numbers = [place for place, case in enumerate(CASES) if not options.only or case.check in options.only]
    found = []
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        for finding in processes.map(partial(run, options.trials), numbers):
            found.append(finding)
            for row in lines(finding):
                print(row, flush=True)
    return 0 if all(finding.holds for finding in found) else 1


def run(trials: int | None, number: int) -> Finding:
    """One case, in a process of its own."""
    return CASES[number].run(trials)


def lines(finding: Finding) -> Iterator[str]:
    """What one case found, a line for each rate."""
    yield f"{finding.check}: {finding.setting}{'' if finding.holds else '   <- NOT as stated'}"
    yield from (f"  {line(rate)}" for rate in finding.rates)
    if finding.contradictions:
        yield f"  {finding.contradictions} verdicts contradict their own p-value"


def line(rate: Rate) -> str:
    """A rate beside what is stated.

    >>> line(Rate("p below 0.05", 96, 2_000, 0.05, 0.05))
    'p below 0.05       96 of  2,000 = 0.0480 [0.0391, 0.0583], stated 0.05'
    """
    low, high = rate.interval
    measured = f"{rate.count:6,} of {rate.trials:6,} = {rate.share:.4f} [{low:.4f}, {high:.4f}]"
    stated = f"{rate.most:g}" if rate.least in (0, rate.most) else f"{rate.least:g} to {rate.most:g}"
    at_most = "at most " if rate.least == 0 else ""
    return f"{rate.what:14s} {measured}, stated {at_most}{stated}"
