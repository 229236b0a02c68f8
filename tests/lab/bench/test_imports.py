"""What imports cost."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from ffcore.lab.bench import imports
from ffcore.lab.bench.imports import import_times

if TYPE_CHECKING:
    from tests.lab.bench.conftest import FakeClock

COSTS = {"pass": 10_000_000, "import ffcore": 35_000_000, "import peer": 60_000_000}


def test_import_time_is_the_difference(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    """With 10 ms for a bare interpreter, imports of 35 and 60 take 25 and 50; the first runs are not timed."""
    starts: list[str] = []

    def start(statement: str) -> None:
        starts.append(statement)
        clock.spend(COSTS[statement])

    monkeypatch.setattr(imports, "_start", start)
    found = import_times({"ffcore": "import ffcore", "peer": "import peer"}, rounds=9, clock=clock)

    assert {name: estimate.value for name, estimate in found.items()} == pytest.approx({"ffcore": 25, "peer": 50})
    assert [starts.count(statement) for statement in COSTS] == [9, 10, 10]
    assert starts[:2] == ["import ffcore", "import peer"]


@pytest.mark.slow
def test_a_fresh_process_imports_us() -> None:
    """The statement runs in a new interpreter, which finds the package; one that fails is an error."""
    imports._start("import ffcore")

    with pytest.raises(subprocess.CalledProcessError):
        imports._start("import sys; sys.exit(1)")
