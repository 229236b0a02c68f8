"""Prints what becomes of decisions and events under each fault: `python -m ffcore.lab.testing.outages [FAULT ...]`."""

import argparse
import sys

from ffcore.ending import ended
from ffcore.lab.testing.outages import FAULTS, Load, as_frame, try_faults


def main() -> int:
    """Run the trials; exit code 0 if all hold, 1 if one does not, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m ffcore.lab.testing.outages", description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"one of {', '.join(FAULTS)} (all)")
    parser.add_argument("--threads", type=int, default=4, help="callers at once (4)")
    parser.add_argument("--decisions", type=int, default=100, help="of each caller in each phase (100)")
    parser.add_argument("--rate", type=float, default=400.0, help="decisions a second of each caller (400)")
    parser.add_argument("--max-stale", type=float, default=3_600.0, help="seconds; 0: no answer while the store fails")
    given = parser.parse_args()
    return ended("outages", lambda: show(given))


def show(given: argparse.Namespace) -> int:
    """Try the faults, all where none is named, and print a table of what came of each."""
    load = Load(given.threads, given.decisions, given.rate, given.max_stale)
    outcomes = try_faults(given.faults or None, load)
    print(as_frame(outcomes).round(1).to_string())
    return 0 if all(outcome.holds for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
