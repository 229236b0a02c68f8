"""FlagSet: flags and experiments that belong together, as immutable mappings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from .diff import Diff, compare
from .errors import ConfigError, shown
from .fields import Problems
from .model import DEFAULT_BUCKETS, Experiment, Flag

Item = TypeVar("Item", Flag, Experiment)


class FlagSet(Mapping[str, Flag]):
    """A mapping of flags by key; ``experiments`` is the mapping of experiments by key.

    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> list(flags), len(flags.experiments)
    (['dark-mode'], 0)
    """

    __slots__ = ("_flags", "experiments")

    def __init__(self, flags: Iterable[Flag] = (), experiments: Iterable[Experiment] = ()) -> None:
        problems = Problems()
        self._flags = _by_key("flags", flags, problems)
        self.experiments: Mapping[str, Experiment] = MappingProxyType(_by_key("experiments", experiments, problems))
        problems.raise_found()

    @classmethod
    def from_items(
        cls,
        flags: Iterable[Mapping[str, Any]] = (),
        experiments: Iterable[Mapping[str, Any]] = (),
        *,
        buckets: int = DEFAULT_BUCKETS,
    ) -> FlagSet:
        """A set from store items (see ``Flag.from_item``); raises one ``ConfigError`` with every item's problems.

        >>> FlagSet.from_items(flags=[{"key": "dark-mode", "enabled": True}])["dark-mode"].enabled
        True
        """
        problems = Problems()
        read_flags = [
            _read(f"flags[{i}]", Flag.from_item, item, problems, buckets=buckets) for i, item in enumerate(flags)
        ]
        read_experiments = [
            _read(f"experiments[{i}]", Experiment.from_item, item, problems) for i, item in enumerate(experiments)
        ]
        problems.raise_found()
        return cls(read_flags, read_experiments)

    def to_items(self) -> dict[str, list[dict[str, Any]]]:
        """The content of a flag file: JSON-ready items that ``from_items`` reads back to an equal set."""
        return {
            "flags": [flag.to_item() for flag in self.values()],
            "experiments": [experiment.to_item() for experiment in self.experiments.values()],
        }

    def diff(self, new: FlagSet) -> Diff:
        """What ``new`` changes, in words: flags and experiments added, removed and changed field by field.

        >>> print(FlagSet([Flag("a", True, 10)]).diff(FlagSet([Flag("a", True, 5)])))
        flag a.rollout_percentage: lowered from 10 % to 5 %; nobody gains it
        """
        flags = compare("flag", self, new)
        return Diff((*flags, *compare("experiment", self.experiments, new.experiments)))

    def __getitem__(self, key: str) -> Flag:
        return self._flags[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._flags)

    def __len__(self) -> int:
        return len(self._flags)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FlagSet):
            return NotImplemented
        return self._flags == other._flags and dict(self.experiments) == dict(other.experiments)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return FlagSet, (tuple(self.values()), tuple(self.experiments.values()))

    def __repr__(self) -> str:
        return f"FlagSet({len(self)} flags, {len(self.experiments)} experiments)"


def _read(path: str, read: Any, item: Any, problems: Problems, **options: Any) -> Any:
    try:
        return read(item, **options)
    except ConfigError as error:
        return problems.include(path, error)


def _by_key(path: str, items: Iterable[Item], problems: Problems) -> dict[str, Item]:
    result: dict[str, Item] = {}
    for i, item in enumerate(items):
        if not isinstance(item, Flag | Experiment):
            problems.add(f"{path}[{i}]", f"{shown(item)} is no {path[:-1]}; FlagSet.from_items reads plain items")
            continue
        if item.key in result:
            problems.add(f"{path}[{i}].key", f"{shown(item.key)} stands here a second time")
        result[item.key] = item
    return result
