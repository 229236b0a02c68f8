"""The files of a population: found by name, folder or pattern, and checked against each other before any work."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.bulk.reading import CSV_SUFFIXES, PARQUET_SUFFIXES, Head, is_csv, is_parquet, read_head

#: One file, folder or pattern, or several.
Paths: TypeAlias = "str | os.PathLike[str] | Iterable[str | os.PathLike[str]]"
Problems = list[tuple[str, str]]
SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Input:
    """A file to decide; `rows` is None where only reading tells it. Size (bytes) and time (ns) tell its version."""

    path: Path
    rows: int | None
    row_bytes: float
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Population:
    """The files of a run, the columns to read from each of them, and the attributes that none of them has."""

    inputs: list[Input]
    schema: pa.Schema
    absent: list[str]


def find_files(paths: Paths, out: Path) -> list[Path]:
    """All files that some paths mean, each once: as they are named, those of one folder or pattern by name.

    Folders are searched with all folders in them, but for names that begin with `.` or `_`; what lies in `out`
    is a result and no input.

    Raises:
        ConfigError: A path where nothing is, a folder or a pattern without Parquet and CSV files, another kind of file.
    """
    named = [paths] if isinstance(paths, str | os.PathLike) else paths
    if not isinstance(named, Iterable):
        raise ConfigError([("paths", f"expected a path or several, got {shown(paths)}")])
    problems: Problems = []
    found: list[Path] = []
    for path in named:
        if isinstance(path, str | os.PathLike):
            found += _meant(str(Path(path).expanduser()), out, problems)
        else:
            problems.append(("paths", f"expected paths, got {shown(path)}"))
    if not found and not problems:
        problems.append(("paths", "expected at least one file, folder or pattern"))
    refuse(problems)
    once: dict[Path, Path] = {}
    for path in found:
        once.setdefault(path.resolve(), path)
    return list(once.values())


def _meant(text: str, out: Path, problems: Problems) -> list[Path]:
    path = Path(text)
    found = [path]
    if path.exists() and path.resolve().is_relative_to(out.resolve()):
        problems.append((text, f"lies in the folder of results, {out}"))
    elif path.is_dir():
        found = list(_in_folder(path, out))
    elif path.exists() and not (is_csv(path) or is_parquet(path)):
        kinds = f"neither Parquet by its content nor CSV by its name ({', '.join(CSV_SUFFIXES)})"
        problems.append((text, kinds))
    elif not path.exists():
        matches = sorted(glob(text, recursive=True))  # noqa: PTH207 - of absolute patterns too
        found = [file for match in matches for file in _matched(Path(match), out)]
        if not matches:
            problems.append((text, _nothing_there(path)))
            return []
    if not found:
        problems.append((text, f"no Parquet or CSV file is there ({', '.join((*PARQUET_SUFFIXES, *CSV_SUFFIXES))})"))
    return found


def _nothing_there(path: Path) -> str:
    if any(sign in str(path) for sign in "*?["):
        return "no file matches this pattern"
    beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    return f"no such file or folder{suggestion(path.name, beside)}"


def _matched(match: Path, out: Path) -> Iterator[Path]:
    if match.is_dir():
        yield from _in_folder(match, out)
    elif _is_input(match, out):
        yield match


def _in_folder(folder: Path, out: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(name.startswith((".", "_")) for name in path.relative_to(folder).parts)
        if not hidden and path.is_file() and _is_input(path, out):
            yield path


def _is_input(path: Path, out: Path) -> bool:
    known = path.name.lower().endswith((*PARQUET_SUFFIXES, *CSV_SUFFIXES))
    return known and not path.resolve().is_relative_to(out.resolve())


def survey(paths: Sequence[Path], user_id: str, carry: Sequence[str], attributes: Collection[str]) -> Population:
    """The files with the columns that all of them have in common, as far as they are needed.

    Args:
        paths: the files.
        user_id: the column of ids.
        carry: further columns that each file must have.
        attributes: what rules look at: columns that all files have, or none.

    Raises:
        ConfigError: a file cannot be read, lacks a column or has it twice, or has a column of another type.
    """
    required = list(dict.fromkeys([user_id, *carry]))
    wanted = {*required, *attributes}
    problems: Problems = []
    heads = {path: head for path in paths if (head := _head(path, wanted, user_id, problems)) is not None}
    present = {name for head in heads.values() for name in head.types}
    names = [*required, *sorted(present - set(required))]
    for path, head in heads.items():
        _check_names(path, head, required, names, problems)
    refuse(problems)
    schema = pa.schema([(name, _common_type(name, user_id, heads, problems)) for name in names])
    refuse(problems)
    return Population([_input(path, head) for path, head in heads.items()], schema, sorted(set(attributes) - present))


def _input(path: Path, head: Head) -> Input:
    state = path.stat()
    return Input(path, head.rows, head.row_bytes, state.st_size, state.st_mtime_ns)


def _head(path: Path, wanted: Collection[str], user_id: str, problems: Problems) -> Head | None:
    try:
        return read_head(path, wanted, user_id)
    except ConfigError as error:
        problems += error.problems
        return None


def _check_names(path: Path, head: Head, required: list[str], names: list[str], problems: Problems) -> None:
    for name in names:
        count = head.names.count(name)
        if count == 0:
            hint = suggestion(name, head.names) if name in required else ", which other files have and rules look at"
            problems.append((str(path), f"has no column {shown(name)}{hint}"))
        if count > 1:
            problems.append((str(path), f"{count} columns have the name {shown(name)}"))


def _common_type(name: str, user_id: str, heads: dict[Path, Head], problems: Problems) -> pa.DataType:
    """The type that holds the values of all files: whole numbers widen to fractions, all else must be equal."""
    common: pa.DataType = pa.null()
    first = None
    for path, head in heads.items():
        kind = head.types[name]
        if name == user_id and not (pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
            problems.append((str(path), f"{name}: expected ids that are text or whole numbers, got a column of {kind}"))
            continue
        try:
            both = [pa.schema([(name, common)]), pa.schema([(name, kind)])]
            common = pa.unify_schemas(both, promote_options="permissive").field(name).type
            first = path if first is None and not pa.types.is_null(kind) else first
        except pa.ArrowException:
            problems.append((str(path), f"{name} is a column of {kind}, but of {common} in {first}"))
    return pa.string() if pa.types.is_null(common) else common


def refuse(problems: Problems) -> None:
    """Raise a ConfigError with the problems, if there are any; of very many with the first."""
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        rest = [("", f"and {more:,} more problems like these")] if more > 0 else []
        raise ConfigError([*problems[:SHOWN_PROBLEMS], *rest])
