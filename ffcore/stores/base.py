"""The FlagStore protocol, and how a store's items become flags and experiments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from ..errors import ConfigError
from ..flagset import FlagSet
from ..log import warning
from ..model import Experiment, Flag

Item = TypeVar("Item", Flag, Experiment)


@dataclass(frozen=True, slots=True)
class Malformed:
    """Stands for an item of the store that cannot be read, and says why."""

    key: str
    problems: tuple[tuple[str, str], ...]


class FlagStore(Protocol):
    """Anything that flags and experiments can be read from and put into. Unknown keys are absent from answers."""

    def get_flags(self, keys: Iterable[str]) -> Mapping[str, Flag | Malformed]:
        """The flags with these keys; an item that cannot be read as a flag is ``Malformed``."""

    def get_experiments(self, keys: Iterable[str]) -> Mapping[str, Experiment | Malformed]:
        """The experiments with these keys."""

    def put(self, flag_set: FlagSet) -> None:
        """Add a set's flags and experiments, in place of those with the same keys."""


def read_items(items: Iterable[tuple[str, Any]], read: Callable[[Any], Item]) -> dict[str, Item | Malformed]:
    """Items by key as flags or experiments; one that cannot be read is logged and ``Malformed``.

    >>> read_items([("a", {"key": "a", "enabled": True})], Flag.from_item)["a"].enabled
    True
    """
    return {key: _read_item(key, item, read) for key, item in items}


def _read_item(key: str, item: Any, read: Callable[[Any], Item]) -> Item | Malformed:
    try:
        return read(item)
    except ConfigError as error:
        warning("item %s in the store cannot be read: %s", key, error)
        return Malformed(key, tuple(error.problems))
