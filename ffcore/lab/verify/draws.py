"""Draws: the salts under which users are hashed, and the equal cells that the hashes fall into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.flagset import FlagSet
from ffcore.hashing import HASH_SPACE
from ffcore.lab.verify.answers import Assign
from ffcore.lab.verify.assignments import DEFAULT_KEY, hashed, salt_of
from ffcore.lab.verify.users import Population
from ffcore.model import Experiment, Flag

#: How a 32-bit hash becomes a cell: by equal ranges of it, as variants do, or by its remainder, as rollouts do.
View = Literal["ranges", "remainders"]
VIEWS: tuple[View, ...] = get_args(View)

Drawn: TypeAlias = Flag | Experiment | FlagSet
#: Keys, one key, draws by name, or the flags and experiments whose draws are meant.
Keys: TypeAlias = str | Drawn | Mapping[str, str] | Iterable[str | Drawn]
Words = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Draws:
    """A hash function (None: the product's) and what it hashes ids with: name of the draw -> salt."""

    assign: Assign | None
    salts: Mapping[str, str]

    def words(self, population: Population) -> Iterator[tuple[str, Words]]:
        """Each draw's name and the hashes of the distinct users, one draw at a time."""
        for name, salt in self.salts.items():
            yield name, hashed(self.assign, population, salt)


def read_draws(source: str, assign: Assign | Drawn | None, keys: Keys | None = None) -> Draws:
    """The draws of a function and keys, or of flags, whose keys are their own.

    >>> dict(read_draws("demo", None, [Flag("dark-mode"), "banner"]).salts)
    {'dark-mode rollout': 'dark-mode', 'banner': 'banner'}
    """
    if isinstance(assign, Flag | Experiment | FlagSet):
        if keys is not None:
            raise ConfigError([("keys", "flags and experiments have their own salts; leave keys out")], source=source)
        return Draws(None, salts(source, assign))
    if assign is not None and not callable(assign):
        kinds = "a function assign(user_id, key) of 32 bits, flags, or None for the product's hash"
        raise ConfigError([("assign", f"expected {kinds}, got {shown(assign)}")], source=source)
    return Draws(assign, salts(source, getattr(assign, "key", DEFAULT_KEY) if keys is None else keys))


def salts(source: str, keys: Keys) -> dict[str, str]:
    """The salt of each draw by the draw's name; a name that stands twice is a ConfigError, a salt may."""
    if isinstance(keys, Mapping) and not isinstance(keys, FlagSet):
        pairs: list[tuple[Any, Any]] = list(keys.items())
    elif isinstance(keys, str | Flag | Experiment | FlagSet):
        pairs = named(keys)
    elif isinstance(keys, Iterable):
        pairs = [pair for key in keys for pair in named(key)]
    else:
        pairs = [(keys, keys)]
    wrong = [pair for pair in pairs if not all(isinstance(part, str) for part in pair)]
    names = [name for name, _ in pairs]
    problems = [("keys", f"expected texts, flags or experiments, got {shown(salt)}") for _, salt in wrong]
    if not wrong:
        problems = [
            ("keys", f"{shown(name)} stands there twice") for name in dict.fromkeys(names) if names.count(name) > 1
        ]
    if problems or not pairs:
        raise ConfigError(problems or [("keys", "expected one key or more, got none")], source=source)
    return dict(pairs)


def named(key: Any) -> list[tuple[Any, Any]]:
    """The names and salts of what a flag or an experiment draws; a text is its own name and salt.

    >>> arms = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]
    >>> named(Experiment("banner", salt="winter", variants=arms))
    [('experiment banner traffic', 'winter_traffic'), ('experiment banner variant', 'winter_variant')]
    """
    if isinstance(key, FlagSet):
        return [pair for item in (*key.values(), *key.experiments.values()) for pair in named(item)]
    if isinstance(key, Flag):
        variant = [(f"{key.key} variant", f"{salt_of(key)}_variant")] if len(key.variants) > 1 else []
        return [(f"{key.key} rollout", salt_of(key)), *variant]
    if isinstance(key, Experiment):
        return [(f"experiment {key.key} {kind}", f"{salt_of(key)}_{kind}") for kind in ("traffic", "variant")]
    return [(key, key)]


def ranges(words: Words, cells: int) -> NDArray[np.int64]:
    """Which of so many equal ranges of the 32 bits each hash lies in.

    >>> ranges(np.array([0, 2**31, 2**32 - 1], dtype=np.uint32), 10).tolist()
    [0, 5, 9]
    """
    return ((words.astype(np.uint64) * np.uint64(cells)) >> np.uint64(32)).astype(np.int64)


def range_shares(cells: int) -> NDArray[np.float64]:
    """The exact share of all hashes in each of ``ranges``."""
    edges = [-(-HASH_SPACE * place // cells) for place in range(cells + 1)]
    return np.diff(edges) / HASH_SPACE


def remainder_shares(cells: int) -> NDArray[np.float64]:
    """The exact share of all hashes with each remainder."""
    return (HASH_SPACE // cells + (np.arange(cells) < HASH_SPACE % cells)) / HASH_SPACE
