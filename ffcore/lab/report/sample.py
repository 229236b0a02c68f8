"""The sample report of the repository: a standard run's result files, and its summary as a PDF and a picture."""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from ffcore.ending import ended

from . import pdf, plan, runner
from .page import NAME

FOLDER = Path("reports") / "sample"


def take(run: Path, sample: Path) -> list[Path]:
    """Keep of a run what is small: result files, and the summary as `summary.pdf` and `summary.png`.

    Args:
        run: a run's folder.
        sample: emptied first.

    Returns:
        What the sample holds.
    """
    made = {"summary.pdf": pdf.write(run / NAME), "summary.png": pdf.picture(run / NAME)}
    shutil.rmtree(sample, ignore_errors=True)
    sample.mkdir(parents=True)
    for file in sorted(run.glob("*.json")):
        shutil.copy(file, sample)
    for name, file in made.items():
        shutil.move(file, sample / name)
    return sorted(sample.iterdir())


def main() -> int:
    """Run the standard profile on the bundled data and take the sample from it; Ctrl-C leaves the old sample."""
    pdf.browser()
    with TemporaryDirectory() as folder:
        done = runner.run(plan.prepare([], {"profile": "standard"}, Path(folder)))
        if done.interrupted:
            raise KeyboardInterrupt
        for path in take(done.page.parent.resolve(), FOLDER):
            print(f"{path}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(ended("sample", main))
