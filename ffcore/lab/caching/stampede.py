"""A stampede: real threads that all ask for one cold key before the first load is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ffcore.errors import ConfigError
from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.model import Experiment, Flag

from .replay import USER
from .traffic import require_positive

KEY = "cold"
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Stampede:
    """What ``threads`` that missed one key together did to the store, and how many of them got the right answer."""

    threads: int
    loads: int
    right: int


class _Gate:
    """A store that answers nobody until every thread has missed."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def get_flags(self, keys: Iterable[str]) -> dict[str, Flag]:
        self.open.wait(PATIENCE)
        return {key: Flag(key, enabled=True, rollout_percentage=100) for key in keys}  # type: ignore[arg-type]

    def get_experiments(self, keys: Iterable[str]) -> dict[str, Experiment]:
        raise NotImplementedError("requests are for a flag")

    def put(self, flag_set: FlagSet) -> None:
        raise NotImplementedError("there is one flag")


def stampede(threads: int, make: Callable[..., Evaluator] = Evaluator) -> Stampede:
    """Let so many threads ask for one cold key; the store holds every load until all of them have missed.

    So no thread comes late and hits, and the count of loads is exact on any machine: 1, or one a thread.

    >>> stampede(8)
    Stampede(threads=8, loads=1, right=8)
    """
    require_positive(threads=threads, whole=("threads",))
    gate = _Gate()
    evaluator = make(gate)
    enabled: list[bool] = []
    herd = [
        threading.Thread(target=lambda: enabled.append(evaluator.evaluate(USER, KEY).enabled), daemon=True)
        for _ in range(threads)
    ]
    try:
        _start(herd)
        deadline = time.monotonic() + PATIENCE
        while evaluator.stats().misses < threads and time.monotonic() < deadline:
            time.sleep(0.001)
    finally:
        gate.open.set()
    for thread in herd:
        thread.join()
    return Stampede(threads, evaluator.stats().loads, sum(enabled))


def _start(herd: list[threading.Thread]) -> None:
    for number, thread in enumerate(herd):
        try:
            thread.start()
        except RuntimeError as error:
            raise ConfigError([("threads", f"this system started {number:,} of {len(herd):,} threads")]) from error
