"""The cache, explained: what theory expects of traffic and a time to live, and what real evaluators do with it."""

from ffcore.lab.caching.arrivals import arrivals, measured_hit_rate, misses
from ffcore.lab.caching.measuring import measure, theory_check
from ffcore.lab.caching.price import cost, most_reads, reads, stale_share
from ffcore.lab.caching.replay import Scenario, replay
from ffcore.lab.caching.stampede import stampede
from ffcore.lab.caching.theory import (
    bounded_hit_rate,
    characteristic_time,
    fleet_hit_rate,
    hit_rate,
    most_containers,
    needed_ttl,
    renewed_hit_rate,
    standard_error,
)
from ffcore.lab.caching.traffic import Traffic, zipf

__all__ = [
    "Scenario",
    "Traffic",
    "arrivals",
    "bounded_hit_rate",
    "characteristic_time",
    "cost",
    "fleet_hit_rate",
    "hit_rate",
    "measure",
    "measured_hit_rate",
    "misses",
    "most_containers",
    "most_reads",
    "needed_ttl",
    "reads",
    "renewed_hit_rate",
    "replay",
    "stale_share",
    "stampede",
    "standard_error",
    "theory_check",
    "zipf",
]
