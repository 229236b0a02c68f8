"""What came of an outage: decisions asked, answered and wrong, events delivered and dropped, time to recover."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fault's counts.

    Attributes:
        fault: Its name.
        asked: Decisions asked for: before, during and after the fault.
        answered: Those that came back.
        wrong: Answers of neither the flags in force nor those that a cache may still serve, unavailable ones included.
        stale: Answers given from an expired entry because the store failed.
        errors: Calls of the store that failed.
        produced: Events of decisions.
        delivered: Events that the tracker takes for delivered.
        dropped: Events that the tracker counts as dropped.
        found: Different events in the stream.
        longest: Seconds of the slowest decision.
        recovery: Seconds from the end of the fault until a change made during it decides every flag; None: never.
    """

    fault: str
    asked: int
    answered: int
    wrong: int
    stale: int
    errors: int
    produced: int
    delivered: int
    dropped: int
    found: int
    longest: float
    recovery: float | None

    @property
    def holds(self) -> bool:
        """Whether all was answered, nothing wrong, every event accounted for, and the change seen in the end."""
        return (
            self.asked == self.answered == self.produced
            and self.wrong == 0
            and self.produced == self.delivered + self.dropped
            and self.found == self.delivered
            and self.recovery is not None
        )

    def to_dict(self) -> dict[str, Any]:
        """The counts and ``holds``."""
        return asdict(self) | {"holds": self.holds}


def as_frame(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """One row for each fault, with seconds as milliseconds.

    >>> outcome = Outcome("none", 2, 2, 0, 0, 0, 2, 2, 0, 2, 0.001, 0.5)
    >>> as_frame([outcome])[["asked", "wrong", "recovery_ms", "holds"]].values.tolist()
    [[2, 0, 500.0, True]]
    """
    rows = [outcome.to_dict() for outcome in outcomes]
    frame = pd.DataFrame(rows, columns=[*Outcome.__slots__, "holds"]).set_index("fault")
    milliseconds = {f"{name}_ms": frame.pop(name).astype("float64") * 1_000 for name in ("longest", "recovery")}
    return frame.assign(**milliseconds)
