"""The sticky explorer answers the first edit only, and the notebook's check finds that."""

import pandas as pd

from ffcore import Flag, FlagSet
from ffcore.lab.explore import Edit, Explorer
from ffcore.lab.report.explore_checks import explored
from ffcore.lab.testing.sticky_explorer import StickyExplorer

FLAGS = FlagSet([Flag("a", True, 10), Flag("b", True, 20)])  # type: ignore[arg-type]
USERS = pd.DataFrame({"user_id": [f"u{number}" for number in range(500)]})


def test_only_the_first_edit_of_a_flag_is_answered() -> None:
    """Another flag has a first answer of its own."""
    explorer = StickyExplorer(FLAGS, USERS)

    assert explorer.answer(Edit("a", 50)) is explorer.answer(Edit("a", 60))
    assert explorer.answer(Edit("b", 50)).flag.key == "b"


def test_it_is_caught_where_an_honest_one_passes() -> None:
    """Every flag that is asked about more than once fails."""
    assert {check.verdict for check in explored(Explorer(FLAGS, USERS), FLAGS, USERS).values()} == {"pass"}
    assert {check.verdict for check in explored(StickyExplorer(FLAGS, USERS), FLAGS, USERS).values()} == {"fail"}
