"""Evidence bundles: a whole run in one file with the hash of every part, and the check that nothing was touched."""

import ast
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import ffcore
from ffcore.lab.verify.check import worst
from ffcore.whole_file import whole_file

from . import order, page, results, samples

SUMS = "SHA256SUMS"
_INJECTED, _ERROR = "injected-parameters", "papermill-error-cell-tag"
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, SyntaxError, yaml.YAMLError)
_TITLE = re.compile(r"<title>Feature-flag report: (\w+)</title>")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a check of a bundle found: files and their fingerprint, figures computed again, and every problem."""

    files: int
    figures: int
    fingerprint: str
    problems: tuple[str, ...]


def write(folder: Path) -> Path:
    """Pack a run's folder into a file of its name beside it, with `SHA256SUMS` as sha256sum writes them; returns it.

    The same folder gives the same bytes.
    """
    run = folder.resolve()
    files = [path for path in sorted(run.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    parts = {path.relative_to(run).as_posix(): path.read_bytes() for path in files}
    parts.pop(SUMS, None)
    parts[SUMS] = "".join(f"{samples.digest(data)}  {name}\n" for name, data in parts.items()).encode()
    target = Path(os.path.relpath(run.with_name(f"{run.name}.zip")))
    with whole_file(target) as unfinished, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(zipfile.ZipInfo(f"{run.name}/{name}"), data, zipfile.ZIP_DEFLATED)
    return target


def check(bundle: Path) -> Evidence:
    """Check a bundle, packed or unpacked, without a network.

    Hashes have to fit, executed notebooks their sources, the page the result files, and each figure with kept samples
    has to come out of them again. Who rewrites the hashes too is caught by parts that no longer agree, and by the
    fingerprint, if that was told when the bundle was made. ConfigError if it is no bundle.
    """
    parts = _read(bundle)
    sums = parts.pop(SUMS, None)
    if sums is None:
        raise ffcore.ConfigError([(str(bundle), f"is no bundle: it has no {SUMS}")])
    listed = dict(_listed(sums.decode(errors="replace")))
    found, damaged = _results(parts)
    problems = [*_touched(listed, parts), *damaged, *_contradictions(found, parts)]
    figures = sum(len(samples.recipes(result)) for result in found)
    return Evidence(len(parts), figures, samples.digest(sums), tuple(problems))


def _read(bundle: Path) -> dict[str, bytes]:
    if bundle.is_dir():
        return {path.relative_to(bundle).as_posix(): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    try:
        with zipfile.ZipFile(bundle) as packed:
            names = [name for name in packed.namelist() if not name.endswith("/")]
            return {name.partition("/")[2] or name: packed.read(name) for name in names}
    except Exception as error:  # damaged archives meet a reader that expects whole ones, so any kind may come
        raise ffcore.ConfigError([(str(bundle), f"is no bundle that can be read: {error}")]) from error


def _listed(sums: str) -> Iterator[tuple[str, str]]:
    for line in sums.splitlines():
        digest, _, name = line.partition("  ")
        yield name, digest


def _touched(listed: Mapping[str, str], parts: Mapping[str, bytes]) -> Iterator[str]:
    yield from (f"{name}: missing" for name in listed if name not in parts)
    yield from (f"{name}: added since" for name in parts if name not in listed)
    yield from (f"{n}: changed since" for n, data in parts.items() if n in listed and samples.digest(data) != listed[n])


def _results(parts: Mapping[str, bytes]) -> tuple[list[results.Result], list[str]]:
    """The result files of a bundle, and what is wrong with those that cannot be read."""
    found, problems = [], []
    for name in sorted(name for name in parts if name.endswith(".json") and "/" not in name):
        try:
            found.append(results.parse(parts[name].decode(), name))
        except (ffcore.ConfigError, ValueError) as error:
            problems.append(f"{name}: {error}")
    return found, problems


def _contradictions(found: Sequence[results.Result], parts: Mapping[str, bytes]) -> Iterator[str]:
    for result in found:
        yield from _notebook(result.notebook, parts)
        yield from samples.problems(result, parts.get(f"{result.notebook}{samples.SUFFIX}"))
    title = _TITLE.search(parts.get(page.NAME, b"").decode(errors="replace"))
    verdict = worst(result.verdict for result in found)
    if not title or title[1] != verdict:
        yield f"{page.NAME}: says {title[1] if title else 'nothing'}, the result files say {verdict}"


def _notebook(notebook: str, parts: Mapping[str, bytes]) -> Iterator[str]:
    name = f"{notebook}.ipynb"
    if name not in parts or f"{order.SOURCES}/{name}" not in parts:
        yield f"{name}: the executed notebook or its source is missing"
        return
    try:
        executed, source = (json.loads(parts[path])["cells"] for path in (name, f"{order.SOURCES}/{name}"))
        ran, written = ([_source(cell) for cell in cells if not _added(cell)] for cells in (executed, source))
        injected = [_values(_source(cell)) for cell in executed if _INJECTED in _tags(cell)]
        ordered = yaml.safe_load(parts.get(order.NAME, b"notebooks: {}"))["notebooks"].get(notebook)
    except _MALFORMED as error:
        yield f"{name}: cannot be read ({error})"
        return
    if ran != written:
        cell = next((place for place, pair in enumerate(zip(ran, written, strict=False)) if pair[0] != pair[1]), None)
        how = "cells differ in number from" if cell is None else f"cell {cell + 1} is not that of"
        yield f"{name}: {how} its source"
    if injected and injected != [ordered]:
        yield f"{name}: ran with other parameters than {order.NAME} says"


def _added(cell: Mapping[str, Any]) -> bool:
    """Whether papermill added a cell: one that sets parameters, or words above a cell that failed."""
    return _INJECTED in _tags(cell) or (_ERROR in _tags(cell) and cell["cell_type"] == "markdown")


def _tags(cell: Mapping[str, Any]) -> list[str]:
    tags: list[str] = cell["metadata"].get("tags", [])
    return tags


def _values(code: str) -> dict[str, object]:
    """The literals that a cell of injected parameters assigns; TypeError if it does anything else."""
    values: dict[str, object] = {}
    for statement in ast.parse(code).body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            raise TypeError("its injected cell does more than set parameters")
        values[statement.targets[0].id] = ast.literal_eval(statement.value)
    return values


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])
