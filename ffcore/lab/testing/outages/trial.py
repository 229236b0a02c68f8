"""A trial: decisions under load before, during and after a fault, each compared with what it may be."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from threading import Lock

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.evaluator import Evaluator
from ffcore.lab.testing.outages.faults import FAULTS
from ffcore.lab.testing.outages.result import Outcome
from ffcore.lab.testing.outages.site import AFTER, BEFORE, SPOILT, Site
from ffcore.lab.testing.servers import Server
from ffcore.model import Decision

PATIENCE = 30.0
NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked.

    Attributes:
        threads: Callers at work at once.
        decisions: Decisions of each caller in each of three phases: before, during and after the fault.
        rate: Decisions a second of each caller.
        max_stale: The evaluator's; 0 makes one that fails with its store, whose trials must not hold.
    """

    threads: int = 4
    decisions: int = 100
    rate: float = 400.0
    max_stale: float = 3_600.0

    def __post_init__(self) -> None:
        for name in ("threads", "decisions", "rate"):
            if not getattr(self, name) > 0:
                raise ConfigError([(name, f"expected a number above 0, got {shown(getattr(self, name))}")])


def try_faults(names: Iterable[str] | None = None, load: Load | None = None) -> list[Outcome]:
    """What becomes of decisions and events under each fault (all of ``FAULTS``), against a real server.

    Raises ``ConfigError`` for an unknown fault, with the nearest name.
    """
    wanted = list(FAULTS) if names is None else list(names)
    unknown = [("faults", f"{name!r} is unknown{suggestion(name, FAULTS)}") for name in wanted if name not in FAULTS]
    if unknown:
        raise ConfigError(unknown)
    with Server("ministack") as server, quiet():
        return [try_fault(name, server, load or Load()) for name in wanted]


def try_fault(name: str, server: Server, load: Load) -> Outcome:
    """One fault's outcome."""
    fault = FAULTS[name]
    with Site(server, f"trial-{next(NUMBERS)}", load.max_stale) as site:
        trial = _Trial(site, load)
        trial.run(may_be_new=False)
        fault.begin(site)
        if fault.change:
            trial.run(may_be_new=False, decisions=load.decisions // 2)
            site.change()
            if name == "malformed item":
                site.spoil()
        trial.run(may_be_new=True, decisions=load.decisions - load.decisions // 2)
        fault.end(site)
        recovery = trial.recover()
        trial.run(may_be_new=True)
        return trial.outcome(name, recovery)


@dataclass(slots=True)
class _Trial:
    site: Site
    load: Load
    asked: int = 0
    answered: int = 0
    wrong: int = 0
    longest: float = 0.0
    seen: set[str] = field(default_factory=set)
    old: Evaluator = field(default_factory=lambda: Evaluator(BEFORE))
    new: Evaluator = field(default_factory=lambda: Evaluator(AFTER))
    lock: Lock = field(default_factory=Lock)
    users: Callable[[], int] = field(default_factory=lambda: count().__next__)

    def run(self, *, may_be_new: bool, decisions: int | None = None) -> None:
        """A phase of decisions by all callers."""
        each = self.load.decisions if decisions is None else decisions
        with ThreadPoolExecutor(self.load.threads) as pool:
            for done in [pool.submit(self._call, each, may_be_new) for _ in range(self.load.threads)]:
                done.result()

    def recover(self) -> float | None:
        """Seconds until every flag is decided by the change; None if that takes longer than a trial waits."""
        start = time.monotonic()
        while time.monotonic() - start < PATIENCE:
            for key in AFTER:
                self._decide(key, may_be_new=True)
            if self.seen == set(AFTER):
                return time.monotonic() - start
            time.sleep(0.005)
        return None

    def outcome(self, name: str, recovery: float | None) -> Outcome:
        """All counts."""
        self.site.tracker.flush(PATIENCE)
        found, events, cache = self.site.found(), self.site.tracker.stats(), self.site.evaluator.stats()
        return Outcome(
            name,
            self.asked,
            self.answered,
            self.wrong,
            cache.stale,
            cache.errors,
            events.produced,
            events.delivered,
            events.dropped,
            found,
            self.longest,
            recovery,
        )

    def _call(self, decisions: int, may_be_new: bool) -> None:
        keys = islice(cycle(AFTER), decisions)
        for key in keys:
            self._decide(key, may_be_new=may_be_new)
            time.sleep(1 / self.load.rate)

    def _decide(self, key: str, *, may_be_new: bool) -> None:
        """One decision of a user of its own, judged by what was known before it began."""
        user = f"user-{self.users()}"
        changed = key in self.seen
        with self.lock:
            self.asked += 1
        start = time.perf_counter()
        decision = self.site.evaluator.evaluate(user, key)
        seconds = time.perf_counter() - start
        old, new = self.old.evaluate(user, key), self.new.evaluate(user, key)
        with self.lock:
            self.answered += 1
            self.longest = max(self.longest, seconds)
            self.wrong += not self._right(key, decision, (old, new), changed=changed, may_be_new=may_be_new)
            if may_be_new and decision == new != old:
                self.seen.add(key)

    def _right(
        self, key: str, decision: Decision, either: tuple[Decision, Decision], *, changed: bool, may_be_new: bool
    ) -> bool:
        """Whether a decision is the old flag's until the new one was seen, or the new one's once it may be."""
        old, new = either
        if decision == new and (may_be_new or new == old):
            return True
        if decision == old and not changed:
            return True
        return key == SPOILT and decision.reason == "flag_malformed" and not changed


@contextmanager
def quiet() -> Iterator[None]:
    """The warnings that faults cause are counted, not printed."""
    logger = logging.getLogger("ffcore")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
