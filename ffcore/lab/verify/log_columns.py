"""Columns of a log read and checked: texts as numbered labels, truth values, and ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.lab.bulk.columns import Values
from ffcore.lab.bulk.ids import Ids, id_array

Codes = NDArray[np.int32]
Rows = NDArray[np.int64]
FEW = 5
#: The words and numbers that stand for truth values.
TRUTH = {"true": 1, "t": 1, "yes": 1, "y": 1, "on": 1, "1": 1, "false": 0, "f": 0, "no": 0, "n": 0, "off": 0, "0": 0}
UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column of texts: each row's place among the labels, -1 for null and blank."""

    codes: Codes
    labels: tuple[str, ...]

    def look_up(self, meaning: Callable[[str], int], missing: int) -> NDArray[np.int64]:
        """What each row's label means, as a number.

        >>> Coded(np.array([0, -1, 1], np.int32), ("a", "bb")).look_up(len, missing=0).tolist()
        [1, 0, 2]
        """
        table = np.array([*map(meaning, self.labels), missing], dtype=np.int64)
        return table[self.codes]

    def arrow(self) -> pa.DictionaryArray:
        """The column as Arrow's categories."""
        places = pa.array(self.codes, mask=self.codes < 0)
        return pa.DictionaryArray.from_arrays(places, pa.array(self.labels, pa.string()))


def read_coded(values: Values, place: str) -> Coded:
    """A column of texts, categories or whole numbers (taken as text).

    >>> found = read_coded(pa.array(["blue", "", None, "red", "blue"]), "variant")
    >>> found.labels, found.codes.tolist()
    (('blue', 'red'), [0, -1, -1, 1, 0])
    """
    array = texts(values, place)
    encoded = array if kinds.is_dictionary(array.type) else pc.dictionary_encode(array)
    codes = np.asarray(encoded.indices.cast(pa.int32()).fill_null(UNKNOWN))
    labels = encoded.dictionary.to_pylist()
    kept = [label for label in dict.fromkeys(labels) if label is not None and label.strip()]
    if kept != labels:
        places = {label: number for number, label in enumerate(kept)}
        codes = np.array([*(places.get(label, UNKNOWN) for label in labels), UNKNOWN], dtype=np.int32)[codes]
    return Coded(codes, tuple(kept))


def texts(values: Values, place: str) -> pa.Array:
    """Values as one Arrow array of texts or categories of texts."""
    array = one_array(values, place)
    kind = array.type.value_type if kinds.is_dictionary(array.type) else array.type
    if kinds.is_string(kind) or kinds.is_large_string(kind):
        return array
    array = array.dictionary_decode() if kinds.is_dictionary(array.type) else array
    if kinds.is_floating(kind):
        array = whole(array, place)
    if kinds.is_null(kind) or kinds.is_integer(array.type):
        return array.cast(pa.string())
    raise ConfigError([(place, f"expected texts, got a column of {kind}")])


def whole(array: pa.Array, place: str) -> pa.Array:
    """Numbers that are whole, such as pandas holds in a column with gaps."""
    array = pc.if_else(pc.is_nan(array), None, array)
    try:
        return array.cast(pa.int64())
    except pa.ArrowInvalid:
        raise ConfigError([(place, f"expected texts, got a column of {array.type}")]) from None


def one_array(values: Values, place: str) -> pa.Array:
    """Values as one Arrow array; of several kinds, those that are texts and whole numbers as text."""
    if isinstance(values, list):
        try:
            return pa.array(values, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return pa.array([as_text(value, row, place) for row, value in enumerate(values)], pa.string())
    return without_views(
        values.unify_dictionaries().combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    )


def without_views(array: pa.Array) -> pa.Array:
    """Views of texts as texts, of which Arrow can take some.

    >>> without_views(pa.array(["a"], pa.string_view())).type
    DataType(large_string)
    """
    if kinds.is_string_view(array.type):
        return array.cast(pa.large_string())
    if kinds.is_dictionary(array.type) and kinds.is_string_view(array.type.value_type):
        return array.cast(pa.dictionary(array.type.index_type, pa.large_string()))
    return array


def as_text(value: Any, row: int, place: str) -> str | None:
    """One value of a column of several kinds."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ConfigError([(place, f"expected texts, got {shown(value)} at row {row:,}")])


def read_enabled(values: Values, place: str) -> NDArray[np.int8]:
    """A column of truth values: 1, 0, and -1 for null.

    Texts count as truth values by ``TRUTH``, in any case, and so do the numbers 1 and 0.

    >>> read_enabled(pa.array(["True", "no", None]), "enabled").tolist()
    [1, 0, -1]
    """
    array = one_array(values, place)
    if kinds.is_boolean(array.type):
        return np.asarray(array.cast(pa.int8()).fill_null(UNKNOWN))
    if kinds.is_floating(array.type) or kinds.is_decimal(array.type):
        array = whole(array.cast(pa.float64()), place)
    found = read_coded(array, place)
    codes = found.look_up(lambda label: TRUTH.get(label.strip().lower(), 2), UNKNOWN)
    wrong = np.flatnonzero(codes == 2)
    if wrong.size:
        words = f"expected true or false ({', '.join(TRUTH)})"
        raise refused(place, f"no truth values; {words}", wrong, len(codes), array)
    return codes.astype(np.int8)


def read_log_ids(values: Values, place: str) -> Ids:
    """The ids of a log, each of them checked.

    Raises a ConfigError with the count and the first rows of null and blank ids, and for ids that are neither text nor
    whole numbers.

    >>> read_log_ids([7, "anna"], "user_id").text.to_pylist()
    ['7', 'anna']
    """
    array = one_array(values, place)
    if kinds.is_floating(array.type):
        missing = np.flatnonzero(np.asarray(pc.fill_null(pc.is_nan(array), True)))
        if missing.size:
            raise refused(place, "null or blank", missing, len(array))
    ids = id_array(array, place)
    wrong = np.flatnonzero(~ids.valid)
    if wrong.size:
        raise refused(place, "null or blank", wrong, len(ids))
    return ids


def refused(place: str, what: str, rows: Rows, count: int, values: Values | None = None) -> ConfigError:
    """The error of a column's values that cannot be used: how many of all, and where the first of them stand.

    >>> print(refused("user_id", "null or blank", np.array([3, 1000]), 5000))
    user_id: 2 of 5,000 values are null or blank (rows 3, 1,000)
    >>> print(refused("enabled", "no truth values", np.array([1]), 2, ["yes", "perhaps"]))
    enabled: 1 of 2 values are no truth values (first: 'perhaps' at row 1)
    """
    few = rows[:FEW].tolist()
    if values is None:
        first = f"rows {', '.join(f'{row:,}' for row in few)}"
    else:
        plain = ((row, values[row]) for row in few)
        texts = (f"{shown(one.as_py() if isinstance(one, pa.Scalar) else one)} at row {row:,}" for row, one in plain)
        first = f"first: {', '.join(texts)}"
    more = ", ..." if rows.size > FEW else ""
    return ConfigError([(place, f"{rows.size:,} of {count:,} values are {what} ({first}{more})")])
