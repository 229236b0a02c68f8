"""Checks an order for a report before anything runs: names, parameters, flags, population, targets, output folder."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import ffcore

from . import folders, notebooks, parameters

_FILES = ("flags", "population")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked order: the notebooks, the full parameters of each by name, and the folder that takes the run."""

    sources: Sequence[Path]
    values: Mapping[str, dict[str, object]]
    folder: Path


def prepare(only: Sequence[str], given: Mapping[str, object], out: Path) -> Plan:
    """Check everything a run needs, then make its folder.

    Args:
        only: names of notebooks; none selects all.
        given: parameter values by name, as text or already typed; a path in them is relative to the current directory.
        out: the folder under which the run gets its own.

    Raises:
        ConfigError: every problem of names and parameters, or else every problem of the files and the folder.
    """
    sources = notebooks.select(only)
    values = parameters.resolve(sources, given)
    for source in sources:
        _place(values[source.stem], source.parent, given)
    from .targets import load_targets  # two seconds, with populations, that a mistake so far should not wait for

    problems = _attempt(lambda: load_targets(notebooks.targets_file()))[1]
    folder, unwritable = _attempt(lambda: folders.create(out))
    problems += unwritable
    problems += [problem for order in _distinct(values.values()) for problem in _unusable(order)]
    if problems:
        if folder:
            folder.rmdir()
        raise ffcore.ConfigError(list(dict.fromkeys(problems)))
    return Plan(sources, values, Path(str(folder)))


def _place(values: dict[str, object], beside: Path, given: Mapping[str, object]) -> None:
    """Defaults are written relative to the notebook, which runs in the current directory."""
    for name in _FILES:
        if name not in given:
            values[name] = os.path.relpath(beside / str(values[name]))


def _distinct(orders: Iterable[dict[str, object]]) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys((str(o["flags"]), str(o["population"]), str(o["id_column"])) for o in orders))


def _unusable(order: tuple[str, str, str]) -> list[tuple[str, str]]:
    from ffcore.lab.population import load_population

    flags, population, id_column = order
    return _attempt(lambda: ffcore.load(flags))[1] + _attempt(lambda: load_population(population, id_column))[1]


def _attempt(make: Callable[[], Found]) -> tuple[Found | None, list[tuple[str, str]]]:
    try:
        return make(), []
    except ffcore.ConfigError as error:
        return None, [(f"{error.source}: {path}".strip(": "), message) for path, message in error.problems]
