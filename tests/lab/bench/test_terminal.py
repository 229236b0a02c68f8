"""A run as text."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from ffcore.lab.bench.contender import BATCH
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.terminal import progress, show, words
from tests.lab.bench.test_run import a_run, an_outcome

if TYPE_CHECKING:
    from ffcore.lab.bench.run import Run


def text_of(run: Run) -> str:
    """What a terminal shows of a run."""
    stream = StringIO()
    show(run, stream)
    return stream.getvalue()


def test_rows_show_cost_spread_ratio_and_words() -> None:
    """A peer's row has its median, its fastest and slowest round, the ratio with its interval, and who is faster."""
    (row, *_) = [line.split() for line in text_of(a_run(("ffcore", "Eppo"))).splitlines() if "Eppo  " in line]

    assert " ".join(row) == "Eppo 210 [200 to 220] 2.00 [2.00, 2.00] ffcore is 2.00 times as fast"


def test_missing_calls_and_peers_give_their_reason() -> None:
    """Where there is no figure there is a dash and the reason."""
    run = a_run(("ffcore", "handle"), left_out={"eppo": "not installed"})
    del (times := dict(run.comparison.times[BATCH]))["handle"]
    comparison = replace(
        run.comparison,
        times={**run.comparison.times, BATCH: times},
        absent={**run.comparison.absent, BATCH: {"handle": "one flag only"}},
    )
    lines = [" ".join(line.split()) for line in text_of(replace(run, comparison=comparison)).splitlines()]

    assert lines.count("handle – – one flag only") == 1
    assert lines.count("eppo – – not installed") == 5


def test_everything_else_is_said() -> None:
    """The machine with its warnings, threads, statistics, flags, bytes, the import and the verdict are in the text."""
    run = a_run(outcome=an_outcome("fail", remarks=("Another day.",), differing={"two rules": 7}))
    text = text_of(replace(run, machine={**run.machine, "load": [9.0, 9.0, 9.0]}))

    for part in (
        "CPython 3.11, a, 2 cores",
        "Warning: The load is 9.0 on 2 cores",
        "the empty loop takes 4.00 ns to 5.00 ns",
        "4 threads: 0.97 [0.96, 0.98] of one thread's calls a second",
        "1,000 calls counted, exactly as many as made",
        "10,000 flags: fetched, compiled and decided once in 200 ms [190 ms, 210 ms]",
        "269 in the model, 1,094 more",
        "import ffcore: 27.0 ms [26.0 ms, 28.0 ms]",
        "fail          simple on/off: 1.20 [1.10, 1.30]",
        "Against run.json: time of this code over the other's [95 % interval]; up to 1.02 is tolerated:",
        "fail          two rules: decided otherwise for 7 users",
        "Another day.",
        "false alarms: 0 of 20 comparisons of identical code, so the rate is below 14 %",
        "verdict: fail",
    ):
        assert part in text


def test_a_lost_count_is_said() -> None:
    """Statistics that miss calls don't pass for exact."""
    run = a_run()

    assert "but 1,001 were made" in text_of(replace(run, threads=replace(run.threads, calls=1_001)))


def test_runs_that_do_not_compare_are_not_judged() -> None:
    """Where the machines differ no workload has a verdict, and the whole has none to pass or fail by."""
    text = text_of(a_run(outcome=an_outcome("fail", comparable=False)))

    assert "not judged    simple on/off: 1.20" in text
    assert "verdict: inconclusive" in text


def test_no_comparison_no_verdict() -> None:
    """Without a stored run nothing is judged."""
    assert "verdict" not in text_of(a_run())


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (Estimate(2.0, 1.9, 2.1, 9), "ffcore is 2.00 times as fast"),
        (Estimate(0.5, 0.4, 0.6, 9), "Eppo is 2.00 times as fast"),
        (Estimate(1.1, 1.0, 1.2, 9), "no difference shown"),
        (Estimate(None, None, None, 3), "too few rounds to tell"),
    ],
)
def test_words(estimate: Estimate, said: str) -> None:
    """The faster one is named, with its factor, unless the interval holds 1 or there is none."""
    assert words("Eppo", estimate) == said


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "written"),
    [
        (StringIO(), "round 1\nround 2\n"),
        (_Terminal(), "\r\x1b[Kround 1: a\r\x1b[Kround 1: b\r\x1b[Kround 2: a"),
    ],
)
def test_progress(stream: Any, written: str) -> None:
    """A terminal's line is written over; elsewhere each stage is said once; the same twice is written once."""
    tell = progress(stream)
    for line in ("round 1: a", "round 1: a", "round 1: b", "round 2: a"):
        tell(line)

    assert stream.getvalue() == written
