"""The time left: what earlier runs took, less what has passed."""

import json
from pathlib import Path

import pytest

from ffcore.lab.report.plan import Plan
from ffcore.lab.report.time_left import TimeLeft, expected


def test_the_time_left_shrinks_as_time_passes() -> None:
    """A running notebook counts down to zero, a finished one counts no more, an unknown one is as long as the rest."""
    now = [0.0]
    left = TimeLeft({"a": 100.0, "b": 60.0, "c": None}, clock=lambda: now[0])
    assert left.seconds() == 240.0
    left.begin("a")
    now[0] = 30.0
    assert left.seconds() == 210.0
    now[0] = 500.0
    assert left.seconds() == 140.0
    left.end("a")
    assert (left.seconds(), str(left)) == (120.0, "about 2 min left")


def test_without_an_earlier_run_nothing_is_claimed() -> None:
    """No figure is better than a guess."""
    assert str(TimeLeft({"a": None})) == ""


@pytest.mark.parametrize(("profile", "seconds"), [("smoke", 4.0), ("full", None)])
def test_the_newest_run_of_the_same_profile_says_how_long(tmp_path: Path, profile: str, seconds: float | None) -> None:
    """Crashed, damaged and other runs do not count; what runs two at a time takes half as long."""
    runs = {"20260101": ("smoke", 2.0, False), "20260102": ("smoke", 8.0, False), "20260103": ("smoke", 1.0, True)}
    for run, (kind, took, crashed) in runs.items():
        (tmp_path / run).mkdir()
        item = {"profile": kind, "seconds": took, "error": {"kind": "E"} if crashed else None}
        (tmp_path / run / "a.json").write_text(json.dumps(item), encoding="utf-8")
    (tmp_path / "20260104").mkdir()
    (tmp_path / "20260104" / "a.json").write_text("{", encoding="utf-8")
    plan = Plan([Path("a.ipynb")], {"a": {"profile": profile}}, tmp_path / "20260105")

    assert expected(plan.sources, plan, {"a": 2}) == {"a": seconds}
