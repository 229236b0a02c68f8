"""Bulk decisions against the evaluator's: all lengths, all keys, and one wrong decision is seen."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from typing import Any

import pandas as pd
import pytest

from ffcore import ConfigError, Decision, Evaluator, FlagSet
from ffcore.lab.population import contexts
from ffcore.lab.report import bulk_checks as room
from ffcore.lab.report.bulk_checks import CONTROL, equality, generated_ids
from ffcore.lab.verify.check import combine
from ffcore.lab.verify.display import reason

pytestmark = pytest.mark.slow

HALVES = [{"key": "a", "allocation": "1/2"}, {"key": "b", "allocation": "1/2"}]
NORTH = [{"attribute": "country", "operator": "equals", "value": "NO"}]
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "half", "enabled": True, "rollout_percentage": 50, "targeting_rules": NORTH},
        {"key": "arms", "enabled": True, "rollout_percentage": 80, "variants": HALVES},
        {"key": "off", "rollout_percentage": 100},
        {"key": "both", "enabled": True, "rollout_percentage": 30},
    ],
    experiments=[{"key": "both", "status": "active", "variants": HALVES, "traffic_allocation": 0.3}],
)
USERS = pd.DataFrame({"user_id": [f"u{number}" for number in range(500)], "country": ["NO", "DK", "NO", None] * 125})
KEYS = ["half", "arms", "off", "both", "experiment both"]
GENERATED = 4 * 601


def test_ids_of_every_length_and_alphabet() -> None:
    """Of each length from 0 to 600 bytes there are four, and letters of one to four bytes occur in hundreds of ids."""
    ids = generated_ids()
    widths = Counter(width for user in ids for width in {len(letter.encode()) for letter in user})

    assert Counter(len(user.encode()) for user in ids) == dict.fromkeys(range(601), 4)
    assert set(widths) == {1, 2, 3, 4}
    assert min(widths.values()) > 300
    assert ids == generated_ids()


def test_every_flag_and_experiment_is_equal() -> None:
    """Flags and experiments agree with the evaluator, also where a key is both, over users and generated ids."""
    found = equality(FLAGS, USERS)

    assert list(found) == [*KEYS, CONTROL]
    assert combine(found.values()) == "pass"
    assert {found[key].details["cases"] for key in KEYS} == {found[key].n for key in KEYS} == {500 + GENERATED}
    assert {found[key].details["mismatches"] for key in KEYS} == {0}


def test_at_most_so_many_users_are_compared() -> None:
    """A limit takes every so many-th user; the generated ids all stay."""
    assert equality(FLAGS, USERS, most=200)["half"].n == 167 + GENERATED


def test_the_control_sees_one_wrong_bit() -> None:
    """About half of a flag's decisions at 50 % differ under the faulty kernels, and that is a pass."""
    control = equality(FLAGS, USERS)[CONTROL]

    assert control.verdict == "pass"
    assert 0.4 * GENERATED < control.details["mismatches"] < 0.6 * GENERATED


def test_a_control_that_sees_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the fault does not reach the kernels, the comparison proves nothing."""
    monkeypatch.setattr(room, "wrong_bit", nullcontext)

    assert equality(FLAGS, USERS)[CONTROL].verdict == "fail"


def test_the_fault_fails_what_is_drawn() -> None:
    """With the faulty kernels every key that hashes fails, with a reason; what hashes nothing stays right."""
    found = equality(FLAGS, USERS, fault="wrong_bit")

    assert [key for key in KEYS if found[key].verdict == "pass"] == ["off"]
    assert reason(found["arms"]) == f"{found['arms'].details['mismatches']:,} of {found['arms'].n:,} cases differ"
    assert combine(found.values()) == "fail"


@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("half", Decision(False, "not_in_rollout"), Decision(False, "flag_disabled")),
        ("half", Decision(False, "not_in_rollout"), Decision(True, "not_in_rollout")),
        ("half", Decision(False, "not_in_rollout"), Decision(False, "unheard_of")),
        ("arms", Decision(True, "enabled", "a"), Decision(True, "enabled", "b")),
        ("arms", Decision(True, "enabled", "a"), Decision(True, "enabled")),
    ],
    ids=["reason", "enabled", "unknown reason", "variant", "no variant"],
)
def test_one_difference_is_one_mismatch(
    monkeypatch: pytest.MonkeyPatch, key: str, right: Decision, wrong: Decision
) -> None:
    """A single user of whom the evaluator says something else, in any field, is counted."""
    evaluate = Evaluator.evaluate
    evaluator = Evaluator(FLAGS)
    told = zip(USERS["user_id"], contexts(USERS), strict=True)
    found = ((user, evaluator.evaluate(user, key, context)) for user, context in told)
    one = next(user for user, said in found if (said.reason, said.variant) == (right.reason, right.variant))

    def lying(self: Evaluator, user: str, flag: str, context: Any = None) -> Decision:
        return wrong if (user, flag) == (one, key) else evaluate(self, user, flag, context)

    monkeypatch.setattr(Evaluator, "evaluate", lying)

    assert {name: check.details["mismatches"] for name, check in equality(FLAGS, USERS).items() if name != CONTROL} == {
        name: int(name == key) for name in KEYS
    }


def test_blank_ids_are_refused_by_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """The generated id of no bytes is invalid in bulk; an evaluator that decided it would be a mismatch."""
    assert "" in generated_ids()
    evaluate = Evaluator.evaluate

    def lenient(self: Evaluator, user: str, key: str, context: Any = None) -> Decision:
        return evaluate(self, user or "anybody", key, context)

    monkeypatch.setattr(Evaluator, "evaluate", lenient)

    assert equality(FLAGS, USERS)["half"].details["mismatches"] == generated_ids().count("")


def test_an_unknown_fault_is_refused() -> None:
    """A misspelt fault names the one there is."""
    with pytest.raises(ConfigError, match="did you mean wrong_bit"):
        equality(FLAGS, USERS, fault="wrong_bits")
