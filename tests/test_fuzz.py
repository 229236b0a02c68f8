"""The doors of the product under any input: each opens, or says in one message why not; nothing else comes out."""

import contextlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ffcore import ConfigError, Evaluator, load
from ffcore.aws.events import BadRequest, Names, question
from ffcore.cli import main
from ffcore.lab import verify
from ffcore.lab.explore import Edit
from ffcore.lab.schemes import check_vectors
from tests.support.strategies import contexts

ROOT = Path(__file__).parents[1]
FLAGS = load(ROOT / "data" / "flags.yaml")
SLICE, LONG = 60, int(os.environ.get("FFCORE_EXAMPLES", "200000")) // 20
FLAGS_TEXT = (ROOT / "data" / "flags.yaml").read_text(encoding="utf-8")
LOG_TEXT = "user_id,flag_key,variant,enabled,timestamp,context\nu1,delay-causes,,true,2026-01-01T00:00:00Z,{}\n"
VECTORS_TEXT = "n,op,unit_id,key,salt,seed,params,hash,bucket,variant\n1,rollout,a,b,,,{},1,0.5,true\n"

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def damaged(text: str) -> st.SearchStrategy[str]:
    """A good file with a piece cut out and another put in."""
    place, piece = st.integers(0, len(text)), st.text(max_size=6) | st.sampled_from(["\n", "\x00", "{", ",", '"', "- "])
    return st.builds(lambda at, size, new: text[:at] + new + text[at + size :], place, st.integers(0, 30), piece)


def read_flags(folder: Path, text: str) -> None:
    """`ffcore.load`."""
    load(written(folder, "flags.yaml", text))


def read_log(folder: Path, text: str) -> None:
    """`ffcore verify`'s reader and audit, on a CSV."""
    verify.audit(verify.read_exposures(written(folder, "log.csv", text)), FLAGS)


def read_vectors(folder: Path, text: str) -> None:
    """`schemes.check_vectors`."""
    check_vectors(written(folder, "growthbook.csv", text))


def ask_lambda(_folder: Path, event: Any) -> None:
    """A Lambda's question."""
    with contextlib.suppress(BadRequest):
        question(event, Names("flag"))


def decide(_folder: Path, context: Any) -> None:
    """Every flag for one user of any context."""
    evaluator = Evaluator(FLAGS)
    for key in FLAGS:
        evaluator.evaluate("u", key, context)
        evaluator.trace("u", key, context)


def run_command(folder: Path, words: list[str]) -> None:
    """The command line; argparse leaves with SystemExit, all else with a code."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), contextlib.chdir(folder):
        try:
            code = main(words)
        except SystemExit as leave:
            code = leave.code if isinstance(leave.code, int) else 2
    assert code in {0, 1, 2, 3}


def count(_folder: Path, numbers: tuple[Any, Any]) -> None:
    """`verify.sample_ratio` and its running form."""
    for check in (verify.sample_ratio, verify.sequential_sample_ratio):
        with contextlib.suppress(ConfigError):
            check(*numbers)


def explore(_folder: Path, words: tuple[Any, str, str]) -> None:
    """A panel's edit."""
    Edit("checkin-reminder", *words).applied(FLAGS["checkin-reminder"])


def written(folder: Path, name: str, text: str) -> Path:
    """A file of this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    return path


WORDS = st.sampled_from(
    ["evaluate", "verify", "flags", "list", "validate", "diff", "--flags", "--flag", "--user", "--context", "--json"]
) | st.text(max_size=8)
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
DOORS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Path, Any], None]]] = {
    "flag files": (damaged(FLAGS_TEXT), read_flags),
    "exposure logs": (damaged(LOG_TEXT), read_log),
    "vectors": (damaged(VECTORS_TEXT), read_vectors),
    "Lambda events": (EVENTS, ask_lambda),
    "contexts": (contexts, decide),
    "command lines": (st.lists(WORDS, max_size=6), run_command),
    "counts": (st.tuples(numbers, numbers), count),
    "edits": (st.tuples(st.floats() | st.text(max_size=6), st.text(max_size=20), st.text(max_size=30)), explore),
}


def campaign(door: str, folder: Path, examples: int, seed: int) -> int:
    """Try so many inputs at a door; how many were tried. Anything but a ConfigError is a crash."""
    tried = 0
    strategy, knock = DOORS[door]

    @settings(max_examples=examples, derandomize=False, suppress_health_check=list(HealthCheck))
    @hypothesis.seed(seed)
    @given(strategy)
    def one(value: Any) -> None:
        nonlocal tried
        tried += 1
        with contextlib.suppress(ConfigError):
            knock(folder, value)

    one()
    return tried


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_a_door_opens_or_says_why_not(door: str, tmp_path: Path) -> None:
    """A slice of the campaign, the same on every machine."""
    assert campaign(door, tmp_path, SLICE, seed=0) >= SLICE // 2


@pytest.mark.long
@pytest.mark.parametrize("door", DOORS)
def test_the_whole_campaign(door: str, tmp_path: Path, record_property: Callable[[str, int], None]) -> None:
    """FFCORE_EXAMPLES inputs over all doors, more or less; the count is recorded."""
    tried = campaign(door, tmp_path, LONG, seed=1)

    record_property("inputs", tried)
    assert tried >= LONG // 2
