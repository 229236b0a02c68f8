"""A population to write into files, the flags that decide it, and what its results should be."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from ffcore import FlagSet
from ffcore.lab import evaluate_frame

HALVES = [{"key": "b", "allocation": "1/2"}, {"key": "a", "allocation": "1/2"}]
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "half", "enabled": True, "rollout_percentage": 50},
        {
            "key": "north",
            "enabled": True,
            "rollout_percentage": 80,
            "variants": HALVES,
            "targeting_rules": [
                {"attribute": "country", "operator": "in", "value": ["NO", "NA"]},
                {"attribute": "age", "operator": "greater_than", "value": 17.5},
            ],
        },
    ],
    experiments=[{"key": "pricing", "status": "active", "variants": HALVES, "traffic_allocation": 0.3}],
)
SMALL = FlagSet([FLAGS["half"]])
ROWS = 1_000
IDS = [f"{number:04d}" if number % 3 else f"ünï-{number}-🙂" for number in range(ROWS)]
USERS = pa.table(
    {
        "user_id": IDS,
        "country": ["NO", "DK", None, "NA"] * (ROWS // 4),
        "age": pa.array([17, 18, None, 40, 50] * (ROWS // 5), pa.int64()),
        "unread": ["x, y\n"] * ROWS,
    }
)


INVALID = USERS.set_column(
    0, "user_id", pa.array([None if row in (160, 170) else " " if row == 500 else IDS[row] for row in range(ROWS)])
)


def expected(users: pa.Table, flags: FlagSet = FLAGS, **options: Any) -> pa.Table:
    """What evaluate_frame says of all users at once, behind their ids."""
    results = evaluate_frame(users, flags, **options)
    return pa.table({"user_id": users["user_id"], **dict(zip(results.column_names, results.columns, strict=True))})


def read(folder: Path) -> pa.Table:
    """All results in the order of their files, as any reader of folders sees them."""
    return ds.dataset(folder, format="parquet").to_table()


def rows(table: pa.Table) -> list[dict[str, Any]]:
    """A table's rows, whatever the form of its columns."""
    return list(table.to_pylist())


def write(path: Path, table: pa.Table = USERS, **options: Any) -> Path:
    """A Parquet or CSV file of a table, with row groups that fit no part."""
    if path.suffix == ".parquet":
        pq.write_table(table, path, **{"row_group_size": 230, **options})
    else:
        table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get).to_csv(path, index=False, **options)
    return path
