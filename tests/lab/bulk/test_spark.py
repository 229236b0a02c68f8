"""evaluate_spark on a Spark of this machine, where PySpark and Java are; its batches anywhere."""

import os
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from ffcore import ConfigError, FlagSet
from ffcore.lab import evaluate_frame
from ffcore.lab.bulk.plan import plans_of
from ffcore.lab.bulk.spark import Decider, evaluate_spark

ARMS = [{"key": "b", "allocation": "1/3"}, {"key": "a", "allocation": "2/3"}]
RULE = {"attribute": "age", "operator": "less_than", "value": 50}
ABSENT = {"attribute": "plan", "operator": "not_exists"}
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "arms", "enabled": True, "rollout_percentage": 80, "variants": ARMS, "targeting_rules": [RULE]},
        {"key": "it`s.half", "enabled": True, "rollout_percentage": 50, "targeting_rules": [ABSENT]},
        {"key": "off"},
    ],
    experiments=[{"key": "pricing", "status": "active", "variants": ARMS, "traffic_allocation": 0.4}],
)
ROWS = 3_000
USERS = pd.DataFrame(
    {
        "user id": [f"user-{number}" for number in range(ROWS)],
        "number": range(ROWS),
        "age": pd.array([*range(99), None] * (ROWS // 100), dtype="Int64"),
        "country": ["NO", "DK", None] * (ROWS // 3),
        "unused": [1.5] * ROWS,
    }
)
EXPECTED = evaluate_frame(USERS, FLAGS, user_id="user id")
needs_spark = pytest.mark.skipif(not shutil.which("java"), reason="Spark needs Java, and there is none here")


def rows(frame: Any) -> list[list[Any]]:
    """The rows of a frame as Python's values, every null alike."""
    return [[None if pd.isna(value) else value for value in row] for row in frame.itertuples(index=False, name=None)]


# --- batches, without Spark


def test_batches_are_decided_as_the_frame() -> None:
    """Ids and carried columns come back, and for each key what evaluate_frame says, as plain text."""
    decider = Decider(plans_of(FLAGS, None), "user id", ("country",), ("age",))
    batches = pa.Table.from_pandas(USERS).to_batches(max_chunksize=700)

    decided = pa.Table.from_batches(decider(iter(batches)))

    assert rows(decided.to_pandas()) == rows(pd.concat([USERS[["user id", "country"]], EXPECTED], axis=1))
    assert decided.schema.field("arms.variant").type == pa.string()
    assert decided.column_names[2:] == list(EXPECTED)


def test_batches_with_invalid_ids() -> None:
    """They are refused, or marked."""
    plans, batch = plans_of(FLAGS, ["off"]), pa.record_batch({"user_id": ["a", " ", None]})

    with pytest.raises(ConfigError, match=r"^user_id: 2 of 3 ids are null or blank, at rows 1, 2;"):
        next(Decider(plans, "user_id")(iter([batch])))
    marked = next(Decider(plans, "user_id", on_invalid="mark")(iter([batch])))
    assert marked["off.reason"].to_pylist() == ["flag_disabled", "invalid_user_id", "invalid_user_id"]


def test_what_is_no_spark_frame() -> None:
    """A pandas frame is refused with a message."""
    with pytest.raises(ConfigError, match=r"^frame: expected a Spark DataFrame, got "):
        evaluate_spark(USERS, FLAGS)


# --- Spark itself


@pytest.fixture(scope="module")
def users() -> Iterator[Any]:
    """The users as Spark holds them, on two workers of this machine, in batches of few rows."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark (the spark extra) is not installed")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "400",
    }
    builder = sql.SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session.createDataFrame(pa.Table.from_pandas(USERS)).repartition(3)
    session.stop()


pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)


@pytest.mark.slow
@needs_spark
def test_spark_decides_as_the_frame(users: Any) -> None:
    """Over several partitions and batches each user gets what evaluate_frame says, in columns of the declared types."""
    decided = evaluate_spark(users, FLAGS, user_id="user id", carry=["number", "country"])

    assert decided.dtypes[:5] == [
        ("user id", "string"),
        ("number", "bigint"),
        ("country", "string"),
        ("arms.enabled", "boolean"),
        ("arms.variant", "string"),
    ]
    found = decided.toArrow().sort_by("number").to_pandas()
    assert rows(found) == rows(pd.concat([USERS[["user id", "number", "country"]], EXPECTED], axis=1))


@pytest.mark.slow
@needs_spark
def test_spark_decides_numbers(users: Any) -> None:
    """Whole numbers are decided as their text, and stay numbers."""
    decided = evaluate_spark(users, FLAGS, ["pricing"], user_id="number").toArrow().sort_by("number")

    expected = evaluate_frame(USERS, FLAGS, ["pricing"], user_id="number")
    assert rows(decided.to_pandas()) == rows(pd.concat([USERS[["number"]], expected], axis=1))


@pytest.mark.slow
@needs_spark
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"user_id": "userid"}, "^userid: the frame has no such column; did you mean user id"),
        ({"user_id": "unused"}, "^unused: expected ids that are text or whole numbers, got a column of double"),
        ({"carry": ["contry"]}, "^contry: the frame has no such column; did you mean country"),
        ({"on_invalid": "skip"}, "^on_invalid: 'skip' is no way"),
        ({"keys": ["arm"]}, "^arm: neither a flag nor an experiment has this key; did you mean arms"),
    ],
    ids=["id column", "id type", "carry", "on_invalid", "key"],
)
def test_mistakes_are_found_before_spark_runs(users: Any, changed: dict[str, Any], message: str) -> None:
    """Each is one clear message, when the DataFrame is made."""
    arguments: dict[str, Any] = {"user_id": "user id"} | changed

    with pytest.raises(ConfigError, match=message):
        evaluate_spark(users, FLAGS, **arguments)
