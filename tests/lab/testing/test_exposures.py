"""Tests of simulated exposure logs: every row is what the evaluator says at its time."""

import pandas as pd
import pytest

from ffcore import ConfigError, Evaluator, FlagSet
from ffcore.lab.testing.exposures import COLUMNS, simulate_exposures

HALVES = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]
NORWAY = [{"attribute": "country", "operator": "equals", "value": "NO"}]
BEFORE = FlagSet.from_items(
    flags=[
        {"key": "plain", "enabled": True, "rollout_percentage": 10, "flag_id": "f-1"},
        {"key": "arms", "enabled": True, "rollout_percentage": 50, "variants": HALVES, "targeting_rules": NORWAY},
        {"key": "off", "enabled": False},
    ],
    experiments=[{"key": "pricing", "status": "active", "variants": HALVES, "experiment_id": "e-1"}],
)
AFTER = FlagSet.from_items(flags=[{"key": "plain", "enabled": True, "rollout_percentage": 90}, {"key": "new"}])
USERS = pd.DataFrame(
    {"user_id": [f"user-{number}" for number in range(600)], "country": ["NO", "SE", None] * 200, "age": range(600)}
)
CHANGE = pd.Timestamp("2024-06-03T06:00", tz="UTC")


def recomputed(row: pd.Series, flags: FlagSet) -> tuple[bool, str, str | None]:
    """What the evaluator says of a row's user."""
    context = {"country": row["context.country"], "age": row["context.age"]}
    context = {name: value for name, value in context.items() if not pd.isna(value)}
    evaluator, key = Evaluator(flags), row["flag_key"]
    found = (evaluator.assign if key in flags.experiments else evaluator.evaluate)(row["user_id"], key, context)
    return found.enabled, found.reason, found.variant


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    """Five keys seen by 600 users over four days, with a change on the third."""
    return simulate_exposures(BEFORE, USERS, "2024-06-01", days=4, change=(CHANGE, AFTER))


def test_every_row_is_the_evaluators_decision_at_its_time(log: pd.DataFrame) -> None:
    """Before the change the old flags decide, from then on the new ones; a removed flag is not found any more."""
    assert [*log.columns] == [*COLUMNS, "context.country", "context.age"]
    for _, row in log.sample(400, random_state=1).iterrows():
        expected = recomputed(row, AFTER if row["timestamp"] >= CHANGE else BEFORE)
        logged = (row["enabled"], row["reason"], None if pd.isna(row["variant"]) else row["variant"])
        missing = expected[1] in ("flag_not_found", "experiment_not_found")

        assert logged == expected or (missing and row["reason"].endswith("_not_found") and not row["enabled"])


def test_everybody_sees_everything_once_in_order_of_time(log: pd.DataFrame) -> None:
    """The log is complete, sorted, within its span, and names flags and experiments by id."""
    assert len(log) == 600 * 5 == len(log.drop_duplicates(["user_id", "flag_key"]))
    assert log["timestamp"].is_monotonic_increasing
    assert str(log["timestamp"].dtype) == "datetime64[us, UTC]"
    assert log["timestamp"].between(pd.Timestamp("2024-06-01", tz="UTC"), pd.Timestamp("2024-06-05", tz="UTC")).all()
    ids = log.drop_duplicates("flag_key").set_index("flag_key")["flag_id"]
    assert ids.to_dict() == {"plain": "f-1", "arms": "arms", "off": "off", "pricing": "e-1", "new": "new"}


def test_times_are_even_and_independent_of_users_and_flags(log: pd.DataFrame) -> None:
    """Each quarter of the span holds a quarter of each flag's events, within 6 standard deviations (p < 1e-8)."""
    quarter = (log["timestamp"] - pd.Timestamp("2024-06-01", tz="UTC")).dt.days
    counts = pd.crosstab(log["flag_key"], quarter)

    assert counts.shape == (5, 4)
    assert counts.to_numpy() == pytest.approx(150, abs=6 * (600 * 0.25 * 0.75) ** 0.5)


def test_logs_repeat_and_seeds_differ() -> None:
    """The same arguments give the same log; another seed gives other times."""
    first, again, other = (simulate_exposures(BEFORE, USERS, "2024-06-01", seed=seed) for seed in (0, 0, 1))

    pd.testing.assert_frame_equal(first, again)
    assert not first["timestamp"].equals(other["timestamp"])


def test_ids_alone_and_nobody_and_times_of_any_zone() -> None:
    """A sequence of ids has no context; without users the log is empty; a start in Oslo is its time in UTC."""
    plain = simulate_exposures(BEFORE, ["anna", "ben"], "2024-06-01T00:00+02:00", days=0.01)

    assert [*plain.columns] == [*COLUMNS]
    assert plain["timestamp"].min() < pd.Timestamp("2024-05-31T22:15", tz="UTC")
    assert simulate_exposures(BEFORE, [], "2024-06-01").empty


@pytest.mark.parametrize(
    ("start", "days", "change", "message"),
    [
        ("soon", 1, None, "start: expected ISO 8601, or seconds or milliseconds since 1970, got 'soon'"),
        ("NaT", 1, None, "start: expected ISO 8601"),
        ("2024-06-01", 0, None, "days: expected a positive number of days, got 0"),
        ("2024-06-01", float("nan"), None, "days: expected a positive number of days, got nan"),
        ("2024-06-01", 1, ("noon", AFTER), "change: expected ISO 8601"),
    ],
)
def test_bad_times_are_named(start: str, days: float, change: tuple[str, FlagSet] | None, message: str) -> None:
    """What is wrong is said with its place and value."""
    with pytest.raises(ConfigError) as error:
        simulate_exposures(BEFORE, ["anna"], start, days, change)

    assert message in str(error.value)
