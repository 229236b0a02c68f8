"""The ways to decide a population against evaluate_frame, id by id."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ffcore import Flag, FlagSet
from ffcore.lab import evaluate_frame
from ffcore.lab.bench.engines import (
    HALF,
    Engine,
    duckdb_md5,
    on_executor,
    pandas_apply,
    polars_hash_md5,
    scalar_evaluator,
)

ENGINES = {
    "scalar evaluator": scalar_evaluator,
    "pandas apply": pandas_apply,
    "DuckDB": duckdb_md5,
    "polars-hash": polars_hash_md5,
    "two threads": on_executor(ThreadPoolExecutor(2)),
}
IDS = pa.array([*(f"user-{number}" for number in range(5_000)), "Åse", "日本", "é" * 40, "x" * 200, " a", "a'b"])
FLAGS = [HALF, Flag.from_item({"key": "it's: 50%", "enabled": True, "rollout_percentage": 13, "buckets": 100})]


@pytest.mark.parametrize("flag", FLAGS, ids=["half", "thirteen percent of 100"])
@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_engines_decide_alike(engine: Engine, flag: Flag) -> None:
    """Each says of each id what evaluate_frame says: short and long, of any alphabet, for any key and share."""
    expected = evaluate_frame(pd.DataFrame({"user_id": IDS.to_pandas()}), FlagSet([flag]))[f"{flag.key}.enabled"]

    found = engine(IDS, flag)

    assert found.dtype == np.bool_
    np.testing.assert_array_equal(found, expected)
    assert 0 < found.sum() < len(IDS)


def test_duckdb_takes_the_threads_it_is_given() -> None:
    """The decisions do not depend on the number of threads."""
    np.testing.assert_array_equal(duckdb_md5(IDS, HALF, threads=1), duckdb_md5(IDS, HALF))
