"""Tests of the laboratory's front door."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ffcore import lab

LIGHT = "import sys, ffcore.lab; print(sorted({'numpy', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)))"


def test_nothing_is_imported_before_its_use() -> None:
    """The door alone pulls in no numpy, pandas, scipy or matplotlib."""
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_rooms_open_when_they_are_named() -> None:
    """A room is the module of its name, and is listed."""
    assert lab.verify.__name__ == "ffcore.lab.verify"
    assert "verify" in dir(lab)


def test_an_unknown_room_names_the_nearest() -> None:
    """A misspelt room is an AttributeError with the nearest name."""
    with pytest.raises(AttributeError, match=r"no attribute 'verfy'; did you mean verify\?"):
        _ = lab.verfy
