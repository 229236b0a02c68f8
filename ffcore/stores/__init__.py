"""Stores of flags and experiments, behind one protocol; each imports its client when it is built."""

from .base import FlagStore, Malformed
from .memory import MemoryStore
from .sqlite import SQLiteStore

__all__ = ["FlagStore", "Malformed", "MemoryStore", "SQLiteStore"]
