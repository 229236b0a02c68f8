"""Both Lambdas for real: their answers are the evaluator's, seeded faults are found, times are taken."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

import ffcore
from ffcore.lab import lambdas
from ffcore.lab.figures import lambdas as draw
from ffcore.lab.lambdas.stage import FAULTS
from ffcore.lab.lambdas.warm import WORKLOADS
from ffcore.lab.plots import Chart
from tests.aws.conftest import FLAGS

USERS = pd.DataFrame({"user_id": [f"user-{n}" for n in range(16)], "country": ["NO", None] * 8, "age": range(16)})
MEASURES = ("lambda_cold_flag", "lambda_cold_assignment", "lambda_warm_flag", "lambda_new_assignment")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stage() -> Iterator[lambdas.Stage]:
    """Zip, server and runtime client."""
    with lambdas.Stage(FLAGS) as stage:
        yield stage


def test_the_lambdas_decide_as_the_evaluator_does(stage: lambdas.Stage) -> None:
    """Every check passes on all of its cases."""
    checks = lambdas.decisions(stage, USERS)

    assert {name: check.verdict for name, check in checks.items()} == dict.fromkeys(checks, "pass")
    assert [check.n for check in checks.values()] == [16, 16, 16, 32, 18]


@pytest.mark.parametrize(
    ("fault", "found"),
    [("rebuilding", "warm starts"), ("wrong", "flag decisions"), ("forgetful", "kept assignments")],
)
def test_a_seeded_fault_fails_its_check_alone(stage: lambdas.Stage, fault: str, found: str) -> None:
    """Each fault is found by the check that is there for it."""
    assert fault in FAULTS
    stage.seed(fault)
    try:
        checks = lambdas.decisions(stage, USERS)
    finally:
        stage.seed("")

    assert [name for name, check in checks.items() if check.verdict == "fail"] == [found]
    assert checks[found].details["mismatches"] > 0


def test_starts_and_warm_invocations_are_measured(stage: lambdas.Stage) -> None:
    """Each function is started so often, one container of each lives on; each workload is called so often."""
    starts = lambdas.cold_starts(stage, USERS, 2, 5)
    warm = lambdas.warm(stage, USERS, 12, 6)

    assert {kind: len(seconds) for kind, seconds in starts.start.items()} == {"no-op": 2, "flag": 2, "assignment": 2}
    assert all((seconds > 0).all() for seconds in [*starts.start.values(), *starts.first.values()])
    assert [len(life.invocations) for life in starts.lives.values()] == [5, 5, 5]
    assert warm.run is not None
    assert list(warm.run.workloads) == list(WORKLOADS)
    assert all(sample.blocks.size for sample in warm.run.workloads.values())
    assert warm.lookups["flag"][1] - warm.lookups["flag"][0] == len(FLAGS)
    assert "(3 of " in lambdas.compare(warm).rows[-1][-1]
    assert [measure.name for measure in lambdas.measures(starts, warm)] == list(MEASURES)
    assert isinstance(draw.life(starts), Chart)
    assert isinstance(draw.warm_latency(warm), Chart)


def test_a_part_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server nothing runs: every check is inconclusive and says what to install, nothing is drawn."""
    monkeypatch.setattr("ffcore.lab.testing.servers.installed", lambda kind: False)
    with lambdas.Stage(FLAGS) as stage:
        checks = lambdas.decisions(stage, USERS)
        starts, warm = lambdas.cold_starts(stage, USERS, 2, 5), lambdas.warm(stage, USERS, 12)
        shown = stage._repr_html_() + starts._repr_html_() + warm._repr_html_()

    reason = "ministack not installed: pip install &#x27;ffcore[dev]&#x27;"
    assert {check.verdict for check in checks.values()} == {"inconclusive"}
    assert shown.count(reason) == 3
    assert {measure.verdict for measure in lambdas.measures(starts, warm)} == {"inconclusive"}
    assert draw.life(starts) is starts
    assert draw.warm_latency(warm) is warm


def test_sets_without_flags_get_spare_ones() -> None:
    """There is something to ask for, and a set's own experiments are taken where one is active."""
    empty, full = lambdas.Stage(ffcore.FlagSet()), lambdas.Stage(FLAGS)

    assert (empty.flag_keys, empty.experiment_keys) == (["lambda-flag"], ["lambda-experiment"])
    assert full.experiment_keys == ["pricing"]
    with pytest.raises(RuntimeError, match="not open"):
        full.runtime("flag")


def test_an_unknown_fault_is_refused() -> None:
    """The message names the faults that there are."""
    with pytest.raises(ffcore.ConfigError, match="did you mean wrong"):
        lambdas.Stage(FLAGS, "wrongs")


def test_a_life_is_counted_from_its_start() -> None:
    """The first invocation carries the whole start."""
    assert lambdas.Life(1.0, np.array([1.0, 1.0])).mean().tolist() == [2000.0, 1500.0]
