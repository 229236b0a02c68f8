"""Logs of vendors' flags: right ones pass, a changed row fails and is shown, what cannot be recomputed is open."""

from pathlib import Path

import pandas as pd
import pytest

from ffcore import ConfigError
from ffcore.lab.schemes.files import FlagFile, read_flags
from ffcore.lab.schemes.files.logs import vendor_log

DATA = Path(__file__).parents[3] / "data" / "vendors"
USERS = pd.DataFrame(
    {
        "user_id": [f"user-{number}" for number in range(400)],
        "country": ["NO", "US"] * 200,
        "age": [15, 30, 40, 17] * 100,
    }
)


@pytest.fixture(scope="module")
def flags() -> FlagFile:
    """GrowthBook's sample file."""
    return read_flags(DATA / "growthbook.json", "growthbook")


def log_of(flags: FlagFile, *keys: str) -> pd.DataFrame:
    """A log in which every user got what the file gives; attributes are columns of the context."""
    parts = [
        pd.DataFrame({"user_id": USERS["user_id"], "flag_key": key, "variant": flags[key].decide(USERS).astype(str)})
        for key in keys
    ]
    context = USERS[["country", "age"]].add_prefix("context.")
    return pd.concat([part.join(context) for part in parts], ignore_index=True)


def test_a_right_log_passes(flags: FlagFile) -> None:
    """Truth values however they are spelt, texts and structures, with targeting by the log's own attributes."""
    log = log_of(flags, "dark-mode", "banner", "checkout", "prices")
    assert {"True", "False"} <= set(log["variant"])
    check = vendor_log(log, flags)

    assert (check.verdict, check.n) == ("pass", 1_600)
    assert check.details["reason"] == "every row agrees"
    lower = log.assign(variant=log["variant"].replace({"True": "true", "False": "false"}))
    assert vendor_log(lower, flags).verdict == "pass"


def test_truth_values_alone_are_enough(flags: FlagFile) -> None:
    """A log may hold only whether the user was let in."""
    log = pd.DataFrame(
        {"user_id": USERS["user_id"], "flag_key": "dark-mode", "enabled": flags["dark-mode"](USERS["user_id"])}
    )

    assert vendor_log(log, flags).verdict == "pass"
    assert vendor_log(log.assign(enabled=~log["enabled"]), flags).details["mismatches"] == 400


def test_a_csv_has_numbers_again(flags: FlagFile, tmp_path: Path) -> None:
    """Attributes of a CSV are text; a column of numbers is compared as numbers."""
    log_of(flags, "banner").to_csv(tmp_path / "log.csv", index=False)

    assert vendor_log(tmp_path / "log.csv", flags).verdict == "pass"


def test_one_wrong_row_fails_and_is_shown(flags: FlagFile) -> None:
    """User, what was logged and what was recomputed."""
    log = log_of(flags, "checkout")
    row = int(log.index[log["variant"] == "wallet"][0])
    log.loc[row, "variant"] = "classic"
    check = vendor_log(log, flags)

    assert check.verdict == "fail"
    shown = f"checkout, user '{log['user_id'][row]}': logged classic, recomputed wallet"
    assert check.details["reason"] == f"1 of 400 rows differ; {shown}"
    assert check.details["by_flag"]["checkout"]["mismatches"] == 1


def test_flags_that_are_not_followed_leave_it_open(flags: FlagFile) -> None:
    """Nothing is guessed: their rows are counted, with the part that is not followed."""
    log = pd.concat(
        [log_of(flags, "plain"), pd.DataFrame({"user_id": ["a"], "flag_key": "holdout", "variant": "true"})]
    )
    check = vendor_log(log, flags)

    assert check.verdict == "inconclusive"
    assert str(check.details["reason"]).startswith("1 rows cannot be recomputed; holdout: features.holdout.rules[0]")
    assert check.details["by_flag"]["holdout"]["mismatches"] is None


def test_an_unknown_flag_is_answered_with_the_nearest(flags: FlagFile) -> None:
    """A log of other flags is another log."""
    log = pd.DataFrame({"user_id": ["a"], "flag_key": "chekout", "variant": "x"})

    with pytest.raises(ConfigError, match="chekout: the file has no such flag; did you mean checkout"):
        vendor_log(log, flags)
