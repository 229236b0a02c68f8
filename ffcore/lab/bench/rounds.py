"""The order in which workloads take turns: whole rounds, each in its own shuffled order."""

import random
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

Workload = Callable[[str], object]  # takes a user id
Name = TypeVar("Name", bound=Hashable)


def shuffled(names: Iterable[Name], rounds: int, seed: int) -> Iterator[tuple[int, Name]]:
    """Yield (round, name): every name once a round, in an order drawn anew for each round from `seed`.

    Drift of the machine then falls on all workloads alike, and none always runs after the same other.

    >>> list(shuffled(["floor", "simple"], rounds=2, seed=1))
    [(0, 'simple'), (0, 'floor'), (1, 'floor'), (1, 'simple')]
    """
    order = list(names)
    generator = random.Random(seed)  # noqa: S311  an order, not a secret
    for number in range(rounds):
        generator.shuffle(order)
        for name in order:
            yield number, name


def checked(workloads: Mapping[str, Workload], ids: Iterable[str]) -> list[str]:
    """The ids as a list; there must be at least one, and at least one workload.

    Raises:
        ValueError: No workload, or no id.

    >>> checked({"no-op": len}, ("ann", "bob"))
    ['ann', 'bob']
    """
    if not workloads:
        raise ValueError("there is no workload to time; pass at least one function of a user id")
    users = list(ids)
    if not users:
        raise ValueError("there is no user id to time with; pass at least one")
    return users


def baseline_of(names: Iterable[str], baseline: str | None) -> str:
    """The workload that ratios refer to: the one named, else the first.

    Raises:
        KeyError: `baseline` is none of the names.

    >>> baseline_of(["floor", "simple"], None)
    'floor'
    """
    known = list(names)
    if baseline is None:
        return known[0]
    if baseline not in known:
        raise KeyError(f"no workload {baseline!r}; there are {', '.join(known)}")
    return baseline
