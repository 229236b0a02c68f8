"""What every store promises, whatever it is made of: one module, run against each of them."""

import logging
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ffcore import Evaluator, Experiment, Flag, FlagSet, Rule, RuleGroup, Variant
from ffcore.stores import DynamoDBStore, FlagStore, MemoryStore, RedisStore, SQLiteStore
from tests.support.doubles import PATIENCE, restless, switched_on, together
from tests.support.strategies import experiment_items, flag_items

Maker = Callable[[Path, pytest.FixtureRequest], FlagStore]


def dynamodb(server: str) -> Maker:
    """Makes a store in two new tables of a server, which is a fixture."""

    def make(_: Path, request: pytest.FixtureRequest) -> FlagStore:
        name = f"contract-{next(NUMBERS)}"
        client = request.getfixturevalue(server).client("dynamodb")
        store = DynamoDBStore(f"{name}-flags", f"{name}-experiments", client=client)
        store.create()
        return store

    return make


def redis(folder: Path, request: pytest.FixtureRequest) -> FlagStore:
    """A store in front of a file, under a prefix of its own."""
    url = request.getfixturevalue("valkey").url
    return RedisStore(url, SQLiteStore(folder / "flags.db"), prefix=f"contract-{next(NUMBERS)}:", timeout=PATIENCE)


NUMBERS = count()
#: A new store joins by a line: a function of a folder and of fixtures that makes an empty store.
MAKERS: dict[str, Maker] = {
    "memory": lambda folder, request: MemoryStore(),
    "sqlite-file": lambda folder, request: SQLiteStore(folder / "flags.db"),
    "sqlite-memory": lambda folder, request: SQLiteStore(":memory:"),
    "dynamodb-ministack": dynamodb("ministack"),
    "dynamodb-moto": dynamodb("moto"),
    "redis-sqlite": redis,
}
#: Stores that write a set in one piece, so that no reader sees a part of it.
WHOLE = {"memory", "sqlite-file", "sqlite-memory"}
SLOW = {"dynamodb-moto"}
FEATURES = FlagSet(
    [
        Flag(
            "every field",
            enabled=True,
            rollout_percentage=Fraction("12.34"),
            targeting_rules=(
                Rule("country", "in", ["NO", "SE"]),
                RuleGroup("any", (Rule("age", "greater_than", 17.5), RuleGroup("not", (Rule("beta", "exists"),)))),
                RuleGroup("all", ()),
                Rule("version", "semver_less_than", "2.0.0-rc.1"),
                Rule("since", "before", "2026-01-31T12:00:00+02:00"),
                Rule("email", "matches", r"@example\.com$"),
                Rule("pro", "equals", True),
            ),
            default_variant="small",
            variants=(
                Variant("small", Fraction(1, 3), {"sizes": [1, 2.5, {"deep": [None, True, "x"]}], "": {}}),
                Variant("large", Fraction(2, 3), "text"),
                Variant("never", Fraction(0), 1e23),
            ),
            buckets=1_000_000,
            flag_id="flag-17",
        ),
        Flag("percentage of a third", True, Fraction(100, 3), buckets=3),
        Flag("nothing but a key"),
        Flag("shared by both kinds"),
    ],
    [
        Experiment(
            "shared by both kinds",
            "active",
            (Variant("a", Fraction("0.1")), Variant("b", Fraction("0.2")), Variant("c", Fraction("0.7"), [1])),
            Fraction(1, 7),
            (Rule("plan", "not_in", ["free", 3, False]),),
            "salt of its own",
            "experiment-4",
        ),
        Experiment("least", variants=(Variant("a", Fraction(1, 2)), Variant("b", Fraction(1, 2)))),
    ],
)
NASTY_KEYS = [
    "'",
    '"',
    "a'; DROP TABLE flags; --",
    "%",
    "_",
    "a\\b",
    "a\nb",
    "a",
    "a\0b",
    "a\0",
    "\0",
    "𝔘",
    "\u00e9",
    "e\u0301",
    " a",
    "[1]",
    "null",
    "0",
]


@pytest.fixture(params=[pytest.param(kind, marks=[pytest.mark.slow] * (kind in SLOW)) for kind in MAKERS])
def kind(request: pytest.FixtureRequest) -> str:
    """The name of each kind of store."""
    return str(request.param)


@pytest.fixture
def store(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FlagStore]:
    """An empty store of each kind."""
    made = MAKERS[kind](tmp_path, request)
    yield made
    getattr(made, "close", lambda: None)()


def test_unknown_keys_are_absent(store: FlagStore) -> None:
    """A store answers with what it has; it invents nothing and raises nothing."""
    assert store.get_flags(["a"]) == store.get_experiments(["a"]) == {}
    store.put(switched_on("a"))

    assert list(store.get_flags(["b", "a", "c"])) == ["a"]
    assert store.get_experiments(["a"]) == {}


def test_no_keys_give_nothing(store: FlagStore) -> None:
    """An empty list of keys is a question too."""
    store.put(FEATURES)

    assert store.get_flags([]) == store.get_experiments([]) == {}


def test_everything_that_a_flag_can_say_is_kept(store: FlagStore) -> None:
    """Exact fractions, nested payloads, groups of rules, salts, buckets and ids come back equal."""
    store.put(FEATURES)

    assert store.get_flags(FEATURES) == dict(FEATURES)
    assert store.get_experiments(FEATURES.experiments) == dict(FEATURES.experiments)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(flag=flag_items, experiment=experiment_items)
def test_any_flag_and_experiment_come_back_equal(
    store: FlagStore, flag: dict[str, object], experiment: dict[str, object]
) -> None:
    """Whatever can be made can be stored."""
    flags = FlagSet([Flag.from_item(flag)], [Experiment.from_item(experiment)])
    store.put(flags)

    assert store.get_flags(flags) == dict(flags)
    assert store.get_experiments(flags.experiments) == dict(flags.experiments)


def test_putting_replaces_the_same_keys_and_leaves_the_others(store: FlagStore) -> None:
    """A set is added to what is there, key by key; flags and experiments do not touch each other."""
    store.put(FEATURES)
    store.put(FlagSet([Flag("nothing but a key", enabled=True), Flag("new")]))

    assert store.get_flags(["nothing but a key"])["nothing but a key"] == Flag("nothing but a key", enabled=True)
    assert set(store.get_flags([*FEATURES, "new"])) == {*FEATURES, "new"}
    assert store.get_experiments(FEATURES.experiments) == dict(FEATURES.experiments)


def test_putting_an_empty_set_changes_nothing(store: FlagStore) -> None:
    """Nothing is removed by what a set does not name."""
    store.put(FEATURES)
    store.put(FlagSet())

    assert store.get_flags(FEATURES) == dict(FEATURES)


def test_thousands_of_keys_are_answered_at_once(store: FlagStore, kind: str) -> None:
    """No limit on variables in a query, or on items in a call, stands in the way of a large batch."""
    keys = [f"flag-{i}" for i in range(5_000 if kind in WHOLE else 510)]
    store.put(switched_on(*keys))

    assert set(store.get_flags([*keys, "unknown"])) == set(keys)


def test_keys_may_hold_any_letters(store: FlagStore) -> None:
    """Quotes, wildcards, NUL and look-alikes are letters like others, and two spellings of é are two keys."""
    store.put(switched_on(*NASTY_KEYS))

    assert {key: store.get_flags([key])[key].key for key in NASTY_KEYS} == {key: key for key in NASTY_KEYS}
    assert set(store.get_flags(NASTY_KEYS)) == set(NASTY_KEYS)


@given(keys=st.lists(st.text(max_size=5), max_size=5))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_may_be_asked_for(store: FlagStore, keys: list[str]) -> None:
    """A key that nobody would choose is unknown, not an error; half a character is one that no flag can have."""
    assert store.get_flags([*keys, "\ud800", "a\udfff"]) == {}


def test_keys_may_come_from_anything_that_yields_them(store: FlagStore) -> None:
    """A generator that can be read once is as good as a list."""
    store.put(switched_on("a", "b"))

    assert set(store.get_flags(key for key in "abc")) == {"a", "b"}


def test_an_evaluator_decides_from_it(store: FlagStore) -> None:
    """Decisions from the store are those from the set that was put."""
    store.put(FEATURES)
    stored, direct = Evaluator(store), Evaluator(FEATURES)
    context = {
        "country": "NO",
        "age": 18,
        "version": "1.0.0",
        "since": "2026-01-01",
        "email": "a@example.com",
        "pro": True,
    }
    for i in range(200):
        user = f"user-{i}"
        assert stored.batch_evaluate(user, FEATURES, context) == direct.batch_evaluate(user, FEATURES, context)
        for key in FEATURES.experiments:
            assert stored.assign(user, key, context) == direct.assign(user, key, context)


def test_readers_see_every_put_whole(store: FlagStore, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """While one thread writes, readers get every flag old or new and never an error; of most stores all old or new."""
    keys = [f"flag-{i}" for i in range(150 if kind in WHOLE else 30)]
    caplog.set_level(logging.ERROR)
    store.put(FlagSet(Flag(key, buckets=1) for key in keys))

    def write() -> None:
        for version in range(2, 25):
            store.put(FlagSet(Flag(key, buckets=version) for key in keys))

    def read() -> set[int]:
        sizes = set()
        for _ in range(15):
            flags = store.get_flags(keys).values()
            versions = {flag.buckets for flag in flags if isinstance(flag, Flag)}
            assert len(flags) == len(keys)
            sizes.add(len(versions))
        return sizes

    with restless():
        results = together(write, read, read)

    assert results[0] is None
    sizes = [size for result in results[1:] for size in result]  # type: ignore[attr-defined]
    assert set(sizes) == {1} if kind in WHOLE else set(sizes) <= {1, 2}
