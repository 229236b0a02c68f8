"""The laboratory: verification, measurement and reports. Needs the ``lab`` extra; imports nothing before its use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ffcore.errors import suggestion

if TYPE_CHECKING:
    from types import ModuleType

ROOMS = ("bench", "plots", "population", "report", "testing", "verify")


def __getattr__(name: str) -> ModuleType:
    """Imports a room of the laboratory when it is first used (PEP 562)."""
    if name not in ROOMS:
        raise AttributeError(f"module 'ffcore.lab' has no attribute {name!r}{suggestion(name, ROOMS)}")
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *ROOMS})
