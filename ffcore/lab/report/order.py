"""What a run was asked for, kept in its folder: parameters, sources, pins, and hashes of everything it read."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import yaml

import ffcore
from ffcore.whole_file import whole_file

from . import notebooks
from .plan import Plan

NAME, PINS, SOURCES = "order.yaml", "pins.txt", "source"
_INPUTS = ("flags", "population")


@dataclass(frozen=True, slots=True)
class Order:
    """The parameters of each notebook by name, and the SHA-256 of each file that the run started from."""

    version: str
    started: str
    notebooks: Mapping[str, dict[str, Any]]
    hashes: Mapping[str, str]


def keep(plan: Plan) -> None:
    """Write the order of a plan into its folder, beside copies of the notebooks, flags and targets, and all pins."""
    inputs = dict.fromkeys(Path(str(values[name])) for values in plan.values.values() for name in _INPUTS)
    files = [*plan.sources, *(path for path in inputs if path.is_file())]
    flags = dict.fromkeys(Path(str(values["flags"])) for values in plan.values.values())
    (plan.folder / SOURCES).mkdir(exist_ok=True)
    for path in [*plan.sources, *(path for path in flags if path.is_file()), notebooks.targets_file()]:
        shutil.copyfile(path, plan.folder / SOURCES / path.name)
    (plan.folder / PINS).write_text("".join(pins()), encoding="utf-8")
    item = {
        "version": ffcore.__version__,
        "started": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "notebooks": {name: dict(values) for name, values in plan.values.items()},
        "hashes": {path.name: sha256(path) for path in files},
    }
    with whole_file(plan.folder / NAME) as unfinished:
        unfinished.write_text(yaml.safe_dump(item, sort_keys=False, allow_unicode=True), encoding="utf-8")


def read(folder: Path) -> Order:
    """Read the order of a run; ConfigError if it is missing or damaged."""
    path = folder / NAME
    try:
        return Order(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        reason = str(error).partition("\n")[0]
        raise ffcore.ConfigError([(str(path), f"is no order of a run: {reason}")]) from error


def resume(folder: Path) -> Plan:
    """Make the plan of a run that was broken off, to go on with it.

    Raises ConfigError for every notebook, flag file or population that is gone or has changed since the run began:
    its halves would not fit together.
    """
    begun = read(folder)
    known = {path.stem: path for path in notebooks.select()}
    inputs = {Path(str(values[name])) for values in begun.notebooks.values() for name in _INPUTS}
    files = {path.name: path for path in (*known.values(), *inputs) if path.is_file()}
    changed = [name for name, digest in begun.hashes.items() if name not in files or sha256(files[name]) != digest]
    if changed:
        why = "is gone or has changed since the run began; begin a new run"
        raise ffcore.ConfigError([(name, why) for name in changed])
    return Plan([known[name] for name in begun.notebooks], begun.notebooks, folder)


def is_complete(folder: Path) -> bool:
    """Whether every notebook of a run's order is finished, and the run has its summary."""
    from .page import NAME as SUMMARY
    from .single import is_finished  # papermill, which an order does without

    return (folder / SUMMARY).exists() and all(is_finished(name, folder) for name in read(folder).notebooks)


def sha256(path: Path) -> str:
    """Hash a file of any size."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pins() -> Iterator[str]:
    """Each installed package with its version, as pip reads them, in the order of their names."""
    found = {(item.metadata["Name"] or "").lower(): item.version for item in distributions()}
    yield from (f"{name}=={found[name]}\n" for name in sorted(found) if name)
