"""The notice that kernels are compiled."""

import subprocess
import sys
from pathlib import Path

import pytest

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
