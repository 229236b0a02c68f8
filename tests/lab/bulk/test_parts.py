"""Parts of a frame on executors, and the notice that kernels are compiled."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest

from ffcore import FlagSet
from ffcore.lab import evaluate_frame
from ffcore.lab.bulk import parts

RULE = {"attribute": "tags", "operator": "contains", "value": "a"}
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "x", "enabled": True, "rollout_percentage": 50},
        {"key": "y", "enabled": True, "rollout_percentage": 50, "targeting_rules": [RULE]},
    ]
)
USERS = pd.DataFrame(
    {"user_id": [f"user-{number}" for number in range(1_000)], "tags": [["a"], ["b"], None, "a"] * 250}
)


def test_an_executor_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A given executor decides the parts, and is left running."""
    expected = evaluate_frame(USERS, FLAGS)
    monkeypatch.setattr(parts, "PART_ROWS", 99)

    with ThreadPoolExecutor(2) as threads:
        pd.testing.assert_frame_equal(evaluate_frame(USERS, FLAGS, executor=threads), expected)
        assert threads.submit(int).result() == 0


@pytest.mark.slow
def test_an_executor_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts travel to other processes and back."""
    expected = evaluate_frame(USERS, FLAGS)
    monkeypatch.setattr(parts, "PART_ROWS", 300)

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        pd.testing.assert_frame_equal(evaluate_frame(USERS, FLAGS, executor=processes), expected)


COMPILE = "from ffcore.lab.bulk.parts import compile_kernels; compile_kernels()"


@pytest.mark.slow
def test_the_first_call_says_that_it_compiles(tmp_path: Path) -> None:
    """With an empty cache one line says why it takes a while; with the cache filled there is none."""
    said = []
    for _ in range(2):
        command = [sys.executable, "-c", COMPILE]
        ran = subprocess.run(
            command, capture_output=True, text=True, check=True, env={"NUMBA_CACHE_DIR": str(tmp_path)}, cwd=Path.cwd()
        )
        said.append(ran.stderr.count("compiling the kernels"))

    assert said == [1, 0]
