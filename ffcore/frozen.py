"""Payloads that many decisions share: JSON-like data that refuses to be changed."""

from __future__ import annotations

from decimal import Decimal
from numbers import Integral, Real
from typing import Any, NoReturn

#: Whole decimals longer than any float holds are not spelled out as integers.
MAX_DIGITS = 400


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("a payload is shared by all decisions and cannot be changed; copy it first (dict(...), list(...))")


class FrozenDict(dict[str, Any]):
    """A dict that cannot be changed.

    >>> FrozenDict(color="red") == {"color": "red"}
    True
    """

    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


class FrozenList(list[Any]):
    """A list that cannot be changed.

    >>> FrozenList([1, 2]) == [1, 2]
    True
    """

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = extend = insert = _refuse
    pop = remove = clear = sort = reverse = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenList, (list(self),)


def plain_number(value: Decimal) -> int | float:
    """A decimal as the number Python code expects: an integer where it is whole, else the nearest float.

    >>> plain_number(Decimal("3.0")), plain_number(Decimal("0.1"))
    (3, 0.1)
    """
    if value.is_snan():
        return float("nan")
    whole = value.is_finite() and value.adjusted() < MAX_DIGITS and value == value.to_integral_value()
    return int(value) if whole else float(value)


def freeze(value: Any) -> Any:
    """``value`` with every dict and list frozen and every number of any class a plain one.

    >>> freeze({"sizes": [Decimal("1"), 2]})
    {'sizes': [1, 2]}
    """
    if isinstance(value, dict):
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=repr)  # a set has another order in each process
    if isinstance(value, (list, tuple)):
        return FrozenList(freeze(item) for item in value)
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, Real) and not isinstance(value, bool):
        return int(value) if isinstance(value, Integral) else float(value)
    return value
