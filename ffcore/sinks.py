"""Sinks of evaluation events: a Kinesis stream, a JSON lines file, a Parquet file; `ffcore verify` reads the files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .boto import Connection, call
from .errors import StoreError
from .frozen import plain_number
from .tracking import Event, Written, as_fields

if TYPE_CHECKING:
    from os import PathLike

#: The most records and bytes of one PutRecords, and the most bytes of one record with its partition key.
MAX_RECORDS, MAX_BYTES, MAX_RECORD_BYTES = 500, 5 * 1_024**2, 1_024**2
TEXTS = ("event_type", "user_id", "flag_id", "flag_key", "reason", "variant")


class KinesisSink:
    """Events as records of a Kinesis stream: one JSON object each, partitioned by the user's id.

    Records that a call leaves unwritten are reported as failed, so that the tracker tries them again.

    Args:
        stream: The stream's name.
        endpoint: The service's address; None: AWS's own, or what ``AWS_ENDPOINT_URL`` says.
        region: The region; None: as AWS's configuration says.
        connect_timeout: Seconds to wait for a connection.
        read_timeout: Seconds to wait for an answer.
        client: A boto3 client in place of one made here.
    """

    at_once = MAX_RECORDS

    def __init__(
        self,
        stream: str,
        *,
        endpoint: str | None = None,
        region: str | None = None,
        connect_timeout: float = 1.0,
        read_timeout: float = 2.0,
        client: Any = None,
    ) -> None:
        self.stream = stream
        connection = Connection(endpoint, region, connect_timeout, read_timeout)
        self.client = connection.client("kinesis") if client is None else client

    def write(self, events: Sequence[Event]) -> Written:
        """Put the events, up to 500 and 5 MB a call; those of more than 1 MB are refused."""
        records: dict[int, Mapping[str, Any]] = {}
        for place, event in enumerate(events):
            data = encoded(event)
            record = {"Data": data, "PartitionKey": event[2][:256]}
            if data and _bytes(record) <= MAX_RECORD_BYTES:
                records[place] = record
        refused = [place for place in range(len(events)) if place not in records]
        failed: list[int] = []
        for places in _calls(records):
            left, error = self._put(places, records)
            failed += left
            if error is not None:
                failed += [place for place in records if place > places[-1]]
                return Written(failed, refused, error)
        return Written(failed, refused)

    def close(self) -> None:
        """Nothing is left to do: what a call has written is in the stream."""

    def _put(self, places: Sequence[int], records: Mapping[int, Any]) -> tuple[list[int], StoreError | None]:
        try:
            answer = call(
                f"Kinesis stream {self.stream}",
                lambda: self.client.put_records(StreamName=self.stream, Records=[records[place] for place in places]),
            )
        except StoreError as error:
            return list(places), error
        results = zip(places, answer["Records"], strict=True)
        return [place for place, result in results if result.get("ErrorCode")], None


class JsonLinesSink:
    """Events appended to a file, one JSON object a line; a line stands there whole or not at all.

    One file for each process. Raises ``OSError`` where the file cannot be opened.
    """

    at_once = MAX_RECORDS

    def __init__(self, path: str | PathLike[str]) -> None:
        self._file = Path(path).open("ab", buffering=0)  # noqa: SIM115 - open until the sink is closed

    def write(self, events: Sequence[Event]) -> Written:
        """Append the events; after an error, such as a full disk, the file ends as before."""
        lines = [encoded(event) for event in events]
        data, end = b"".join(line + b"\n" for line in lines if line), self._file.tell()
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError:
            self._file.truncate(end)
            self._file.seek(end)
            raise
        return Written(refused=[place for place, line in enumerate(lines) if not line])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ParquetSink:
    """Events in one Parquet file, a group of rows for each batch; the context is a column of JSON text.

    A Parquet file can be read only when it is complete, so it stands under its name once the sink is closed, and until
    then as ``<name>.partial``. Where a crash must not cost a log, use JSON lines.

    Raises ``ImportError`` without pyarrow and ``OSError`` where the file cannot be opened.
    """

    at_once = 10_000

    def __init__(self, path: str | PathLike[str]) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise ImportError("a Parquet sink needs pyarrow: pip install 'ffcore[lab]'") from None
        columns = [(name, pa.string()) for name in TEXTS]
        columns += [("timestamp", pa.timestamp("us", tz="UTC")), ("enabled", pa.bool_()), ("context", pa.string())]
        self._path = Path(path)
        self._partial = self._path.with_name(f"{self._path.name}.partial")
        self._schema = pa.schema(columns)
        self._writer = pq.ParquetWriter(self._partial, self._schema)

    def write(self, events: Sequence[Event]) -> Written:
        """Add the events as one group of rows."""
        import pyarrow as pa

        lines = [encoded(event) for event in events]
        rows = [json.loads(line) for line in lines if line]
        for row in rows:
            row["timestamp"] = datetime.fromisoformat(row["timestamp"])
            row["context"] = json.dumps(row["context"], ensure_ascii=False)
        if rows:
            self._writer.write_table(pa.Table.from_pylist(rows, schema=self._schema))
        return Written(refused=[place for place, line in enumerate(lines) if not line])

    def close(self) -> None:
        """Complete the file and give it its name."""
        if self._writer.is_open:
            self._writer.close()
            self._partial.replace(self._path)


def encoded(event: Event) -> bytes:
    """An event as one line of JSON; empty where it holds what no JSON can say.

    Dates are written by ISO 8601, decimals as numbers, sets as lists, any other object as its text.

    >>> from ffcore import Decision
    >>> event = ("flag_evaluation", 0.5, "ann", "a", "a", Decision(True, "enabled"), {"age": Decimal(30)})
    >>> json.loads(encoded(event))["context"]
    {'age': 30}
    """
    try:
        text = json.dumps(_plain(as_fields(event)), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return b""


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Decimal):
        value = plain_number(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        return number if number - number == 0 else None
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(inner) for inner in (value if isinstance(value, (list, tuple)) else sorted(value, key=repr))]
    return value.isoformat() if isinstance(value, date) else str(value)


def _bytes(record: Mapping[str, Any]) -> int:
    return len(record["Data"]) + len(record["PartitionKey"].encode())


def _calls(records: Mapping[int, Mapping[str, Any]]) -> Iterator[list[int]]:
    """The places of the records of each call, as many as one takes."""
    places: list[int] = []
    size = 0
    for place, record in records.items():
        size += _bytes(record)
        if places and (len(places) == MAX_RECORDS or size > MAX_BYTES):
            yield places
            places, size = [], _bytes(record)
        places.append(place)
    if places:
        yield places


__all__ = ["JsonLinesSink", "KinesisSink", "ParquetSink", "encoded"]
