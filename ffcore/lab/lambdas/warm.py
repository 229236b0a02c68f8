"""Warm invocations of both Lambdas beside an empty handler, through the real runtime client, in interleaved blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import pandas as pd

from ffcore.lab.bench.estimate import Estimate, Floats, quantiles
from ffcore.lab.bench.latency import LatencyRun, latency
from ffcore.lab.report.tables import facts
from ffcore.lab.testing.runtime_api import LambdaRuntime

from .stage import ASSIGNMENT, FLAG, FLOOR, Asked, Stage

FLAG_WARM, KNOWN, NEW = "flag", "assignment, known user", "assignment, new user"
WORKLOADS = (FLOOR, FLAG_WARM, KNOWN, NEW)
Call = Callable[[str], object]


@dataclass(frozen=True, slots=True, eq=False)
class Warm:
    """Warm invocations: seen from outside (a latency run), inside the handlers (milliseconds), and their caches.

    Attributes:
        run: Each invocation from sending the event to its answer; None where nothing was measured.
        inside: What the handlers themselves report as latency, in milliseconds.
        lookups: Hits and look-ups of each function's cache, from its metrics.
        missing: Why nothing was measured.
    """

    run: LatencyRun | None = None
    inside: Mapping[str, Floats] = field(default_factory=dict)
    lookups: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    missing: str = ""

    def rate(self, name: str) -> Estimate:
        """Invocations a second of one container: the inverse of each block's mean, its median over blocks."""
        if self.run is None:
            return Estimate(None, None, None, 0)
        return quantiles(1e9 / self.run.workloads[name].blocks.mean(axis=1), [0.5])[0]

    def _repr_html_(self) -> str:
        return facts({"not measured": self.missing}) if self.run is None else self.run._repr_html_()


def warm(stage: Stage, users: pd.DataFrame, calls: int, blocks: int = 12) -> Warm:
    """Time ``calls`` invocations of each workload; those whom ``KNOWN`` asks about have their assignments already."""
    if stage.missing:
        return Warm(missing=stage.missing)
    flags, assigned = stage.questions(users, FLAG), stage.questions(users, ASSIGNMENT)
    with ExitStack() as stack:
        runtimes = {kind: stack.enter_context(stage.runtime(kind)) for kind in (FLOOR, FLAG)}
        runtimes |= {name: stack.enter_context(stage.runtime(ASSIGNMENT)) for name in (KNOWN, NEW)}
        for asked in assigned:
            runtimes[KNOWN].invoke_text(asked.event(ASSIGNMENT))
        before = {name: len(runtime.documents()) for name, runtime in runtimes.items()}
        calls_of = {
            FLOOR: _calls(runtimes[FLOOR], flags, FLAG),
            FLAG_WARM: _calls(runtimes[FLAG], flags, FLAG),
            KNOWN: _calls(runtimes[KNOWN], assigned, ASSIGNMENT),
            NEW: _new_users(runtimes[NEW], assigned),
        }
        run = latency(calls_of, [asked.user_id for asked in flags], calls=calls, blocks=blocks)
        documents = {name: runtimes[name].documents() for name in (FLAG_WARM, KNOWN, NEW)}
    inside = {name: np.array([each["Latency"] for each in told[before[name] :]]) for name, told in documents.items()}
    lookups = {
        name: (sum(each["CacheHits"] for each in told), sum(each["CacheHits"] + each["CacheMisses"] for each in told))
        for name, told in documents.items()
    }
    return Warm(run, inside, lookups)


def _calls(runtime: LambdaRuntime, asked: list[Asked], kind: str) -> Call:
    events = {each.user_id: each.event(kind) for each in asked}
    return lambda user: runtime.invoke_text(events[user])


def _new_users(runtime: LambdaRuntime, asked: list[Asked]) -> Call:
    numbers, contexts = count(), {each.user_id: each for each in asked}
    return lambda user: runtime.invoke_text(
        Asked(f"new-{next(numbers)}", contexts[user].key, contexts[user].context).event(ASSIGNMENT)
    )
