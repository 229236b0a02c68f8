"""Decisions kept in one place for all."""

from ffcore import Evaluator
from ffcore.lab.bench.workloads import STANDARD
from ffcore.lab.testing.mixed_up import EVERY, MixedUp


def test_each_hundredth_decision_is_the_one_before() -> None:
    """All others are right."""
    users = [f"user-{number}" for number in range(1_000)]
    right = [Evaluator(STANDARD).evaluate(user, "bench-simple") for user in users]
    faulty = MixedUp(STANDARD)

    found = [faulty.evaluate(user, "bench-simple") for user in users]

    wanted = [right[n - 1] if (n + 1) % EVERY == 0 else right[n] for n in range(1_000)]
    assert found == wanted != right
