"""A run against a stored one."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from ffcore.errors import ConfigError
from ffcore.lab.bench.baseline import SCHEMA, changes, read, unpaired_ratio, worst
from ffcore.lab.bench.contender import NAMES, SIMPLE

Times = dict[str, dict[str, list[float]]]


def times(factor: float = 1.0, *, noise: float = 0.01, machine: float = 1.0, seed: int = 0) -> Times:
    """Fifteen rounds of each workload: ours `factor` times a floor, on a machine that slows both."""
    draw = random.Random(seed)  # noqa: S311  repeatable, not secret
    moods = [machine * draw.uniform(1, 2) for _ in range(15)]
    ours = [200 * factor * mood * draw.uniform(1 - noise, 1 + noise) for mood in moods]
    return {name: {"ffcore": ours, "floor": [400 * mood for mood in moods]} for name in NAMES}


@pytest.mark.parametrize(
    ("factor", "noise", "verdict"),
    [
        (1.0, 0.01, "pass"),
        (0.5, 0.01, "pass"),
        (1.2, 0.01, "fail"),
        (1.05, 0.01, "inconclusive"),
        (1.0, 0.5, "inconclusive"),
    ],
)
def test_verdicts(factor: float, noise: float, verdict: str) -> None:
    """No loss and a gain pass, a loss beyond 5 % fails, one on the edge or lost in noise is inconclusive."""
    found = changes(times(factor, noise=noise, seed=1), times(noise=noise, seed=2))

    assert {change.verdict for change in found} == {verdict}
    assert [change.workload for change in found] == list(NAMES)


def test_a_slower_machine_is_no_loss() -> None:
    """A machine three times as slow slows the floor too; the ratio is between multiples of the floor."""
    found = changes(times(machine=3.0, seed=1), times(seed=2))

    assert found[0].ratio.value == pytest.approx(1, abs=0.01)
    assert found[0].verdict == "pass"


def test_the_margin_counts() -> None:
    """A loss of 20 % is tolerated where the margin is 30 %."""
    assert changes(times(1.2, seed=1), times(seed=2), margin=0.3)[0].verdict == "pass"


def test_the_interval_covers_the_truth() -> None:
    """Of 300 runs of skewed samples with a true ratio of 1.1, the 95 % interval misses it in 1 to 30."""
    draw = random.Random(5)  # noqa: S311  repeatable, not secret
    missed = 0
    for _ in range(300):
        new, old = ([factor * draw.lognormvariate(0, 0.2) for _ in range(12)] for factor in (1.1, 1.0))
        found = unpaired_ratio(new, old)
        assert found.low is not None
        assert found.high is not None
        missed += not found.low <= 1.1 <= found.high

    assert 1 <= missed <= 30


def test_few_rounds_carry_no_ratio() -> None:
    """Five observations on one side are too few."""
    assert unpaired_ratio([1.0] * 5, [1.0] * 20).value is None


def test_the_worst_verdict_decides() -> None:
    """One failure fails the run."""
    assert worst(["pass", "fail", "inconclusive"]) == "fail"


def stored(tmp_path: Path, content: Any) -> Path:
    """A file with this content."""
    path = tmp_path / "run.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_a_stored_run_is_read(tmp_path: Path) -> None:
    """What was stored comes back."""
    run = {"schema": SCHEMA, "times": times()}

    assert read(stored(tmp_path, run)) == run


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", {"schema": SCHEMA}, {"schema": SCHEMA + 1, "times": times()}, {"schema": SCHEMA, "times": []}],
)
def test_other_files_are_refused(tmp_path: Path, content: Any) -> None:
    """Text, lists, other versions and files without times give one clear message with the file's name."""
    with pytest.raises(ConfigError, match=r"run\.json: 1 problem"):
        read(stored(tmp_path, content))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(ConfigError, match=r"none\.json"):
        read(tmp_path / "none.json")


@pytest.mark.parametrize("values", [None, [], [1.0] * 5, [1.0] * 8 + [0.0], ["1"] * 9, [True] * 9, [float("nan")] * 9])
def test_bad_times_are_named(tmp_path: Path, values: Any) -> None:
    """Missing, too few, zero and other things than numbers are each named with their place."""
    run = {"schema": SCHEMA, "times": times()}
    run["times"][SIMPLE]["ffcore"] = values  # type: ignore[index]

    with pytest.raises(ConfigError) as caught:
        read(stored(tmp_path, run))

    assert [place for place, _ in caught.value.problems] == [f"times.{SIMPLE}.ffcore"]


def test_rounds_must_pair(tmp_path: Path) -> None:
    """Ours and the floor need the same number of rounds."""
    run = {"schema": SCHEMA, "times": times()}
    run["times"][SIMPLE]["floor"] = [1.0] * 9  # type: ignore[index]

    with pytest.raises(ConfigError, match="as many rounds"):
        read(stored(tmp_path, run))
