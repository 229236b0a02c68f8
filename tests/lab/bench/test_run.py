"""A whole run: who takes part, and the file that comes of it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ffcore.lab.bench import baseline, peers, scaling
from ffcore.lab.bench import run as runs
from ffcore.lab.bench.comparison import Comparison
from ffcore.lab.bench.contender import NAMES, SIMPLE, Call, Contender
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.ourselves import ourselves


def a_run(names: tuple[str, ...] = ("ffcore", "floor"), **changes: Any) -> runs.Run:
    """A run with made-up times: 100 ns for the first contender, 200 for the second, and so on."""
    row = {name: np.linspace(1.0, 1.1, 9) * 100 * place for place, name in enumerate(names, 1)}
    comparison = Comparison(dict.fromkeys(NAMES, row), np.linspace(4, 5, 9), {name: {} for name in NAMES}, 0)
    contenders = tuple(Contender(name, "1.2", {}) for name in names)
    threads = scaling.Threads(4, Estimate(0.97, 0.96, 0.98, 9), 1_000, 1_000)
    many = scaling.ManyFlags(10_000, Estimate(0.2, 0.19, 0.21, 7), 269.0, 1_094.0)
    machine: dict[str, object] = {"implementation": "CPython", "python": "3.11", "cpu_model": "a", "cpu_count": 2}
    machine |= {"load": [0.1, 0.1, 0.1], "commit": "abc"}
    imported = Estimate(27.0, 26.0, 28.0, 15)
    return replace(runs.Run("smoke", machine, comparison, contenders, {}, threads, many, imported), **changes)


def test_a_stored_run_can_be_compared_with(tmp_path: Path) -> None:
    """What a run writes as JSON is what a comparison reads, and a run does not differ from itself."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps(a_run().to_dict()), encoding="utf-8")

    found = baseline.changes(a_run().comparison.times, baseline.read(path)["times"])

    assert [change.ratio.value for change in found] == pytest.approx([1.0] * 5)


def test_the_file_holds_medians_and_ratios() -> None:
    """Each contender has its median, fastest and slowest round, and its ratio to ours."""
    row = a_run().to_dict()["workloads"][SIMPLE]["floor"]

    assert row["median_ns"]["value"] == pytest.approx(210)
    assert (row["fastest_ns"], row["slowest_ns"]) == pytest.approx((200, 220))
    assert row["ratio_to_ffcore"]["value"] == pytest.approx(2)


def test_the_verdict_is_the_worst_of_the_changes() -> None:
    """Without a stored run there is no verdict; with one, the worst workload decides."""
    changes = tuple(baseline.Change(SIMPLE, Estimate(1, 1, 1, 9), verdict) for verdict in ("pass", "inconclusive"))

    assert a_run().verdict is None
    assert a_run(changes=changes).verdict == "inconclusive"


def test_peers_that_fail_are_left_out_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is absent, one that breaks and one that decides wrongly are left out; all that came are closed."""
    closed: list[str] = []

    def load(name: str) -> Contender | str:
        if name == "absent":
            return "not installed"
        if name == "broken":
            raise AttributeError("no such function")
        calls = ourselves()[0].calls if name == "right" else dict.fromkeys(NAMES, Call("False"))
        names = ourselves()[0].names
        return Contender(name, "1", calls, names, close=lambda: closed.append(name))

    monkeypatch.setattr(peers, "load", load)
    with ExitStack() as exits:
        contenders, left_out = runs.gathered(["absent", "broken", "wrong", "right"], exits, lambda line: None)

    assert [who.name for who in contenders] == ["ffcore", "ffcore handle", "floor", "right"]
    assert left_out["absent"] == "not installed"
    assert left_out["broken"] == "AttributeError: no such function"
    assert left_out["wrong"].startswith("ValueError: wrong: simple on/off is on for 0.0% of users")
    assert sorted(closed) == ["right", "wrong"]
