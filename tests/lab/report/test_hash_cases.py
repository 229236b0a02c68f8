"""What the notebook on hash quality judges: draws of flag sets of any size, and known hashes."""

import pytest

from ffcore import ConfigError, Flag, FlagSet
from ffcore.lab.report import hash_cases
from ffcore.lab.testing.hashes import HASHES
from ffcore.lab.verify import independence

pytestmark = pytest.mark.slow


def test_every_bad_hash_is_caught_and_the_good_one_is_not() -> None:
    """The table shows the known hashes; what no check fails would be missed."""
    known = hash_cases.controls()
    table = known._repr_html_()

    assert known.missed == []
    assert all(name in table for name in HASHES)
    assert all(check.verdict != "fail" for check in known.checks["hash32"])
    assert hash_cases.Controls({"crc32": known.checks["hash32"]}).missed == ["crc32"]


def test_draws_of_very_many_flags_are_evenly_spread() -> None:
    """First and last are among them."""
    flags = FlagSet([Flag(f"flag-{place}") for place in range(1_000)])
    names = list(hash_cases.draws(flags, most=5))

    assert [name.split()[0] for name in names] == ["flag-0", "flag-249", "flag-499", "flag-749", "flag-999"]
    assert len(hash_cases.draws(flags)) == 200


def test_a_flag_set_without_flags_has_made_up_draws() -> None:
    """Two, so that a pair can be judged."""
    assert hash_cases.draws(FlagSet([])) == {"made-up 1": "made-up-1", "made-up 2": "made-up-2"}


def test_the_key_figure_of_too_few_users() -> None:
    """No V, no interval, and the verdict of the check."""
    measure = hash_cases.largest_v(independence(None, ["a", "b"], range(9)))

    assert (measure.value, measure.interval, measure.verdict) == (None, None, "inconclusive")


def test_an_unknown_hash_gives_the_nearest() -> None:
    """A misspelt fault is answered with the right one."""
    with pytest.raises(ConfigError, match="did you mean crc32"):
        hash_cases.under_test("crc23")
