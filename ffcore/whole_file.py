"""Files that appear under their name only once they are whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a place to write to, hidden beside the path; what lies there takes the path's name at the end.

    Where the writing fails or is stopped, nothing of it is left, and an older file stays as it was. OSError if the
    folder refuses.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "result.json")
    >>> with whole_file(path) as unfinished:
    ...     _ = unfinished.write_text("{}")
    ...     path.exists()
    False
    >>> path.read_text()
    '{}'
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
