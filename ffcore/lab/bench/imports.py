"""What an import costs: fresh processes that import something beside fresh processes that do not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import ffcore
from ffcore.lab.bench.clock import Clock
from ffcore.lab.bench.comparison import turns
from ffcore.lab.bench.estimate import Estimate, median

BARE = "bare interpreter"
OURS = {"ffcore": "import ffcore"}


def import_times(
    statements: Mapping[str, str] = OURS, rounds: int = 15, clock: Clock = time.perf_counter_ns
) -> dict[str, Estimate]:
    """Milliseconds that each statement adds to a bare interpreter: median over rounds of fresh processes.

    In each round every statement, and the bare interpreter, has its turn in shuffled order, and the difference is
    taken within the round; a first, untimed run of each leaves the compiled bytecode behind.

    Raises:
        subprocess.CalledProcessError: A statement fails.
    """
    members = {BARE: "pass", **statements}
    times: dict[str, list[float]] = {name: [] for name in members}
    for statement in statements.values():
        _start(statement)
    for _, _, name in turns({"processes": times}, rounds, seed=0):
        began = clock()
        _start(members[name])
        times[name].append((clock() - began) / 1e6)
    bare = times.pop(BARE)
    return {name: median([full - one for full, one in zip(row, bare, strict=True)]) for name, row in times.items()}


def _start(statement: str) -> None:
    home = Path(ffcore.__file__).parents[1]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", statement], check=True, cwd=home, env=environment)  # noqa: S603  ourselves
