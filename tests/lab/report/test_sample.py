"""The sample report: small, whole, and made by a real browser where there is one."""

import shutil
from pathlib import Path

import pytest

from ffcore import ConfigError
from ffcore.lab.report import pdf, sample
from ffcore.lab.report.results import read_all

ROOT = Path(__file__).parents[3]


def run_folder(folder: Path) -> Path:
    """A run that left a page and one result file."""
    folder.mkdir()
    (folder / "index.html").write_text("<!DOCTYPE html><title>x</title><h1>Report</h1>", encoding="utf-8")
    (folder / "scale.json").write_text("{}", encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, pdf.BROWSERS)), reason="no Chromium is installed")
def test_a_sample_holds_results_and_summary(tmp_path: Path) -> None:
    """What stood there before is gone; PDF and picture are what they are called."""
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "old.json").touch()
    kept = sample.take(run_folder(tmp_path / "run"), tmp_path / "sample")

    assert [path.name for path in kept] == ["scale.json", "summary.pdf", "summary.png"]
    assert kept[1].read_bytes().startswith(b"%PDF")
    assert kept[2].read_bytes().startswith(b"\x89PNG")


def test_without_a_browser_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old sample stays, and the message says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "old.json").touch()

    with pytest.raises(ConfigError, match="apt install chromium"):
        sample.take(run_folder(tmp_path / "run"), tmp_path / "sample")
    assert (tmp_path / "sample" / "old.json").exists()


def test_the_committed_sample_is_small_and_of_one_standard_run() -> None:
    """Result files of every notebook, readable as results, and the picture that the README shows."""
    found = read_all(ROOT / "reports" / "sample")

    assert {result.profile for result in found} <= {"standard"}
    assert (ROOT / "reports" / "sample" / "summary.png").exists()
    assert sum(path.stat().st_size for path in (ROOT / "reports" / "sample").iterdir()) < 4_000_000
