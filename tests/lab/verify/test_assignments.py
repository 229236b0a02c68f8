"""Tests of who gets what from flags, experiments and functions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from ffcore import ConfigError, Evaluator, Experiment, Flag, FlagSet, hash32
from ffcore.lab.bulk import parts
from ffcore.lab.verify import logged, vectorized
from ffcore.lab.verify.assignments import Assigned, Subject, assigned, assigned_all, hashed
from ffcore.lab.verify.users import read_users

ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.5}]
RULES = [{"attribute": "age", "operator": "greater_than", "value": 18}]
FLAG = Flag.from_item(
    {"key": "button", "enabled": True, "rollout_percentage": 60, "variants": ARMS, "targeting_rules": RULES}
)
EXPERIMENT = Experiment.from_item({"key": "price", "status": "active", "variants": ARMS, "traffic_allocation": 0.4})
FRAME = pd.DataFrame({"user_id": [f"user-{row}" for row in range(500)], "age": [row % 40 for row in range(500)]})


def variants_of(found: Assigned) -> list[str | None]:
    """Each user's variant, None where there is none."""
    arms = found.answers.arms
    return [arms[code] if code < len(arms) else None for code in found.answers.codes.tolist()]


def users_of(found: Assigned) -> list[str]:
    """The ids of the users who are counted."""
    return found.population.ids.text.filter(pa.array(found.rows)).to_pylist()  # type: ignore[no-any-return]


def test_a_flag_is_assigned_as_the_evaluator_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enabled and variant of every eligible user are the evaluator's own, over several parts."""
    monkeypatch.setattr(parts, "PART_ROWS", 77)
    evaluator = Evaluator(FlagSet.from_items(flags=[FLAG.to_item()]))
    rows = [(user, evaluator.evaluate(user, "button", {"age": age})) for user, age in FRAME.itertuples(index=False)]
    eligible = [(user, found) for user, found in rows if found.reason != "targeting_rules_not_met"]
    result = assigned(FLAG, read_users(FRAME))

    assert users_of(result) == [user for user, _ in eligible]
    assert result.enabled.tolist() == [found.enabled for _, found in eligible]
    assert variants_of(result) == [found.variant for _, found in eligible]
    assert 0 < result.ineligible == 500 - len(eligible)


def test_an_experiment_is_assigned_as_the_evaluator_decides() -> None:
    """Traffic and variant of every user are the evaluator's own."""
    evaluator = Evaluator(FlagSet.from_items(experiments=[EXPERIMENT.to_item()]))
    result = assigned(EXPERIMENT, read_users(FRAME))

    assert variants_of(result) == [evaluator.assign(user, "price").variant for user in FRAME["user_id"]]
    assert result.enabled.tolist() == [variant is not None for variant in variants_of(result)]


def test_subjects_together_are_assigned_as_each_alone() -> None:
    """Flags that share salts, an experiment and functions among them, come back in order."""
    subjects: list[Subject] = [FLAG, parity, replace(FLAG, rollout_percentage=Fraction(5)), EXPERIMENT, Flag("off")]
    population = read_users(FRAME.assign(user_id=range(500)))

    for together, subject in zip(assigned_all(subjects, population), subjects, strict=True):
        alone = assigned(subject, population)
        assert users_of(together) == users_of(alone)
        assert together.enabled.tolist() == alone.enabled.tolist()
        assert variants_of(together) == variants_of(alone)


def test_repeated_users_count_once() -> None:
    """A user in two rows is one user; only rows that targeting admits are looked at."""
    frame = pd.DataFrame({"user_id": ["a", "a", "b", "a"], "age": [3, 30, 30, 31]})
    result = assigned(FLAG, read_users(frame))

    assert (users_of(result), result.repeated, result.ineligible) == (["a", "b"], 1, 1)


def parity(user_id: str, key: str) -> str | None:
    """A variant for even numbers, nobody else."""
    return f"{key}-even" if int(user_id) % 2 == 0 else None


@vectorized
def parities(user_ids: NDArray[np.object_], key: str) -> NDArray[np.object_]:
    """The same for an array."""
    return np.where(user_ids.astype(int) % 2 == 0, f"{key}-even", np.array(None))


@pytest.mark.parametrize("function", [parity, parities])
def test_functions_and_array_functions_agree(function: Subject) -> None:
    """Both forms are called with the ids as text and a key."""
    result = assigned(function, read_users(range(4)))

    assert result.enabled.tolist() == [True, False, True, False]
    assert variants_of(result) == ["verify-even", None, "verify-even", None]


def test_an_array_function_is_called_once_with_texts() -> None:
    """One call for all rows, with a numpy array of plain texts and the function's own key."""
    calls = []

    @vectorized
    def assign(user_ids: Any, key: str) -> list[bool]:
        calls.append((type(user_ids), user_ids.dtype, user_ids.tolist(), key))
        return [True] * len(user_ids)

    assign.key = "mine"  # type: ignore[attr-defined]
    assigned(assign, read_users([1, 2, 1]))

    assert calls == [(np.ndarray, np.dtype(object), ["1", "2", "1"], "mine")]


def test_an_array_function_may_take_arrow() -> None:
    """With the attribute that says so it gets the column itself, of which no text is made."""
    assign = vectorized(lambda user_ids, key: [isinstance(user_ids, pa.LargeStringArray)] * len(user_ids))
    assert assigned(assign, read_users(["a", "b"])).enabled.tolist() == [False, False]

    assign.takes_arrow = True  # type: ignore[attr-defined]
    assert assigned(assign, read_users(["a", "b"])).enabled.tolist() == [True, True]


ANSWERS: dict[str, Any] = {
    "list of bools": [True, False],
    "bools": np.array([True, False]),
    "numpy bools": [np.bool_(True), np.bool_(False)],
    "bool and None": [True, None],
    "keys": pd.Series(["x", None]),
    "key and NA": ["x", pd.NA],
    "key and NaN": ["x", float("nan")],
    "key and False": ["x", False],
    "objects": np.array(["x", None], dtype=object),
    "categories": pd.Categorical(["x", None], categories=["y", "x"]),
    "categories of bools": pd.Series([True, False], dtype="category"),
    "nullable bools": pd.array([True, None], dtype="boolean"),
    "arrow bools": pa.array([True, None]),
    "arrow keys": pa.array(["x", None], pa.string_view()),
    "arrow dictionary": pa.chunked_array(
        [pa.array(["x"]).dictionary_encode(), pa.array([None, "y"]).dictionary_encode()[:1]]
    ),
}


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS.keys())
def test_nothing_is_off_in_every_form(answers: Any) -> None:
    """False, None, NaN and NA all mean that the user is not on."""
    assert assigned(vectorized(lambda user_ids, key: answers), read_users(["a", "b"])).enabled.tolist() == [True, False]


@pytest.mark.parametrize("marked", [False, True], ids=["row by row", "array"])
def test_answers_of_all_kinds_together(*, marked: bool) -> None:
    """True is on without a variant, a text is a variant, every kind of nothing is off: in one population."""
    answers = dict(zip("abcdefgh", [True, "x", None, False, float("nan"), pd.NA, np.bool_(True), "y"], strict=True))
    array = vectorized(lambda user_ids, key: [answers[user_id] for user_id in user_ids])
    found = assigned(array if marked else lambda user_id, key: answers[user_id], read_users([*answers]))

    assert found.enabled.tolist() == [True, True, False, False, False, False, True, True]
    assert variants_of(found) == [None, "x", None, None, None, None, None, "y"]
    assert found.counts() == {None: 2, "x": 1, "y": 1}


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (True, "flag: expected a flag, an experiment, an assignment function or a logged column, got True"),
        ("variant", "got 'variant'; for a column of logged variants: logged('variant')"),
        (
            vectorized(lambda user_ids, key: [True, 3]),
            "assign: returned 3 for user 'b'; expected a bool or a variant's",
        ),
        (vectorized(lambda user_ids, key: np.array([1, 0])), "assign: returned 1 for user 'a'; expected a bool or a"),
        (vectorized(lambda user_ids, key: "ab"), "must return one value for each of 2 users, got 'ab'"),
        (vectorized(lambda user_ids, key: {"a": True, "b": True}), "must return one value for each of 2 users"),
        (vectorized(lambda user_ids, key: np.array(True)), "must return one value for each of 2 users"),
        (vectorized(lambda user_ids, key: np.array([[True], [True]])), "must return one value for each of 2 users"),
        (lambda user_id, key: 3, "assign: returned 3 for user 'a'; expected a bool or a variant's key"),
        (vectorized(lambda user_ids, key: [True]), "must return one value for each of 2 users"),
        (vectorized(lambda user_ids, key: True), "must return one value for each of 2 users"),
    ],
)
def test_answers_that_mean_nothing_are_refused(function: Subject, message: str) -> None:
    """The message names the user, how many values were due, or what was expected instead of a function."""
    with pytest.raises(ConfigError) as error:
        assigned(function, read_users(["a", "b"]))

    assert message in str(error.value)


COLUMNS: dict[str, Any] = {
    "keys": ["blue", None, "red", "blue"],
    "objects": pd.Series(["blue", None, "red", "blue"], dtype=object),
    "categories": pd.Categorical(["blue", None, "red", "blue"], categories=["red", "green", "blue"]),
    "keys and truth": pd.Series(["blue", False, "red", "blue"], dtype=object),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS.keys())
@pytest.mark.parametrize("arrow", [False, True], ids=["pandas", "arrow"])
def test_logged_variants(column: Any, *, arrow: bool) -> None:
    """A column of keys says who got which variant; null means not enabled."""
    frame: Any = pd.DataFrame({"user_id": [*"abcd"], "variant": column})
    if arrow and frame["variant"].dtype != object:
        frame = pa.table(frame)
    found = assigned(logged("variant"), read_users(frame))

    assert variants_of(found) == ["blue", None, "red", "blue"]
    assert found.enabled.tolist() == [True, False, True, True]
    assert (found.counts(), found.repeated, found.conflicting) == ({"blue": 2, "red": 1}, 0, 0)


@pytest.mark.parametrize("dtype", ["bool", "object", "boolean", "category"])
def test_logged_truth_values(dtype: Any) -> None:
    """A column of truth values says who was on, without a variant."""
    column = pd.Series([True, False, True], dtype=dtype)
    found = assigned(logged("on"), read_users(pd.DataFrame({"user_id": [*"abc"], "on": column})))

    assert found.enabled.tolist() == [True, False, True]
    assert found.counts() == {None: 2}


def test_logged_users_of_several_answers_are_counted() -> None:
    """The first row counts; users who have another answer in a later row, or none, are conflicts."""
    rows = [("a", "blue"), ("b", "red"), ("a", "blue"), ("b", None), ("c", None), ("c", "red"), ("c", "blue")]
    found = assigned(logged("variant"), read_users(pd.DataFrame(rows, columns=["user_id", "variant"])))

    assert (users_of(found), variants_of(found)) == (["a", "b", "c"], ["blue", "red", None])
    assert (found.repeated, found.conflicting) == (4, 2)


def test_a_function_that_contradicts_itself_is_counted() -> None:
    """Two calls for one user that differ are a conflict too; a flag never has one."""
    population = read_users(["a", "b", "a", "b"])
    answers = iter([True, True, False, True])

    assert assigned(lambda user_id, key: next(answers), population).conflicting == 1
    assert assigned(Flag("x", True, 50), population).conflicting == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "users", "message"),
    [
        ("varint", {"user_id": ["a"], "variant": ["x"]}, "varint: the frame has no such column; did you mean variant?"),
        ("n", {"user_id": ["a", "b"], "n": [1, 0]}, "n: holds 1 for user 'a'; expected a truth value or a variant's"),
        ("n", {"user_id": ["a", "b"], "n": ["x", 7]}, "n: holds 7 for user 'b'; expected a truth value or a variant's"),
    ],
)
def test_columns_that_say_nothing_are_refused(column: str, users: Any, message: str) -> None:
    """A misspelt column, and one of numbers, are one clear message."""
    with pytest.raises(ConfigError) as error:
        assigned(logged(column), read_users(pd.DataFrame(users)))

    assert message in str(error.value)


def test_logged_needs_one_column_of_a_frame() -> None:
    """Ids alone have no column, two columns of one name are no answer, and a name is text."""
    twice = pd.DataFrame([["a", "x", "y"]], columns=["user_id", "variant", "variant"])

    with pytest.raises(ConfigError, match="users: expected a frame with the column variant, got ids alone"):
        assigned(logged("variant"), read_users(["a"]))
    with pytest.raises(ConfigError, match="variant: 2 columns of the frame have this name"):
        assigned(logged("variant"), read_users(twice))
    with pytest.raises(ConfigError, match="column: expected the name of a column, got 3"):
        logged(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("arms", [1, 126, 127, 128, 300])
def test_any_number_of_variants(arms: int) -> None:
    """Variants keep their names, also beyond the numbers that one byte holds."""
    keys = [f"arm-{number}" for number in range(arms)]
    found = assigned(logged("variant"), read_users(pd.DataFrame({"user_id": keys, "variant": keys})))

    assert variants_of(found) == keys
    own = vectorized(lambda user_ids, key: pd.Categorical([*keys, None], categories=keys))
    answered = assigned(own, read_users([*keys, "nobody"]))
    assert variants_of(answered)[:-1] == keys
    assert answered.enabled.tolist() == [True] * arms + [False]


HASHES: dict[str, Any] = {
    "the product's": None,
    "hash32": hash32,
    "a function": lambda user_id, key: int(hash32(user_id, key)),
    "an array function": vectorized(lambda user_ids, key: np.array([hash32(user_id, key) for user_id in user_ids])),
    "unsigned": vectorized(lambda user_ids, key: np.array([hash32(one, key) for one in user_ids], dtype=np.uint64)),
    "a list": vectorized(lambda user_ids, key: [hash32(user_id, key) for user_id in user_ids]),
}


@pytest.mark.parametrize("assign", HASHES.values(), ids=HASHES.keys())
@pytest.mark.parametrize("key", ["a", "c" * 60], ids=len)
def test_hashes_of_distinct_users(assign: Any, key: str) -> None:
    """One word for each distinct user in order of first occurrence."""
    found = hashed(assign, read_users(["x", "y", "x", "é"]), key)

    assert found.dtype == np.uint32
    assert found.tolist() == [hash32(user_id, key) for user_id in ("x", "y", "é")]


NO_HASHES: dict[str, tuple[Any, str]] = {
    "negative": (
        lambda user_id, key: -1,
        "assign: returned -1 for user 'a'; expected a whole number from 0 to 4294967",
    ),
    "too large": (vectorized(lambda user_ids, key: np.array([0, 2**32])), "returned 4294967296 for user 'b'"),
    "a fraction": (vectorized(lambda user_ids, key: np.array([0.0, 1.0])), "returned 0.0 for user 'a'"),
    "truth": (vectorized(lambda user_ids, key: [0, True]), "returned True for user 'b'"),
    "bools": (vectorized(lambda user_ids, key: np.array([True, True])), "returned True for user 'a'"),
    "a key": (lambda user_id, key: "blue", "returned 'blue' for user 'a'"),
    "one value": (vectorized(lambda user_ids, key: 7), "must return one value for each of 2 users, got 7"),
}


@pytest.mark.parametrize("kind", NO_HASHES)
def test_what_is_no_hash_is_refused(kind: str) -> None:
    """Anything but a whole number of 32 bits names value and user."""
    assign, message = NO_HASHES[kind]
    with pytest.raises(ConfigError) as error:
        hashed(assign, read_users(["a", "b"]), "k")

    assert message in str(error.value)
