"""The cache, explained: what hit rate, reads and staleness theory expects of traffic and a time to live."""

from ffcore.lab.caching.price import cost, most_reads, reads, stale_share
from ffcore.lab.caching.theory import (
    bounded_hit_rate,
    characteristic_time,
    fleet_hit_rate,
    hit_rate,
    most_containers,
    renewed_hit_rate,
    standard_error,
)
from ffcore.lab.caching.traffic import Traffic, zipf

__all__ = [
    "Traffic",
    "bounded_hit_rate",
    "characteristic_time",
    "cost",
    "fleet_hit_rate",
    "hit_rate",
    "most_containers",
    "most_reads",
    "reads",
    "renewed_hit_rate",
    "stale_share",
    "standard_error",
    "zipf",
]
