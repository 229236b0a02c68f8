"""The negative controls of growth: flags found by walking through all of them, and work done anew for each rule."""

from __future__ import annotations

from collections.abc import Callable

from ffcore.decide import compile_flag
from ffcore.flagset import FlagSet


def scanned(flags: FlagSet) -> Callable[[str, str], object]:
    """Decide rightly, but find the flag by comparing its key with that of every flag before it.

    >>> from ffcore import Flag
    >>> scanned(FlagSet([Flag("a"), Flag("b")]))("ann", "b").reason
    'flag_disabled'
    """
    pairs = [(key, compile_flag(flag)) for key, flag in flags.items()]

    def evaluate(user_id: str, flag_key: str) -> object:
        return next(decide(user_id, None) for key, decide in pairs if key == flag_key)

    return evaluate


def repeated(call: Callable[[str], object], times: int) -> Callable[[str], object]:
    """A call that is made so many times, at least once, and answers as the last of them did.

    >>> seen = []
    >>> repeated(seen.append, 3)("ann")
    >>> seen
    ['ann', 'ann', 'ann']
    """
    if times <= 1:
        return call

    def repeating(user: str) -> object:
        for _ in range(times - 1):
            call(user)
        return call(user)

    return repeating
