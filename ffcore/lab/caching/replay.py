"""Replays requests through real evaluators in simulated time; a scenario says when the store fails or flags change."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ffcore.cache import CacheStats
from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.model import Experiment, Flag

from .arrivals import TICKS, Arrivals, Mask

#: What an answer can be: as the store has it, as it had it before the change, or none at all.
OUTCOMES = ("right", "stale", "unavailable", "not found")
_OUTCOME_OF = {"store_unavailable": 2, "flag_not_found": 3}
USER = "user-1"


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens to the store, in seconds: when it is down, and when everyone loses every flag.

    >>> Scenario(down=((60.0, 61.0),)).fails(60.5), Scenario().fails(60.5)
    (True, False)
    """

    down: tuple[tuple[float, float], ...] = ()
    change: float = float("inf")

    def fails(self, now: float) -> bool:
        """Whether the store is down at a time."""
        return any(start <= now < end for start, end in self.down)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Every answer of a run that counts, in the order of the requests.

    Attributes:
        seconds: When it was given.
        outcomes: What it was, as a place in ``OUTCOMES``.
        missed: Which of all requests, those before 0 too, asked the store.
        stats: What each container's evaluator counted, those before 0 too.
    """

    seconds: NDArray[np.float64]
    outcomes: NDArray[np.int8]
    missed: Mask
    stats: tuple[CacheStats, ...]

    def count(self, *names: str) -> int:
        """How many answers were one of these outcomes."""
        return int(np.isin(self.outcomes, [OUTCOMES.index(name) for name in names]).sum())

    def wrong_share(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of answers that are not right, in each span between two times; NaN where nobody asked."""
        asked, _ = np.histogram(self.seconds, edges)
        wrong, _ = np.histogram(self.seconds[self.outcomes > 0], edges)
        return np.where(asked, wrong / np.maximum(asked, 1), np.nan)


class _SimulatedStore:
    """A store in simulated time, the clock that goes with it, and a note of the requests that reached it."""

    def __init__(self, kinds: int, scenario: Scenario) -> None:
        self.keys = [f"flag-{rank}" for rank in range(1, kinds + 1)]
        self.now, self.request = 0.0, 0
        self.asked: list[int] = []
        self._scenario = scenario
        self._flags = {
            on: {key: Flag(key, enabled=on, rollout_percentage=100) for key in self.keys}  # type: ignore[arg-type]
            for on in (True, False)
        }

    def clock(self) -> float:
        return self.now

    def get_flags(self, keys: Iterable[str]) -> dict[str, Flag]:
        self.asked.append(self.request)
        if self._scenario.fails(self.now):
            raise ConnectionError("the store is down")
        flags = self._flags[self.now < self._scenario.change]
        return {key: flags[key] for key in keys if key in flags}

    def get_experiments(self, keys: Iterable[str]) -> dict[str, Experiment]:
        raise NotImplementedError("requests are for flags")

    def put(self, flag_set: FlagSet) -> None:
        raise NotImplementedError("the scenario says what changes")


def replay(found: Arrivals, scenario: Scenario | None = None, make: Callable[..., Evaluator] = Evaluator) -> Answers:
    """Answer every request by the evaluator of its container, on a clock that jumps from one request to the next.

    Args:
        found: The requests.
        scenario: What happens to the store meanwhile.
        make: Makes an evaluator from a store, ``ttl`` and ``clock``.

    >>> from ffcore.lab.caching import Traffic, arrivals
    >>> replay(arrivals(Traffic(10), ttl=5, seconds=60)).count("right") > 500
    True
    """
    scenario = scenario or Scenario()
    stage = _SimulatedStore(len(found.traffic.shares), scenario)
    fleet = [make(stage, ttl=found.ttl / TICKS, clock=stage.clock) for _ in range(found.traffic.containers)]
    calls = [[evaluator.flag(key) for key in stage.keys] for evaluator in fleet]
    outcomes = np.zeros(len(found.times), dtype=np.int8)
    requests = zip((found.times / TICKS).tolist(), found.containers.tolist(), found.flags.tolist(), strict=True)
    with quiet():
        for number, (now, container, flag) in enumerate(requests):
            stage.now, stage.request = now, number
            decision = calls[container][flag](USER)
            if decision.enabled is not (now < scenario.change):
                outcomes[number] = _OUTCOME_OF.get(decision.reason, 1)
            elif not decision.enabled:
                outcomes[number] = _OUTCOME_OF.get(decision.reason, 0)
    missed = np.zeros(len(found.times), dtype=np.bool_)
    missed[stage.asked] = True
    counted = found.counted
    stats = tuple(evaluator.stats() for evaluator in fleet)
    return Answers(found.times[counted] / TICKS, outcomes[counted], missed, stats)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the evaluator's warnings, one for each failure of a store that is meant to fail, out of the log."""
    logger = logging.getLogger("ffcore")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
