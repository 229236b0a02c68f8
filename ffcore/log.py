"""The package's logger, loaded by the first thing that is worth a line: ``logging`` is a third of the import time."""

from __future__ import annotations

from typing import Any


def warning(message: str, *values: Any, error: BaseException | None = None) -> None:
    """Log a warning as ``ffcore``; ``error`` adds its traceback."""
    import logging

    logging.getLogger("ffcore").warning(message, *values, exc_info=error)
