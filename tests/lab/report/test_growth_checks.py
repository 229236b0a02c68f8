"""Growth's conclusions: right decisions at the largest sizes, and powers under names that targets know."""

from pathlib import Path

import pytest

import ffcore
from ffcore.lab.bench.growth import ATTRIBUTES, FLAGS, LENGTH, RULES, GrowthRun
from ffcore.lab.report.growth_checks import growth_decisions, growth_measures
from ffcore.lab.report.targets import load_targets
from tests.lab.bench.test_growth import growth_of

TARGETS = load_targets(Path(__file__).parents[3] / "data" / "targets.yaml")
USERS = [f"user-{number}" for number in range(200)]


def test_largest_sizes_decide_rightly() -> None:
    """Each dimension is a check over all users."""
    found = growth_decisions([10, 500], USERS)

    assert {name: check.verdict for name, check in found.items()} == dict.fromkeys(
        ("500 flags", "100 rules", "1,000 context attributes", "4,096 characters of the id"), "pass"
    )


def test_a_wrong_decision_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets that do not belong to the flag contradict about half of all decisions."""
    monkeypatch.setattr(ffcore, "hash32", lambda user, key: len(user) * 7_919)

    assert growth_decisions([10], USERS)["10 flags"].details["mismatches"] > 20


def test_powers_have_targets() -> None:
    """All four are judged by rows of the table."""
    run = GrowthRun({name: growth_of(0.1) for name in (FLAGS, RULES, ATTRIBUTES, LENGTH)})
    judged = {t.measure for t in TARGETS if t.notebook == "growth"}

    assert {measure.name for measure in growth_measures(run)} == judged
