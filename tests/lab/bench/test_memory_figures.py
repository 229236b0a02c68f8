"""The figure of memory."""

import numpy as np

from ffcore.lab.bench.memory import CONTROL, OURS, READINGS, RESIDENT, TRACED, Memory, MemoryRun
from ffcore.lab.bench.memory_figures import memory_growth


def test_four_lines_with_their_slopes() -> None:
    """Each series is a line from its own zero; the legend has slopes and the caption n."""
    made = np.arange(1.0, READINGS + 1) * 1_000
    run = MemoryRun(
        tuple(
            Memory(who, kind, made, 5e6 + slope * made)
            for who, slope in ((OURS, 0.0), (CONTROL, 12.0))
            for kind in (TRACED, RESIDENT)
        )
    )

    drawn = memory_growth(run)
    [axes] = drawn.axes
    legend = axes.get_legend()

    assert legend is not None
    assert [text.get_text().split(" [")[0] for text in legend.get_texts()] == [
        "ffcore, traced: 0.000",
        "ffcore, resident: 0.000",
        "leaking control, traced: 12.000",
        "leaking control, resident: 12.000",
    ]
    assert "n = 40,000 evaluations" in drawn.caption
    assert drawn.png().startswith(b"\x89PNG")
