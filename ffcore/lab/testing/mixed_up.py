"""The negative control of concurrency: decisions kept in one place for all, so that a caller gets another's."""

from __future__ import annotations

from typing import Any

from ffcore.evaluator import Evaluator
from ffcore.model import Decision

EVERY = 100


class MixedUp(Evaluator):
    """Answers each hundredth call with the decision before it, as code does that keeps "the current user" globally.

    >>> from ffcore import Flag, FlagSet
    >>> flags = FlagSet([Flag("on", enabled=True, rollout_percentage=100), Flag("off")])
    >>> ev = MixedUp(flags)
    >>> [ev.evaluate("ann", "on").enabled for _ in range(99)] == [True] * 99
    True
    >>> ev.evaluate("ann", "off").enabled
    True
    """

    _calls = 0
    _last: Decision | None = None

    def evaluate(self, user_id: str, flag_key: str, context: Any = None) -> Decision:
        """What a user gets from a flag, or what another one got."""
        last, self._last = self._last, super().evaluate(user_id, flag_key, context)
        self._calls += 1
        return last if last is not None and self._calls % EVERY == 0 else self._last
