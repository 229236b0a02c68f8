"""The tally: exact under threads, whatever is read or skipped in between."""

from ffcore.tally import Tally
from tests.support.doubles import restless, together


def test_every_step_of_many_threads_counts_once() -> None:
    """Eight threads count, read and skip at once: the value is what was counted, and no two skips share a number."""
    tally = Tally()
    skipped: list[int] = []

    def work() -> None:
        for _ in range(500):
            next(tally.steps)
            tally.value()
            skipped.append(tally.skip())

    with restless():
        assert set(together(*[work] * 8)) == {None}

    assert tally.value() == tally.value() == 4_000
    assert len(set(skipped)) == 4_000
