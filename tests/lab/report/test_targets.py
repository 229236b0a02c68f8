"""Targets: read strictly, judged by whole intervals."""

from pathlib import Path

import pytest

from ffcore import ConfigError
from ffcore.lab.report.targets import Target, load_targets

COMMITTED = Path(__file__).parents[3] / "data" / "targets.yaml"
ROW = "metric: P99\n    notebook: n\n    measure: m\n    seed_target: x\n    seed_figure: x\n    target: x"


def read(tmp_path: Path, text: str) -> list[Target]:
    """Targets from a text."""
    path = tmp_path / "targets.yaml"
    path.write_text(text, encoding="utf-8")
    return load_targets(path)


def test_the_committed_targets_hold_the_seeds_four_metrics() -> None:
    """The seed's executive table is in the file word for word."""
    seen = {target.seed_target for target in load_targets(COMMITTED)}

    assert {"< 40 ms", "> 1,000 evaluations/s", "> 95 %", "±5 %"} <= seen


def test_every_committed_target_can_fail() -> None:
    """A target has a bound, or a notebook whose checks judge; the floor's multiples reject a threefold slow-down.

    Cost that grows with the square of the users grows tenfold; a hit rate off by a point is off its knee; a walk by
    10,000 flags costs some hundred times as much; no object has less than 16 bytes.
    """
    bounds = {target.measure: target.at_most for target in load_targets(COMMITTED) if target.at_most}

    assert bounds == {
        "p99_simple": 2.0,
        "p99_targeted": 3.0,
        "p99_variants": 3.0,
        "scale_growth": 3.0,
        "knee_5_ms_away": 1.0,
        "memory_resident": 1.0,
        "growth_flags": 20.0,
        "growth_rules": 100.0,
        "growth_attributes": 10.0,
        "growth_id_length": 512.0,
        "lambda_warm_flag": 5.0,
    }


@pytest.mark.parametrize(
    ("interval", "expected"),
    [((1.0, 2.0), "pass"), ((2.0, 2.5), "inconclusive"), ((2.1, 2.5), "fail"), ((1.0, None), "inconclusive")],
)
def test_the_whole_interval_decides(interval: tuple[float, float | None], expected: str) -> None:
    """An interval that straddles the bound decides nothing."""
    assert Target("P99", "n", "m", "", "", "", at_most=2.0).judge(1.5, interval) == expected


@pytest.mark.parametrize(("value", "expected"), [(0.5, "pass"), (0.4, "fail"), (None, "inconclusive")])
def test_a_count_is_judged_by_its_value(value: float | None, expected: str) -> None:
    """Without an interval the value itself is held against the bound."""
    assert Target("Rate", "n", "m", "", "", "", at_least=0.5).judge(value, None) == expected


def test_every_mistake_is_named_with_its_place(tmp_path: Path) -> None:
    """Unknown, missing and mistyped fields and rows that are no mapping come in one message."""
    text = f"metrics:\n  - {ROW}\n    at_mots: 3\n    at_least: much\n  - 7\n  - metric: 5"
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    found = dict(error.value.problems)

    assert found["metrics[0].at_mots"] == "unknown field; did you mean at_most?"
    assert found["metrics[0].at_least"] == "'much' is no number"
    assert found["metrics[1]"] == "7 is no mapping"
    assert found["metrics[2].metric"] == "5 is no text"
    assert found["metrics[2].notebook"] == "is missing"


@pytest.mark.parametrize("text", ["", "metrics: 3", "metrics: []\nmore: 1", "metrics: [", "\x00"])
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    """What is no targets file is one message with the file's name."""
    with pytest.raises(ConfigError, match=r"targets\.yaml"):
        read(tmp_path, text)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A missing file is one message."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_targets(tmp_path / "none.yaml")
