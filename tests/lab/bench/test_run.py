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
from ffcore.lab.bench.gate.alarms import Alarms
from ffcore.lab.bench.gate.judging import Change
from ffcore.lab.bench.gate.outcome import Outcome
from ffcore.lab.bench.ourselves import ourselves
from ffcore.lab.verify.check import Verdict


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
    multiples = dict.fromkeys(NAMES, Estimate(0.5, 0.49, 0.51, 8))
    run = runs.Run("smoke", machine, comparison, contenders, {}, threads, many, imported, multiples)
    return replace(run, **changes)


def an_outcome(*verdicts: Verdict, **changes: Any) -> Outcome:
    """An outcome with these verdicts, each of a ratio of 1.2, and twenty quiet comparisons of identical code."""
    found = tuple(Change(SIMPLE, Estimate(1.2, 1.1, 1.3, 8), verdict) for verdict in verdicts)
    return replace(Outcome("run.json", found, Alarms(((),) * 20, 0.02)), **changes)


def test_a_stored_run_can_be_compared_with(tmp_path: Path) -> None:
    """What a run writes as JSON is what a comparison reads, and a run does not differ from itself."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps(a_run().to_dict()), encoding="utf-8")

    stored = baseline.read(path)

    assert stored.multiples == a_run().multiples
    assert (stored.version, stored.profile) == ("1.2", "smoke")
    assert baseline.decisive(stored.machine, a_run().machine) == []


def test_the_file_holds_medians_and_ratios() -> None:
    """Each contender has its median, fastest and slowest round, and its ratio to ours."""
    row = a_run().to_dict()["workloads"][SIMPLE]["floor"]

    assert row["median_ns"]["value"] == pytest.approx(210)
    assert (row["fastest_ns"], row["slowest_ns"]) == pytest.approx((200, 220))
    assert row["ratio_to_ffcore"]["value"] == pytest.approx(2)


def test_the_verdict_is_the_worst_of_the_changes() -> None:
    """Without a stored run there is no verdict; with one, the worst workload decides."""
    assert a_run().verdict is None
    assert a_run(outcome=an_outcome("pass", "inconclusive")).verdict == "inconclusive"
    assert a_run(outcome=an_outcome("pass")).to_dict()["comparison"]["false_alarms"]["runs"] == 20


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
