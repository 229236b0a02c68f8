"""Stores of flags and experiments, behind one protocol; each imports its client when it is built."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import StoreError
from .base import FlagStore, Malformed
from .memory import MemoryStore

if TYPE_CHECKING:
    from .dynamodb import DynamoDBStore
    from .redis import RedisStore
    from .sqlite import SQLiteStore

__all__ = ["DynamoDBStore", "FlagStore", "Malformed", "MemoryStore", "RedisStore", "SQLiteStore", "StoreError"]
_MODULES = {"DynamoDBStore": ".dynamodb", "RedisStore": ".redis", "SQLiteStore": ".sqlite"}


def __getattr__(name: str) -> Any:
    """Import a store's module when the store is first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)
