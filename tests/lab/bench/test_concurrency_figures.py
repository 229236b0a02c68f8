"""The figure of concurrency."""

import numpy as np

from ffcore.lab.bench.concurrency import PROCESSES, THREADS, ConcurrencyRun, WorkerGroup
from ffcore.lab.bench.concurrency_figures import concurrency_rates

RATES = {THREADS: (1e6, 9e5, 8e5), PROCESSES: (1e6, 1.9e6, 1.8e6)}


def test_both_kinds_are_drawn_against_their_number() -> None:
    """Each kind is one line of medians over the numbers of workers; the caption has n, the interval and the cores."""
    run = ConcurrencyRun(
        tuple(
            WorkerGroup(kind, workers, np.full(7, value))
            for kind, values in RATES.items()
            for workers, value in zip((1, 2, 4), values, strict=True)
        ),
        cores=2,
    )

    drawn = concurrency_rates(run)
    [axes] = drawn.axes
    lines = {line.get_label(): np.asarray(line.get_ydata()).tolist() for line in axes.get_lines()}

    assert (lines[THREADS], lines[PROCESSES]) == (list(RATES[THREADS]), list(RATES[PROCESSES]))
    assert all(part in drawn.caption for part in ("95 % interval", "n = 7 interleaved rounds", "2 cores"))
    assert drawn.png().startswith(b"\x89PNG")
