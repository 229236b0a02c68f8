"""The SQLite store: what others wrote into its file, who else reads it, and items that cannot be read."""

import json
import logging
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from ffcore import Evaluator, Flag, FlagSet
from ffcore.stores import Malformed, SQLiteStore
from tests.support.doubles import restless, switched_on, together


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is to be."""
    return tmp_path / "flags.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    """An empty store in a file."""
    made = SQLiteStore(path)
    yield made
    made.close()


def write(path: Path, table: str, key: str, text: str) -> None:
    """Put a row into the file behind the store's back."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, text))  # noqa: S608
    connection.close()


def test_a_file_keeps_what_was_put_into_it(path: Path) -> None:
    """A store that is closed and opened again holds the same."""
    first = SQLiteStore(path)
    first.put(switched_on("a"))
    first.close()
    second = SQLiteStore(str(path))

    assert second.get_flags(["a"]) == dict(switched_on("a"))
    second.close()


def test_two_stores_on_one_file_see_each_others_writes(store: SQLiteStore, path: Path) -> None:
    """Each read is from the file as it is now."""
    other = SQLiteStore(path)
    store.put(switched_on("a"))
    assert other.get_flags(["a"]) == dict(switched_on("a"))
    other.put(FlagSet([Flag("a")]))

    assert store.get_flags(["a"]) == {"a": Flag("a")}
    other.close()


@pytest.mark.parametrize("at_once", [1, 3, 7, 8])
def test_more_keys_than_one_query_takes_are_asked_for_in_several(store: SQLiteStore, at_once: int) -> None:
    """However few values this SQLite binds to a query, every key is answered."""
    keys = [f"flag-{i}" for i in range(7)]
    store.put(switched_on(*keys))
    store._at_once = at_once

    assert list(store.get_flags(keys)) == keys


def test_another_process_sees_what_was_put(store: SQLiteStore, path: Path) -> None:
    """The file is shared between processes while both have it open."""
    store.put(switched_on("a"))
    code = "import sys, ffcore; print(*ffcore.stores.SQLiteStore(sys.argv[1]).get_flags(['a', 'b']))"
    ran = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)

    assert ran.stdout == "a\n"


def test_writers_on_one_file_wait_for_each_other(path: Path) -> None:
    """Two stores that write at once lose nothing and raise nothing."""
    stores = [SQLiteStore(path), SQLiteStore(path)]

    def put(number: int) -> None:
        for i in range(20):
            stores[number].put(switched_on(f"flag-{number}-{i}"))

    with restless():
        results = together(lambda: put(0), lambda: put(1))

    assert results == [None, None]
    assert len(stores[0].get_flags(f"flag-{number}-{i}" for number in (0, 1) for i in range(20))) == 40
    for each in stores:
        each.close()


BROKEN = {
    "no JSON": ("{", "not JSON"),
    "empty text": ("", "not JSON"),
    "endless nesting": ("[" * 100_000, "nested"),
    "no mapping": ("[]", "expected a mapping"),
    "a scalar": ("3", "expected a mapping"),
    "a wrong type": ('{"key": "bad", "enabled": "yes"}', "expected true or false"),
    "no key": ('{"enabled": true}', "required, but missing"),
    "not a number": ('{"key": "bad", "rollout_percentage": NaN}', "expected a number"),
    "a huge exponent": ('{"key": "bad", "rollout_percentage": 1e99999999999999999999}', "1e99999999999999999999"),
    "a huge integer": (f'{{"key": "bad", "rollout_percentage": {"9" * 5000}}}', "digits"),
}


@pytest.mark.parametrize(("text", "problem"), BROKEN.values(), ids=BROKEN)
def test_an_item_that_cannot_be_read_is_malformed_beside_good_ones(
    store: SQLiteStore, path: Path, caplog: pytest.LogCaptureFixture, text: str, problem: str
) -> None:
    """One broken row spoils neither its neighbours nor the call; it is logged once with its key and its problems."""
    store.put(switched_on("good", "bad"))
    write(path, "flags", "bad", text)
    found = store.get_flags(["good", "bad"])
    bad = found["bad"]

    assert isinstance(bad, Malformed)
    assert bad.key == "bad"
    assert any(problem in f"{where} {message}" for where, message in bad.problems)
    assert found["good"] == switched_on("good")["good"]
    [record] = caplog.records
    assert (record.name, record.levelno) == ("ffcore", logging.WARNING)
    assert "bad" in record.getMessage()
    assert problem in record.getMessage()


@pytest.mark.usefixtures("caplog")
def test_a_broken_item_is_decided_as_malformed(store: SQLiteStore, path: Path) -> None:
    """The evaluator says so for flags and experiments, and decides the rest of the batch."""
    store.put(switched_on("good"))
    write(path, "flags", "bad", "{")
    write(path, "experiments", "bad", '{"key": "bad", "variants": []}')
    ev = Evaluator(store)

    assert [each.reason for each in ev.batch_evaluate("u", ["good", "bad"]).values()] == ["enabled", "flag_malformed"]
    assert ev.assign("u", "bad").reason == "experiment_malformed"


def test_fields_of_other_programs_are_ignored(store: SQLiteStore, path: Path) -> None:
    """A row may say more than a flag does."""
    write(path, "flags", "a", '{"key": "a", "enabled": true, "owner": "team", "updated": [1]}')

    assert store.get_flags(["a"]) == {"a": Flag("a", enabled=True)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e+23", 1e23),
        ("1e23", 10**23),
        ("100000000000000000000001", 100000000000000000000001),
        ("2.50", 2.5),
        ("1e-99999999999999999999", 0),
    ],
)
def test_numbers_are_what_they_state(store: SQLiteStore, path: Path, text: str, expected: float) -> None:
    """Large floats and integers, trailing zeros and exponents far below zero are read as the numbers they are."""
    write(path, "flags", "a", f'{{"key": "a", "variants": [{{"key": "v", "allocation": 1, "payload": {text}}}]}}')
    flag = store.get_flags(["a"])["a"]

    assert isinstance(flag, Flag)
    assert flag.variants[0].payload == expected


def test_a_share_may_be_stated_more_exactly_than_a_float_can(store: SQLiteStore, path: Path) -> None:
    """A percentage that another program wrote with twenty digits keeps them all."""
    write(path, "flags", "a", '{"key": "a", "rollout_percentage": 33.333333333333333333, "buckets": 1}')
    flag = store.get_flags(["a"])["a"]

    assert isinstance(flag, Flag)
    assert flag.rollout_percentage == Fraction("33.333333333333333333")


@pytest.mark.parametrize(("stated", "expected"), [(None, 100), (1_000, 1_000)])
def test_buckets_hold_for_items_that_name_none(path: Path, stated: int | None, expected: int) -> None:
    """The store's resolution is a default: an item's own comes first."""
    store = SQLiteStore(path, buckets=100)
    write(path, "flags", "a", json.dumps({"key": "a", "rollout_percentage": 13, "buckets": stated}))
    flag = store.get_flags(["a"])["a"]

    assert isinstance(flag, Flag)
    assert flag.buckets == expected
    store.close()


def test_a_percentage_between_two_buckets_is_served_up_to_the_next(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """12.5 % of 100 buckets reaches 13 of them, as on the platform; a warning says so and what would serve it."""
    store = SQLiteStore(path, buckets=100)
    write(path, "flags", "a", '{"key": "a", "enabled": true, "rollout_percentage": 12.5}')
    rounded, whole = Evaluator(store), Evaluator(FlagSet([Flag("a", True, Fraction(13), buckets=100)]))
    users = [f"user-{i}" for i in range(2_000)]

    assert [rounded.evaluate(user, "a") for user in users] == [whole.evaluate(user, "a") for user in users]
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert all(part in record.getMessage() for part in ("flag a", "12.5 %", "100 buckets", "200 buckets"))
    store.close()


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    """SQLite's own error says what is wrong; nothing is overwritten."""
    path.write_text("flags: []\n" * 100, encoding="utf-8")

    with pytest.raises(sqlite3.DatabaseError):
        SQLiteStore(path)
    assert path.read_text(encoding="utf-8") == "flags: []\n" * 100


@pytest.mark.usefixtures("caplog")
def test_a_closed_store_is_an_unavailable_one(store: SQLiteStore) -> None:
    """Whatever SQLite raises, a decision says that the store is unavailable."""
    store.put(switched_on("a"))
    store.close()

    assert Evaluator(store).evaluate("u", "a").reason == "store_unavailable"


def test_a_put_that_fails_changes_nothing(store: SQLiteStore) -> None:
    """A set is written whole or not at all."""
    store.put(FlagSet([Flag("a")]))
    unwritable = Flag("b", variants=[{"key": "v", "allocation": 1, "payload": {1, 2}.__iter__()}])  # type: ignore[arg-type]

    with pytest.raises(TypeError):
        store.put(FlagSet([Flag("a", enabled=True), unwritable]))
    assert store.get_flags(["a", "b"]) == {"a": Flag("a")}
    store.put(switched_on("a"))
    assert store.get_flags(["a"]) == dict(switched_on("a"))
