"""CloudWatch alarms on what the Lambdas report, as users apply them: ``python -m ffcore.aws.alarms FUNCTION FOLDER``.

Each file is the input of one call: ``aws cloudwatch put-metric-alarm --cli-input-json file://FOLDER/NAME.json``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..ending import ended
from . import metrics

#: The seed report's recommendations: an alarm where P99 stays above 5 ms, or the hit rate below 90 %.
P99_MILLISECONDS, HIT_RATE_PERCENT = 5.0, 90.0
MINUTE, MINUTES = 60, 5
Alarm = Mapping[str, Any]


def alarms(function: str, topic: str | None = None) -> list[dict[str, Any]]:
    """The inputs of ``PutMetricAlarm`` for one function; ``topic`` is the address of an SNS topic to tell.

    Both go off after five minutes in a row, and stay silent while there is no traffic.

    >>> [alarm["AlarmName"] for alarm in alarms("feature-flags")]
    ['feature-flags-latency-p99', 'feature-flags-cache-hit-rate']
    """
    actions = {"AlarmActions": [topic]} if topic else {}
    return [{**_latency(function), **actions}, {**_hits(function), **actions}]


def main(arguments: list[str]) -> int:
    """Write one file for each alarm of a function into a folder; a third argument names the topic."""
    if not 2 <= len(arguments) <= 3:
        print("usage: python -m ffcore.aws.alarms FUNCTION FOLDER [TOPIC_ARN]", file=sys.stderr)
        return 2
    return ended("alarms", lambda: write(Path(arguments[1]), alarms(arguments[0], *arguments[2:])))


def write(folder: Path, found: list[dict[str, Any]]) -> int:
    """Write each alarm into a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for alarm in found:
        path = folder / f"{alarm['AlarmName']}.json"
        path.write_text(json.dumps(alarm, indent=2) + "\n", encoding="utf-8")
        print(path)
    return 0


def _common(function: str, name: str, description: str) -> dict[str, Any]:
    return {
        "AlarmName": f"{function}-{name}",
        "AlarmDescription": description,
        "EvaluationPeriods": MINUTES,
        "DatapointsToAlarm": MINUTES,
        "TreatMissingData": "notBreaching",
    }


def _latency(function: str) -> dict[str, Any]:
    said = f"P99 of the handler's latency above {P99_MILLISECONDS:g} ms: reads of the store, or a starved processor"
    return {
        **_common(function, "latency-p99", said),
        "Namespace": metrics.NAMESPACE,
        "MetricName": metrics.LATENCY,
        "Dimensions": _dimensions(function),
        "ExtendedStatistic": "p99",
        "Period": MINUTE,
        "Unit": metrics.UNITS[metrics.LATENCY],
        "Threshold": P99_MILLISECONDS,
        "ComparisonOperator": "GreaterThanThreshold",
    }


def _hits(function: str) -> dict[str, Any]:
    said = f"Cache hits below {HIT_RATE_PERCENT:g} % of look-ups: too many containers for the traffic, or a store down"
    rate = {"Id": "rate", "Expression": "100 * hits / (hits + misses)", "Label": "hit rate, %", "ReturnData": True}
    counts = [_sum("hits", metrics.HITS, function), _sum("misses", metrics.MISSES, function)]
    return {
        **_common(function, "cache-hit-rate", said),
        "Metrics": [rate, *counts],
        "Threshold": HIT_RATE_PERCENT,
        "ComparisonOperator": "LessThanThreshold",
    }


def _sum(identifier: str, name: str, function: str) -> dict[str, Any]:
    metric = {"Namespace": metrics.NAMESPACE, "MetricName": name, "Dimensions": _dimensions(function)}
    stat = {"Metric": metric, "Period": MINUTE, "Stat": "Sum", "Unit": metrics.UNITS[name]}
    return {"Id": identifier, "MetricStat": stat, "ReturnData": False}


def _dimensions(function: str) -> list[dict[str, str]]:
    return [{"Name": metrics.DIMENSION, "Value": function}]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
