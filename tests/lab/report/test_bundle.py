"""Evidence bundles: the same run gives the same bytes, and whatever is touched is named."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ffcore import ConfigError
from ffcore.cli import main
from ffcore.lab.bench.estimate import median
from ffcore.lab.report import bundle, page, results, samples
from ffcore.lab.report.results import Measure, Result

RESULT = Result("demo", "Demo", "", "smoke", {}, 0, "1", None, {}, "2026-11-20T09:00:00Z", 1.0, "pass")


@pytest.fixture
def run(house: Any) -> Path:
    """A run's folder with all that a bundle holds, made without running anything."""
    folder: Path = house.root / "reports" / "one"
    (folder / "source").mkdir(parents=True)
    text = house.notebook("demo", "1").read_text(encoding="utf-8")
    for place in ("demo.ipynb", "source/demo.ipynb"):
        (folder / place).write_text(text, encoding="utf-8")
    results.write(RESULT, folder / "demo.json")
    page.write(folder)
    return folder


def test_an_untouched_bundle_is_whole(run: Path) -> None:
    """The same folder gives the same bytes and no problem, packed and unpacked."""
    first = bundle.write(run)
    data = first.read_bytes()
    with zipfile.ZipFile(first) as packed:
        packed.extractall(run.parent / "unpacked")

    assert bundle.check(first).problems == ()
    assert bundle.check(first) == bundle.check(run.parent / "unpacked" / "one")
    assert bundle.write(run).read_bytes() == data


def add(folder: Path) -> None:
    """A file that was not there."""
    (folder / "more.txt").touch()


def remove(folder: Path) -> None:
    """A file that is gone."""
    (folder / "demo.json").unlink()


def change(folder: Path) -> None:
    """A source with another cell."""
    text = (folder / "source" / "demo.ipynb").read_text(encoding="utf-8")
    (folder / "source" / "demo.ipynb").write_text(text.replace("Is it", "Was it"), encoding="utf-8")


@pytest.mark.parametrize(
    ("touch", "problem"),
    [
        (add, "more.txt: added since"),
        (remove, "demo.json: missing"),
        (change, "source/demo.ipynb: changed since"),
    ],
)
def test_what_was_touched_is_named(run: Path, touch: Callable[[Path], None], problem: str) -> None:
    """Added, removed and changed files are each told."""
    with zipfile.ZipFile(bundle.write(run)) as packed:
        packed.extractall(run.parent / "unpacked")
    touch(run.parent / "unpacked" / "one")

    assert problem in bundle.check(run.parent / "unpacked" / "one").problems


def nicer(folder: Path) -> None:
    """A fail that the page does not know of."""
    results.write(replace(RESULT, verdict="fail"), folder / "demo.json")


def recut(folder: Path) -> None:
    """An executed notebook that lost a cell."""
    notebook = json.loads((folder / "demo.ipynb").read_text(encoding="utf-8"))
    notebook["cells"].pop()
    (folder / "demo.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


@pytest.mark.parametrize(
    ("touch", "problem"),
    [
        (nicer, "index.html: says pass, the result files say fail"),
        (change, "demo.ipynb: cell 1 is not that of its source"),
        (recut, "demo.ipynb: cells differ in number from its source"),
        (lambda folder: (folder / "demo.ipynb").write_text("{}"), "demo.ipynb: cannot be read ('cells')"),
        (
            lambda folder: (folder / "demo.ipynb").write_text('{"cells": [{"metadata": []}]}'),
            "demo.ipynb: cannot be read ('list' object has no attribute 'get')",
        ),
        (lambda folder: (folder / "demo.ipynb").unlink(), "demo.ipynb: the executed notebook or its source is missing"),
    ],
)
def test_parts_that_contradict_each_other_are_named(run: Path, touch: Callable[[Path], object], problem: str) -> None:
    """Who rewrites the hashes too still has to make all parts agree."""
    touch(run)

    assert bundle.check(bundle.write(run)).problems == (problem,)


def inject(folder: Path, code: str) -> None:
    """A cell that claims to be papermill's, at the end of the executed notebook."""
    notebook = json.loads((folder / "demo.ipynb").read_text(encoding="utf-8"))
    tagged = {"tags": ["injected-parameters"]}
    notebook["cells"].append({"cell_type": "code", "metadata": tagged, "source": [code], "outputs": []})
    (folder / "demo.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


@pytest.mark.parametrize(
    ("codes", "problems"),
    [
        (["# Parameters\nlooks = 5\nfault = ''\n"], ()),
        (["looks = 6\nfault = ''\n"], ("demo.ipynb: ran with other parameters than order.yaml says",)),
        (["looks = 5\nfault = ''\n"] * 2, ("demo.ipynb: ran with other parameters than order.yaml says",)),
        (["looks = 5\nrun.checks.clear()\n"], ("demo.ipynb: cannot be read (its injected cell does more than set",)),
    ],
)
def test_injected_cells_set_the_parameters_that_were_ordered(
    run: Path, codes: list[str], problems: tuple[str, ...]
) -> None:
    """The one cell that the runner adds is no place to hide code or other parameters."""
    (run / "order.yaml").write_text("notebooks: {demo: {looks: 5, fault: ''}}", encoding="utf-8")
    for code in codes:
        inject(run, code)

    found = bundle.check(bundle.write(run)).problems

    assert len(found) == len(problems)
    assert all(told.startswith(problem) for told, problem in zip(found, problems, strict=True))


def test_a_tampered_sample_is_found_however_the_hashes_are_adapted(run: Path) -> None:
    """Whoever changes a raw sample has to change three hashes and the figure that it gives."""
    measure = Measure.of("p50", "median", median([3, 1, 4, 1, 5, 9, 2]), "ns")
    results.write(samples.keep(replace(RESULT, measures=[measure]), run / "demo.json"), run / "demo.json")
    whole = bundle.check(bundle.write(run))
    tampered = replace(measure, origin=median([3, 1, 4, 1, 5, 9, 8]).origin)
    with zipfile.ZipFile(bundle.write(run)) as packed:
        packed.extractall(run.parent / "unpacked")
    samples.keep(replace(RESULT, measures=[tampered]), run.parent / "unpacked" / "one" / "demo.json")
    adapted = samples.keep(replace(RESULT, measures=[tampered]), run / "demo.json")

    assert (whole.figures, whole.problems) == (1, ())
    assert "demo.samples.parquet: changed since" in bundle.check(run.parent / "unpacked" / "one").problems
    assert len(bundle.check(bundle.write(run)).problems) == 2
    results.write(adapted, run / "demo.json")
    assert bundle.check(bundle.write(run)).problems == ("demo.json: p50 is 3 [1, 9], but its samples give 4 [1, 9]",)


def test_damage_is_one_message(run: Path) -> None:
    """A file that is no bundle, a cut bundle and an encrypted one are refused with the reason."""
    packed = bundle.write(run)
    whole = packed.read_bytes()
    packed.write_bytes(whole[:-40])
    other = packed.with_name("other.zip")
    plain, encrypted = b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"
    other.write_bytes(whole.replace(plain, encrypted))
    refused = {packed: "can be read", other: "encrypted", run: "it has no SHA256SUMS", run / "none": "can be read"}
    for path, message in refused.items():
        with pytest.raises(ConfigError, match=message):
            bundle.check(path)


def test_the_command_packs_and_checks(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both print the fingerprint; a touched bundle is exit code 1, no bundle 2."""
    assert main(["report", "--bundle", "one"]) == 0
    told = capsys.readouterr().out
    assert main(["report", "--check", "reports/one.zip"]) == 0
    assert capsys.readouterr().out == told
    nicer(run)
    assert main(["report", "--bundle", "one"]) == 1
    assert main(["report", "--check", "reports"]) == 2
    assert main(["report", "--check", "reports/one.zip", "--only", "demo"]) == 2
