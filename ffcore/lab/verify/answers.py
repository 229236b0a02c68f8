"""Answers as numbers: what assignment functions and columns of logged variants say of each user, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.hashing import HASH_SPACE
from ffcore.lab.bulk.parts import PART_ROWS
from ffcore.lab.verify.users import listed

#: ``assign(user_id, key)``; marked with ``vectorized`` it takes an array of ids and returns as many answers.
Assign = Callable[[Any, str], Any]
Text: TypeAlias = pa.LargeStringArray
#: Makes the error of a row's value.
Refuse = Callable[[int, object], ConfigError]
AN_ANSWER = "a bool or a variant's key"
A_HASH = "a whole number from 0 to 4294967295"


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What each row got, by number: below the count of ``arms`` it is that arm, else the user is not enabled.

    An arm is a variant's key, or None for users who are on without a variant.
    """

    codes: NDArray[Any]
    arms: tuple[str | None, ...]


def call(assign: Assign, text: Text, key: str) -> Answers:
    """The answers of an assignment function, each a bool or a variant's key; None and NaN mean not enabled.

    >>> call(lambda user_id, key: user_id == "anna", pa.array(["anna", "ben"], pa.large_string()), "k").codes.tolist()
    [0, 1]
    """
    if is_vectorized(assign):
        return read_answers(called_once(assign, text, key), refusal(text, AN_ANSWER))
    return one_by_one((assign(user_id, key) for user_id in each_id(text)), refusal(text, AN_ANSWER))


def call_for_words(assign: Assign, text: Text, key: str) -> NDArray[np.uint32]:
    """The answers of an assignment function that returns 32-bit integers.

    >>> call_for_words(lambda user_id, key: len(user_id), pa.array(["anna", "ben"], pa.large_string()), "k")
    array([4, 3], dtype=uint32)
    """
    refuse = refusal(text, A_HASH)
    if not is_vectorized(assign):
        return words((assign(user_id, key) for user_id in each_id(text)), len(text), refuse)
    found = called_once(assign, text, key)
    if not hasattr(found, "dtype") or (array := np.asarray(found)).dtype.kind not in "iu":
        return words(listed(found), len(text), refuse)
    wrong = np.flatnonzero((array < 0) | (array >= HASH_SPACE))
    if wrong.size:
        raise refuse(int(wrong[0]), array[wrong[0]].item())
    return array.astype(np.uint32)


def is_vectorized(assign: Assign) -> bool:
    """Whether a function is marked with ``vectorized``."""
    return bool(getattr(assign, "vectorized", False))


def each_id(text: Text) -> Iterator[str]:
    """The ids one after the other, without a list of them all."""
    for start in range(0, len(text), PART_ROWS):
        yield from text[start : start + PART_ROWS].to_pylist()


def called_once(assign: Assign, text: Text, key: str) -> Any:
    """What an array function returns for a numpy array of the ids (objects, each a str): one value for each.

    A function with the attribute ``takes_arrow`` gets the Arrow array itself, of which no Python object is made.
    """
    found = assign(text if getattr(assign, "takes_arrow", False) else text.to_numpy(zero_copy_only=False), key)
    plain = isinstance(found, list | tuple | pa.Array | pa.ChunkedArray)
    sequence = plain or (hasattr(found, "__array__") and getattr(found, "ndim", 1) == 1)
    if not sequence or len(found) != len(text):
        wanted = f"one value for each of {len(text):,} users"
        raise ConfigError([("assign", f"must return {wanted}, got {shown(found)}")])
    return found


def refusal(text: Text, expected: str, place: str = "assign", verb: str = "returned ") -> Refuse:
    """The error for an answer that means nothing: it names the value and the user."""

    def refuse(row: int, value: object) -> ConfigError:
        user = shown(text[row].as_py())
        return ConfigError([(place, f"{verb}{shown(value)} for user {user}; expected {expected}")])

    return refuse


def read_answers(values: Any, refuse: Refuse) -> Answers:
    """Answers from a list, an array or a column: bools or keys at once, anything mixed one by one.

    >>> read_answers(["blue", None, "red", "blue"], refusal(pa.array([]), AN_ANSWER))
    Answers(codes=array([0, 2, 1, 0], dtype=int32), arms=('blue', 'red'))
    """
    if isinstance(values, pd.Categorical) and all(isinstance(arm, str) for arm in values.categories):
        return Answers(np.where(values.codes < 0, len(values.categories), values.codes), tuple(values.categories))
    column = plain_column(values)
    if column is None:
        return one_by_one(listed(values), refuse)
    if pa.types.is_boolean(column.type):
        return Answers((~column.fill_null(False).to_numpy()).view(np.int8), (None,))
    encoded = column.dictionary_encode().combine_chunks()
    arms = tuple(encoded.dictionary.to_pylist())
    return Answers(encoded.indices.fill_null(len(arms)).to_numpy(), arms)


def plain_column(values: Any) -> pa.ChunkedArray | None:
    """Values as Arrow's bools or texts; None where they are neither, or mixed."""
    try:
        array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None
    column = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return column.cast(pa.large_string())
    return column if pa.types.is_boolean(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind) else None


def one_by_one(values: Iterable[Any], refuse: Refuse) -> Answers:
    """Answers looked at one after the other."""
    found = [plain_answer(value, row, refuse) for row, value in enumerate(values)]
    codes, arms = pd.factorize(np.array(found, dtype=object))
    off = len(arms)
    return Answers(np.where(codes < 0, off, codes), tuple(None if arm is True else arm for arm in arms))


def plain_answer(value: Any, row: int, refuse: Refuse) -> bool | str | None:
    """True, a variant's key, or None for a user who is not enabled; anything else is refused."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return True if value else None
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    raise refuse(row, value)


def words(values: Iterable[Any], count: int, refuse: Refuse) -> NDArray[np.uint32]:
    """Whole numbers of 32 bits, looked at one after the other."""

    def checked() -> Iterator[int]:
        for row, value in enumerate(values):
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not whole or not 0 <= value < HASH_SPACE:
                raise refuse(row, value)
            yield int(value)

    return np.fromiter(checked(), dtype=np.uint32, count=count)
