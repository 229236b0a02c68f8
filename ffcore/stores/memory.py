"""Flags and experiments in memory: the store behind an evaluator over a FlagSet."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from ..flagset import FlagSet
from ..model import Experiment, Flag


class MemoryStore:
    """A store that holds one ``FlagSet``.

    >>> store = MemoryStore(FlagSet([Flag("dark-mode")]))
    >>> list(store.get_flags(["dark-mode", "unknown"]))
    ['dark-mode']
    """

    def __init__(self, flag_set: FlagSet | None = None) -> None:
        self._flag_set = FlagSet() if flag_set is None else flag_set
        self._lock = Lock()

    def get_flags(self, keys: Iterable[str]) -> dict[str, Flag]:
        """The flags with these keys."""
        flags = self._flag_set
        return {key: flags[key] for key in keys if key in flags}

    def get_experiments(self, keys: Iterable[str]) -> dict[str, Experiment]:
        """The experiments with these keys."""
        experiments = self._flag_set.experiments
        return {key: experiments[key] for key in keys if key in experiments}

    def put(self, flag_set: FlagSet) -> None:
        """Add a set's flags and experiments; readers see all of them or none."""
        with self._lock:
            old = self._flag_set
            flags = {**old, **flag_set}
            experiments = {**old.experiments, **flag_set.experiments}
            self._flag_set = FlagSet(flags.values(), experiments.values())
