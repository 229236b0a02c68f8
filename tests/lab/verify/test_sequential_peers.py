"""The e-values and confidence sequences beside ssrm-test's and savvi's on the same streams, where these are installed.

Neither is a requirement: ssrm-test asks for numpy 1 (``pip install --no-deps ssrm-test toolz`` works with numpy 2), and
savvi brings a convex solver (``pip install savvi``).
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ffcore.lab.verify.evalues import confidence_sequence, log_e_value

#: Shares that floats add to exactly 1, which savvi asks for.
STREAMS = [((0.5, 0.5), (0.53, 0.47)), ((0.5, 0.25, 0.25), (0.5, 0.24, 0.26)), ((0.75, 0.25), (0.75, 0.25))]
LOOKS, USERS = 12, 400


def stream(truth: tuple[float, ...]) -> NDArray[np.int64]:
    """New users of each arm at twelve looks."""
    return np.random.default_rng(5).multinomial(USERS, truth, size=LOOKS)


@pytest.mark.parametrize(("shares", "truth"), STREAMS, ids=str)
@pytest.mark.parametrize("concentration", [100, 10_000])
def test_bayes_factors_are_those_of_ssrm_test(
    shares: tuple[float, ...], truth: tuple[float, ...], concentration: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Optimizely's log Bayes factor of each look is one prior's log e-value."""
    monkeypatch.setattr(np, "Inf", np.inf, raising=False)  # numpy 2 removed the name
    peer = pytest.importorskip("ssrm_test.ssrm_test")
    found = peer.sequential_posteriors(stream(truth).tolist(), list(shares), dirichlet_concentration=concentration)
    ours = log_e_value(stream(truth).cumsum(axis=0).astype(float), np.array(shares), concentration)

    assert [step["log_bayes_factor"] for step in found] == pytest.approx(ours.tolist(), abs=1e-8)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("shares", "truth"), STREAMS, ids=str)
def test_p_values_and_sequences_are_those_of_savvi(shares: tuple[float, ...], truth: tuple[float, ...]) -> None:
    """Running p-values agree; so do the sequences of two arms, which savvi's solver finds to four digits."""
    peer = pytest.importorskip("savvi.multinomial").Multinomial(0.05, np.array(shares), k=100)
    steps = peer.batch(stream(truth))
    counts = stream(truth).cumsum(axis=0)
    ours = np.exp(-np.maximum.accumulate(log_e_value(counts.astype(float), np.array(shares), 100)))

    assert [float(step.p_value[0]) for step in steps] == pytest.approx(np.minimum(ours, 1).tolist(), rel=1e-6)
    if len(shares) == 2:
        low, high = confidence_sequence(counts[:, 0], counts.sum(axis=1), shares[0], 0.95, (100,))
        theirs = np.array([step.conf_int[0] for step in steps])
        assert np.maximum.accumulate(low) == pytest.approx(theirs[:, 0], abs=1e-4)
        assert np.minimum.accumulate(high) == pytest.approx(theirs[:, 1], abs=1e-4)
