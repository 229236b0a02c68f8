"""Exploring a rollout: what an edited flag would do to a population, as answers and as a panel of widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .edits import Edit as Edit
from .questions import Answer as Answer
from .questions import Explorer as Explorer

if TYPE_CHECKING:
    from .panel import Panel as Panel


def __getattr__(name: str) -> Any:
    """Import the panel, and ipywidgets with it, when it is first asked for (PEP 562)."""
    if name != "Panel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .panel import Panel

    return Panel
