"""The gate: is this code slower than that, by how much, and how often would the answer be a false alarm."""

from ffcore.lab.bench.gate.builds import find
from ffcore.lab.bench.gate.races import sized

__all__ = ["find", "sized"]
