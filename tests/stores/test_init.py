"""The names of the stores' package."""

import subprocess
import sys

import pytest

from ffcore import stores


def test_every_public_store_can_be_reached() -> None:
    """All names that the package lists are there, whether they are loaded at once or when first asked for."""
    assert all(isinstance(getattr(stores, name), type) for name in stores.__all__)


def test_an_unknown_store_is_an_attribute_error() -> None:
    """A misspelt name fails as in any module."""
    with pytest.raises(AttributeError, match=r"module 'ffcore\.stores' has no attribute 'SqliteStore'"):
        stores.SqliteStore  # noqa: B018 - the access is what is tested


def test_a_stores_client_is_loaded_with_the_store_only() -> None:
    """The door to the stores costs no database library."""
    code = "import sys, ffcore.stores; print('sqlite3' in sys.modules); ffcore.stores.SQLiteStore(':memory:')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "False\n"
