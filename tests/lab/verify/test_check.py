"""Tests of the Check and of how several become one verdict."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import FrozenInstanceError, fields
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ffcore import ConfigError
from ffcore.lab.verify import Check, combine, sample_ratio
from ffcore.lab.verify.check import Verdict, plain

FIELDS = "name verdict statistic p_value estimate interval n n_needed detectable alpha details"
EXAMPLE = sample_ratio({"control": 4969, "treatment": 5031}, {"control": 0.5, "treatment": 0.5})


def test_fields_are_those_that_others_rely_on() -> None:
    """The names and the order of the fields are fixed."""
    assert " ".join(field.name for field in fields(Check)) == FIELDS


def test_json_brings_back_an_equal_check() -> None:
    """A check survives a result file, without NaN or numpy in it."""
    text = json.dumps(EXAMPLE.to_dict(), allow_nan=False)

    assert Check.from_dict(json.loads(text)) == EXAMPLE


def test_numpy_never_stays_in_a_check() -> None:
    """Numbers become plain ones when the check is made, so no repr shows np.float64."""
    check = Check(
        "demo", "pass", np.float64(1.5), np.float64(0.2), {"a": np.float64(1)}, {"a": (np.float64(0), 1)}, n=3
    )

    assert [type(value) for value in (check.statistic, check.p_value, check.estimate["a"], check.interval["a"][0])] == [
        float
    ] * 4


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.array([[1, 2]]), [[1, 2]]),
        (np.bool_(True), True),
        ({Fraction(1, 2): {3}}, {"0.5": [3]}),
        (float("inf"), None),
        (complex(1, 2), "(1+2j)"),
    ],
)
def test_plain_values_are_those_of_json(value: object, expected: object) -> None:
    """Arrays, numpy scalars, fractions, sets and infinity have a JSON form; anything else is text."""
    assert plain(value) == expected


def test_a_check_has_no_truth_value() -> None:
    """``if check`` is refused, because inconclusive would count as true."""
    with pytest.raises(TypeError, match=r"inconclusive is not pass.*check\.verdict"):
        bool(EXAMPLE)


def test_a_check_is_frozen() -> None:
    """Nobody turns a verdict afterwards."""
    with pytest.raises(FrozenInstanceError):
        EXAMPLE.verdict = "pass"  # type: ignore[misc]


def test_a_check_copies_and_pickles() -> None:
    """Checks travel between processes."""
    assert copy.deepcopy(EXAMPLE) == EXAMPLE == pickle.loads(pickle.dumps(EXAMPLE))  # noqa: S301 - own bytes


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        ({"name": "x"}, [("verdict", "is missing")]),
        ({"name": "x", "verdict": "pass", "p_valeu": 1}, [("p_valeu", "unknown field; did you mean p_value?")]),
        ({"name": "x", "verdict": "passed"}, [("verdict", "'passed' is no verdict; did you mean pass?")]),
    ],
)
def test_a_damaged_check_is_refused(data: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    """A missing field, an unknown one and an unknown verdict are named, with the nearest name."""
    with pytest.raises(ConfigError) as error:
        Check.from_dict(data)

    assert error.value.problems == problems


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["inconclusive", "fail", "pass"], "fail"),
        ([], "inconclusive"),
    ],
)
def test_the_worst_verdict_counts(verdicts: list[Verdict], expected: Verdict) -> None:
    """Any fail fails, inconclusive is not pass, and nothing checked is nothing shown."""
    assert combine(Check("demo", verdict) for verdict in verdicts) == expected


def test_a_check_draws_itself() -> None:
    """``plot`` gives the figure of the intervals."""
    assert "n = 10,000" in EXAMPLE.plot().caption
