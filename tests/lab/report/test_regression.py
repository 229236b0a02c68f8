"""The regression notebook's questions to the gate, with measurements that are made up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ffcore.errors import ConfigError
from ffcore.lab.bench import baseline
from ffcore.lab.bench.contender import NAMES, SIMPLE
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.gate.alarms import Alarms
from ffcore.lab.bench.gate.builds import HOME, Build
from ffcore.lab.bench.gate.judging import judged
from ffcore.lab.bench.gate.outcome import Outcome
from ffcore.lab.bench.gate.races import SIZES
from ffcore.lab.report import regression
from ffcore.lab.report.machine import Machine
from ffcore.lab.report.regression import Case, compare, decision_checks, regression_measures, rule_checks

MULTIPLES = dict.fromkeys(NAMES, Estimate(0.5, 0.49, 0.51, 12))


def case(ratio: float = 1.0, **changes: Any) -> Case:
    """A gate that found this ratio on every workload, but twice as much on the simple one, to half a percent."""
    ratios = {name: Estimate(ratio, ratio - 0.005, ratio + 0.005, 12) for name in NAMES}
    quiet = tuple(judged(dict.fromkeys(NAMES, Estimate(1.0, 0.99, 1.01, 12))))
    outcome = Outcome("old", tuple(judged(ratios)), Alarms((quiet,) * 20, 0.02), differing=dict.fromkeys(NAMES, 0))
    return Case(replace(outcome, **changes), MULTIPLES, SIZES["standard"])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Which code was held against what, in place of a measurement."""
    noted: list[tuple[Any, ...]] = []

    def build(old: Build, *_: object, new: Build) -> Outcome:
        noted.append((new.slow, old))
        return case().outcome

    def stored(old: baseline.Stored, found: object, *_: object) -> Outcome:
        noted.append((found, old))
        return case().outcome

    monkeypatch.setattr(regression, "multiples", lambda code, size: MULTIPLES | {"slow": code.slow})
    monkeypatch.setattr(regression, "against_build", build)
    monkeypatch.setattr(regression, "against_stored", stored)
    return noted


MACHINE = Machine({"cpu_model": "a"}, ())


@pytest.mark.parametrize(("profile", "slow"), [("smoke", 3.0), ("standard", 0.05), ("full", 0.05)])
def test_the_seeded_fault_slows_this_code_alone(asked: list[tuple[Any, ...]], profile: str, slow: float) -> None:
    """The candidate is slowed by 5 %, or by what smoke can see; the baseline, this code too, is not."""
    compare(profile, MACHINE, fault="slow")
    compare(profile, MACHINE)

    assert [(share, old.slow) for share, old in asked] == [(slow, 0.0), (0.0, 0.0)]


def test_a_folder_is_another_build(asked: list[tuple[Any, ...]]) -> None:
    """A folder that holds ffcore is raced against."""
    compare("smoke", MACHINE, str(HOME))

    assert asked[0][1].home == HOME


def test_a_result_file_is_a_stored_run(asked: list[tuple[Any, ...]], tmp_path: Path) -> None:
    """A file is read, and a seeded fault is in the multiples that are held against it."""
    path = tmp_path / "run.json"
    rows = {name: estimate.to_dict() for name, estimate in MULTIPLES.items()}
    item = {"schema": baseline.SCHEMA, "machine": {}, "versions": {}, "multiples": rows}
    path.write_text(json.dumps(item), encoding="utf-8")
    compare("smoke", MACHINE, str(path), "slow")

    assert (asked[0][0]["slow"], asked[0][1].source) == (3.0, str(path))


@pytest.mark.parametrize("place", ["none", "none.json"])
def test_other_baselines_are_refused(asked: list[tuple[Any, ...]], place: str) -> None:
    """What is not there gives one message with its name, before anything is measured."""
    with pytest.raises(ConfigError, match=place):
        compare("smoke", MACHINE, place)

    assert asked == []


def test_a_rule_that_alarms_or_sleeps_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule passes its own trial; one that always fails, or never does, is found out."""
    assert {check.verdict for check in rule_checks().values()} == {"pass"}
    for stuck, expected in (("fail", ["fail", "pass"]), ("pass", ["pass", "fail"])):
        monkeypatch.setattr(regression, "verdict", lambda ratio, margin, told=stuck: told)

        assert [check.verdict for check in rule_checks().values()] == expected


def test_one_user_decided_otherwise_fails() -> None:
    """Every workload has its check, and one mismatch fails it; a stored run has no decisions to compare."""
    found = decision_checks(case(differing={SIMPLE: 1, "two rules": 0}))

    assert {name: check.verdict for name, check in found.items()} == {
        "decisions, simple on/off": "fail",
        "decisions, two rules": "pass",
    }
    assert decision_checks(case(differing={})) == {}


def test_measures_bring_the_gates_verdict() -> None:
    """The worst workload carries the verdict, with the false alarms in its note, and the alarms are a measure."""
    found = {measure.name: measure for measure in regression_measures(case(1.05))}

    assert found["worst_change"].verdict == found["change_simple"].verdict == "fail"
    assert "0 of 20 comparisons of identical code, so the rate is below 14 %" in found["worst_change"].note
    assert found["false_alarms"].interval is not None
    assert found["false_alarms"].interval[1] == pytest.approx(13.9, abs=0.05)
    assert found["false_alarms"].verdict is None


def test_what_does_not_compare_is_not_judged() -> None:
    """On another machine the worst ratio is inconclusive, and the rest have no verdict."""
    found = {measure.name: measure for measure in regression_measures(case(2.0, comparable=False))}

    assert found["worst_change"].verdict == "inconclusive"
    assert found["change_simple"].verdict is None


def test_the_result_file_is_the_next_baseline() -> None:
    """All multiples that a stored run needs are among the measures."""
    found = {measure.name for measure in regression_measures(case())}

    assert set(baseline.MEASURES.values()) <= found
