"""Whether the alarms are what CloudWatch takes, ring when they should, and are silent on a healthy function."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ffcore.aws.alarms import Alarm, alarms
from ffcore.lab.lambdas import Stage
from ffcore.lab.lambdas.stage import FLAG
from ffcore.lab.verify.check import Check

OPERATORS = {"GreaterThanThreshold": np.greater, "LessThanThreshold": np.less}
FUNCTION = "local"
#: Latencies (ms), hits and misses of a minute, and whether the two alarms have to ring.
CASES: tuple[tuple[Sequence[float], int, int, tuple[bool, bool]], ...] = (
    ([0.1] * 100, 99, 1, (False, False)),
    ([0.1] * 97 + [9.0] * 3, 97, 3, (True, False)),
    ([0.1] * 99 + [9.0], 90, 10, (False, False)),
    ([0.1] * 100, 89, 11, (False, True)),
    ([5.1] * 100, 0, 100, (True, True)),
    ([5.0] * 100, 100, 0, (False, False)),
)


class AlarmInputs:
    """Alarms as JSON to copy."""

    def __init__(self, found: Sequence[Alarm]) -> None:
        self._found = found

    def _repr_html_(self) -> str:
        return "".join(f"<pre>{escape(json.dumps(alarm, indent=2))}</pre>" for alarm in self._found)


def alarm_inputs(function: str) -> AlarmInputs:
    """The alarms of a function as a notebook shows them.

    >>> "GreaterThanThreshold" in alarm_inputs("feature-flags")._repr_html_()
    True
    """
    return AlarmInputs(alarms(function))


def alarm_checks(stage: Stage, users: pd.DataFrame, invocations: int) -> dict[str, Check]:
    """Three proofs about the alarms, the last of them inconclusive where a part of the stage is missing.

    AWS's own definition of the call accepts both; six made-up minutes ring them as they should; a warm function, asked
    so many times through the real runtime, does not ring the one on hits.
    """
    latency, hits = alarms(FUNCTION)
    wrong = sum(
        (rings(latency, minute(times, good, bad)), rings(hits, minute(times, good, bad))) != expected
        for times, good, bad, expected in CASES
    )
    return {
        "alarms are valid": _valid([latency, hits]),
        "alarms ring": _counted("alarms ring", wrong, len(CASES), "made-up minutes ring them wrongly"),
        "hit rate of a warm function": _silent(stage, users, hits, invocations),
    }


def minute(latencies: Sequence[float], hits: int, misses: int) -> list[dict[str, float]]:
    """The metrics that so many invocations print, with their hits and misses in the first."""
    return [{"Latency": each, "CacheHits": 0, "CacheMisses": 0} for each in latencies[1:]] + [
        {"Latency": latencies[0], "CacheHits": hits, "CacheMisses": misses}
    ]


def rings(alarm: Alarm, documents: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one period of these metrics breaches an alarm, by the alarm's own definition.

    >>> rings(alarms("f")[0], [{"Latency": 6.0}]), rings(alarms("f")[1], [{"CacheHits": 9, "CacheMisses": 1}])
    (True, False)
    """
    if "Metrics" not in alarm:
        level = float(alarm["ExtendedStatistic"].removeprefix("p")) / 100
        value = float(np.quantile([each[alarm["MetricName"]] for each in documents], level, method="inverted_cdf"))
    else:
        names = {each["Id"]: each["MetricStat"]["Metric"]["MetricName"] for each in alarm["Metrics"][1:]}
        sums = {key: sum(each[name] for each in documents) for key, name in names.items()}
        value = float(np.asarray(pd.eval(alarm["Metrics"][0]["Expression"], local_dict=sums, engine="python")))
    return bool(OPERATORS[alarm["ComparisonOperator"]](value, alarm["Threshold"]))


def problems(alarm: Alarm) -> str:
    """What botocore's model of PutMetricAlarm has against an alarm; blank where it is valid.

    >>> problems(alarms("f")[0]), problems({"AlarmName": "x", "Treshold": 5})[:40]
    ('', 'Unknown parameter in input: "Treshold", ')
    """
    from botocore.loaders import Loader
    from botocore.model import ServiceModel
    from botocore.validate import ParamValidator

    model = ServiceModel(Loader().load_service_model("cloudwatch", "service-2"))
    shape = model.operation_model("PutMetricAlarm").input_shape
    return str(ParamValidator().validate(dict(alarm), shape).generate_report())


def _valid(found: Sequence[Alarm]) -> Check:
    return _counted("alarms are valid", sum(map(bool, map(problems, found))), len(found), "are no input of the call")


def _silent(stage: Stage, users: pd.DataFrame, alarm: Alarm, invocations: int) -> Check:
    name = "hit rate of a warm function"
    if stage.missing:
        return Check(name, "inconclusive", details={"reason": stage.missing})
    with stage.runtime(FLAG) as runtime:
        asked = stage.questions(users, FLAG)
        for number in range(invocations):
            runtime.invoke_text(asked[number % len(asked)].event(FLAG))
        documents = [each for each in runtime.documents() if "_aws" in each]
    check = _counted(name, int(rings(alarm, documents)), 1, "a healthy function rings the alarm")
    latencies = [each["Latency"] for each in documents]
    return replace(check, details={**check.details, "latency_p99_ms": float(np.quantile(latencies, 0.99))})


def _counted(name: str, off: int, cases: int, words: str) -> Check:
    said = f"{off} of {cases}: {words}" if off else "not one case is off"
    return Check(name, "fail" if off else "pass", n=cases, details={"cases": cases, "mismatches": off, "reason": said})
