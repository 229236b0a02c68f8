"""Reports: strict parameters, the runner, result files, the summary page, and what the notebooks call."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cases import Case, rollouts, splits
    from .deviation import rollout_deviation, worst_deviation
    from .drawings import overview, widest_ramp
    from .latency_checks import TIMED, cache_loop, decisions, timing_measures
    from .results import Measure, Result, read, read_all
    from .session import Run, open_run

__all__ = [
    "TIMED",
    "Case",
    "Measure",
    "Result",
    "Run",
    "cache_loop",
    "decisions",
    "open_run",
    "overview",
    "read",
    "read_all",
    "rollout_deviation",
    "rollouts",
    "splits",
    "timing_measures",
    "widest_ramp",
    "worst_deviation",
]
_MODULES = {
    "cases": ("Case", "rollouts", "splits"),
    "deviation": ("rollout_deviation", "worst_deviation"),
    "drawings": ("overview", "widest_ramp"),
    "results": ("Measure", "Result", "read", "read_all"),
    "session": ("Run", "open_run"),
    "latency_checks": ("TIMED", "cache_loop", "decisions", "timing_measures"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first used (PEP 562): a mistake in an order should not wait for plots."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
