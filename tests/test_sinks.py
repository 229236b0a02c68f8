"""Sinks: what they write is what the audit reads, and what they cannot write is told from what they could not yet."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ffcore import Decision, Evaluator, load
from ffcore.cli import main
from ffcore.lab import verify
from ffcore.lab.testing.servers import Server
from ffcore.sinks import JsonLinesSink, KinesisSink, ParquetSink, encoded
from ffcore.tracking import Event, EventTracker, Sink

ROOT = Path(__file__).parents[1]
FLAGS = ROOT / "data" / "flags.yaml"
NUMBERS = count()
COLUMNS = ("event_type", "timestamp", "user_id", "flag_id", "flag_key", "enabled", "reason", "variant", "context")
FILES: dict[str, Callable[[Path], Sink]] = {"log.jsonl": JsonLinesSink, "log.parquet": ParquetSink}


def event(user: str = "ann", context: dict[str, Any] | None = None) -> Event:
    """One decision's event."""
    return ("flag_evaluation", 1_767_225_600.25, user, "a", "flag-1", Decision(True, "enabled"), context)


def decide(tracker: EventTracker) -> None:
    """Decisions of every kind, as users of the bundled flags would cause them, some through attributes."""
    flags = load(FLAGS)
    ev = Evaluator(flags, tracker=tracker)
    for number, origin in enumerate(["EWR", "JFK", "LGA"] * 20):
        context = {"origin": origin, "distance": 900 + 10 * number, "month": 1 + number % 12, "carrier": "UA"}
        ev.batch_evaluate(f"user-{number}", flags, context)
        for key in flags.experiments:
            ev.assign(f"user-{number}", key, context)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_the_audit_passes_what_the_evaluator_decided(name: str, tmp_path: Path) -> None:
    """Evaluate, write, audit: every decision is found again, and none is missing or doubled."""
    tracker = EventTracker(FILES[name](tmp_path / name))
    decide(tracker)
    stats = tracker.close()
    check = verify.audit(tmp_path / name, load(FLAGS))

    assert stats.delivered == stats.produced == check.n > 500
    assert check.verdict == "pass", check.details["reason"]


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_the_audit_fails_a_wrong_decision(name: str, tmp_path: Path) -> None:
    """One event in hundreds that says the contrary is enough, through the command too."""
    tracker = EventTracker(FILES[name](tmp_path / name), background=False)
    decide(tracker)
    key, flag = next(
        (key, flag) for key, flag in load(FLAGS).items() if flag.enabled and flag.rollout_percentage == 100
    )
    tracker("mallory", key, flag.flag_id, Decision(False, "not_in_rollout"), None)
    tracker.close()

    assert verify.audit(tmp_path / name, load(FLAGS)).verdict == "fail"
    assert main(["verify", str(tmp_path / name), "--flags", str(FLAGS), "--json", str(tmp_path / "out.json")]) == 1


def test_a_context_of_any_objects_becomes_json() -> None:
    """Dates, decimals, sets, numpy's numbers and not-a-number are written as data, anything else as text."""
    context = {
        "when": datetime(2026, 1, 1, tzinfo=UTC),
        "share": Decimal("0.5"),
        "plans": {"b", "a"},
        "count": pd.Series([3])[0],
        "nothing": float("nan"),
        "odd": 1j,
        3: True,
    }
    written = json.loads(encoded(event(context=context)))["context"]  # type: ignore[arg-type]

    expected = {"when": "2026-01-01T00:00:00+00:00", "share": 0.5, "plans": ["a", "b"], "count": 3}
    assert written == expected | {"nothing": None, "odd": "1j", "3": True}


@pytest.mark.parametrize("name", FILES)
def test_what_no_json_can_say_is_refused_alone(name: str, tmp_path: Path) -> None:
    """An endless context, or half a character, costs its own event and no other."""
    endless: dict[str, Any] = {}
    endless["self"] = endless
    sink = FILES[name](tmp_path / name)
    written = sink.write([event("a"), event("b", endless), event("c"), event("\ud800")])
    sink.close()

    assert list(written.refused) == [1, 3]
    assert verify.read_exposures(tmp_path / name).ids.text.to_pylist() == ["a", "c"]


def test_lines_are_appended(tmp_path: Path) -> None:
    """A log that is opened again goes on."""
    for user in ("ann", "bob"):
        sink = JsonLinesSink(tmp_path / "log.jsonl")
        sink.write([event(user)])
        sink.close()
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()

    assert [json.loads(line)["user_id"] for line in lines] == ["ann", "bob"]


def test_a_full_disk_leaves_no_torn_line(tmp_path: Path) -> None:
    """After a write that fails half-way, the file ends with the last whole batch, and the next attempt succeeds."""
    sink = JsonLinesSink(tmp_path / "log.jsonl")
    sink.write([event("ann")])
    whole = sink._file

    class Full:
        """A file that takes ten bytes and then no more."""

        tell, truncate, seek = whole.tell, whole.truncate, whole.seek
        room = 10

        def write(self, data: bytes) -> int:
            """Take what fits."""
            if not self.room:
                raise OSError(28, "No space left on device")
            self.room = 0
            return whole.write(data[:10])

    sink._file = Full()  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        sink.write([event("bob")])
    sink._file = whole
    sink.write([event("bob")])
    sink.close()

    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["user_id"] for line in lines] == ["ann", "bob"]


def test_a_parquet_file_has_its_name_when_it_is_complete(tmp_path: Path) -> None:
    """Nobody reads half a file by mistake."""
    sink = ParquetSink(tmp_path / "log.parquet")
    sink.write([event()])
    assert [path.name for path in tmp_path.iterdir()] == ["log.parquet.partial"]
    sink.close()
    sink.close()

    assert [path.name for path in tmp_path.iterdir()] == ["log.parquet"]


@pytest.fixture
def stream(ministack: Server) -> KinesisSink:
    """A sink into a new stream of a real server."""
    client = ministack.client("kinesis")
    name = f"events-{next(NUMBERS)}"
    client.create_stream(StreamName=name, ShardCount=1)
    client.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    return KinesisSink(name, client=client)


def records_of(sink: KinesisSink) -> list[dict[str, Any]]:
    """The events in a stream."""
    shards = sink.client.list_shards(StreamName=sink.stream)["Shards"]
    found: list[dict[str, Any]] = []
    for shard in shards:
        start = sink.client.get_shard_iterator(
            StreamName=sink.stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while records := (answer := sink.client.get_records(ShardIterator=start))["Records"]:
            found += [json.loads(record["Data"]) for record in records]
            start = answer["NextShardIterator"]
    return found


def test_a_stream_gets_every_event_once(stream: KinesisSink) -> None:
    """More events than one call takes arrive in a real stream, each as one JSON object."""
    tracker = EventTracker(stream)
    decide(tracker)
    stats = tracker.close()
    found = records_of(stream)

    assert stats.delivered == stats.produced == len(found) > 500
    assert max(Counter((each["user_id"], each["flag_key"], each["event_type"]) for each in found).values()) == 1
    assert set(found[0]) == set(COLUMNS)


def test_an_event_too_large_for_a_record_is_refused_alone(stream: KinesisSink) -> None:
    """One of more than 1 MB is refused; its neighbours arrive."""
    written = stream.write([event("a"), event("b", {"text": "x" * 1_100_000}), event("c")])

    assert (list(written.failed), list(written.refused)) == ([], [1])
    assert [each["user_id"] for each in records_of(stream)] == ["a", "c"]


def test_calls_stay_below_five_megabytes(stream: KinesisSink) -> None:
    """Large events go in several calls, none over the limit, which the server would refuse."""
    written = stream.write([event(f"user-{i}", {"text": "x" * 900_000}) for i in range(7)])

    assert (list(written.failed), list(written.refused)) == ([], [])
    assert len(records_of(stream)) == 7


def test_a_stream_that_is_not_there_is_named(ministack: Server) -> None:
    """All events are kept for another attempt, and the error says which stream is missing."""
    written = KinesisSink("nowhere", client=ministack.client("kinesis")).write([event(), event()])

    assert list(written.failed) == [0, 1]
    assert "Kinesis stream nowhere" in str(written.error)
    assert "ResourceNotFoundException" in str(written.error)
