"""The folder of results: part files that appear whole or not at all, and a manifest from which a later call goes on."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ffcore.errors import ConfigError, shown
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.inputs import Problems, refuse
from ffcore.log import warning

#: Programs that read folders of Parquet pass over names that begin with an underscore or a dot.
MANIFEST = "_manifest.jsonl"
PART_NAME = re.compile(r"\d{5,}-\d{5,}-.*\.parquet")
UNFINISHED = ".tmp"
#: Arguments that follow from others: told where nothing else differs.
DERIVED = ("columns", "part_rows")
STEM_LENGTH = 40


@dataclass(frozen=True, slots=True)
class PartFile:
    """A finished part file: which of which input file, its rows and invalid ids, and its size in bytes."""

    name: str
    file: int
    number: int
    rows: int
    invalid: int
    last: bool
    size: int


class Output:
    """A folder that holds the finished parts of one run; `finished` finds them by input file and number."""

    def __init__(self, folder: Path, finished: dict[tuple[int, int], PartFile]) -> None:
        self.folder = folder
        self.finished = finished

    def add(self, part: PartFile) -> None:
        """Note that a part file is finished, so that no later call does it again."""
        self.finished[part.file, part.number] = part
        with writable(self.folder), (self.folder / MANIFEST).open("ab", buffering=0) as manifest:
            manifest.write(_text(asdict(part)).encode() + b"\n")
            os.fsync(manifest.fileno())

    def first_missing(self, file: int) -> int | None:
        """The number of the first part of an input file that is not finished; None if all are."""
        number = 0
        while (part := self.finished.get((file, number))) is not None:
            if part.last:
                return None
            number += 1
        return number


def part_name(path: Path, file: int, files: int, number: int) -> str:
    """The name of a part file: in the order of the rows, and with the name of the file that they come from.

    >>> part_name(Path("lake/users of 2025.csv.gz"), 3, 12, 0)
    '00003-00000-users_of_2025.parquet'
    """
    stem = re.sub(r"[^\w-]+", "_", path.name.partition(".")[0])[:STEM_LENGTH]
    return f"{file:0{max(5, len(str(files - 1)))}d}-{number:05d}-{stem}.parquet"


@contextmanager
def writer(path: Path, schema: pa.Schema, plainly: str) -> Iterator[pq.ParquetWriter]:
    """Write a Parquet file that appears under its name only once it is whole and on the disk.

    Args:
        path: where it shall lie.
        schema: its columns.
        plainly: a column whose values differ in every row, so that a dictionary of them is of no use.
    """
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    dictionaries = [name for name in schema.names if name != plainly]
    try:
        with unfinished.open("wb") as file:
            with pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=dictionaries) as parquet:
                yield parquet
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


@contextmanager
def open_output(folder: Path, arguments: Mapping[str, Any], *, overwrite: bool) -> Iterator[Output]:
    """Hold a folder for one run: a new one, or one that was begun with the same arguments.

    Leftovers of an interrupt are removed, and parts whose size is not what was noted: they are done again.

    Args:
        folder: where the parts lie; made where it is missing.
        arguments: what decides the content of the parts, as JSON holds it.
        overwrite: begin anew, and remove the parts of another run.

    Raises:
        ConfigError: the folder holds other files, or a run with other arguments, or is in use, or can't be written.
    """
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        with writable(folder):
            finished = _prepare(folder, _text(arguments), overwrite=overwrite)
        yield Output(folder, finished)


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Turn a full disk, a missing right and their like into a ConfigError that names the folder."""
    try:
        yield
    except OSError as error:
        raise ConfigError([(str(folder), f"results cannot be written there: {error.strerror or error}")]) from error


def _prepare(folder: Path, arguments: str, *, overwrite: bool) -> dict[tuple[int, int], PartFile]:
    """The finished parts that a run can keep, after all else of an earlier run is removed."""
    finished: dict[tuple[int, int], PartFile] = {}
    if not (folder / MANIFEST).exists():
        _refuse_foreign(folder)
    elif not overwrite:
        begun, *lines = (folder / MANIFEST).read_bytes().splitlines() or [b""]
        refuse(differences(folder, begun, arguments))
        parts = [part for line in lines if (part := _read_part(line)) is not None and _is_whole(folder, part)]
        finished = {(part.file, part.number): part for part in parts}
    _write_manifest(folder, arguments, finished)
    kept = {part.name for part in finished.values()}
    for path in folder.iterdir():
        leftover = path.name.startswith(".") and path.name.endswith(UNFINISHED)
        if leftover or (PART_NAME.fullmatch(path.name) and path.name not in kept):
            path.unlink()
    return finished


def _refuse_foreign(folder: Path) -> None:
    others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if others:
        message = f"holds files of another origin ({shown(others[0])}, ...): name a new or an empty folder"
        raise ConfigError([(str(folder), message)])


def _read_part(line: bytes) -> PartFile | None:
    """A line of the manifest; None for one that was not written to its end."""
    with suppress(ValueError, TypeError, RecursionError):
        return PartFile(**json.loads(line))
    return None


def _is_whole(folder: Path, part: PartFile) -> bool:
    with suppress(OSError):
        if (folder / part.name).stat().st_size == part.size:
            return True
    warning("%s is missing or not as it was written: it is decided again", folder / part.name)
    return False


def _write_manifest(folder: Path, arguments: str, finished: Mapping[tuple[int, int], PartFile]) -> None:
    unfinished = folder / f".{MANIFEST}{UNFINISHED}"
    with unfinished.open("wb") as file:
        file.write(arguments.encode() + b"\n")
        file.writelines(_text(asdict(part)).encode() + b"\n" for part in finished.values())
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / MANIFEST)
    _sync_folder(folder)


def _text(data: Any) -> str:
    return json.dumps(data, default=repr)


def differences(folder: Path, begun: bytes, arguments: str) -> Problems:
    """In which arguments a run that was begun differs from another: nothing, or what to do and then each of them."""
    new = json.loads(arguments)
    try:
        old = {**dict.fromkeys(new), **json.loads(begun)}
        differing = [name for name in new if _text(old[name]) != _text(new[name])]
        told = [name for name in differing if name not in DERIVED] or differing
        found = [problem for name in told for problem in _difference(name, old[name], new[name])]
    except (ValueError, TypeError, RecursionError):
        found = [(MANIFEST, "cannot be read")]
    advice = "holds the results of a run with other arguments: name another folder, or begin anew with overwrite=True"
    return [(str(folder), advice), *found] if found else []


def _difference(name: str, old: Any, new: Any) -> Iterator[tuple[str, str]]:
    if name == "flags":
        changes = FlagSet.from_items(**old).diff(FlagSet.from_items(**new)).changes
        yield from ((change.path, change.sentence) for change in changes)
    if name == "files":
        yield from _changed_files(old, new)
    elif name != "flags" or not changes:
        yield name, f"was {shown(old)}, is now {shown(new)}"


def _changed_files(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((path, "is no longer among the files") for path in old if path not in new)
    yield from ((path, "is new among the files") for path in new if path not in old)
    changed = [path for path in new if path in old and old[path] != new[path]]
    yield from ((path, "has changed since") for path in changed)
    if set(old) == set(new) and not changed:
        yield "paths", "the same files in another order"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes; a system without such locks lets everybody in."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:
        yield
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        flock(held, LOCK_EX | LOCK_NB)
        yield
    except BlockingIOError:
        raise ConfigError([(str(folder), "another process writes results there")]) from None
    finally:
        os.close(held)


def _sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    with suppress(OSError):
        held = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(held)
        finally:
            os.close(held)
