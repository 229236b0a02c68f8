"""The doors of the product: whatever takes input from outside, with inputs to try on each.

One table for both campaigns: `tests/test_fuzz.py` (Hypothesis) and `python -m tests.support.fuzz` (atheris).
"""

import contextlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
from hypothesis import strategies as st

from ffcore import ConfigError, Evaluator, load
from ffcore.aws.events import BadRequest, Names, question
from ffcore.cli import main
from ffcore.lab import bench, evaluate_frame, verify
from ffcore.lab.bench import baseline
from ffcore.lab.explore import Edit
from ffcore.lab.population import load_population
from ffcore.lab.report import bundle, page, parameters, targets
from ffcore.lab.schemes import check_vectors
from ffcore.lab.schemes.files import READERS, read_flags
from ffcore.lab.schemes.files.logs import vendor_log
from ffcore.stores import SQLiteStore
from tests.support.strategies import contexts

ROOT = Path(__file__).parents[2]
FLAGS = load(ROOT / "data" / "flags.yaml")
FLAGS_TEXT = (ROOT / "data" / "flags.yaml").read_bytes()
LOG = pd.read_parquet(ROOT / "data" / "exposures.parquet").head(3)
LINES = LOG.to_json(orient="records", lines=True, date_format="iso")
RESULT = (ROOT / "reports" / "sample" / "regression.json").read_bytes()
VECTORS = b"".join((ROOT / "tests" / "data" / "growthbook.csv").read_bytes().splitlines(keepends=True)[::40])
Knock: TypeAlias = Callable[[Path, Any], object]


@dataclass(frozen=True, slots=True)
class Door:
    """Where input comes in.

    Attributes:
        knock: Takes a folder of its own and one input; raises ``ConfigError`` where the input is refused.
        inputs: What Hypothesis tries.
        seeds: Good inputs as bytes, which atheris changes; without any its bytes make the choices of ``inputs``.
        read: Makes an input of such bytes; ``ValueError`` where they are none.
    """

    knock: Knock
    inputs: st.SearchStrategy[Any]
    seeds: tuple[bytes, ...] = ()
    read: Callable[[bytes], Any] = bytes


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def damaged(*files: bytes) -> st.SearchStrategy[bytes]:
    """A good file with a piece cut out and another put in."""
    pieces = st.text(max_size=6).map(str.encode) | st.sampled_from([b"\n", b"\0", b"{", b",", b'"', b"- ", b"\xff"])
    return st.builds(
        lambda file, at, size, new: file[: at % len(file)] + new + file[at % len(file) + size :],
        st.sampled_from(files),
        st.integers(0, max(map(len, files))),
        st.integers(0, 30),
        pieces,
    )


def file_door(name: str, knock: Callable[[Path], object], *seeds: bytes) -> Door:
    """A door that takes a file of this name."""

    def open_file(folder: Path, data: bytes) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        knock(path)

    return Door(open_file, damaged(*seeds), seeds)


def read_log(path: Path) -> None:
    """`ffcore verify`'s reader, audit and shares."""
    log = verify.read_exposures(path)
    verify.audit(log, FLAGS)


def decide_population(path: Path) -> None:
    """The users of a file, decided in bulk."""
    evaluate_frame(load_population(path), FLAGS, ["checkin-reminder"])


def decide_vendor(vendor: str, path: Path) -> None:
    """A vendor's file, and a log of each of its flags."""
    flags = read_flags(path, vendor)
    users = pd.DataFrame({"user_id": ["ann", "bob"], "enabled": True, "context.country": ["NO", None]})
    for key in flags:
        if key.strip() and key.isprintable():
            vendor_log(users.assign(flag_key=key), flags)


def rebuild_page(path: Path) -> None:
    """A summary page of one result file."""
    page.write(path.parent)


def serve_item(folder: Path, item: bytes) -> None:
    """A flag and an experiment as text in a SQLite file, read and decided."""
    path = folder / "flags.db"
    store = SQLiteStore(path)
    with sqlite3.connect(path, isolation_level=None) as connection:
        for table in ("flags", "experiments"):
            connection.execute(f"INSERT OR REPLACE INTO {table} VALUES ('k', CAST(? AS TEXT))", [item])  # noqa: S608
    connection.close()
    evaluator = Evaluator(store)
    evaluator.evaluate("u", "k", {"country": "NO"})
    evaluator.assign("u", "k")
    store.close()


def ask_lambda(_folder: Path, event: Any) -> None:
    """A Lambda's question."""
    for name in ("flag", "experiment"):
        with contextlib.suppress(BadRequest):
            question(event, Names(name))


def decide(_folder: Path, context: Any) -> None:
    """Every flag for one user of any context."""
    evaluator = Evaluator(FLAGS)
    for key in FLAGS:
        evaluator.evaluate("u", key, context)
        str(evaluator.trace("u", key, context))


def run_command(folder: Path, words: list[str]) -> None:
    """The command line; argparse leaves with SystemExit, all else with a code."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), contextlib.chdir(folder):
        try:
            code = main(words)
        except SystemExit as leave:
            code = leave.code if isinstance(leave.code, int) else 2
    if code not in {0, 1, 2, 3}:
        raise AssertionError(f"exit code {code}")


def count(_folder: Path, numbers: tuple[Any, Any]) -> None:
    """`verify.sample_ratio` and its running form."""
    for check in (verify.sample_ratio, verify.sequential_sample_ratio):
        with contextlib.suppress(ConfigError):
            check(*numbers)


def explore(_folder: Path, words: tuple[Any, str, str]) -> None:
    """A panel's edit."""
    Edit("checkin-reminder", *words).applied(FLAGS["checkin-reminder"])


def zipped() -> bytes:
    """A small bundle."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, text in {"SHA256SUMS": "0  regression.json\n", "regression.json": RESULT.decode()}.items():
            file.writestr(f"run/{name}", text)
    return packed.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    """A frame as a Parquet file."""
    return bytes(frame.to_parquet(compression=None))


def events() -> tuple[bytes, ...]:
    """Events of both kinds of API Gateway, and direct invocations."""
    query = {"user_id": "u", "flag_key": "f", "experiment_key": "e"}
    found = [
        {"httpMethod": "GET", "queryStringParameters": query, "body": '{"context": {"country": "NO"}}'},
        {"requestContext": {"http": {"method": "POST"}}, "body": json.dumps(query), "isBase64Encoded": False},
        {"httpMethod": "POST", "body": "eyJ1c2VyX2lkIjogInUifQ==", "isBase64Encoded": True},
        {"user_id": "u", "flag_keys": ["f", "g"], "experiment_keys": ["e"], "context": {}},
    ]
    return tuple(json.dumps(event).encode() for event in found)


WORDS = ["evaluate", "verify", "flags", "list", "validate", "diff", "load", "--flags", "--flag", "--user", "--context"]
WORDS += ["--json", "--users", "--out", "--buckets", "--to", "sqlite", "--carry", "a.db", "schema", "."]
EVENTS = values | st.fixed_dictionaries(
    {},
    optional={
        "httpMethod": st.sampled_from(["GET", "POST", "PUT"]) | values,
        "queryStringParameters": st.dictionaries(st.sampled_from(["user_id", "flag_key"]), values) | values,
        "body": st.builds(json.dumps, values) | values,
        "isBase64Encoded": values,
        "requestContext": values,
        "user_id": values,
        "flag_keys": values,
        "context": values,
    },
)
numbers = st.lists(st.integers() | st.floats() | values, max_size=4)
words = st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=6)
edits = st.tuples(st.floats() | st.text(max_size=6), st.text(max_size=20), st.text(max_size=30))
ITEM = json.dumps(FLAGS["checkin-reminder"].to_item()).encode()
EXPERIMENT = json.dumps(FLAGS.experiments["seat-upgrade-copy"].to_item()).encode()
USERS = pd.DataFrame({"user_id": ["a", "007", "ü"], "origin": ["JFK", None, "LGA"], "month": [1, 2, 3]})
MULTIPLES = {name: {"value": 2.0, "low": 1.0, "high": 3.0, "n": 20} for name in bench.contender.NAMES}
BENCH = {"schema": 2, "multiples": MULTIPLES, "machine": {"python": "3.11.7"}, "versions": {"ffcore": "0.1.0"}}
NOTEBOOK = (ROOT / "notebooks" / "rollout_accuracy.ipynb").read_bytes()

DOORS: dict[str, Door] = {
    "flag files": file_door("flags.yaml", load, FLAGS_TEXT),
    "JSON flag files": file_door("flags.json", load, json.dumps(FLAGS.to_items()).encode()),
    "store items": Door(serve_item, damaged(ITEM, EXPERIMENT), (ITEM, EXPERIMENT)),
    "exposure logs": file_door("log.csv", read_log, LOG.to_csv(index=False).encode()),
    "JSON lines logs": file_door("log.jsonl", read_log, LINES.encode()),
    "Parquet logs": file_door("log.parquet", read_log, parquet(LOG)),
    "users": file_door("users.csv", decide_population, USERS.to_csv(index=False).encode()),
    "Parquet users": file_door("users.parquet", decide_population, parquet(USERS)),
    "vectors": file_door("growthbook.csv", check_vectors, VECTORS),
    "result files": file_door("run/regression.json", rebuild_page, RESULT),
    "stored runs": file_door("run.json", baseline.read, json.dumps(BENCH).encode(), RESULT),
    "bundles": file_door("run.zip", bundle.check, zipped()),
    "notebooks": file_door("notebook.ipynb", parameters.declared, NOTEBOOK),
    "targets": file_door("targets.yaml", targets.load_targets, (ROOT / "data" / "targets.yaml").read_bytes()),
    "Lambda events": Door(ask_lambda, EVENTS, events(), json.loads),
    "contexts": Door(decide, contexts),
    "command lines": Door(run_command, words),
    "counts": Door(count, st.tuples(numbers, numbers)),
    "edits": Door(explore, edits),
}
DOORS |= {
    f"{vendor} files": file_door(
        f"{vendor}.json",
        partial(decide_vendor, vendor),
        (ROOT / "tests" / "data" / "vendors" / f"{vendor}.json").read_bytes(),
    )
    for vendor in READERS
}
