"""Parts on executors of every kind: as decided here, few at a time, and no bigger than their own rows."""

import pickle
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pytest
from distributed import Client, LocalCluster

from ffcore import ConfigError, FlagSet
from ffcore.lab import count_frame, count_range, evaluate_frame
from ffcore.lab.bulk import executors, parts
from ffcore.lab.bulk.columns import Values
from ffcore.lab.bulk.counts import Groups
from ffcore.lab.bulk.deciding import Part
from ffcore.lab.bulk.executors import detached, in_order
from ffcore.lab.bulk.parts import parts_of
from ffcore.lab.bulk.sources import read_frame

ARMS = [{"key": "b", "allocation": "1/3"}, {"key": "a", "allocation": "2/3"}]
TAGS = {"attribute": "tags", "operator": "contains", "value": "a"}
AGE = {"attribute": "age", "operator": "less_than", "value": 50}
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "arms", "enabled": True, "rollout_percentage": 50, "variants": ARMS, "targeting_rules": [TAGS]},
        {"key": "aged", "enabled": True, "rollout_percentage": 50, "targeting_rules": [AGE]},
    ],
    experiments=[{"key": "pricing", "status": "active", "variants": ARMS, "traffic_allocation": 0.4}],
)
USERS = pd.DataFrame(
    {
        "user_id": [f"user-{number}" for number in range(1_000)],
        "tags": [["a"], ["b"], None, "a"] * 250,
        "age": [*range(100)] * 10,
        "country": pd.Categorical(["NO", "DK", None, "SE"] * 250),
    }
)


class Inline(Executor):
    """An executor that works when it is asked to, and notes how much lay with it at once."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Take a task."""
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        future: Future[Any] = Noted(self)
        future.set_result(fn(*args, **kwargs))
        return future


class Noted(Future[Any]):
    """A future that tells its executor when its answer is fetched."""

    def __init__(self, executor: Inline) -> None:
        super().__init__()
        self.executor = executor

    def result(self, timeout: float | None = None) -> Any:
        """The answer."""
        self.executor.under_way -= 1
        return super().result(timeout)


# --- tasks


def test_answers_come_in_the_order_of_the_tasks() -> None:
    """Also where a later task is done first, and with more tasks than may be under way."""
    first = threading.Event()

    def work(task: int) -> int:
        if task == 1:
            first.set()
        return task if task or first.wait(10) else -1

    with ThreadPoolExecutor(2) as threads:
        assert list(in_order(work, range(500), threads)) == list(range(500))


def test_few_tasks_are_under_way_at_once() -> None:
    """A task is not even made before there is room for it: a frame of a billion rows is never sent as a whole."""
    made: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(1_000):
            made.append(number)
            yield number

    executor = Inline()
    answers = in_order(abs, tasks(), executor)
    next(answers)

    assert len(made) == executors.PARTS_AHEAD
    assert len(list(answers)) == 999
    assert executor.most == executors.PARTS_AHEAD


def test_a_failure_ends_the_work() -> None:
    """The error is the task's own, and tasks that have not begun are not begun any more."""
    begun: list[int] = []

    def work(task: int) -> None:
        begun.append(task)
        if task == 0:
            raise ConfigError([("user_id", "no good")])
        time.sleep(0.01)

    with ThreadPoolExecutor(1) as threads, pytest.raises(ConfigError, match="no good"):
        list(in_order(work, range(10_000), threads))

    assert len(begun) < executors.PARTS_AHEAD


# --- what travels

TEXTS = pa.array([f"user-number-{number}" for number in range(50_000)])
FEW = pa.array(["NO", "DK", None, "SE"] * 12_500).dictionary_encode()
COLUMNS: dict[str, pa.Array | pa.ChunkedArray] = {
    "text": TEXTS,
    "large text": TEXTS.cast(pa.large_string()),
    "views": TEXTS.cast(pa.string_view()),
    "large dictionary": TEXTS.dictionary_encode(),
    "small dictionary": FEW,
    "numbers": pa.array(range(50_000)),
    "truth values": pa.array([True, None] * 25_000),
    "lists": pa.array([[number] for number in range(50_000)]),
    "chunks": pa.chunked_array([TEXTS[:100], TEXTS]),
    "chunks of dictionaries": pa.chunked_array([FEW[:150], TEXTS.dictionary_encode()]),
    "no chunks": pa.chunked_array([], pa.string()),
    "nulls": pa.nulls(50_000),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_slice_travels_alone(column: pa.Array | pa.ChunkedArray) -> None:
    """Whatever the column is made of, a hundred rows of it are pickled in the space of a hundred rows."""
    piece = column[90:190]

    pickled = pickle.dumps(Part(7, piece, {"a": piece, "b": ["x"]}))

    part = pickle.loads(pickled)  # noqa: S301  our own
    assert len(pickled) < 8_000
    assert part.ids.to_pylist() == part.columns["a"].to_pylist() == piece.to_pylist()
    assert (part.start, part.columns["b"]) == (7, ["x"])


def test_objects_are_their_own_slice() -> None:
    """A list of Python objects is passed on as it is."""
    values: Values = [["a"], None]

    assert detached(values) is values


def test_long_ids_make_short_parts() -> None:
    """No part is larger than what Dask takes without a warning; short ids fill a whole part."""
    long = pd.DataFrame({"user_id": ["x" * 500 + str(number) for number in range(40_000)]})
    short = pd.DataFrame({"user_id": [str(number) for number in range(40_000)]})

    pieces = list(parts_of(read_frame(long, ["user_id"]), [], "user_id"))

    assert 3 <= len(pieces) <= 4
    assert max(len(pickle.dumps(piece)) for piece in pieces) < 10_000_000
    assert [piece.start for piece in pieces] == np.cumsum([0, *map(len, pieces[:-1])]).tolist()
    assert [len(piece) for piece in parts_of(read_frame(short, ["user_id"]), [], "user_id")] == [40_000]


def test_a_part_takes_its_own_segments_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """What count_frame sends for a part holds the segments of that part's rows, not of all rows."""
    monkeypatch.setattr(parts, "PART_ROWS", 100)
    sent: list[Groups] = []

    class Spy(Inline):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            sent.append(args[0][1])
            assert len(pickle.dumps((fn, args))) < 10_000
            return super().submit(fn, *args, **kwargs)

    counts = count_frame(USERS, FLAGS, by=["country"], executor=Spy())

    pd.testing.assert_frame_equal(counts, count_frame(USERS, FLAGS, by=["country"]))
    assert [0 if groups is None else len(groups) for groups in sent] == [100] * 10


# --- other processes


def check(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results and counts over an executor are those of this process, bit for bit, errors included."""
    expected, counts = evaluate_frame(USERS, FLAGS), count_frame(USERS, FLAGS, by=["country"])
    monkeypatch.setattr(parts, "PART_ROWS", 99)

    pd.testing.assert_frame_equal(evaluate_frame(USERS, FLAGS, executor=executor), expected)
    pd.testing.assert_frame_equal(count_frame(USERS, FLAGS, by=["country"], executor=executor), counts)
    table = pa.Table.from_pandas(USERS[["user_id", "age", "country"]])
    assert evaluate_frame(table, FLAGS, ["aged"], executor=executor).equals(evaluate_frame(table, FLAGS, ["aged"]))
    pd.testing.assert_frame_equal(
        count_range(range(600_000), FLAGS, ["pricing"], executor=executor),
        count_range(range(600_000), FLAGS, ["pricing"]),
    )
    with pytest.raises(ConfigError, match=r"^user_id: 1 of 101 ids are null or blank, at rows 100;"):
        evaluate_frame(pd.DataFrame({"user_id": ["a"] * 100 + [" "]}), FLAGS, executor=executor)


def test_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A given executor decides the parts, and is left running."""
    with ThreadPoolExecutor(2) as threads:
        check(threads, monkeypatch)

        assert threads.submit(int).result() == 0


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts travel to other processes and back."""
    with ProcessPoolExecutor(2, mp_context=get_context(method)) as processes:
        check(processes, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("pure", [False, True])
def test_a_dask_cluster(monkeypatch: pytest.MonkeyPatch, *, pure: bool) -> None:
    """Two processes of a cluster on this machine say the same, without a warning, and end with it."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        workers = [nanny.pid for nanny in cluster.workers.values()]
        check(client.get_executor(pure=pure), monkeypatch)
        decided = client.run(lambda: "ffcore.lab.bulk.kernels" in __import__("sys").modules)

    assert list(decided.values()) == [True, True]
    assert len(workers) == 2
    assert not any(map(psutil.pid_exists, workers))
