"""Where runs lie: one folder per run that never collides with another, and `latest`, which always shows a whole run."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import ffcore

LATEST = "latest"


def create(out: Path, now: datetime | None = None) -> Path:
    """Make the folder of a new run, named by the time (UTC) and four random hex digits; ConfigError if `out` refuses.

    Two runs that start in one moment get two folders.
    """
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    while True:
        run = out / f"{stamp}-{secrets.token_hex(2)}"
        try:
            run.mkdir(parents=True)
        except FileExistsError as error:
            if not out.is_dir():
                raise ffcore.ConfigError([(str(out), "is no folder, so reports cannot be written there")]) from error
        except OSError as error:
            raise ffcore.ConfigError([(str(out), f"reports cannot be written there: {error.strerror}")]) from error
        else:
            return run


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold a file of a run, so that no other process works on the run inside the block; ConfigError if one does.

    The hold ends with the process, however that ends. Where the system has no such locks there is none.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    with file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ffcore.ConfigError([(str(file.parent), "another process is at work on this run")]) from None
        yield


def publish(run: Path) -> Path:
    """Point `latest` beside `run` at it in one step (a copy where links are not possible) and return it."""
    latest = run.with_name(LATEST)
    staged = run.with_name(f".{LATEST}-{run.name}")
    try:
        staged.symlink_to(run.name, target_is_directory=True)
    except OSError:
        shutil.copytree(run, staged)
    if latest.is_dir() and not latest.is_symlink():
        shutil.rmtree(latest)
    staged.replace(latest)
    return latest
