"""The `ffcore` command: the door between the two wings; the laboratory is imported only where a command needs it."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ffcore.commands import add_commands
from ffcore.ending import INTERRUPTED, ended
from ffcore.flagset import FlagSet
from ffcore.model import DEFAULT_BUCKETS

EXIT_CODES = {"pass": 0, "fail": 1, "inconclusive": 3}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 pass, 1 fail, 2 bad input, 3 inconclusive, 130 stopped by Ctrl-C, 141 nobody reads the output any more.
    """
    options = _parser().parse_args(arguments)
    return ended("ffcore", lambda: int(options.command(options)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ffcore", description="Decides feature flags and proves that it does so.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_report(commands.add_parser("report", help="run the notebooks and write the summary page"))
    _add_verify(commands.add_parser("verify", help="judge an exposure log by the flags: every decision, every share"))
    bench = commands.add_parser("bench", help="time the evaluator beside its peers, or against a stored run")
    bench.add_argument("--json", action="store_true", help="print JSON, as happens when the output is piped")
    judged = bench.add_mutually_exclusive_group()
    judged.add_argument("--compare", type=Path, metavar="FILE", help="judge the run against one stored as JSON")
    judged.add_argument(
        "--against", metavar="BUILD", help="judge this code against another ffcore: a folder that holds it, or a Python"
    )
    bench.add_argument("--margin", type=_fraction, metavar="F", help="the loss that is tolerated (0.02; smoke 0.25)")
    bench.add_argument("--peers", nargs="+", default=[], metavar="NAME", help="time these evaluators too; or all")
    bench.add_argument(
        "--profile", default="standard", choices=("smoke", "standard", "full"), help="how long to measure"
    )
    bench.set_defaults(command=_bench)
    add_commands(commands, _evaluate_files)
    return parser


def _add_report(report: argparse.ArgumentParser) -> None:
    report.add_argument("--only", nargs="+", default=[], metavar="NAME", help="run these notebooks alone")
    report.add_argument("--profile", help="sample sizes: smoke, standard (default) or full")
    report.add_argument("--param", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="set a parameter")
    report.add_argument("--out", type=Path, default=Path("reports"), metavar="DIR", help="where runs lie (reports)")
    report.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="at once; those that measure time run alone (1)"
    )
    report.add_argument("--baseline", metavar="RUN", help="compare with this run: its folder, or its name in DIR")
    report.add_argument("--pdf", action="store_true", help="print the summary to a PDF too (needs Chromium)")
    instead = report.add_argument_group("instead of a new run").add_mutually_exclusive_group()
    again = "write a run's summary again from its result files (RUN: latest)"
    instead.add_argument("--rebuild", nargs="?", const="latest", metavar="RUN", help=again)
    onward = "go on with a run that was broken off (RUN: the newest such)"
    instead.add_argument("--resume", nargs="?", const="", metavar="RUN", help=onward)
    pack = "pack a run with the hashes of all its parts (RUN: latest)"
    instead.add_argument("--bundle", nargs="?", const="latest", metavar="RUN", help=pack)
    instead.add_argument(
        "--check", type=Path, metavar="BUNDLE", help="name what was touched in a bundle, packed or not"
    )
    instead.add_argument("--lint", action="store_true", help="hold the notebooks to their rules")
    report.set_defaults(command=_report, codes=EXIT_CODES | {"interrupted": INTERRUPTED})


def _add_verify(verify: argparse.ArgumentParser) -> None:
    verify.add_argument("exposures", metavar="EXPOSURES", help="the log: a Parquet, CSV or JSON lines file")
    verify.add_argument("--flags", required=True, metavar="FILE", help="the flags in force, from the beginning")
    changed = "flags that came into force during the log, as in new.yaml@2026-01-14T12:00"
    verify.add_argument("--changes", nargs="+", action="extend", default=[], metavar="FILE@TIME", help=changed)
    verify.add_argument(
        "--buckets", type=int, default=DEFAULT_BUCKETS, help="the buckets of flags that name none (10000)"
    )
    attributes = "attributes to explain a mismatch by (all of up to 1000 values, and day)"
    verify.add_argument("--by", nargs="+", metavar="NAME", help=attributes)
    verify.add_argument("--ttl", type=float, default=300.0, metavar="SECONDS", help="how long a cache may serve (300)")
    verify.add_argument("--json", nargs="?", const="-", metavar="FILE", help="write JSON to a file, or print it")
    verify.add_argument("--html", metavar="FILE", help="write a page with figures")
    vendors = "the flags are in this vendor's own file: flagd, growthbook, launchdarkly or unleash"
    verify.add_argument("--vendor", metavar="NAME", help=vendors)
    verify.set_defaults(command=_verify)


def _verify(options: argparse.Namespace) -> int:
    if options.vendor is not None:
        from ffcore.lab.report import vendor_command

        return EXIT_CODES[vendor_command.judge(options).verdict]
    from ffcore.lab.report import log_command

    return EXIT_CODES[log_command.judge(options).verdict]


def _evaluate_files(options: argparse.Namespace, flags: FlagSet) -> tuple[dict[str, Any], str]:
    from ffcore.lab import evaluate_files

    summary = evaluate_files(
        options.users,
        flags,
        options.out,
        options.flag or None,
        options.id_column or "user_id",
        carry=options.carry,
        on_invalid="mark" if options.mark_invalid else "raise",
        overwrite=options.overwrite,
    )
    return {**asdict(summary), "path": str(summary.path)}, str(summary)


def _report(options: argparse.Namespace) -> int:
    from ffcore.lab.report import command

    return int(options.codes[command.run(options)])


def _bench(options: argparse.Namespace) -> int:
    from ffcore.lab.bench import baseline, gate, peers, run, terminal

    names = peers.chosen(options.peers)
    size = gate.sized(options.profile, options.margin)
    old = baseline.read(options.compare) if options.compare else gate.find(options.against) if options.against else None
    measured = run.run(names, options.profile, old, terminal.progress(), size)
    if options.json or not sys.stdout.isatty():
        print(json.dumps(measured.to_dict(), indent=1))
    else:
        terminal.show(measured)
    return EXIT_CODES[measured.verdict or "pass"]


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"expected a fraction from 0 to below 1, as in 0.02, got {text!r}")
    return value


if __name__ == "__main__":
    sys.exit(main())
