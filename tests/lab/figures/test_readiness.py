"""The figure of readiness: every lever has its row and its gain, and the longest name fits."""

import numpy as np
from matplotlib.text import Text

from ffcore.lab.figures.readiness import gains
from ffcore.lab.plots import Chart
from ffcore.lab.readiness.levers import LEVERS, Levers

WAYS = dict.fromkeys(way for pair in LEVERS.values() for way in pair)


def drawn() -> Chart:
    """Each way takes half as long as the one before, in eight rounds."""
    figure = gains(Levers({way: np.full(8, 1e-3 / 2**place) for place, way in enumerate(WAYS)}, 15))
    assert isinstance(figure, Chart)
    return figure


def test_each_lever_has_its_gain_in_words() -> None:
    """The median ratio stands beside the row of its lever."""
    words = [found.get_text() for found in drawn().findobj(Text)]

    assert {*LEVERS, "2 times", "8 times"} <= set(words)


def test_no_name_is_cut_off() -> None:
    """The longest lever's name lies inside the picture."""
    figure = drawn()
    figure.draw_without_rendering()

    assert min(label.get_window_extent().x0 for label in figure.axes[0].get_yticklabels()) >= 0
