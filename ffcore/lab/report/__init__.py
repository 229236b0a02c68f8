"""Reports: strict parameters, the runner, result files, the summary page, and what the notebooks call."""

from .cases import Case, rollouts, splits
from .deviation import worst_deviation
from .drawings import overview, widest_ramp
from .results import Measure, Result, read, read_all
from .session import Run, open_run
from .timing import TIMED, cache_loop, decisions, timing_measures

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
    "rollouts",
    "splits",
    "timing_measures",
    "widest_ramp",
    "worst_deviation",
]
