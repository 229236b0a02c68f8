"""Raw samples: what a figure was computed from is kept whole, and a figure that does not come out of it is named."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore.lab.bench.estimate import (
    Estimate,
    clustered_quantile,
    median,
    middle,
    paired_ratio,
    quantile,
    ratio_of_quantiles,
)
from ffcore.lab.bench.estimators import (
    ESTIMATORS,
    extrapolated,
    knee_offset,
    quantile_spread,
    slope,
)
from ffcore.lab.report import results, samples
from ffcore.lab.report.results import Measure, Recipe, Result

EMPTY = Result("demo", "Demo", "", "smoke", {}, 0, "1", None, {}, "2026-11-20T09:00:00Z", 1.0, "pass")
DRAW = np.random.default_rng(0).lognormal(6, 0.2, (2, 8, 400))
ONE, OTHER = DRAW[0, :, 0], DRAW[1, :, 0]
FOUND = {
    "extrapolated": extrapolated(ONE, OTHER, rows=20, smaller_rows=10, users=1_000),
    "knee_offset": knee_offset(DRAW[0].ravel(), DRAW[0].ravel() < 500, 450.0),
    "median": median(ONE),
    "middle": middle([3, 1, 2]),
    "paired_ratio": paired_ratio(ONE, OTHER.tolist()),
    "clustered_quantile": clustered_quantile(list(DRAW[0]), 0.9),
    "quantile": quantile(DRAW[0].ravel(), 0.99),
    "quantile_spread": quantile_spread(list(DRAW[0]), 0.9),
    "ratio_of_quantiles": ratio_of_quantiles(DRAW[0], DRAW[1], 0.99),
    "slope": slope(np.arange(50.0), DRAW[0, 0, :50]),
    "too few": median([1.0]),
}


def kept(folder: Path, found: dict[str, Estimate]) -> tuple[Result, bytes]:
    """A result as its file gives it back, and the samples beside it."""
    measures = [Measure.of(name, name, estimate, "ns") for name, estimate in found.items()]
    path = folder / "demo.json"
    results.write(samples.keep(replace(EMPTY, measures=measures), path), path)
    return results.read(path), (folder / "demo.samples.parquet").read_bytes()


def test_every_figure_comes_out_of_its_samples_again(tmp_path: Path) -> None:
    """Whatever the estimator, value and interval are those of the file's samples; nothing is lost on the way."""
    result, data = kept(tmp_path, FOUND)

    assert set(FOUND) - {"too few"} == set(ESTIMATORS)
    assert len(samples.recipes(result)) == len(FOUND)
    assert list(samples.problems(result, data)) == []


def test_samples_are_kept_whole_and_once(tmp_path: Path) -> None:
    """All values lie in the file in the order of measurement, with their groups; what two figures share only once."""
    found = {"first": clustered_quantile(list(DRAW[0]), 0.9), "again": quantile_spread(list(DRAW[0]), 0.9)}
    result, data = kept(tmp_path, found | {"flat": median(ONE)})
    table = pd.read_parquet(tmp_path / "demo.samples.parquet")

    assert table[table["series"] == "first.groups"]["value"].tolist() == DRAW[0].ravel().tolist()
    assert table[table["series"] == "first.groups"]["group"].tolist() == np.repeat(range(8), 400).tolist()
    assert table[table["series"] == "flat.observations"]["group"].isna().all()
    assert result.samples is not None
    assert result.samples["values"] == len(table) == DRAW[0].size + ONE.size
    assert kept(tmp_path, found | {"flat": median(ONE)})[1] == data


def test_without_samples_there_is_no_file(tmp_path: Path) -> None:
    """A notebook that measured nothing by the clock leaves its result file alone, and nothing is missed."""
    result = replace(EMPTY, measures=[Measure("hits", "cache hits", 99.0, None, "%", 100)])

    assert samples.keep(result, tmp_path / "demo.json") == result
    assert list(tmp_path.iterdir()) == []
    assert list(samples.problems(result, None)) == []


def packed(series: dict[str, Sequence[float]]) -> bytes:
    """A samples file that somebody else wrote."""
    return samples._packed({name: np.asarray(values, dtype=np.float64) for name, values in series.items()})


def figure(result: Result, **changed: Any) -> Result:
    """The result with its only measure changed."""
    return replace(result, measures=[replace(result.measures[0], **changed)])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda r: figure(r, value=5.0), "demo.json: m is 5 [1, 9], but its samples give 3 [1, 9]"),
        (lambda r: figure(r, interval=(2.9, 3.1)), "demo.json: m is 3 [2.9, 3.1], but its samples give 3 [1, 9]"),
        (lambda r: figure(r, interval=None), "demo.json: m is 3, but its samples give 3 [1, 9]"),
        (lambda r: figure(r, origin=Recipe("medain", {}, {})), "names no estimator: 'medain'; did you mean median?"),
        (lambda r: figure(r, origin=Recipe("median", {}, {})), "demo.json: m cannot be computed again"),
        (lambda r: figure(r, origin=Recipe("median", {"observations": "x"}, {})), "m cannot be computed again"),
        (lambda r: replace(r, samples=r.samples | {"sha256": "0" * 64}), "is not the file whose hash demo.json holds"),
        (lambda r: replace(r, samples=None), "demo.samples.parquet: not named by demo.json"),
    ],
)
def test_a_changed_result_is_named(tmp_path: Path, change: Callable[[Result], Result], told: str) -> None:
    """Value, interval, recipe and hash of the result file all have to fit the samples."""
    result, data = kept(tmp_path, {"m": median([3, 1, 4, 1, 5, 9, 2])})

    [problem] = samples.problems(change(result), data)

    assert told in problem


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, "demo.samples.parquet: missing"),
        (b"PAR1 is no table", "is no samples file that can be read"),
        (packed({"m.observations": [3, 1, 4, 1, 5, 9, 9]}), "m is 3 [1, 9], but its samples give 4 [1, 9]"),
        (packed({"m.observations": [3, 1, 2]}), "m is 3 [1, 9], but its samples give nothing"),
        (packed({"other": [3, 1, 4, 1, 5, 9, 2]}), "m cannot be computed again from its samples"),
    ],
)
def test_changed_samples_are_named(tmp_path: Path, data: bytes | None, told: str) -> None:
    """One other value is enough; and who adapts the hash in the result file still has to adapt the figure."""
    result, _ = kept(tmp_path, {"m": median([3, 1, 4, 1, 5, 9, 2])})
    assert result.samples is not None
    fitting = replace(result, samples=result.samples | {"sha256": samples.digest(data or b"")})

    assert len(list(samples.problems(result, data))) == (2 if data else 1)
    [problem] = samples.problems(fitting, data)
    assert told in problem
