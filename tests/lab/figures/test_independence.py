"""The figure of an independence check: a matrix of all pairs, without its diagonal."""

from typing import Any

import numpy as np
import pytest

from ffcore.lab import verify
from ffcore.lab.testing.hashes import HASHES


def test_cells_are_the_pairs() -> None:
    """Each draw has a row, in which its name stands, and a column; a draw with itself has no value."""
    check = verify.independence(HASHES["growthbook_v1"], ["search-v2", "pricing", "search-v3"], range(20_000))
    axes: Any = check.plot().axes[0]
    shown = np.ma.getdata(axes.images[0].get_array())

    assert [label.get_text() for label in axes.get_yticklabels()] == ["search-v2 1", "pricing 2", "search-v3 3"]
    assert np.isnan(np.diag(shown)).all()
    assert shown[0, 2] == shown[2, 0] == pytest.approx(check.estimate["search-v2 × search-v3"])
    assert [text.get_text() for text in axes.texts].count(".52") == 2


def test_the_title_counts_the_pairs_that_depend() -> None:
    """By the false discovery rate; the colours reach five margins at least, so that what is independent looks pale."""
    good: Any = verify.independence(None, ["a", "b", "c"], range(50_000)).plot()
    bad: Any = verify.independence(HASHES["id_only"], ["a", "b", "c"], range(50_000)).plot()

    assert good.texts[0].get_text() == "0 of 3 pairs depend: PASS"
    assert good.axes[0].images[0].get_clim() == (0, pytest.approx(0.1))
    assert bad.texts[0].get_text() == "3 of 3 pairs depend: FAIL"
    assert bad.axes[0].images[0].get_clim() == (0, pytest.approx(1, abs=1e-3))


@pytest.mark.slow
@pytest.mark.parametrize("length", [0, 30, 300])
@pytest.mark.parametrize("draws", [2, 11, 60])
def test_any_number_of_draws_fits(draws: int, length: int) -> None:
    """Names lie inside the figure and the colour bar too; of very many draws only the numbers are left."""
    keys = [f"flag {('new-checkout-' * 30)[:length]}-{number}" for number in range(draws)]
    figure = verify.independence(None, keys, range(2_000)).plot()
    figure.canvas.draw()
    names = [label for label in figure.axes[0].get_yticklabels() if "flag" in label.get_text()]
    boxes = [item.get_window_extent() for item in [*names, figure.axes[1].yaxis.label]]

    assert len(names) == (draws if draws <= 50 else 0)
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in boxes)


def test_nothing_to_judge() -> None:
    """Few users leave the matrix blank."""
    axes = verify.independence(None, ["a", "b"], range(20)).plot().axes[0]

    assert {text.get_text() for text in axes.texts} == {""}
