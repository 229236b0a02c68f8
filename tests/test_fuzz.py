"""The doors of the product under any input: each opens, or says in one message why not; nothing else comes out."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings

from ffcore import ConfigError
from tests.support.doors import DOORS

SLICE, LONG = 25, int(os.environ.get("FFCORE_EXAMPLES", "200000")) // 50


def campaign(door: str, folder: Path, examples: int, seed: int) -> int:
    """Try so many inputs at a door; how many were tried. Anything but a ConfigError is a crash."""
    tried = 0

    @settings(max_examples=examples, derandomize=False, suppress_health_check=list(HealthCheck))
    @hypothesis.seed(seed)
    @given(DOORS[door].inputs)
    def one(value: Any) -> None:
        nonlocal tried
        tried += 1
        with contextlib.suppress(ConfigError):
            DOORS[door].knock(folder, value)

    one()
    return tried


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_a_door_opens_or_says_why_not(door: str, tmp_path: Path) -> None:
    """The good inputs that others are made from, and a slice of the campaign, the same on every machine."""
    for seed in DOORS[door].seeds:
        DOORS[door].knock(tmp_path, DOORS[door].read(seed))

    assert campaign(door, tmp_path, SLICE, seed=0) >= SLICE // 2


@pytest.mark.long
@pytest.mark.parametrize("door", DOORS)
def test_the_whole_campaign(door: str, tmp_path: Path, record_property: Callable[[str, int], None]) -> None:
    """FFCORE_EXAMPLES inputs over all doors, more or less; the count is recorded."""
    tried = campaign(door, tmp_path, LONG, seed=1)

    record_property("inputs", tried)
    assert tried >= LONG // 2
