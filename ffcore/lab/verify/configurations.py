"""What was in force when: one set of flags, or several, each from some time on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.plan import Plan, plan
from ffcore.lab.verify.timestamps import Time, Times, read_time
from ffcore.model import Experiment, Flag

#: The flags, or pairs of a time and the flags in force from then on; None: from the beginning.
Flags: TypeAlias = "FlagSet | Iterable[tuple[Time | None, FlagSet]]"
BEGINNING = np.iinfo(np.int64).min


@dataclass(frozen=True)
class History:
    """A flag or an experiment through all configurations; None where a configuration does not have it."""

    key: str
    experiment: bool
    items: tuple[Flag | Experiment | None, ...]

    @cached_property
    def plans(self) -> tuple[Plan | None, ...]:
        """How each configuration decides it."""
        return tuple(None if item is None else plan(item) for item in self.items)

    @cached_property
    def variants(self) -> list[str]:
        """The variants that it has in any configuration."""
        return list(dict.fromkeys(variant.key for item in self.items if item for variant in item.variants))

    def changes(self, phase: int) -> bool:
        """Whether a configuration decides otherwise than the one before it."""
        return self.plans[phase] != self.plans[phase - 1]


@dataclass(frozen=True)
class Configurations:
    """Sets of flags, in order of time, and when each came into force (microseconds since 1970)."""

    starts: tuple[int, ...]
    flag_sets: tuple[FlagSet, ...]

    def __len__(self) -> int:
        return len(self.starts)

    def phases(self, times: Times | None, rows: int) -> NDArray[np.int64]:
        """The number of the configuration in force at each time; -1 before the first."""
        if times is None:
            return np.zeros(rows, dtype=np.int64)
        return np.searchsorted(np.array(self.starts), times, side="right") - 1

    def subjects(self, keys: Iterable[str]) -> Iterator[History]:
        """Flags and experiments that have one of these keys; for a key that is both, the flag first."""
        for key in keys:
            for experiment in (False, True):
                found = (one.experiments if experiment else one for one in self.flag_sets)
                items = tuple(one.get(key) for one in found)
                if any(items):
                    yield History(key, experiment, items)

    @property
    def keys(self) -> list[str]:
        """The keys of all flags and experiments."""
        return list(dict.fromkeys(key for one in self.flag_sets for key in (*one, *one.experiments)))


def read_configurations(flags: Any) -> Configurations:
    """The configurations in order of time; a ConfigError lists what is none.

    >>> read_configurations(FlagSet()).starts[0] == BEGINNING
    True
    >>> read_configurations([("2024-06-02", FlagSet()), (None, FlagSet())]).starts[1] // 1_000_000
    1717286400
    """
    if isinstance(flags, FlagSet):
        return Configurations((BEGINNING,), (flags,))
    pairs = list(flags) if isinstance(flags, Iterable) and not isinstance(flags, str) else []
    if not pairs:
        expected = (
            "expected a FlagSet, as ffcore.load gives it, or pairs of a time and the FlagSet in force from then on"
        )
        raise ConfigError([("flags", f"{expected}, got {shown(flags)}")])
    problems: list[tuple[str, str]] = []
    read = [one for place, pair in enumerate(pairs) if (one := read_pair(f"flags[{place}]", pair, problems))]
    read.sort(key=lambda pair: pair[0])
    starts = [start for start, _ in read]
    if len(set(starts)) < len(starts):
        problems.append(("flags", "several configurations come into force at the same time"))
    if problems:
        raise ConfigError(problems)
    return Configurations(tuple(starts), tuple(flag_set for _, flag_set in read))


def read_pair(place: str, pair: object, problems: list[tuple[str, str]]) -> tuple[int, FlagSet] | None:
    """When a configuration comes into force, and its flags."""
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[1], FlagSet):
        problems.append((place, f"expected a time and the FlagSet in force from then on, got {shown(pair)}"))
        return None
    try:
        return BEGINNING if pair[0] is None else read_time(pair[0], f"{place}[0]"), pair[1]
    except ConfigError as error:
        problems += error.problems
        return None
