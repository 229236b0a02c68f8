"""A vendor's flag: rules in order, who is asked about with ids alone, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore import ConfigError, Rule
from ffcore.lab import schemes, verify
from ffcore.lab.schemes.files.flags import FlagFile, FlagRule, VendorFlag

USERS = [f"user-{number}" for number in range(20_000)]
UNLEASH = schemes.get("unleash")
HALF = UNLEASH.rollout(50, key="a")
ARMS = UNLEASH.variants({"x": 1, "y": 3}, key="a")
NORWAY = (Rule("country", "equals", "NO"),)


def test_the_first_rule_that_gives_an_answer_decides() -> None:
    """A gate or a draw that leaves a user out passes on to the next rule, and then to the default."""
    first, second = FlagRule({"": "first"}, gate=HALF), FlagRule({"x": "X"}, draw=ARMS)
    users = USERS[:2_000]
    found = VendorFlag("k", "rest", (first, second))(users).tolist()

    wanted = ["first" if HALF(user) else "X" if ARMS(user) == "x" else "rest" for user in users]
    assert found == wanted
    assert set(found) == {"first", "X", "rest"}


def test_conditions_are_decided_as_targeting_rules() -> None:
    """A missing attribute never matches, and the index stays."""
    flag = VendorFlag("k", False, (FlagRule({"": True}, NORWAY),))
    frame = pd.DataFrame({"who": ["a", "b", "c"], "country": ["NO", "SE", None]}, index=[7, 8, 9])
    found = flag.decide(frame, "who")

    assert found.to_dict() == {7: True, 8: False, 9: False}
    assert found.dtype == bool


def test_a_flag_is_a_subject_of_checks() -> None:
    """Rollouts by ids alone; with targeting, the column of what each user gets."""
    flag = VendorFlag("k", False, (FlagRule({"": True}, gate=HALF),))
    targeted = VendorFlag("k", None, (FlagRule({"x": "x", "y": "y"}, NORWAY, draw=ARMS),))
    frame = pd.DataFrame({"user_id": USERS, "country": "NO"})
    frame["got"] = targeted.decide(frame)

    assert verify.rollout(flag, USERS, expected=0.5, margin=0.02).verdict == "pass"
    assert verify.rollout(flag, USERS, expected=0.6, margin=0.02).verdict == "fail"
    check = verify.variants(verify.logged("got"), frame, expected={"x": 0.25, "y": 0.75}, margin=0.02)
    assert check.verdict == "pass"


def test_one_id_gets_what_an_array_gets() -> None:
    """The scalar call is the bulk call of one."""
    flag = VendorFlag("k", None, (FlagRule({"x": "x"}, draw=ARMS),))

    assert [flag(user) for user in USERS[:50]] == flag(np.array(USERS[:50], dtype=object)).tolist()


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        (VendorFlag("k", rules=(FlagRule({"": True}, NORWAY),)), "k: targeting needs attributes"),
        (VendorFlag("k", uncovered=("rules[0].x: not followed",)), r"k: cannot be recomputed: rules\[0\].x"),
    ],
    ids=["targeting", "uncovered"],
)
def test_what_ids_do_not_say_is_refused(flag: VendorFlag, message: str) -> None:
    """No answer is guessed."""
    with pytest.raises(ConfigError, match=message):
        flag(USERS)


def test_an_unfollowed_flag_is_refused_with_a_frame_too() -> None:
    """Attributes do not mend what is left out."""
    with pytest.raises(ConfigError, match="cannot be recomputed"):
        VendorFlag("k", uncovered=("x: not followed",)).decide(pd.DataFrame({"user_id": ["a"]}))


def test_a_missing_column_is_named() -> None:
    """With the nearest one."""
    with pytest.raises(ConfigError, match="did you mean user_id"):
        VendorFlag("k", True).decide(pd.DataFrame({"user_id": ["a"]}), "userid")


def test_a_file_is_a_mapping_that_says_what_is_left_out() -> None:
    """Its text counts both."""
    found: Any = FlagFile("unleash", {"k": VendorFlag("k")}, (("features[0].x", "not followed"),))

    assert (list(found), found["k"].key) == (["k"], "k")
    assert repr(found) == "FlagFile('unleash', 1 flags, 1 parts not followed)"


@pytest.mark.parametrize("flag", [VendorFlag("k", True), VendorFlag("k", False, (FlagRule({"": True}, gate=HALF),))])
def test_null_ids_are_refused(flag: VendorFlag) -> None:
    """Also by a flag that gives everybody the same; whole numbers are their text."""
    frame = pd.DataFrame({"user_id": ["a", None]})
    for ask in (lambda: flag.decide(frame), lambda: flag(frame["user_id"])):
        with pytest.raises(ConfigError, match="user_id: 1 ids are null, the first at row 1"):
            ask()
    assert flag(range(40)).tolist() == flag(list(map(str, range(40)))).tolist()
