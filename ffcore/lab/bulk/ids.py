"""User ids of any kind of column as one buffer of bytes, and which of them cannot be decided."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.bulk.columns import Mask
from ffcore.lab.bulk.kernels import Bytes, Offsets

SHOWN_POSITIONS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Ids:
    """Ids back to back: id `i` is the UTF-8 text `data[offsets[i]:offsets[i + 1]]`; null and blank are not valid."""

    data: Bytes
    offsets: Offsets
    valid: Mask
    text: pa.LargeStringArray

    def __len__(self) -> int:
        return self.offsets.size - 1

    def part(self, start: int, stop: int) -> "Ids":
        """The ids from `start` to before `stop`, without copying their bytes."""
        return Ids(self.data, self.offsets[start : stop + 1], self.valid[start:stop], self.text[start:stop])


def id_array(ids: object, place: str = "user_id") -> Ids:
    """Ids from a list, a Series or an Arrow array of texts, whole numbers or categories; a number is its `str`.

    Raises:
        ConfigError: the values are neither text nor whole numbers.

    >>> id_array(["ann", 7, None][:1]).offsets
    array([0, 3])
    """
    text = _as_text(ids, place)
    length = len(text)
    _, offsets_buffer, data_buffer = text.buffers()
    offsets = np.frombuffer(offsets_buffer or b"\0" * 8, dtype=np.int64)[text.offset : text.offset + length + 1]
    data = np.frombuffer(data_buffer or b"", dtype=np.uint8)
    known = np.asarray(text.is_valid(), dtype=np.bool_) if text.null_count else np.ones(length, dtype=np.bool_)
    return Ids(data, offsets, known & ~_blank(text, data, offsets), text)


def _as_text(ids: object, place: str) -> pa.LargeStringArray:
    try:
        array = ids if isinstance(ids, pa.Array | pa.ChunkedArray) else pa.array(ids, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, OverflowError, UnicodeEncodeError) as error:
        raise ConfigError([(place, f"expected ids that are all text or all whole numbers: {error}")]) from None
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    kind = array.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if not (text or pa.types.is_integer(kind) or pa.types.is_null(kind)):
        raise ConfigError([(place, f"expected ids that are text or whole numbers, got a column of {kind}")])
    result = array.cast(pa.large_string())  # before chunks are combined: together they may pass 2 GiB
    if not isinstance(result, pa.ChunkedArray):
        return result
    return result.chunk(0) if result.num_chunks == 1 else result.combine_chunks()


def _blank(text: pa.LargeStringArray, data: Bytes, offsets: Offsets) -> Mask:
    """Which ids `str.strip` leaves nothing of; only ids that begin like white space are looked at one by one."""
    blank = np.empty(len(text), dtype=np.bool_)
    _mark_suspects(data, offsets, blank)
    suspects = np.flatnonzero(blank)
    if suspects.size:
        texts = text.take(pa.array(suspects)).to_pylist()
        blank[suspects] = [value is not None and not value.strip() for value in texts]
    return blank


@njit(nogil=True, cache=True)
def _mark_suspects(data: Bytes, offsets: Offsets, found: Mask) -> None:
    """Mark the ids that may be blank: empty ones, and those that begin like white space."""
    for row in range(offsets.size - 1):
        at = offsets[row]
        found[row] = at == offsets[row + 1] or data[at] <= 0x20 or data[at] >= 0x7F


def check_on_invalid(on_invalid: object) -> None:
    """Raise ConfigError unless it is a way to treat null and blank ids."""
    if not isinstance(on_invalid, str) or on_invalid not in ("raise", "mark"):
        choice = suggestion(on_invalid, ("raise", "mark"))
        raise ConfigError([("on_invalid", f"{shown(on_invalid)} is no way to treat invalid ids{choice}")])


def refuse_invalid(wrong: NDArray[np.int64], total: int, place: str) -> None:
    """Raise ConfigError for the rows with null and blank ids, if there are any."""
    if wrong.size:
        rows = ", ".join(f"{row:,}" for row in wrong[:SHOWN_POSITIONS])
        more = ", ..." if wrong.size > SHOWN_POSITIONS else ""
        advice = 'drop them, or keep them with on_invalid="mark"'
        raise ConfigError(
            [(place, f"{wrong.size:,} of {total:,} ids are null or blank, at rows {rows}{more}; {advice}")]
        )
