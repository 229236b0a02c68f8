"""Pauses between attempts: how long they may be, and that they differ from caller to caller."""

import pytest

from ffcore.backoff import Backoff


def test_bounds_double_up_to_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn at their longest, pauses are 50 ms, 100 ms and so on, never more than a second; a success begins anew."""
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    backoff = Backoff()

    assert [backoff.pause() for _ in range(7)] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    backoff.reset()
    assert backoff.pause() == 0.05


def test_callers_do_not_wait_alike() -> None:
    """Of a hundred first pauses no two are equal (by chance in one of 10**12 runs), and all lie below the bound."""
    pauses = {Backoff().pause() for _ in range(100)}

    assert len(pauses) == 100
    assert max(pauses) <= 0.05
