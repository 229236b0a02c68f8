"""The negative control of bulk decisions: kernels one bit of whose MD5 constants is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FunctionType
from typing import Any
from unittest import mock

from numba import njit

from ffcore.lab.bulk import deciding, kernels

#: The compiled functions that a change of the constants reaches, from the inside out.
COMPILED = ("compress", "_hash_block", "decide_all")


@contextmanager
def wrong_bit() -> Iterator[None]:
    """Decide everything in bulk with a wrong lowest bit in the constant of the first of MD5's 64 steps.

    All steps after it see the difference, so every hash is another one; decisions that need no hash stay right.
    Compiling takes seconds, once in a process; the faulty kernels never reach the cache on disk.

    >>> right = deciding.decide_all
    >>> with wrong_bit():
    ...     deciding.decide_all is right
    False
    """
    with mock.patch.object(deciding, "decide_all", _faulty_decide_all()):
        yield


@cache
def _faulty_decide_all() -> Any:
    """The kernel that decides, compiled anew with all that stands between it and the table of constants."""
    names = dict(vars(kernels))
    names["CONSTANTS"] = [kernels.CONSTANTS[0] ^ 1, *kernels.CONSTANTS[1:]]
    steps = FunctionType(names["_steps"].__code__, names)
    names["_compress_together"] = kernels.compressor(steps, len(kernels.START), kernels.TOGETHER)
    for name in COMPILED:
        names[name] = njit(nogil=True)(FunctionType(names[name].py_func.__code__, names, name))
    return names["decide_all"]
