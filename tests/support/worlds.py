"""Worlds for long comparisons: users of every length of id and kind of column, flags and experiments of every shape."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa

from ffcore import Experiment, Flag, hash32
from ffcore.operators import OPERATORS, scalar
from tests.support.strategies import EDGES, NUMBERS, PATTERNS, TEXTS, VERSIONS, VERSIONS_AND_NEAR

LONGEST = 600
#: Ids of one length in a row: more than any block of lanes takes twice.
RUN = 520
ALPHABETS = {
    1: "abcxyzABC0123456789-_.:@ /\\'\"%\0\x7f",
    2: "éßøЖאñ\u0080¡",
    3: "日本語한€ᚠ\u200b\uffff",
    4: "😀𝔘𐍈\U0010ffff",
}
#: White space by `str.strip`, of one, two and three bytes; an id that begins with it is looked at more closely.
SPACES = (" ", "\t", "\x1c", "\x85", "\xa0", "\u3000")
INVALID: tuple[Any, ...] = (None, "", " ", "\t\n", "\u3000\x85", " " * 70)
MOMENTS = ("2025-12-31T23:59:59", "2026-01-01T00:00:00", "2026-01-01T00:00:00.000001", "2026-06-30T12:00:00")
INSTANTS = (*MOMENTS, "2026-01-01", "2026-01-01T02:00:00+02:00", "2025-12-31T19:00:00-05:00", "20260101", "soon")

#: The attributes of the users: the type of each column and what it holds, beside nulls.
COLUMNS: dict[str, tuple[pa.DataType, tuple[Any, ...]]] = {
    "country": (pa.string(), TEXTS),
    "plan": (pa.dictionary(pa.int8(), pa.string()), ("pro", "free", "café", "日本", "NO")),
    "age": (pa.int64(), (0, 1, -1, 17, 18, 19, 30, 2**53, 2**53 + 1, 2**63 - 1, -(2**63))),
    "small": (pa.uint8(), (0, 1, 18, 30, 255)),
    "large": (pa.uint64(), (0, 18, 2**53 + 1, 2**64 - 1)),
    "score": (pa.float64(), (0.1, 2.5, 18.0, -0.0, 2.0**53, 1e308, float("inf"), float("-inf"))),
    "ratio": (pa.float32(), (0.1, 2.5, 18.0, 30.0)),
    "beta": (pa.bool_(), (True, False)),
    "version": (pa.string(), VERSIONS_AND_NEAR),
    "since": (pa.timestamp("us", "UTC"), tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in MOMENTS)),
    "seen": (pa.timestamp("us"), tuple(datetime.fromisoformat(text) for text in MOMENTS)),
    "day": (pa.date32(), (date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30))),
    "when": (pa.string(), INSTANTS),
    "price": (pa.decimal128(12, 2), (Decimal("0.10"), Decimal("2.50"), Decimal("18.00"), Decimal("-3.00"))),
    "tags": (pa.list_(pa.string()), ([], ["NO"], ["NO", "x"], ["30", "pro"])),
    "nothing": (pa.null(), (None,)),
}
#: What stands in a column of Python objects, which has no type.
OBJECTS = (*TEXTS, *NUMBERS, *EDGES, *VERSIONS, True, False, ["NO", 18], ("x",), {"NO"}, b"NO", 1j, Decimal("18.00"))
ATTRIBUTES = (*COLUMNS, "mixed", "absent", "user_id")
ORDERINGS = ("greater_than", "greater_or_equal", "less_than", "less_or_equal")
#: Bounds between the numbers of the columns, and at the ends of what a column's type holds exactly.
BOUNDS = (0.5, 17.5, 18.5, -0.5, 2**53 - 1, 2**53 + 1, 2**63, -(2**63) - 1)
#: Buckets of flags; the reciprocals of 49 and 103 are those that rounding falsifies most.
RESOLUTIONS = (1, 2, 7, 49, 100, 103, 10_000, 2**31 + 1, 2**32 - 1, 2**32)
#: Attributes that suit an operator; any does, where it is not listed.
FITTING = {
    "before": ("since", "seen", "day", "when"),
    "after": ("since", "seen", "day", "when"),
    "contains": ("country", "tags", "plan", "user_id"),
    "not_contains": ("country", "tags", "plan", "user_id"),
    **dict.fromkeys(("starts_with", "ends_with", "matches"), ("country", "plan", "user_id", "version")),
    **dict.fromkeys(ORDERINGS, ("age", "small", "large", "score", "ratio", "price", "country")),
    **dict.fromkeys((name for name in OPERATORS if name.startswith("semver")), ("version",)),
}
#: What an operator is compared with, where its value is of a kind of its own.
VALUES: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("exists", "not_exists"), (None,)),
    **dict.fromkeys(("before", "after"), INSTANTS[:-1]),
    **dict.fromkeys(("starts_with", "ends_with"), ("N", "O", "p", "日", "1.", "x", ".0", "")),
    **dict.fromkeys(("contains", "not_contains"), ("NO", "x", "30", "a", "日", "é", "", 30, True)),
    **dict.fromkeys((name for name in OPERATORS if name.startswith("semver")), VERSIONS),
    "matches": PATTERNS,
}
FRAMES = ("table", "views", "polars", "pandas", "arrow dtypes", "objects", "categories", "numbers")


@dataclass(frozen=True)
class World:
    """Users as one frame, and each one's id and context as the evaluator takes them."""

    kind: str
    frame: Any
    ids: list[Any]
    contexts: list[dict[str, Any]]


def seeded(seed: int) -> Random:
    """Random choices that are the same in every run."""
    return Random(seed)  # noqa: S311 - nothing here is a secret


def text_of(random: Random, size: int, width: int) -> str:
    """Random text of exactly `size` bytes, of letters of `width` bytes as far as they fit."""
    wide, rest = divmod(size, width)
    letters = random.choices(ALPHABETS[width], k=wide) + random.choices(ALPHABETS[1][:16], k=rest)
    random.shuffle(letters)
    return "".join(letters)


def id_of(random: Random, size: int, width: int) -> str:
    """A random id of `size` bytes that is not blank, though now and then it begins like one that is."""
    lead = random.choice(SPACES) if random.random() < 0.1 else ""
    room = size - len(lead.encode())
    return lead + text_of(random, room, width) if room > 0 else text_of(random, size, width)


def ids_of(random: Random, kind: str) -> list[Any]:
    """Ids of every length in two alphabets each, some invalid, and a run of one length; or whole numbers."""
    if kind == "numbers":
        edges = [0, -1, 7, 2**63 - 1, -(2**63)]
        return [*edges, *(random.randint(-(10**6), 10**12) >> random.randint(0, 40) for _ in range(1_000))]
    widths = tuple(ALPHABETS)
    found = [id_of(random, size, width) for size in range(1, LONGEST + 1) for width in random.sample(widths, 2)]
    ids = [*(text if text.strip() else f"{text}x"[-len(text) :] for text in found), *INVALID]
    if random.random() < 0.5:
        random.shuffle(ids)
    size = random.randint(4, 52)
    return [*ids, *(text_of(random, size, 1).strip().zfill(size) for _ in range(RUN))]


def world(random: Random, kind: str) -> World:
    """Users with a frame of one of the FRAMES."""
    ids = ids_of(random, kind)
    rows = len(ids)
    made: dict[str, Any] = {"user_id": pa.array(ids)}
    for name, (dtype, values) in COLUMNS.items():
        made[name] = pa.array([value(random, values) for _ in range(rows)], dtype)
    table = pa.table(made)
    cells = {name: table[name].to_pylist() for name in COLUMNS}
    if kind == "objects":
        cells["mixed"] = [value(random, OBJECTS) for _ in range(rows)]
    contexts: list[dict[str, Any]] = [
        {name: cell for name, cell in zip(cells, row, strict=True) if cell is not None}
        for row in zip(*cells.values(), strict=True)
    ]
    return World(kind, frame_of(kind, table, cells), ids, contexts)


def value(random: Random, values: tuple[Any, ...]) -> Any:
    """One of the values, or sometimes none."""
    return None if random.random() < 0.15 else random.choice(values)


def frame_of(kind: str, table: pa.Table, cells: dict[str, list[Any]]) -> Any:
    """The users as a frame of a kind."""
    if kind == "table":
        return pa.concat_tables([table[:700], table[700:701], table[701:]])
    if kind == "views":
        return table.set_column(0, "user_id", table["user_id"].cast(pa.string_view()))
    if kind == "polars":
        return pl.DataFrame(table)
    if kind == "arrow dtypes":
        return table.to_pandas(types_mapper=pd.ArrowDtype)
    if kind == "objects":
        ids = {"user_id": table["user_id"].to_pylist()}
        return pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in (ids | cells).items()})
    nullable = {pa.int64(): pd.Int64Dtype(), pa.uint8(): pd.UInt8Dtype(), pa.uint64(): pd.UInt64Dtype()}
    frame = table.to_pandas(types_mapper=nullable.get)
    return frame.astype({"user_id": "category"}) if kind == "categories" else frame


class Items:
    """Makes flags and experiments for the users of a world."""

    def __init__(self, random: Random, users: World) -> None:
        self.random = random
        self.ids = [str(user_id) for user_id in users.ids if user_id is not None]
        self.salts: list[str] = []

    def text(self) -> str:
        """A key or a salt, often one that leaves an id no room in one block of MD5; a column's name holds no NUL."""
        size = self.random.choice((1, 7, 20, 49, 50, 51, 52, 60, 120, 300))
        return text_of(self.random, size, self.random.choice(tuple(ALPHABETS))).replace("\0", "0")

    def arms(self, salt: str, least: int = 0) -> list[dict[str, Any]]:
        """Variants: none, one, equal, unequal, empty ones among them, or up to a user's own hash."""
        edge = Fraction(hash32(self.random.choice(self.ids), f"{salt}_variant") + self.random.randint(0, 1), 2**32)
        many = self.random.randint(2, 200)
        weights: list[list[Any]] = [[], [1], ["1/2", "1/2"], ["1/3"] * 3, [0, 1, 0], [0, "0.1", 0, "0.9", 0]]
        weights += [[edge, 1 - edge], [f"1/{many}"] * many]
        shares = self.random.choice([one for one in weights if len(one) >= least])
        return [{"key": f"arm-{number}", "allocation": share} for number, share in enumerate(shares)]

    def flag(self, number: int, rules: list[Any], *, enabled: bool = True) -> Flag:
        """A flag; its rollout often ends at some user's own bucket, or just behind."""
        key = f"{self.text()}{number}"
        self.salts.append(key)
        buckets = self.random.choice((*RESOLUTIONS, self.random.randint(1, 2**32)))
        bucket = hash32(self.random.choice(self.ids), key) % buckets
        edges = [Fraction(100 * (bucket + step), buckets) for step in (0, 1)]
        plain: list[Any] = [0, 100, 50, "12.5", "100/3", 99.9]
        return Flag(
            key,
            enabled=enabled,
            rollout_percentage=self.random.choice([*edges, *edges, *plain]),
            buckets=buckets,
            variants=self.arms(key),  # type: ignore[arg-type]
            targeting_rules=rules,  # type: ignore[arg-type]
        )

    def experiment(self, number: int, rules: list[Any], status: str = "active") -> Experiment:
        """An experiment, many of them with the salt of a flag before it."""
        key = f"experiment {self.text()}{number}"
        salt = self.random.choice([None, self.text(), *(self.salts[-2:])])
        traffic = Fraction(
            hash32(self.random.choice(self.ids), f"{salt or key}_traffic") + self.random.randint(0, 1), 2**32
        )
        return Experiment(
            key,
            status=status,
            variants=self.arms(salt or key, least=2),  # type: ignore[arg-type]
            traffic_allocation=self.random.choice([traffic, traffic, 0, 1, "1/3", 0.4]),  # type: ignore[arg-type]
            salt=salt,
            targeting_rules=rules,  # type: ignore[arg-type]
        )

    def rule(self, operator: str) -> dict[str, Any]:
        """A rule of an operator, mostly on an attribute that suits it."""
        fitting = FITTING.get(operator, tuple(COLUMNS))
        attribute = self.random.choice(fitting if self.random.random() < 0.8 else ATTRIBUTES)
        return {"attribute": attribute, "operator": operator, "value": self.value(operator, attribute)}

    def value(self, operator: str, attribute: str) -> Any:
        """A value that an operator accepts, often one that the attribute has."""
        choice = self.random.choice
        if operator in VALUES:
            return choice(VALUES[operator])
        own = [one for one in COLUMNS.get(attribute, (None, ()))[1] if scalar(one) is not None]
        known = [*own, *own, *TEXTS, *NUMBERS, True, False, choice(self.ids)]
        if operator in ("in", "not_in"):
            return [choice(known) for _ in range(self.random.randint(0, 4))]
        if operator in ORDERINGS:
            known = [one for one in (*known, *BOUNDS, *BOUNDS) if not isinstance(one, bool)]
        return choice(known)

    def rules(self, depth: int = 3) -> dict[str, Any]:
        """Rules in nested groups."""
        kind = self.random.choice(("all", "any", "not", "rule"))
        if depth == 0 or (kind == "rule" and depth < 3):
            return self.rule(self.random.choice(tuple(OPERATORS)))
        if kind == "not":
            return {"not": self.rules(depth - 1)}
        inner = [self.rules(depth - 1) for _ in range(self.random.randint(0, 3))]
        return {"all" if kind == "rule" else kind: inner}

    def make(self, rounds: int, others: int) -> Iterator[tuple[Flag | Experiment, str]]:
        """Rounds of each operator by itself (named), an item for each way to be off, others of any rules or none."""
        numbers = itertools.count()
        for operator in [*OPERATORS] * rounds:
            yield self.random.choice((self.flag, self.experiment))(next(numbers), [self.rule(operator)]), operator
        yield self.flag(next(numbers), [self.rules()], enabled=False), ""
        for status in ("draft", "paused", "completed"):
            yield self.experiment(next(numbers), [self.rules()], status), ""
        for number in range(others):
            rules = [self.rules()] if number % 2 else []
            yield self.random.choice((self.flag, self.experiment))(next(numbers), rules), ""
