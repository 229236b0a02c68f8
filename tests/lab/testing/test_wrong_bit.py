"""The faulty kernels: every hash is another one, and nothing of them stays behind."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ffcore import FlagSet
from ffcore.lab import evaluate_frame
from ffcore.lab.bulk import kernels
from ffcore.lab.testing.wrong_bit import wrong_bit

HALVES = [{"key": "a", "allocation": "1/2"}, {"key": "b", "allocation": "1/2"}]
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "half", "enabled": True, "rollout_percentage": 50},
        {"key": "arms", "enabled": True, "rollout_percentage": 100, "variants": HALVES},
        {"key": "all", "enabled": True, "rollout_percentage": 100},
    ],
    experiments=[{"key": "pricing", "status": "active", "variants": HALVES}],
)
USERS = pd.DataFrame({"user_id": [f"user-{number}" for number in range(2_000)] + ["x" * 300] * 10})
FRESH = """
from tests.lab.testing.test_wrong_bit import FLAGS, USERS, evaluate_frame, wrong_bit
{first}
{second}
print(int(found["half.enabled"].sum()))
"""
FAULTY = "with wrong_bit():\n    faulty = evaluate_frame(USERS, FLAGS)"
RIGHT = "found = evaluate_frame(USERS, FLAGS)"


@pytest.mark.slow
def test_one_wrong_bit_changes_every_draw() -> None:
    """Half of the users of a flag at 50 % and of either variant are decided otherwise, and nobody at 100 %."""
    right = evaluate_frame(USERS, FLAGS)
    with wrong_bit():
        wrong = evaluate_frame(USERS, FLAGS)

    share = {name: (right[name].astype(str) != wrong[name].astype(str)).mean() for name in right}
    assert all(0.42 < share[name] < 0.58 for name in ("half.enabled", "half.reason", "arms.variant", "pricing.variant"))
    assert share["all.enabled"] == share["arms.enabled"] == share["pricing.reason"] == 0


def test_the_right_kernels_come_back() -> None:
    """After the fault, also after an error under it, decisions are what they were, and the table is untouched."""
    before = evaluate_frame(USERS, FLAGS)
    with pytest.raises(ZeroDivisionError), wrong_bit():
        _ = 1 / 0

    pd.testing.assert_frame_equal(evaluate_frame(USERS, FLAGS), before)
    assert kernels.CONSTANTS[0] == 0xD76AA478


@pytest.mark.slow
def test_the_cache_on_disk_never_holds_the_fault() -> None:
    """A process that decides wrongly first leaves the next one, and itself, right."""
    root = Path(__file__).parents[3]
    expected = f"{int(evaluate_frame(USERS, FLAGS)['half.enabled'].sum())}\n"

    for first, second in ((FAULTY, RIGHT), ("", RIGHT)):
        code = FRESH.format(first=first, second=second)
        done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
        assert done.stdout == expected
