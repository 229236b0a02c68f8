"""The figure of a correlation check: schemes in order, what each is known as, and a caption that says all."""

import numpy as np

from ffcore.lab.verify.correlation import Rollouts, correlation

FAIR = np.random.default_rng(1).random((4, 20_000)) < 0.5


def test_the_most_correlated_scheme_stands_on_top() -> None:
    """Each row says its phi and what it is known as."""
    check = correlation({"fair": Rollouts(FAIR, "independent"), "same": Rollouts(FAIR[[0, 0]], "correlated")})
    figure = check.plot()
    [axes] = figure.axes

    assert [label.get_text() for label in axes.get_yticklabels()] == ["same", "fair"]
    assert [text.get_text().split()[-1] for text in axes.texts][:2] == ["correlated", "independent"]
    assert axes.get_xscale() == "log"
    assert "n = 20,000 users, 7 pairs" in figure.caption
    assert figure.png()[:4] == b"\x89PNG"
