"""The built documentation as people read it: every page at three widths, with axe's rules, and every link."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.browser import WIDTHS, Watched, dead_links, violations

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(chromium: object, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """All pages, built from a copy, since a build writes beside its sources."""
    assert chromium
    root = tmp_path_factory.mktemp("documentation")
    for name in ("docs", "notebooks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("notebooks", ".*"))
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", str(root / "docs"), str(root / "html")]
    subprocess.run(command, check=True, cwd=ROOT)
    return sorted((root / "html").rglob("*.html"))


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_readable_at_every_width(built: list[Path], watched: Watched, tmp_path: Path, width: int) -> None:
    """Nothing overflows, axe finds nothing, no script fails, nothing is fetched, every image is there."""
    assert [fault for path in built for fault in watched.faults(path, width, tmp_path)] == []
    assert len(built) > 40


def test_every_link_leads_somewhere(built: list[Path], watched: Watched) -> None:
    """Each link between pages finds its page, and its place there."""
    assert list(dead_links(watched.page, built)) == []


def test_faults_are_seen(built: list[Path], watched: Watched) -> None:
    """Code that the keyboard cannot scroll, a landmark without a name and a dead link are named."""
    (page,) = [path for path in built if path.name == "tutorial.html"]
    text = page.read_text(encoding="utf-8")
    broken = page.with_name("broken.html")
    broken.write_text(text.replace('tabindex="0"', "").replace("aria-label", "x").replace("glossary.html", "gone.html"))
    watched.page.goto(broken.as_uri())
    named = {line.partition(":")[0] for line in violations(watched.page)}
    gone = list(dead_links(watched.page, [broken]))
    broken.unlink()

    assert {"scrollable-region-focusable", "landmark-unique"} <= named
    assert gone
    assert all("gone.html" in line for line in gone)
