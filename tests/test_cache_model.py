"""The cache against a model of itself: any sequence of look-ups, time, outages and changes, every count compared."""

from collections import OrderedDict
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ffcore import CacheStats, Evaluator, Flag, FlagSet
from tests.support.doubles import Clock, Store

pytestmark = pytest.mark.usefixtures("quiet")
TTL, NEGATIVE_TTL, MAX_STALE = 10, 4, 6
KEYS = ("a", "b", "c", "d", "e")


class Kept(NamedTuple):
    """What the model keeps for a key."""

    reason: str
    expires: float


class Model:
    """The specified cache for one thread, with the most recently used key last."""

    def __init__(self, size: int) -> None:
        self.size, self.now, self.down = size, 0.0, False
        self.stored: dict[str, str] = {}
        self.kept: OrderedDict[str, Kept] = OrderedDict()
        self.counts = dict.fromkeys(CacheStats.__slots__, 0)

    def look_up(self, keys: list[str]) -> dict[str, str]:
        """The reasons for a batch's keys; a single look-up is a batch of one."""
        answers = dict.fromkeys(keys, "")
        missed = [key for key in answers if not self._hit(key, answers)]
        if missed:
            self.counts["loads"] += len(missed)
            self.counts["errors"] += self.down
        fresh = {} if self.down else {key: self._load(key) for key in missed}
        for key in missed:
            answers[key] = fresh.get(key) or self._stale(key)
            if key in self.kept:
                self.kept.move_to_end(key)
        return answers

    def _hit(self, key: str, answers: dict[str, str]) -> bool:
        kept = self.kept.get(key)
        if kept is None or self.now >= kept.expires:
            self.counts["misses"] += 1
            self.counts["expired"] += kept is not None
            return False
        self.counts["hits"] += 1
        self.kept.move_to_end(key)
        answers[key] = kept.reason
        return True

    def _load(self, key: str) -> str:
        reason = self.stored.get(key, "flag_not_found")
        self.kept[key] = Kept(reason, self.now + (TTL if key in self.stored else NEGATIVE_TTL))
        self.kept.move_to_end(key)
        if len(self.kept) > self.size:
            self.kept.popitem(last=False)
            self.counts["evictions"] += 1
        return reason

    def _stale(self, key: str) -> str:
        kept = self.kept.get(key)
        if kept is None or self.now >= kept.expires + MAX_STALE:
            return "store_unavailable"
        self.counts["stale"] += 1
        return kept.reason


key = st.sampled_from(KEYS)
step = st.one_of(
    st.tuples(st.just("look"), key),
    st.tuples(st.just("look"), key),
    st.tuples(st.just("handle"), key),
    st.tuples(st.just("batch"), st.lists(key, max_size=6)),
    st.tuples(st.just("wait"), st.sampled_from((1, 3, 4, 6, 10))),
    st.tuples(st.just("put"), key, st.booleans()),
    st.tuples(st.just("down"), st.booleans()),
)


class Pair:
    """A real evaluator and its model, told the same."""

    def __init__(self, size: int) -> None:
        self.model, self.store, self.clock = Model(size), Store(), Clock()
        limits = {"ttl": TTL, "negative_ttl": NEGATIVE_TTL, "max_stale": MAX_STALE, "max_entries": size}
        self.real = Evaluator(self.store, clock=self.clock, **limits)  # type: ignore[arg-type]
        self.handles = {key: self.real.flag(key) for key in KEYS}

    def look(self, key: str) -> None:
        """Look one key up."""
        assert self.real.evaluate("u", key).reason == self.model.look_up([key])[key]

    def handle(self, key: str) -> None:
        """Look one key up by its bound handle."""
        assert self.handles[key]("u").reason == self.model.look_up([key])[key]

    def batch(self, keys: list[str]) -> None:
        """Look several keys up at once."""
        found = {key: decision.reason for key, decision in self.real.batch_evaluate("u", keys).items()}
        assert found == self.model.look_up(keys)

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.now += seconds
        self.model.now += seconds

    def put(self, key: str, enabled: bool) -> None:
        """Change a flag in the store."""
        self.store.put(FlagSet([Flag(key, enabled, 100)]))  # type: ignore[arg-type]
        self.model.stored[key] = "enabled" if enabled else "flag_disabled"

    def down(self, down: bool) -> None:
        """Break or mend the store."""
        self.model.down = down
        self.store.fail() if down else self.store.mend()


@settings(max_examples=400)
@given(st.integers(1, 4), st.lists(step, max_size=60))
def test_every_answer_and_every_count_is_the_models(size: int, steps: list[tuple[object, ...]]) -> None:
    """Hits, misses, loads, evictions, expired, stale and errors agree after each step, and so does each answer."""
    pair = Pair(size)
    for name, *values in steps:
        getattr(pair, str(name))(*values)

        assert pair.real.stats() == CacheStats(**pair.model.counts)
