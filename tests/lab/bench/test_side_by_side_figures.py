"""Figures of peers: everybody has a row, absent ones in grey, and captions say what is drawn."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex

from ffcore.lab.bench.contender import NAMES
from ffcore.lab.bench.side_by_side_figures import peer_latency, peer_ratios
from ffcore.lab.plots import GREY, Chart
from tests.lab.bench.test_side_by_side import made_up

ABSENT = {"flagd": "not installed", "Unleash": "not installed"}


def labels(figure: Chart) -> dict[str, str]:
    """The colour of each row's name."""
    return {label.get_text(): to_hex(str(label.get_color())) for label in figure.axes[0].get_yticklabels()}


def test_absent_peers_are_grey_rows() -> None:
    """Those who are absent stand below the others with their reason, in grey."""
    for figure, rows in ((peer_ratios(made_up(ABSENT)), ["Eppo"]), (peer_latency(made_up(ABSENT)), ["ffcore", "Eppo"])):
        found = labels(figure)

        assert list(found) == [*rows, *ABSENT]
        assert all(found[name] == GREY.lower() for name in ABSENT)
        assert sum(text.get_text() == "not installed" for text in figure.axes[0].texts) == 2


def test_captions_state_sample_and_interval() -> None:
    """Unit, n and interval are in words, which are the alternative text."""
    ratios, latency = peer_ratios(made_up({})), peer_latency(made_up({}))

    assert "line 95 % interval, n = 6 interleaved rounds" in ratios.caption
    assert "n = 600 calls each" in latency.caption
    assert 'alt="Time of single calls' in latency._repr_html_()


def test_every_workload_has_its_marker() -> None:
    """Colour and marker both tell the workloads apart; a call that is missing is not drawn."""
    [axes] = peer_ratios(made_up({})).axes
    legend = axes.get_legend()
    drawn = [line for line in axes.get_lines() if np.size(line.get_xdata()) == 1]
    marked = [line.get_marker() for line in drawn]

    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == list(NAMES)
    assert len(marked) == len(NAMES) - 1
    assert len(set(marked)) == len(marked)
