"""Both Lambdas for real: their zip under the real runtime client, DynamoDB behind them; decisions, starts, latency."""

from ffcore.lab.lambdas.comparison import Comparison, compare
from ffcore.lab.lambdas.decisions import decisions
from ffcore.lab.lambdas.measures import SIZES, Sizes, measures
from ffcore.lab.lambdas.stage import Stage, missing, open_stage
from ffcore.lab.lambdas.starts import Life, Starts, cold_starts
from ffcore.lab.lambdas.warm import Warm, warm

__all__ = [
    "SIZES",
    "Comparison",
    "Life",
    "Sizes",
    "Stage",
    "Starts",
    "Warm",
    "cold_starts",
    "compare",
    "decisions",
    "measures",
    "missing",
    "open_stage",
    "warm",
]
