"""Flag files: one JSON or YAML file, or a folder of them, as a FlagSet."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .errors import MAX_PROBLEMS, ConfigError, shown, suggestion
from .fields import INVALID, ListOf, Problems, join
from .flagset import FlagSet
from .model import DEFAULT_BUCKETS, EXPERIMENT, FLAG, with_buckets

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    #: The file in which each section's key stood first.
    Owners = dict[tuple[str, str], Path]

SUFFIXES = (".json", ".yaml", ".yml")
SECTIONS = {"flags": ListOf(FLAG), "experiments": ListOf(EXPERIMENT)}


def load(path: str | PathLike[str], buckets: int = DEFAULT_BUCKETS) -> FlagSet:
    """The flags and experiments of a file, or of all ``.json``, ``.yaml`` and ``.yml`` files of a folder.

    ``buckets`` is the resolution of flags that name none. Raises one ``ConfigError`` that lists every problem of every
    file with its path and line: unknown fields, wrong types, a percentage between two buckets, a key that stands twice.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "flags.yaml").write_text("flags: [{key: dark-mode, enabled: true}]")
    ...     load(folder)
    FlagSet(1 flags, 0 experiments)
    """
    from pathlib import Path

    if not str(path).strip():
        raise ConfigError([("path", f"expected a file or a folder, got {shown(path)}")])
    try:
        files = _files(Path(path))
    except OSError as error:
        raise ConfigError([("", f"cannot be read: {error.strerror}")], str(path)) from None
    problems: list[tuple[str, str]] = []
    read: dict[str, list[Any]] = {name: [] for name in SECTIONS}
    owners: Owners = {}
    for file in files:
        found = _read_file(file, buckets, read, owners)
        problems += [(join(f"{file}:", place) if len(files) > 1 else place, message) for place, message in found]
        if len(problems) > MAX_PROBLEMS:
            break
    if problems:
        raise ConfigError(problems[: MAX_PROBLEMS + 1], str(path))
    return FlagSet(read["flags"], read["experiments"])


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
        if not files:
            raise ConfigError([("", f"no {', '.join(SUFFIXES)} file in this folder")], str(path))
        return files
    if not path.exists():
        siblings = path.parent.iterdir() if path.parent.is_dir() else ()
        names = [file.name for file in siblings if file.suffix in SUFFIXES]
        raise ConfigError([("", f"no such file{suggestion(path.name, names)}")], str(path))
    if path.suffix not in SUFFIXES:
        raise ConfigError([("", f"unknown suffix {shown(path.suffix)}{suggestion(path.suffix, SUFFIXES)}")], str(path))
    return [path]


def _read_file(file: Path, buckets: int, read: dict[str, list[Any]], owners: Owners) -> list[tuple[str, str]]:
    """Add a file's items to ``read``; the problems of the file, with lines where it is YAML."""
    from .reading import read_data  # 3 ms that only a file needs

    try:
        data = read_data(file)
    except ConfigError as error:
        return error.problems
    problems = Problems(strict=True)
    with suppress(ConfigError):  # too many problems: those found are told
        _read_sections(file, data, buckets, read, owners, problems)
    return problems.found if file.suffix == ".json" else _with_lines(file, problems.found)


def _read_sections(
    file: Path, data: Any, buckets: int, read: dict[str, list[Any]], owners: Owners, problems: Problems
) -> None:
    if not isinstance(data, dict):
        problems.add("", f"expected a mapping with the lists flags and experiments, got {shown(data)}")
        return
    for name in data:
        if name not in SECTIONS:
            problems.add(name[:60], f"unknown section{suggestion(name, SECTIONS)}")
    for section in SECTIONS:
        read[section] += _read_section(section, data.get(section), buckets, problems)
    _check_keys(file, data, owners, problems)


def _read_section(section: str, items: Any, buckets: int, problems: Problems) -> list[Any]:
    if items is None:
        return []
    if section == "flags" and isinstance(items, list):
        items = [with_buckets(item, buckets) for item in items]
    result = SECTIONS[section].read(items, section, problems)
    return [] if result is INVALID else list(result)


def _check_keys(file: Path, data: dict[str, Any], owners: Owners, problems: Problems) -> None:
    for section in SECTIONS:
        items = data.get(section)
        for i, item in enumerate(items if isinstance(items, list) else []):
            key = item.get("key") if isinstance(item, dict) else None
            if isinstance(key, str) and (section, key) in owners:
                first = owners[section, key]
                where = "" if first == file else f", first in {first.name}"
                problems.add(f"{section}[{i}].key", f"{shown(key)} stands a second time{where}")
            elif isinstance(key, str):
                owners[section, key] = file


def _with_lines(file: Path, problems: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if not problems:
        return []
    from .reading import lines_of, read_text

    lines = lines_of(read_text(file), [path for path, _ in problems])
    placed = zip(problems, lines, strict=True)
    return [(path, f"{message} (line {line})" if line else message) for (path, message), line in placed]
