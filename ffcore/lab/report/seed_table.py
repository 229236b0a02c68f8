"""Prints every figure of the seed report beside ours, from the result files of a run: `python -m` this module [RUN]."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from ffcore.ending import ended
from ffcore.errors import ConfigError
from ffcore.lab.verify.display import aligned

from .figures import amount, span
from .results import Measure, Result, read_all

LATEST = Path("reports/latest")
#: The seed report's ten benchmarks, and what it printed for each.
SEED = {
    "test_single_evaluation_latency_simple_flag": "P99 < 0.01 ms",
    "test_single_evaluation_latency_with_targeting": "P99 < 0.01 ms",
    "test_single_evaluation_latency_with_variants": "P99 0.01 ms",
    "test_throughput_single_threaded": "1,434,480/s",
    "test_throughput_concurrent": "1,212,764/s, 4 threads",
    "test_cache_hit_rate_with_repeated_flags": "99.00 %",
    "test_cache_reduces_latency": "690 times",
    "test_batch_evaluation_performance": "0.002 ms a user",
    "test_memory_efficiency_with_many_evaluations": "795,453/s (no memory read)",
    "test_rollout_percentage_accuracy_at_scale": "0.31 points off",
}
HEADINGS = ("benchmark of the seed report", "seed", "ours", "interval", "n", "note")


def seed_table(found: Iterable[Result]) -> str:
    """Write the ten benchmarks as lines of text, each with our measure that carries its name, or that it was not run.

    >>> seed_table([]).split()[-2:]
    ['not', 'run']
    """
    measures = {measure.replaces: measure for result in found for measure in result.measures if measure.replaces}
    return aligned([HEADINGS, *(_row(name, measures.get(name)) for name in SEED)])


def _row(name: str, measure: Measure | None) -> tuple[str, ...]:
    if measure is None:
        return name, SEED[name], "not run", "", "", ""
    n = "" if measure.n is None else f"{measure.n:,}"
    return name, SEED[name], amount(measure), span(measure), n, measure.note


def main() -> int:
    """Print the table of a run's folder, the last one's by default."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else LATEST
    if not folder.is_dir():
        raise ConfigError([(str(folder), "no such folder; expected that of a run")])
    print(seed_table(read_all(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(ended("seed_table", main))
