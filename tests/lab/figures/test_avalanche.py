"""The figure of an avalanche check: characters against bits of the hash."""

from typing import Any

import numpy as np

from ffcore.lab import verify
from ffcore.lab.testing.hashes import HASHES


def test_rows_are_the_characters_of_all_kinds() -> None:
    """One below the other with the kinds' names; a key that is not hashed changes nothing."""
    check = verify.avalanche(HASHES["id_only"], ids=100)
    axes: Any = check.plot().axes[0]
    shown = np.ma.getdata(axes.images[0].get_array())
    first = len(check.details["matrix"]["sequential"])

    assert [label.get_text() for label in axes.get_yticklabels()] == list(check.details["matrix"])
    assert shown.shape == (sum(map(len, check.details["matrix"].values())), 32)
    assert (shown[first : first + len("verify")] == 0).all()
    assert (shown[:first] > 20).all()


def test_the_title_gives_the_worst_share() -> None:
    """With the verdict; the colours always span 0 to 100 %, so that a good hash is white."""
    figure = verify.avalanche(HASHES["stuck_bit"], ids=100).plot()

    assert figure.texts[0].get_text() == "bits of the hash change in 0 % at worst: FAIL"
    assert figure.axes[0].images[0].get_clim() == (0, 100)
