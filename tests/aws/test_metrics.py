"""Embedded metrics: what CloudWatch's specification asks of a document, and what a cache did in between."""

import json

import pytest

from ffcore.aws import metrics


def test_every_metric_of_a_document_has_its_value_and_unit() -> None:
    """Each name that the directive declares stands at the top with a number, and so does each dimension."""
    values = {metrics.LATENCY: 0.25, metrics.HITS: 1, metrics.STORE_ERRORS: 0}
    document = metrics.document("feature-flags", values, {"status": 200})
    [directive] = document["_aws"]["CloudWatchMetrics"]

    assert directive["Namespace"] == "ffcore"
    assert {metric["Name"]: document[metric["Name"]] for metric in directive["Metrics"]} == values
    assert {metric["Unit"] for metric in directive["Metrics"]} == {"Milliseconds", "Count"}
    assert [document[name] for [name] in directive["Dimensions"]] == ["feature-flags"]
    assert isinstance(document["_aws"]["Timestamp"], int)
    assert document["status"] == 200


def test_a_document_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """CloudWatch reads documents line by line."""
    metrics.emit(metrics.document("f", {metrics.LATENCY: 1.0}, {"note": "two\nlines"}))

    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["Latency"] == 1.0
