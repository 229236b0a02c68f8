"""evaluate_spark: a Spark DataFrame decided where its rows are, one Arrow batch after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ffcore.errors import ConfigError, shown
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.deciding import Part, decide
from ffcore.lab.bulk.files import carried_columns
from ffcore.lab.bulk.ids import check_on_invalid, refuse_invalid
from ffcore.lab.bulk.parts import compile_kernels, read_names
from ffcore.lab.bulk.plan import Plan, plans_of
from ffcore.lab.bulk.sources import check_columns

ID_TYPES = ("string", "varchar", "char", "byte", "short", "integer", "long")


def evaluate_spark(
    frame: Any,
    flags: FlagSet,
    keys: Iterable[str] | None = None,
    user_id: str = "user_id",
    on_invalid: str = "raise",
    carry: Sequence[str] = (),
) -> Any:
    """Every user of a Spark DataFrame decided by flags and experiments, on Spark's workers; they need `ffcore[lab]`.

    The rows go through `DataFrame.mapInArrow`; only the ids, the columns that rules read and those carried travel.
    Nothing runs before Spark is asked for rows. A worker loads the kernels once. PySpark needs `PYSPARK_PYTHON` set to
    an interpreter that has its libraries; larger batches (`spark.sql.execution.arrow.maxRecordsPerBatch`) are faster.

    Args:
        frame: a `pyspark.sql.DataFrame`; columns are context, null is missing.
        flags: where the keys are looked up.
        keys: flags, or experiments (a key that is both means the flag); None for all of both.
        user_id: the column of ids: text, or whole numbers (decided as `str(id)`).
        on_invalid: "raise", or "mark" to give null and blank ids the reason `invalid_user_id`. What is raised fails
            the job that asks for rows.
        carry: further columns to keep.

    Returns:
        A DataFrame of the ids, the columns carried, and `<key>.enabled` (boolean), `<key>.variant` and `<key>.reason`
        (string) for each key. Names with a point stand in backticks in Spark's SQL.

    Raises:
        ConfigError: no such key or column, one key for a flag and an experiment among all, or ids of another type.

    >>> decided = evaluate_spark(spark.table("users"), flags, carry=["country"])  # doctest: +SKIP
    >>> decided.groupBy("country", "`dark-mode.enabled`").count().show()  # doctest: +SKIP
    """
    check_on_invalid(on_invalid)
    plans = plans_of(flags, keys)
    carried = carried_columns(carry, user_id, [plan.key for plan in plans])
    if not hasattr(frame, "mapInArrow"):
        raise ConfigError([("frame", f"expected a Spark DataFrame, got {shown(frame)}")])
    check_columns([user_id, *carried], frame.columns)
    kept = _selected(frame, [user_id, *carried])
    kind = kept.schema[0].dataType.typeName()
    if kind not in ID_TYPES:
        raise ConfigError([(user_id, f"expected ids that are text or whole numbers, got a column of {kind}")])
    names = read_names(plans, frame.columns)
    check_columns(names, frame.columns)
    schema = kept.schema
    for name, type_ in result_types(plans):
        schema = schema.add(name, type_)
    decider = Decider(plans, user_id, tuple(carried), tuple(names), on_invalid)
    return _selected(frame, list(dict.fromkeys([user_id, *carried, *names]))).mapInArrow(decider, schema)


def _selected(frame: Any, names: Sequence[str]) -> Any:
    return frame.select(*(f"`{name.replace('`', '``')}`" for name in names))


def result_types(plans: Iterable[Plan]) -> Iterator[tuple[str, str]]:
    """The names of all result columns and their types, as Spark calls them."""
    for plan in plans:
        yield f"{plan.key}.enabled", "boolean"
        yield f"{plan.key}.variant", "string"
        yield f"{plan.key}.reason", "string"


@dataclass(frozen=True)
class Decider:
    """The function that `mapInArrow` takes: record batches of ids and context in, batches of ids and decisions out.

    >>> from ffcore import Flag
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> batches = [pa.record_batch({"user_id": ["ann", "bob"]})]
    >>> next(Decider(plans_of(flags, None), "user_id")(iter(batches)))["dark-mode.enabled"].to_pylist()
    [False, True]
    """

    plans: Sequence[Plan]
    user_id: str
    carry: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    on_invalid: str = "raise"

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Decide each batch."""
        compile_kernels()
        return map(self._decide, batches)

    def _decide(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        part = Part(0, batch.column(self.user_id), {name: batch.column(name) for name in self.names})
        found, wrong = decide(self.plans, part)
        if self.on_invalid == "raise":
            refuse_invalid(wrong, len(part), self.user_id)
        columns = [batch.column(name) for name in (self.user_id, *self.carry)]
        for plan, codes in zip(self.plans, found, strict=True):
            decisions, places = plan.decisions, pa.array(codes)
            columns.append(pa.array([decision.enabled for decision in decisions], pa.bool_()).take(places))
            columns.append(pa.array([decision.variant for decision in decisions], pa.string()).take(places))
            columns.append(pa.array([decision.reason for decision in decisions], pa.string()).take(places))
        names = [self.user_id, *self.carry, *(name for name, _ in result_types(self.plans))]
        return pa.RecordBatch.from_arrays(columns, names=names)
