"""The negative controls of growth decide rightly; they only take longer."""

from ffcore import Evaluator
from ffcore.lab.bench.workloads import STANDARD
from ffcore.lab.testing.growing import repeated, scanned


def test_a_scan_decides_as_the_evaluator_does() -> None:
    """For every flag and 50 users."""
    right, slow = Evaluator(STANDARD).evaluate, scanned(STANDARD)

    assert all(slow(f"u{n}", key) == right(f"u{n}", key) for n in range(50) for key in STANDARD)


def test_a_call_is_made_as_often_as_asked() -> None:
    """At least once."""
    seen: list[str] = []
    for times in (0, 1, 3):
        repeated(seen.append, times)(str(times))

    assert seen == ["0", "1", "3", "3", "3"]
