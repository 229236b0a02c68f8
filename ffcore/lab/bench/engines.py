"""Engines that decide a whole population for one flag: common tools and ours, all with the same decisions."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from hashlib import md5
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.hashing import accepted_buckets
from ffcore.lab.bulk.frames import evaluate_frame
from ffcore.model import Flag

Decisions = NDArray[np.bool_]
#: Takes valid text ids and a flag without rules; returns for each id whether the flag is on.
Engine: TypeAlias = Callable[[pa.Array, Flag], Decisions]
#: An enabled flag of the kind that all engines decide.
HALF = Flag.from_item({"key": "bulk-half", "enabled": True, "rollout_percentage": 50})


def scalar_evaluator(ids: pa.Array, flag: Flag) -> Decisions:
    """The evaluator's own handle of the flag, called for one id after the other.

    >>> scalar_evaluator(pa.array(["ann", "bob"]), HALF)
    array([ True, False])
    """
    decide = Evaluator(FlagSet([flag])).flag(flag.key)
    return np.fromiter((decide(user).enabled for user in ids.to_pylist()), dtype=np.bool_, count=len(ids))


def pandas_apply(ids: pa.Array, flag: Flag) -> Decisions:
    """`Series.apply` with `hashlib`, as one writes it in a notebook.

    >>> pandas_apply(pa.array(["ann", "bob"]), HALF)
    array([ True, False])
    """
    salt, buckets, accepted = flag.key, flag.buckets, _accepted(flag)
    users = ids.to_pandas()
    return _flags(
        users.apply(
            lambda user: int.from_bytes(md5(f"{user}:{salt}".encode()).digest()[:4], "little") % buckets < accepted  # noqa: S324  no secret
        )
    )


def duckdb_md5(ids: pa.Array, flag: Flag, threads: int | None = None) -> Decisions:
    """DuckDB's `md5_number`, the fastest of its forms: its low 32 bits are the digest's first word.

    Args:
        ids: valid text ids.
        flag: a flag without rules.
        threads: how many; by default as many as cores.

    >>> duckdb_md5(pa.array(["ann", "bob"]), HALF)
    array([ True, False])
    """
    import duckdb

    # An unknown name would otherwise make it download an extension.
    config: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    query = "select (md5_number(id || ?) & 4294967295)::uinteger % ?::uinteger < ?::uinteger as enabled from users"
    with duckdb.connect(config=config | ({"threads": threads} if threads else {})) as connection:
        connection.register("users", pa.table({"id": ids}))
        found = connection.sql(query, params=[f":{flag.key}", flag.buckets, _accepted(flag)]).fetchnumpy()
    return _flags(found["enabled"])


def polars_hash_md5(ids: pa.Array, flag: Flag) -> Decisions:
    """The `md5` of polars-hash in Polars' streaming engine, on as many threads as Polars was started with.

    >>> polars_hash_md5(pa.array(["ann", "bob"]), HALF)
    array([ True, False])
    """
    import polars as pl
    import polars_hash as plh

    digest = plh.concat_str("id", pl.lit(f":{flag.key}")).nchash.md5()
    word = digest.str.head(8).str.decode("hex").bin.reinterpret(dtype=pl.UInt32, endianness="little")
    enabled = word % flag.buckets < _accepted(flag)
    frame = pl.LazyFrame({"id": pl.from_arrow(ids)}).select(enabled=enabled).collect(engine="streaming")
    return _flags(frame["enabled"])


def on_executor(executor: Executor) -> Engine:
    """`evaluate_frame` over an executor: threads, processes, a Dask cluster.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as threads:
    ...     on_executor(threads)(pa.array(["ann", "bob"]), HALF)
    array([ True, False])
    """

    def engine(ids: pa.Array, flag: Flag) -> Decisions:
        users = pd.DataFrame({"user_id": ids.to_pandas()}, copy=False)
        return _flags(evaluate_frame(users, FlagSet([flag]), executor=executor)[f"{flag.key}.enabled"])

    return engine


def _accepted(flag: Flag) -> int:
    return accepted_buckets(flag.rollout_percentage, flag.buckets)


def _flags(values: Any) -> Decisions:
    return np.asarray(values, dtype=np.bool_)
