"""ffcore decides feature flags as the platform's Feature Flag Lambda does; this is what users import."""

from . import stores
from .cache import CacheStats
from .errors import ConfigError
from .evaluator import Evaluator
from .flagset import FlagSet
from .hashing import hash32
from .loading import load
from .model import Decision, Experiment, Flag, Rule, RuleGroup, Variant

__version__ = "0.1.0"
__all__ = [
    "CacheStats",
    "ConfigError",
    "Decision",
    "Evaluator",
    "Experiment",
    "Flag",
    "FlagSet",
    "Rule",
    "RuleGroup",
    "Variant",
    "hash32",
    "load",
    "stores",
]
