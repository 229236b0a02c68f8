"""Raw samples of measures: one compressed Parquet file a notebook, from which every figure can be computed again."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np

from ffcore.errors import suggestion
from ffcore.lab.bench.estimate import Estimate, Floats
from ffcore.lab.bench.estimators import ESTIMATORS
from ffcore.whole_file import whole_file

from .results import Measure, Recipe, Result

SUFFIX = ".samples.parquet"
#: Another release of NumPy or SciPy may round the last digits differently.
TOLERANCE = 1e-9
#: A sample, or the groups of one.
Series = Floats | list[Floats]


def keep(result: Result, path: Path) -> Result:
    """Write the samples of all measures beside the result file `path`; return the result with a recipe for each.

    The file is a table of `series`, `group` (null where a sample has none) and `value`, in the order of measurement,
    about 1.3 bytes a value. Samples that several measures share are written once, and none is thinned: the profile
    bounds them. Without samples nothing is written.
    """
    series: dict[str, Series] = {}
    names: dict[str, str] = {}
    measures = [_with_recipe(measure, series, names) for measure in result.measures]
    if not series:
        return result
    data = _packed(series)
    file = path.with_name(path.stem + SUFFIX)
    with whole_file(file) as unfinished:
        unfinished.write_bytes(data)
    told = {"file": file.name, "sha256": digest(data), "values": sum(np.size(part) for _, _, part in _parts(series))}
    return replace(result, measures=measures, samples=told)


def _with_recipe(measure: Measure, series: dict[str, Series], names: dict[str, str]) -> Measure:
    """Add a measure's samples to the series, unless they are there by another name, which `names` has by content."""
    origin = measure.origin
    if origin is None or isinstance(origin, Recipe):
        return measure
    used = {}
    for argument, sample in origin.samples.items():
        one = _series(sample)
        name = names.setdefault(_content(one), f"{measure.name}.{argument}")
        series.setdefault(name, one)
        used[argument] = name
    return replace(measure, origin=Recipe(origin.estimator, used, origin.settings))


def _series(sample: Any) -> Series:
    if len(sample) and np.ndim(sample[0]):
        return [np.asarray(group, dtype=np.float64).ravel() for group in sample]
    return np.asarray(sample, dtype=np.float64)


def _content(one: Series) -> str:
    sizes = [group.size for group in one] if isinstance(one, list) else []
    data = np.concatenate(one) if isinstance(one, list) else one
    return f"{sizes} {digest(data.tobytes())}"


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _parts(series: Mapping[str, Series]) -> Iterator[tuple[str, int | None, Floats]]:
    for name, one in series.items():
        if isinstance(one, list):
            yield from ((name, number, group) for number, group in enumerate(one))
        else:
            yield name, None, one


def _packed(series: Mapping[str, Series]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    parts, places = list(_parts(series)), {name: place for place, name in enumerate(series)}
    sizes = [values.size for _, _, values in parts]
    codes = np.repeat(np.array([places[name] for name, _, _ in parts], dtype=np.int32), sizes)
    groups = np.repeat(np.array([-1 if group is None else group for _, group, _ in parts], dtype=np.int32), sizes)
    columns = {
        "series": pa.DictionaryArray.from_arrays(codes, list(series)),
        "group": pa.array(groups, mask=groups < 0),
        "value": np.concatenate([values for _, _, values in parts]),
    }
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file, compression="zstd")
    return file.getvalue()


def read(data: bytes) -> dict[str, Series]:
    """Read the series of a samples file by name; ValueError if it is none."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        frame = parquet.read_table(io.BytesIO(data), columns=["series", "group", "value"]).to_pandas()
    except (pa.ArrowException, OSError, KeyError) as error:
        raise ValueError(f"is no samples file that can be read: {error}") from error
    found: dict[str, Series] = {}
    for name, rows in frame.groupby("series", sort=False, observed=True):
        values, groups = rows["value"].to_numpy(), rows["group"].to_numpy(np.float64, na_value=np.nan)
        flat = bool(np.isnan(groups).all())
        found[str(name)] = values if flat else np.split(values, np.flatnonzero(np.diff(groups)) + 1)
    return found


def problems(result: Result, data: bytes | None) -> Iterator[str]:
    """Say where a result and its samples file contradict each other; `data` is the file's content, None without one.

    Each figure, value and interval, is computed again from its samples.
    """
    file = f"{result.notebook}{SUFFIX}"
    told = result.samples
    if told is None or data is None:
        if told is not None or data is not None or recipes(result):
            yield f"{file}: {'missing' if data is None else f'not named by {result.notebook}.json'}"
        return
    if digest(data) != told["sha256"]:
        yield f"{file}: is not the file whose hash {result.notebook}.json holds"
    try:
        series = read(data)
    except ValueError as error:
        yield f"{file}: {error}"
        return
    for measure, recipe in recipes(result):
        if problem := _compared(measure, recipe, series):
            yield f"{result.notebook}.json: {measure.name} {problem}"


def recipes(result: Result) -> list[tuple[Measure, Recipe]]:
    """The measures whose samples were kept, each with its recipe."""
    return [(measure, measure.origin) for measure in result.measures if isinstance(measure.origin, Recipe)]


def _compared(measure: Measure, recipe: Recipe, series: Mapping[str, Series]) -> str:
    if recipe.estimator not in ESTIMATORS:
        return f"names no estimator: {recipe.estimator!r}{suggestion(recipe.estimator, ESTIMATORS)}"
    try:
        samples = {argument: series[name] for argument, name in recipe.samples.items()}
        again = ESTIMATORS[recipe.estimator](**samples, **recipe.settings)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return f"cannot be computed again from its samples: {error!r}"
    stated = Estimate(measure.value, *(measure.interval or (None, None)), 0)
    if all(map(_same, _figures(stated), _figures(again))):
        return ""
    return f"is {_words(stated)}, but its samples give {_words(again)}"


def _figures(estimate: Estimate) -> tuple[float | None, ...]:
    return estimate.value, estimate.low, estimate.high


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE**2)


def _words(estimate: Estimate) -> str:
    value, low, high = ("nothing" if bound is None else f"{bound:.6g}" for bound in _figures(estimate))
    return value if estimate.low is None else f"{value} [{low}, {high}]"
