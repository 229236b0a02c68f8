"""Estimators by name: all of them are known, and each remembers what it was given."""

import re
from pathlib import Path

import numpy as np

import ffcore.lab
from ffcore.lab.bench.estimate import Estimate, ratio_of_quantiles
from ffcore.lab.bench.estimators import ESTIMATORS, slope

LAB = Path(ffcore.lab.__file__).parent
WRITTEN = re.compile(r"^@estimator\ndef (\w+)", re.MULTILINE)


def test_every_estimator_can_be_found_by_its_name() -> None:
    """Whatever is marked as one anywhere in the lab is in the list that a check of samples looks into."""
    written = {name for path in LAB.rglob("*.py") for name in WRITTEN.findall(path.read_text(encoding="utf-8"))}

    assert written == set(ESTIMATORS)


def test_an_estimate_remembers_samples_and_settings() -> None:
    """The outermost estimator is remembered, with its own arguments, and neither equality nor text shows it."""
    upper, lower = [np.arange(1.0, 13.0)] * 6, [np.arange(2.0, 14.0)] * 6

    found = ratio_of_quantiles(upper, denominators=lower, level=0.5)

    assert found.origin is not None
    assert found.origin.estimator == "ratio_of_quantiles"
    assert found.origin.samples == {"numerators": upper, "denominators": lower}
    assert found.origin.settings == {"level": 0.5}
    assert found == Estimate(6 / 7, 6 / 7, 6 / 7, 6)
    assert "origin" not in repr(found)


def test_a_ratio_of_quantiles_pairs_groups() -> None:
    """Six groups that drift together have a ratio without spread; a group too small for the level has none."""
    drift = [level * np.arange(1.0, 401.0) for level in (1, 3, 9, 2, 5, 7)]

    assert ratio_of_quantiles([2 * group for group in drift], drift, 0.99) == Estimate(2.0, 2.0, 2.0, 6)
    assert ratio_of_quantiles(drift, [*drift[1:], drift[0][:300]], 0.99) == Estimate(None, None, None, 6)


def test_a_slope_counts_evaluations() -> None:
    """Its n is the last number of evaluations, not that of the readings."""
    assert slope(np.arange(0.0, 500.0, 10), np.arange(50.0)).n == 490
