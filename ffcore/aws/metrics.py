"""CloudWatch's embedded metrics: one line of JSON an invocation, from which CloudWatch makes metrics by itself."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from ..cache import CacheStats

NAMESPACE = "ffcore"
DIMENSION = "FunctionName"
LATENCY, HITS, MISSES, STORE_ERRORS = "Latency", "CacheHits", "CacheMisses", "StoreErrors"
BAD_REQUESTS, FAULTS, EVENTS_DROPPED = "BadRequests", "Faults", "EventsDropped"
UNITS = {
    LATENCY: "Milliseconds",
    HITS: "Count",
    MISSES: "Count",
    STORE_ERRORS: "Count",
    BAD_REQUESTS: "Count",
    FAULTS: "Count",
    EVENTS_DROPPED: "Count",
}


def document(function: str, values: Mapping[str, float], properties: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics of one invocation in CloudWatch's embedded metric format; ``properties`` are for the log alone.

    Source: CloudWatch's user guide, "Embedded metric format specification".

    >>> document("flags", {"Latency": 0.2}, {})["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    [{'Name': 'Latency', 'Unit': 'Milliseconds'}]
    """
    metrics = [{"Name": name, "Unit": UNITS[name]} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics}
    header = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return {"_aws": header, DIMENSION: function, **values, **properties}


def cache_metrics(before: CacheStats, after: CacheStats) -> dict[str, float]:
    """What the cache did between two readings of its statistics.

    >>> cache_metrics(CacheStats(hits=1), CacheStats(hits=3, misses=1))
    {'CacheHits': 2, 'CacheMisses': 1, 'StoreErrors': 0}
    """
    return {
        HITS: after.hits - before.hits,
        MISSES: after.misses - before.misses,
        STORE_ERRORS: after.errors - before.errors,
    }


def emit(line: Mapping[str, Any]) -> None:
    """Print a document for CloudWatch."""
    sys.stdout.write(json.dumps(line, separators=(",", ":"), default=str) + "\n")
    sys.stdout.flush()
