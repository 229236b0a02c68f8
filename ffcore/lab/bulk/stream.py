"""Files cut into parts and decided by threads while reading goes on; each part becomes a file of results."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from threading import Event
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.errors import ConfigError
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.bar import show_rows
from ffcore.lab.bulk.frames import evaluate_frame
from ffcore.lab.bulk.ids import refuse_invalid
from ffcore.lab.bulk.inputs import Input, Population
from ffcore.lab.bulk.output import Output, PartFile, part_name, writable, writer
from ffcore.lab.bulk.reading import READ_ROWS, read_rows

#: A part has as many rows, or fewer where their columns would take more than these bytes.
PART_ROWS = 1 << 20
PART_BYTES = 1 << 26
#: Rows decided, and written as a row group, at once.
GROUP_ROWS = 1 << 18
#: More would wait for the one that reads; each holds a part in memory.
THREADS = min(4, os.cpu_count() or 1)
INVALID = "invalid_user_id"


class Piece(NamedTuple):
    """The rows of one part: its number and the place of its first row in their file, and whether it is the last."""

    number: int
    start: int
    rows: pa.Table
    last: bool


class StoppedError(Exception):
    """Another part has failed, or the user has stopped the run."""


@dataclass(frozen=True)
class Job:
    """What a run decides: which keys, for which population, and which columns come along."""

    flags: FlagSet
    keys: list[str]
    user_id: str
    carry: list[str]
    on_invalid: str
    population: Population

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of every part."""
        return self.decide(self.population.schema.empty_table()).schema

    def decide(self, rows: pa.Table) -> pa.Table:
        """The results of some rows beside their ids and the columns that come along."""
        frame = rows
        for name in self.population.absent:
            frame = frame.append_column(name, pa.nulls(len(rows), pa.string()))
        results = evaluate_frame(frame, self.flags, self.keys, self.user_id, "mark")
        kept = rows.select([self.user_id, *self.carry])
        columns = [*kept.columns, *results.columns]
        return pa.Table.from_arrays(columns, names=[*kept.column_names, *results.column_names])

    def invalid(self, results: pa.Table) -> NDArray[np.int64]:
        """The places of the rows whose ids are null or blank."""
        reasons = results.column(f"{self.keys[0]}.reason").combine_chunks()
        return np.flatnonzero(reasons.indices.to_numpy() == reasons.dictionary.index(INVALID).as_py())

    def write(self, output: Output, file: int, piece: Piece, stop: Event) -> PartFile:
        """Decide a part and write its file, which appears once it is whole."""
        inputs = self.population.inputs
        name = part_name(inputs[file].path, file, len(inputs), piece.number)
        rows, wrong = piece.rows.combine_chunks(), []
        with writable(output.folder), writer(output.folder / name, self.schema, self.user_id) as parquet:
            for start in range(0, len(rows), GROUP_ROWS):
                if stop.is_set():
                    raise StoppedError
                results = self.decide(rows.slice(start, GROUP_ROWS))
                wrong.append(self.invalid(results) + piece.start + start)
                parquet.write_table(results)
            invalid = np.concatenate(wrong) if wrong else np.empty(0, dtype=np.int64)
            if self.on_invalid == "raise":
                refuse_invalid(invalid, len(rows), f"{inputs[file].path}: {self.user_id}{_span(piece)}")
        size = (output.folder / name).stat().st_size
        return PartFile(name, file, piece.number, len(rows), len(invalid), piece.last, size)


def _span(piece: Piece) -> str:
    whole = piece.last and piece.number == 0
    return "" if whole else f" in rows {piece.start:,} to {piece.start + len(piece.rows) - 1:,}"


def part_rows(file: Input) -> int:
    """How many rows of a file make a part."""
    return max(1, min(PART_ROWS, int(PART_BYTES / max(1.0, file.row_bytes))))


def cut(tables: Iterable[pa.Table], schema: pa.Schema, number: int, size: int) -> Iterator[Piece]:
    """Tables as parts of equal size but for the last, which may be smaller; no rows at all are one empty part."""
    held: list[pa.Table] = []
    missing = size
    for table in tables:
        while len(table):
            if not missing:
                yield Piece(number, number * size, pa.concat_tables(held), last=False)
                held, missing, number = [], size, number + 1
            held.append(table.slice(0, missing))
            table, missing = table.slice(missing), missing - len(held[-1])  # noqa: PLW2901 - the rest of it
    yield Piece(number, number * size, pa.concat_tables(held) if held else schema.empty_table(), last=True)


def decide_files(job: Job, output: Output, shown: bool | None) -> None:
    """Decide all parts that are not finished.

    Raises:
        ConfigError: a file cannot be read or written, or holds invalid ids. Parts that are finished stay.
        KeyboardInterrupt: the user has stopped the run; the message says how it goes on.
    """
    counts = [file.rows for file in job.population.inputs]
    total = None if None in counts else sum(count for count in counts if count is not None)
    done = sum(part.rows for part in output.finished.values())
    try:
        with show_rows(total, done, shown) as advance:
            _decide_all(job, output, advance)
    except KeyboardInterrupt:
        kept = f"stopped; {len(output.finished):,} finished parts lie in {output.folder}"
        raise KeyboardInterrupt(f"{kept}, and the same call goes on from there") from None


def _decide_all(job: Job, output: Output, advance: Callable[[int], Any]) -> None:
    stop = Event()
    waiting: deque[Future[PartFile]] = deque()

    def finish(limit: int) -> None:
        while len(waiting) > limit:
            part = waiting[0].result()
            output.add(part)
            waiting.popleft()
            advance(part.rows)

    with ThreadPoolExecutor(THREADS) as threads:
        try:
            for file, piece in _missing(job, output):
                waiting.append(threads.submit(job.write, output, file, piece, stop))
                finish(THREADS)
            finish(0)
        finally:
            stop.set()
            _keep_finished(waiting, output)


def _keep_finished(waiting: Sequence[Future[PartFile]], output: Output) -> None:
    """After a mistake or an interrupt: parts that were finished meanwhile need not be done again."""
    for future in waiting:
        future.cancel()
    for future in wait(waiting).done:
        if not future.cancelled() and future.exception() is None:
            with suppress(ConfigError):  # the disk is full, say: what stopped the run is told
                output.add(future.result())


def _missing(job: Job, output: Output) -> Iterator[tuple[int, Piece]]:
    schema = job.population.schema
    for index, file in enumerate(job.population.inputs):
        size, first = part_rows(file), output.first_missing(index)
        if first is None:
            continue
        tables = read_rows(file.path, schema, first * size, min(READ_ROWS, size))
        for piece in cut(tables, schema, first, size):
            if (index, piece.number) not in output.finished:
                yield index, piece
