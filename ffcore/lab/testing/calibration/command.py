"""What the package prints when it is run: the alarm rates and powers of all checks, each with its interval."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from ffcore.ending import ended
from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.testing.calibration.grid import rows
from ffcore.lab.testing.calibration.nulls import NULLS
from ffcore.lab.testing.calibration.powers import POWERS
from ffcore.lab.testing.calibration.rates import Case, Finding, Rate

CASES: tuple[Case, ...] = (*NULLS, *POWERS)
ROWS = rows()
FAULT_TRIALS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials, print what they found; 1 if a check does not do what it states."""
    parser = argparse.ArgumentParser(
        prog="python -m ffcore.lab.testing.calibration",
        description="Whether checks alarm as rarely, and see as much, as they state.",
    )
    parser.add_argument("--only", nargs="+", metavar="CHECK", help="calibrate these checks alone")
    parser.add_argument("--faults", action="store_true", help="seeded faults against checks, instead of rates")
    parser.add_argument("--trials", type=int, help="trials of each case, instead of what the case asks for")
    options = parser.parse_args(arguments)
    return ended("calibration", lambda: calibrated(options))


def calibrated(options: argparse.Namespace) -> int:
    """Run the trials in processes, which Ctrl-C ends at once."""
    check(options)
    with ProcessPoolExecutor(
        mp_context=get_context("spawn"), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL)
    ) as processes:
        try:
            if options.faults:
                return show_faults(processes.map(partial(catch, options.trials or FAULT_TRIALS), range(len(ROWS))))
            numbers = [place for place, case in enumerate(CASES) if not options.only or case.check in options.only]
            return show_rates(processes.map(partial(run, options.trials), numbers))
        finally:
            processes.shutdown(cancel_futures=True)


def check(options: argparse.Namespace) -> None:
    """Refuse checks that have no cases, and trials that are none."""
    known = sorted({case.check for case in CASES})
    problems = [
        ("--only", f"no cases of {shown(name)}{suggestion(name, known)}")
        for name in options.only or ()
        if name not in known
    ]
    if options.trials is not None and options.trials < 1:
        problems.append(("--trials", f"expected at least 1, got {options.trials}"))
    if problems:
        raise ConfigError(problems)


def show_rates(findings: Iterable[Finding]) -> int:
    """Print the rates as they come; 1 if one of them is not as stated."""
    status = 0
    for finding in findings:
        status |= not finding.holds
        print(*lines(finding), sep="\n", flush=True)
    return status


def show_faults(table: Iterable[Mapping[str, Rate]]) -> int:
    """Print how often each check caught each fault; 1 if the check that is meant for one did not always."""
    checks = list(dict.fromkeys(check for row in ROWS for check in row.judges))
    print(f"{'fault':24s} {'meant for':13s}", *(f"{check:>12s}" for check in checks))
    caught = 0
    for row, rates in zip(ROWS, table, strict=True):
        cells = (f"{rates[check].share:12.1%}" if check in rates else f"{'-':>12s}" for check in checks)
        print(f"{row.fault:24s} {row.meant:13s}", *cells, flush=True)
        caught += bool(row.meant) and rates[row.meant].share == 1
    seeded = sum(bool(row.meant) for row in ROWS)
    print(f"{caught} of {seeded} faults caught by the check meant for each, in all trials")
    return int(caught < seeded)


def run(trials: int | None, number: int) -> Finding:
    """One case, in a process of its own."""
    return CASES[number].run(trials)


def catch(trials: int, number: int) -> dict[str, Rate]:
    """How often each check caught one fault, in a process of its own."""
    return {
        check: Rate("caught", sum(ROWS[number].catches(check, trial) for trial in range(trials)), trials, 0, 1)
        for check in ROWS[number].judges
    }


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
