"""The figure of open-loop load."""

import numpy as np

from ffcore.lab.bench.open_loop import LOADS, OpenLoopRun, Requests
from ffcore.lab.bench.open_loop_figures import response_times


def requests(load: float) -> Requests:
    """Responses as a queue's, service always 500 ns."""
    due = np.arange(1_000, dtype=np.float64) * 1_000
    begun = due + 500 / (1 - load) - 500
    return Requests(due, begun, begun + 500)


def test_response_and_service_are_drawn_with_the_knee() -> None:
    """Four lines over all loads and the knee; the caption says from when each counts, n and the interval."""
    drawn = response_times(OpenLoopRun(1e6, {load: requests(load) for load in LOADS}, requests(0.5)))
    [axes] = drawn.axes
    lines = axes.get_lines()

    assert [len(np.asarray(line.get_xdata())) for line in lines] == [9, 9, 9, 9, 2]
    assert np.asarray(lines[2].get_ydata()).round().tolist() == [500] * 9
    assert 60 <= float(np.asarray(lines[4].get_xdata())[0]) <= 80
    assert all(part in drawn.caption for part in ("from when a request was due", "n = 9,000", "95 % interval"))
    assert drawn.png().startswith(b"\x89PNG")
