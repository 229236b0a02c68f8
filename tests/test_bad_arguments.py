"""Every public function with every wrong argument: it answers, or says in one message what it expected."""

import sqlite3
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ffcore
from ffcore.errors import shown
from ffcore.lab import (
    bench,
    caching,
    count_frame,
    count_range,
    evaluate_files,
    evaluate_frame,
    readiness,
    schemes,
    verify,
)
from ffcore.lab.population import load_population
from ffcore.lab.schemes.files import read_flags
from ffcore.sinks import JsonLinesSink

ROOT = Path(__file__).parents[1]
FLAGS = ffcore.load(ROOT / "data" / "flags.yaml")
FLAG, SPLIT = FLAGS["delay-causes"], FLAGS["checkin-reminder"]
USERS = [f"u{number}" for number in range(200)]
FRAME = pd.DataFrame({"user_id": USERS, "country": ["NO", "SE"] * 100})
LOG = pd.read_parquet(ROOT / "data" / "exposures.parquet").head(300).query("flag_key == 'seat-upgrade-copy'")
TWO = {"control": 0.5, "legroom": 0.5}
ITEM = {"key": "a", "variants": [{"key": arm, "allocation": 0.5} for arm in TWO]}
EVALUATOR = ffcore.Evaluator(FLAGS)
SCHEME = schemes.get("launchdarkly")
HALVES = [0.5, 0.5]
TRAFFIC = caching.Traffic(100.0, (0.5, 0.5), 2)
CSV = pd.DataFrame({"user_id": ["a"]})


def hashed(user_id: str, key: str = "") -> int:
    """An assignment function."""
    return ffcore.hash32(user_id, key)


def drawn(name: str, **given: Any) -> object:
    """A scheme's assignment, asked once."""
    return getattr(SCHEME, name)(**given)("u")


def wrong() -> list[Any]:
    """Other types, empty, huge, not finite, of other shapes, text that is no text, and paths to nothing."""
    numbers = [0, -1, 3.7, float("nan"), float("inf"), 10**30, True, Decimal("NaN"), 1j]
    texts = ["", " ", "x", "\ud800", "a\0b", "x" * 300, b"x", "/nonexistent/file"]
    lists: list[Any] = [[], (), set(), range(0), iter([1]), [None], [1, 2, 3], ["a", "a"], [[]], [{"a": float("inf")}]]
    mappings = [{}, {"a": 1}, {"a": -1, "b": float("nan")}, {"a": "x"}, {1: 2}, {None: None}]
    arrays = [np.array([]), np.array([[1, 2], [3, 4]]), np.array([1.5, np.nan])]
    frames = [pd.DataFrame(), pd.DataFrame({"user_id": [None, ""]}), pd.DataFrame({"x": [1]})]
    functions = [object(), lambda *_: None, int]
    return [None, *numbers, *texts, *lists, *mappings, *arrays, *frames, *functions, FLAGS, FLAG]


#: Each function with arguments that are right.
Calls = dict[str, tuple[Callable[..., object], dict[str, Any]]]


def evaluator_calls() -> Calls:
    """The evaluator's side."""
    who = {"user_id": "u", "context": {"country": "NO"}}
    cache = {"ttl": 300.0, "max_entries": 10, "negative_ttl": 30.0, "max_stale": 60.0, "jitter": 0.0}
    return {
        "load": (ffcore.load, {"path": ROOT / "data" / "flags.yaml", "buckets": 10_000}),
        "hash32": (ffcore.hash32, {"user_id": "u", "salt": "s"}),
        "FlagSet": (ffcore.FlagSet, {"flags": [FLAG], "experiments": []}),
        "FlagSet.from_items": (ffcore.FlagSet.from_items, {"flags": [ITEM], "experiments": [ITEM]}),
        "Flag.from_item": (ffcore.Flag.from_item, {"item": ITEM, "buckets": 100}),
        "Experiment.from_item": (ffcore.Experiment.from_item, {"item": ITEM}),
        "Flag": (ffcore.Flag, {"key": "a", "enabled": True, "rollout_percentage": 50, "buckets": 100}),
        "Variant": (ffcore.Variant, {"key": "a", "allocation": 1, "payload": {}}),
        "Rule": (ffcore.Rule, {"attribute": "a", "operator": "equals", "value": 1}),
        "RuleGroup": (ffcore.RuleGroup, {"kind": "all", "rules": ()}),
        "Evaluator": (ffcore.Evaluator, {"source": FLAGS, **cache}),
        "evaluate": (EVALUATOR.evaluate, {"flag_key": "delay-causes", **who}),
        "batch_evaluate": (EVALUATOR.batch_evaluate, {"flag_keys": ["delay-causes"], **who}),
        "assign": (EVALUATOR.assign, {"experiment_key": "seat-upgrade-copy", **who}),
        "trace": (EVALUATOR.trace, {"key": "delay-causes", **who}),
        "flag": (EVALUATOR.flag, {"flag_key": "delay-causes"}),
        "SQLiteStore": (ffcore.stores.SQLiteStore, {"path": ":memory:", "buckets": 100}),
        "MemoryStore": (ffcore.stores.MemoryStore, {"flag_set": FLAGS}),
    }


def check_calls() -> Calls:
    """The checks."""
    look = {"alpha": 0.001, "margin": 0.01}
    return {
        "sample_ratio": (verify.sample_ratio, {"observed": {"control": 5, "legroom": 5}, "expected": TWO, **look}),
        "sequential_sample_ratio": (
            verify.sequential_sample_ratio,
            {"counts": [[5, 5]], "expected": [0.5, 0.5], **look},
        ),
        "rollout": (verify.rollout, {"flag": FLAG, "users": USERS, "expected": 0.5, **look}),
        "variants": (verify.variants, {"flag": SPLIT, "users": USERS, "expected": None, **look}),
        "uniformity": (verify.uniformity, {"assign": hashed, "users": USERS}),
        "independence": (verify.independence, {"assign": hashed, "keys": ["a", "b"], "users": USERS}),
        "ramp": (verify.ramp, {"flag": FLAG, "percentages": (1, 5)}),
        "blast_radius": (verify.blast_radius, {"before": FLAG, "after": FLAG, "users": USERS, "allow": ()}),
        "audit": (verify.audit, {"exposures": LOG, "flags": FLAGS}),
        "explain": (verify.explain, {"exposures": LOG, "expected": TWO, "by": ["reason"]}),
        "fleet": (verify.fleet, {"checks": [verify.rollout(FLAG, USERS)]}),
        "plan": (verify.plan, {"share": 0.5, "margin": 0.01, "power": 0.9, "alpha": 0.05}),
        "read_exposures": (verify.read_exposures, {"source": LOG}),
        "logged": (lambda column: verify.rollout(verify.logged(column), FRAME, expected=0.5), {"column": "country"}),
    }


def population_calls(folder: Path) -> Calls:
    """Whole populations."""
    users = folder / "users.csv"
    CSV.to_csv(users, index=False)
    frame = {"frame": FRAME, "flags": FLAGS, "keys": ["delay-causes"], "user_id": "user_id"}
    decide = partial(evaluate_files, flags=FLAGS, out=folder / "out", overwrite=True)
    return {
        "evaluate_frame": (evaluate_frame, {**frame, "on_invalid": "raise"}),
        "count_frame": (count_frame, frame),
        "count_range": (count_range, {"numbers": range(9), "flags": FLAGS, "keys": ["delay-causes"], "width": 3}),
        "evaluate_files": (decide, {"paths": users, "user_id": "user_id", "carry": (), "on_invalid": "raise"}),
        "load_population": (load_population, {"path": users, "id_column": "user_id"}),
    }


def other_calls(folder: Path) -> Calls:
    """Other vendors' schemes, the cache's theory, measuring, sinks."""
    return {
        "schemes.get": (schemes.get, {"name": "launchdarkly"}),
        "scheme.rollout": (partial(drawn, "rollout"), {"percentage": 25, "key": "k", "salt": "s"}),
        "scheme.variants": (partial(drawn, "variants"), {"weights": TWO, "key": "k", "salt": "s"}),
        "check_vectors": (schemes.check_vectors, {"path": ROOT / "tests" / "data" / "growthbook.csv"}),
        "read_flags": (read_flags, {"path": ROOT / "tests" / "data" / "vendors" / "flagd.json", "vendor": "flagd"}),
        "Traffic": (caching.Traffic, {"requests": 100.0, "shares": (0.5, 0.5), "containers": 2}),
        "zipf": (caching.zipf, {"flags": 10, "exponent": 1.0}),
        "caching.hit_rate": (caching.hit_rate, {"rate": 1.0, "ttl": 300.0}),
        "caching.fleet_hit_rate": (partial(caching.fleet_hit_rate, TRAFFIC), {"ttl": 300.0}),
        "caching.reads": (partial(caching.reads, TRAFFIC), {"ttl": 300.0, "seconds": 60.0}),
        "caching.cost": (caching.cost, {"reads": 1e6, "units": 0.5}),
        "caching.needed_ttl": (partial(caching.needed_ttl, TRAFFIC), {"wanted": 0.9}),
        "caching.most_containers": (partial(caching.most_containers, TRAFFIC), {"ttl": 300.0, "wanted": 0.9}),
        "caching.stale_share": (partial(caching.stale_share, TRAFFIC), {"ttl": 300.0, "since": 1.0}),
        "bench.sizes": (bench.sizes, {"profile": "smoke"}),
        "bench.workloads": (bench.workloads, {"flags": FLAGS}),
        "readiness.Demand": (readiness.Demand, {"traffic": TRAFFIC, "ttl": 300.0, "new_users": 1.0, "item_bytes": 9}),
        "JsonLinesSink": (JsonLinesSink, {"path": folder / "events.jsonl"}),
    }


#: What a caller may catch: our message, Python's own word for another type, and what a store's docstring names.
SAID = (ValueError, TypeError, sqlite3.Error, OSError)
#: Words of a value that went deeper than it should, and met code that expected another kind.
LOST = ("ambiguous", "has no attribute", "not supported between", "object is not callable")


def unforeseen(function: Callable[..., object], given: dict[str, Any]) -> str:
    """What is wrong with how a call ended, empty where it answered or said clearly why not."""
    try:
        function(**given)
    except SAID as error:
        text = str(error)
        return f"{type(error).__name__}: {text}" if not text or any(word in text for word in LOST) else ""
    except Exception as error:  # noqa: BLE001 - whatever else it is, nobody foresaw it
        return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_wrong_argument_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each argument of each function in turn is each wrong value; all others are right."""
    monkeypatch.chdir(tmp_path)  # some of the paths are possible
    functions = evaluator_calls() | check_calls() | population_calls(tmp_path) | other_calls(tmp_path)
    found, tried = [], 0
    for name, (function, right) in functions.items():
        function(**right)
        for argument in right:
            for value in wrong():
                tried += 1
                if ending := unforeseen(function, {**right, argument: value}):
                    found.append(f"{name}({argument}={shown(value)}): {ending}")

    assert found == []
    assert tried > 4_000
