"""Runs that are killed or stopped in the middle and go on, and memory that does not grow with the rows."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ffcore.lab import evaluate_files
from ffcore.lab.bulk import stream
from tests.support.files import FLAGS, read, rows, write

ROOT = Path(__file__).parents[3]
PARTS = 50
#: Once ten parts are noted, what works on others says so, and from then on waits.
WAITING = """
import os, sys, time
from ffcore.cli import main
from ffcore.lab.bulk import stream
from ffcore.lab.bulk.output import Output
stream.PART_ROWS, stream.GROUP_ROWS = 20, 7
add, decide, noted = Output.add, stream.Job.decide, []
def note(output, part):
    add(output, part)
    noted.append(part)
def wait(job, rows):
    if len(noted) >= 10:
        os.write(1, b"waiting\\n")
        time.sleep(SECONDS)
    return decide(job, rows)
Output.add, stream.Job.decide = note, wait
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(params=[".parquet", pytest.param(".csv", marks=pytest.mark.slow)])
def users(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of users."""
    return write(tmp_path / f"users{request.param}")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts as small as those of the processes that are stopped."""
    monkeypatch.setattr(stream, "PART_ROWS", 20)
    monkeypatch.setattr(stream, "GROUP_ROWS", 7)


def start(users: Path, out: Path, seconds: float) -> subprocess.Popen[str]:
    """A process that has noted ten parts of results and waits some seconds in each step of another."""
    (out.parent / "flags.json").write_text(json.dumps(FLAGS.to_items()))
    command = ["evaluate", "--flags", str(out.parent / "flags.json"), "--users", str(users), "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING.replace("SECONDS", str(seconds)), *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    return process


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Which file each part is, and when it was written."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.glob("[!.]*.parquet")}


def goes_on(users: Path, out: Path, kept: int) -> None:
    """Another call keeps at least some parts as they are and ends where an undisturbed one ends, byte for byte."""
    before = state(out)

    again = evaluate_files(users, FLAGS, out)
    fresh = evaluate_files(users, FLAGS, out.with_name("fresh"))

    assert again.skipped >= kept
    same = [name for name, found in state(out).items() if before.get(name) == found]
    assert len(same) >= again.skipped
    assert (again.parts, again.rows) == (fresh.parts, fresh.rows) == (PARTS, 1_000)
    whole = {path.name: path.read_bytes() for path in fresh.path.glob("*.parquet")}
    assert {path.name: path.read_bytes() for path in out.glob("*.parquet")} == whole
    assert not list(out.glob(".*"))


@pytest.mark.slow
def test_a_killed_run_goes_on(users: Path, tmp_path: Path) -> None:
    """After kill -9 all noted parts are there, half ones are hidden, and the same call does the rest."""
    process = start(users, tmp_path / "out", seconds=60)
    with process:
        process.kill()

    seen = read(tmp_path / "out")
    assert list((tmp_path / "out").glob(".*.tmp"))
    assert 200 <= len(seen) < 1_000
    goes_on(users, tmp_path / "out", kept=10)


@pytest.mark.slow
def test_a_run_stopped_by_ctrl_c_says_how_it_goes_on(users: Path, tmp_path: Path) -> None:
    """No half part stays, the message counts those that are finished, and the exit code is 130."""
    process = start(users, tmp_path / "out", seconds=0.2)
    with process:
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)

    finished = len(state(tmp_path / "out"))
    assert process.returncode == 130
    assert said.splitlines() == [
        f"ffcore: stopped; {finished} finished parts lie in {tmp_path / 'out'}, and the same call goes on from there"
    ]
    assert 10 <= finished < PARTS
    assert not list((tmp_path / "out").glob(".*"))
    goes_on(users, tmp_path / "out", kept=finished)
    assert rows(read(tmp_path / "out"))[0]["user_id"] == "ünï-0-🙂"


MEASURED = """
import resource, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from ffcore import Flag, FlagSet
from ffcore.lab import evaluate_files
from ffcore.lab.bulk import stream

stream.PART_ROWS = 1 << 16
folder, millions = sys.argv[1], int(sys.argv[2])
schema = pa.schema({"user_id": pa.string()})
with pq.ParquetWriter(f"{folder}/users.parquet", schema, use_dictionary=False) as writer:
    for start in range(0, millions * 10**6, 10**5):
        ids = pa.array(np.arange(start, start + 10**5)).cast(pa.string())
        writer.write_table(pa.table({"user_id": pa.compute.binary_join_element_wise("x" * 90, ids, "-")}))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
flags = FlagSet.from_items(flags=[{"key": "half", "enabled": True, "rollout_percentage": 50}])
assert evaluate_files(f"{folder}/users.parquet", flags, f"{folder}/out").rows == millions * 10**6
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """Eight million ids of 99 bytes are 0.8 GB; they need less than 0.2 GB more than one million."""
    peaks = []
    for millions in (1, 8):
        folder = tmp_path / str(millions)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(folder), str(millions)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(done.stdout) / 1e6)

    assert peaks[1] - peaks[0] < 0.2
