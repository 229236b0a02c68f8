"""How long a report will still take, judged by the earlier runs beside it."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from .plan import Plan

MOST_RUNS = 10
MINUTE = 60


class TimeLeft:
    """The time left, from what each notebook is expected to take (None: unknown) and what has passed."""

    def __init__(self, expected: Mapping[str, float | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._expected, self._clock = dict(expected), clock
        self._begun: dict[str, float] = {}

    def begin(self, name: str) -> None:
        """Note that a notebook begins."""
        self._begun[name] = self._clock()

    def end(self, name: str) -> None:
        """Note that a notebook has ended."""
        self._begun.pop(name, None)
        self._expected.pop(name, None)

    def seconds(self) -> float | None:
        """The time left; None while nothing is known. A notebook never seen takes as long as the others on average."""
        known = [seconds for seconds in self._expected.values() if seconds is not None]
        if not known:
            return None
        typical, now = fmean(known), self._clock()
        wanted = {name: typical if seconds is None else seconds for name, seconds in self._expected.items()}
        return sum(max(0.0, seconds - (now - self._begun.get(name, now))) for name, seconds in wanted.items())

    def __str__(self) -> str:
        seconds = self.seconds()
        if seconds is None:
            return ""
        return f"about {seconds:.0f} s left" if seconds < 2 * MINUTE else f"about {seconds / MINUTE:.0f} min left"


def expected(sources: Sequence[Path], plan: Plan, at_once: Mapping[str, int]) -> dict[str, float | None]:
    """What each notebook took in the newest run beside this one with the same profile, shared by those run at once."""
    profiles = {source.stem: plan.values[source.stem]["profile"] for source in sources}
    found = {name: _before(name, profile, plan.folder) for name, profile in profiles.items()}
    return {name: seconds and seconds / at_once.get(name, 1) for name, seconds in found.items()}


def _before(name: str, profile: object, folder: Path) -> float | None:
    runs = sorted(folder.parent.glob(f"2*/{name}.json"), reverse=True)
    for path in [path for path in runs if path.parent != folder][:MOST_RUNS]:
        try:
            item = json.loads(path.read_text(encoding="utf-8"))
            if item["profile"] == profile and not item["error"]:
                return float(item["seconds"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
    return None
