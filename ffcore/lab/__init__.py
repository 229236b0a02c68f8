"""The laboratory: verification, measurement and reports. Needs the ``lab`` extra; imports nothing before its use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ffcore.errors import suggestion

if TYPE_CHECKING:
    from ffcore.lab.bulk.counts import count_frame as count_frame
    from ffcore.lab.bulk.files import evaluate_files as evaluate_files
    from ffcore.lab.bulk.frames import evaluate_frame as evaluate_frame
    from ffcore.lab.bulk.ranges import count_range as count_range
    from ffcore.lab.bulk.spark import evaluate_spark as evaluate_spark

ROOMS = (
    "bench",
    "bulk",
    "caching",
    "explore",
    "lambdas",
    "plots",
    "population",
    "readiness",
    "report",
    "schemes",
    "testing",
    "verify",
)
FUNCTIONS = {
    "count_frame": "bulk.counts",
    "count_range": "bulk.ranges",
    "evaluate_files": "bulk.files",
    "evaluate_frame": "bulk.frames",
    "evaluate_spark": "bulk.spark",
}


def __getattr__(name: str) -> Any:
    """Imports a room of the laboratory, or the room of a function, when it is first used (PEP 562)."""
    if name in FUNCTIONS:
        return getattr(import_module(f"{__name__}.{FUNCTIONS[name]}"), name)
    if name not in ROOMS:
        raise AttributeError(f"module 'ffcore.lab' has no attribute {name!r}{suggestion(name, [*ROOMS, *FUNCTIONS])}")
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *ROOMS, *FUNCTIONS})
