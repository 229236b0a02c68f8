"""Profiles: each measures at least as much as the one before, and enough for its percentiles."""

import pytest

from ffcore import ConfigError
from ffcore.lab.bench.estimate import samples_needed
from ffcore.lab.report.profiles import PROFILES, profile


def test_profiles_grow() -> None:
    """smoke, standard and full come in this order of size."""
    sizes = [(p.users or 10**9, p.rounds, p.compared or 10**9, p.rows[-1], p.generated[-1]) for p in PROFILES.values()]

    assert list(PROFILES) == ["smoke", "standard", "full"]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("name", list(PROFILES))
def test_every_run_carries_a_ratio(name: str) -> None:
    """There are rounds enough for the sign test."""
    assert profile(name).rounds >= samples_needed(0.5)


def test_an_unknown_profile_is_refused_with_the_nearest() -> None:
    """A misspelt profile is an error."""
    with pytest.raises(ConfigError, match="did you mean standard"):
        profile("standart")


@pytest.mark.parametrize("name", list(PROFILES))
def test_populations_start_where_the_seed_report_measured(name: str) -> None:
    """Bulk decisions are timed over rising sizes, from the seed's batch of 1,000 to at least a million."""
    rows = profile(name).rows

    assert list(rows) == sorted(set(rows))
    assert rows[0] == 1_000
    assert rows[-1] >= 1_000_000
