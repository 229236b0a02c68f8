"""The clock-free half of the scale notebook: equal counts pass, a lost part does not."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

import ffcore
from ffcore.lab.bench.bulk_run import BulkRun
from ffcore.lab.bench.executors import Executors
from ffcore.lab.bench.scale import ScaleRun
from ffcore.lab.bulk import parts
from ffcore.lab.report.scale_checks import same_counts
from ffcore.lab.testing.lost_part import LosesPart

RULE = {"attribute": "country", "operator": "equals", "value": "NO"}
ARMS = [{"key": "b", "allocation": "1/2"}, {"key": "a", "allocation": "1/2"}]
FLAGS = ffcore.FlagSet.from_items(
    flags=[{"key": "both", "enabled": True, "rollout_percentage": 50, "targeting_rules": [RULE]}],
    experiments=[{"key": "both", "status": "active", "variants": ARMS}],
)
USERS = pd.DataFrame({"user_id": [f"user-{number}" for number in range(600)], "country": ["NO", "SE", "NO"] * 200})


def answered(*answers: int) -> ScaleRun:
    """A run in which two methods answered for 10 users and for 20; the second gave these answers for the latter."""
    counts: Mapping[str, Mapping[int, frozenset[int]]] = {
        "right": {10: frozenset([4]), 20: frozenset([11])},
        "other": {10: frozenset([4]), 20: frozenset(answers)},
    }
    return ScaleRun(BulkRun({}, {}, 0.1), counts, {10: 4, 20: 11})


@pytest.mark.parametrize(("answers", "mismatches"), [((11,), 0), ((12,), 1), ((11, 8), 3)], ids=str)
def test_each_way_is_held_against_what_is_expected(answers: tuple[int, ...], mismatches: int) -> None:
    """One answer among many that is off fails the method, and says by how many users."""
    found = same_counts(answered(*answers), FLAGS, USERS, Executors({}, {}))

    assert found["right"].verdict == "pass"
    assert found["other"].verdict == ("fail" if mismatches else "pass")
    assert (found["other"].details["mismatches"], found["other"].n) == (mismatches, 20)


def test_a_crew_counts_the_flags_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A executor that works passes; one that loses a part fails by the users that stand in other lines."""
    monkeypatch.setattr(parts, "PART_ROWS", 200)
    with ThreadPoolExecutor(2) as threads:
        executors = Executors({"good": threads, "bad": LosesPart(threads)}, {})
        found = same_counts(answered(11), FLAGS, USERS, executors)

    assert (found["flags of the file, good"].verdict, found["flags of the file, good"].n) == ("pass", 600)
    bad = found["flags of the file, bad"]
    assert bad.verdict == "fail"
    assert bad.details["reason"] == f"{bad.details['mismatches']} of 600 cases differ"
