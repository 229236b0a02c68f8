"""The cache hit rate of a run of decisions, read from the evaluator's own counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle

from ffcore.evaluator import Evaluator


@dataclass(frozen=True, slots=True)
class HitRate:
    """What the cache did during a run: counts, not estimates, so they have no interval."""

    hits: int
    misses: int
    loads: int

    @property
    def rate(self) -> float:
        """Hits as a share of look-ups.

        >>> HitRate(hits=990, misses=10, loads=10).rate
        0.99
        """
        return self.hits / (self.hits + self.misses)


def hit_rate(evaluator: Evaluator, keys: Sequence[str], ids: Iterable[str]) -> HitRate:
    """Evaluate one flag for each user, the flags in turn, and count what the cache answered.

    From a cold cache without expiry the rate is 1 - flags / users by arithmetic; give the evaluator a short `ttl`,
    few `max_entries` or a clock to see what those do.

    Raises:
        ValueError: No key, or no id.

    >>> from ffcore import Flag, FlagSet
    >>> flags = FlagSet(Flag(f"flag-{number}") for number in range(10))
    >>> hit_rate(Evaluator(flags), list(flags), map(str, range(1_000))).rate
    0.99
    """
    if not keys:
        raise ValueError("there is no flag to evaluate; pass at least one key")
    before = evaluator.stats()
    for user, key in zip(ids, cycle(keys), strict=False):
        evaluator.evaluate(user, key)
    after = evaluator.stats()
    if after == before:
        raise ValueError("there is no user id to evaluate; pass at least one")
    return HitRate(after.hits - before.hits, after.misses - before.misses, after.loads - before.loads)
