"""Coverage-guided fuzzing of the doors: `python -m tests.support.fuzz [DOOR ...] --seconds N` (the extra `fuzz`).

Atheris changes good inputs and keeps what reaches new code of ffcore. A crash is whatever a door raises that is no
`ConfigError`, and a minute without an end; it is kept as a file, and the campaign goes on.
"""

import argparse
import logging
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).parents[2]
LIMITS = ["-timeout=60", "-rss_limit_mb=3000", "-max_len=20000", "-print_final_stats=1"]


def main() -> int:
    """Try each door for some seconds and print a row of counts; 1 where a crash was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.fuzz", description=__doc__)
    parser.add_argument("doors", nargs="*", metavar="DOOR", help="as tests/support/doors.py names them (all)")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="for each door (60)")
    parser.add_argument("--crashes", type=Path, default=Path("crashes"), metavar="DIR", help="where inputs are kept")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        inside(given.doors[0], given.seconds, given.crashes)
    doors = given.doors or names()
    print(f"{'door':20s} {'executions':>10s} {'edges':>7s} {'crashes':>7s}")
    return max(campaign(door, given.seconds, given.crashes.resolve()) for door in doors)


def names() -> list[str]:
    """All doors."""
    from tests.support.doors import DOORS

    return list(DOORS)


def campaign(door: str, seconds: int, crashes: Path) -> int:
    """One door in a process of its own, since libFuzzer never returns."""
    crashes.mkdir(parents=True, exist_ok=True)
    before = kept(crashes)
    command = [sys.executable, "-m", "tests.support.fuzz", door, "--inside", f"--seconds={seconds}"]
    ran = subprocess.run([*command, f"--crashes={crashes}"], stderr=subprocess.PIPE, text=True, check=False)
    counts = re.findall(r"^stat::number_of_executed_units: +(\d+)", ran.stderr, re.MULTILINE)
    edges = re.findall(r"\bcov: (\d+)", ran.stderr)
    if not counts:
        print(ran.stderr, file=sys.stderr)
    found = len(kept(crashes) - before) + bool(ran.returncode)
    print(f"{door:20s} {int(*counts[-1:]):10,} {int(*edges[-1:]):7,} {found:7,}", flush=True)
    return int(found > 0)


def kept(crashes: Path) -> set[Path]:
    """Crashes that lie in the folder."""
    return set(crashes.glob("*.txt"))


def inside(door: str, seconds: int, crashes: Path) -> None:
    """Instrument ffcore and hand the door over to libFuzzer, which ends the process."""
    atheris: Any = import_module("atheris")  # an extra, on Linux alone
    with atheris.instrument_imports(include=["ffcore"], exclude=compiled()):
        from tests.support.doors import DOORS
    logging.disable()
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(DOORS[door].seeds):
            Path(corpus, str(number)).write_bytes(seed)
        knock = guarded(DOORS[door].knock, Path(folder), crashes)
        run = from_bytes(knock, DOORS[door].read) if DOORS[door].seeds else from_choices(knock, DOORS[door].inputs)
        atheris.Setup([door, *LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={crashes}/", corpus], run)
        atheris.Fuzz()


def compiled() -> list[str]:
    """The modules that numba compiles parts of, which takes no instrumented code."""
    found = [path for path in (ROOT / "ffcore").rglob("*.py") if "numba" in path.read_text(encoding="utf-8")]
    return [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in found]


def from_bytes(knock: Callable[[Any], None], read: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    """A target whose bytes are the input."""

    def run(data: bytes) -> None:
        try:
            value = read(data)
        except (ValueError, RecursionError):
            return
        knock(value)

    return run


def from_choices(knock: Callable[[Any], None], inputs: Any) -> Callable[[bytes], object]:
    """A target whose bytes choose among Hypothesis's inputs."""
    from hypothesis import given, settings

    @settings(database=None, deadline=None)
    @given(inputs)
    def one(value: Any) -> None:
        knock(value)

    found: Any = one
    return cast("Callable[[bytes], object]", found.hypothesis.fuzz_one_input)


def guarded(knock: Callable[[Path, Any], object], folder: Path, crashes: Path) -> Callable[[Any], None]:
    """A door that keeps what it should not raise, once for each place in the code."""
    from ffcore import ConfigError

    def one(value: Any) -> None:
        try:
            knock(folder, value)
        except ConfigError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a crash
            keep(error, value, crashes)

    return one


def keep(error: Exception, value: Any, crashes: Path) -> None:
    """Write an input and its traceback, named by where it was raised."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/ffcore/" in frame.filename]
    place = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).stem}-{place.lineno}-{type(error).__name__}"
    path = crashes / f"{where}.txt"
    if not path.exists():
        path.write_text(f"{value!r}\n\n{''.join(traceback.format_exception(error))}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
