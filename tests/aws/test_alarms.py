"""CloudWatch alarms: an implementation of CloudWatch takes them as they are, and files hold them for users."""

import json
from pathlib import Path

import pytest

from ffcore.aws import alarms, metrics
from ffcore.lab.testing.servers import Server


@pytest.mark.slow
def test_a_server_takes_both_alarms(moto: Server) -> None:
    """What PutMetricAlarm was given is what DescribeAlarms shows."""
    client = moto.client("cloudwatch")
    for alarm in alarms.alarms("feature-flags", "arn:aws:sns:eu-north-1:123456789012:pager"):
        client.put_metric_alarm(**alarm)
    kept = {alarm["AlarmName"]: alarm for alarm in client.describe_alarms()["MetricAlarms"]}

    assert {name: alarm["Threshold"] for name, alarm in kept.items()} == {
        "feature-flags-latency-p99": 5.0,
        "feature-flags-cache-hit-rate": 90.0,
    }
    assert all(alarm["AlarmActions"] for alarm in kept.values())


def test_alarms_read_what_the_lambdas_print() -> None:
    """Namespace, names, units and dimension are those of the embedded metrics."""
    latency, hits = alarms.alarms("feature-flags")
    printed = metrics.document("feature-flags", dict.fromkeys(metrics.UNITS, 0.0), {})
    [directive] = printed["_aws"]["CloudWatchMetrics"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    stats = [each["MetricStat"] for each in hits["Metrics"][1:]]

    assert units[latency["MetricName"]] == latency["Unit"]
    assert [units[stat["Metric"]["MetricName"]] for stat in stats] == [stat["Unit"] for stat in stats]
    for named in [latency, *(stat["Metric"] for stat in stats)]:
        assert named["Namespace"] == directive["Namespace"]
        [dimension] = named["Dimensions"]
        assert printed[dimension["Name"]] == dimension["Value"]


def test_files_hold_the_input_of_one_call_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are named as the alarms are; without a topic nobody is told."""
    assert alarms.main(["flags", str(tmp_path / "alarms")]) == 0
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]

    assert [json.loads(path.read_text()) for path in paths] == alarms.alarms("flags")
    assert "AlarmActions" not in alarms.alarms("flags")[0]


def test_a_wrong_call_says_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Too few arguments, and a folder that is a file, are exit code 2 with a message."""
    (tmp_path / "file").touch()

    assert alarms.main(["flags"]) == 2
    assert alarms.main(["flags", str(tmp_path / "file")]) == 2
    said = capsys.readouterr().err
    assert "usage: " in said
    assert "File exists" in said
