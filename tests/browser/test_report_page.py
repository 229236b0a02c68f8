"""The report as people open it: at three widths, by keyboard, on paper, with axe's rules of accessibility."""

from pathlib import Path

import pytest

from ffcore.lab.report import pdf, runner
from ffcore.lab.report.plan import prepare
from tests.support.browser import CUT, WIDTHS, Watched, dead_links, violations

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAPER = 688
OUTLINE = "getComputedStyle(document.activeElement).outlineStyle"
PLACE = "[...document.querySelectorAll('a[href], summary')].indexOf(document.activeElement)"


@pytest.fixture(scope="module")
def run(chromium: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one notebook with a fault, and after it one without, which stands against the first."""
    assert chromium
    out = tmp_path_factory.mktemp("reports")
    first = prepare(["rollout_accuracy"], {"profile": "smoke", "fault": "leak"}, out)
    runner.run(first)
    clean = runner.run(prepare(["rollout_accuracy"], {"profile": "smoke"}, out), first.folder)
    return clean.page.parent.resolve()


def pages(run: Path) -> list[Path]:
    """Every page of both runs."""
    return sorted(path for folder in run.parent.iterdir() if not folder.is_symlink() for path in folder.glob("*.html"))


@pytest.fixture(scope="module")
def whole(chromium: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of all notebooks."""
    assert chromium
    done = runner.run(prepare((), {"profile": "smoke"}, tmp_path_factory.mktemp("whole")))
    return done.page.parent.resolve()


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_readable_at_every_width(run: Path, watched: Watched, tmp_path: Path, width: int) -> None:
    """Nothing overflows, axe finds nothing, no script fails, nothing is fetched, every image is there."""
    listed = pages(run)

    assert [fault for path in listed for fault in watched.faults(path, width, tmp_path)] == []
    assert len(listed) == 4


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_every_notebook_is_readable_at_every_width(whole: Path, watched: Watched, tmp_path: Path, width: int) -> None:
    """So it is with the pages of all notebooks."""
    listed = pages(whole)

    assert [fault for path in listed for fault in watched.faults(path, width, tmp_path)] == []
    assert len(listed) == len(list((ROOT / "notebooks").glob("*.ipynb"))) + 1


@pytest.mark.long
def test_every_notebook_is_printed_whole(whole: Path, watched: Watched) -> None:
    """On paper nothing is cut: no text lies beyond the edge, or in a box that would have to be scrolled."""
    watched.page.emulate_media(media="print")
    watched.page.set_viewport_size({"width": PAPER, "height": 900})
    for path in pages(whole):
        watched.page.goto(path.as_uri())

        assert watched.page.evaluate(CUT) == [], path.name


@pytest.mark.long
def test_every_link_of_all_pages_leads_somewhere(whole: Path, watched: Watched) -> None:
    """From the summary to notebooks, result files and places, and back."""
    assert list(dead_links(watched.page, pages(whole))) == []


def test_what_is_cut_on_paper_is_seen(run: Path, watched: Watched) -> None:
    """A long line that keeps its length is named."""
    watched.page.emulate_media(media="print")
    watched.page.set_viewport_size({"width": PAPER, "height": 900})
    watched.page.goto((run / "rollout_accuracy.html").as_uri())
    before = watched.page.evaluate(CUT)
    watched.page.add_style_tag(content=".output_text pre { white-space: pre !important; font-size: 2em !important }")

    assert before == []
    assert "rollout_accuracy: " in "".join(watched.page.evaluate(CUT))


def test_axe_sees_a_fault(run: Path, watched: Watched) -> None:
    """An image without alternative text, and faint words, are named: an empty list means something."""
    watched.page.goto((run / "index.html").as_uri())
    watched.page.evaluate("document.images[0].removeAttribute('alt')")
    watched.page.evaluate("document.querySelector('.soft').style.color = '#ddd'")
    named = {line.partition(":")[0] for line in violations(watched.page)}

    assert {"image-alt", "color-contrast"} <= named


def test_every_link_leads_somewhere(run: Path, watched: Watched) -> None:
    """Each address of the pages is a file of the run or a place on a page."""
    assert list(dead_links(watched.page, pages(run))) == []

    watched.page.goto((run / "index.html").as_uri())
    watched.page.get_by_role("link", name="Rollout accuracy").first.click()

    assert watched.page.url.endswith("rollout_accuracy.html")
    watched.page.get_by_role("link", name="Summary of this run").click()
    assert watched.page.url.endswith("index.html")
    assert watched.errors == []


def test_the_keyboard_reaches_links_and_opens_details(run: Path, watched: Watched) -> None:
    """Tab goes to the first link, which shows its focus; Enter opens the reason of a target."""
    watched.page.goto((run / "index.html").as_uri())
    watched.page.keyboard.press("Tab")

    assert watched.page.evaluate("document.activeElement.tagName") == "A"
    assert watched.page.evaluate(OUTLINE) == "solid"
    summary = watched.page.locator("details > summary").first
    summary.focus()
    watched.page.keyboard.press("Enter")
    assert watched.page.locator("details[open]").count() == 1


def test_the_keyboard_reaches_everything(run: Path, watched: Watched) -> None:
    """Tab goes through all links and reasons of the summary, each with its focus shown, and comes to the end."""
    watched.page.goto((run / "index.html").as_uri())
    stops = watched.page.locator("a[href], summary").count()
    reached, shown = set(), set()
    for _ in range(2 * stops):
        watched.page.keyboard.press("Tab")
        reached.add(watched.page.evaluate(PLACE))
        shown.add(watched.page.evaluate(OUTLINE) if watched.page.evaluate(PLACE) >= 0 else "solid")

    assert set(range(stops)) <= reached
    assert shown == {"solid"}


def test_verdict_comparison_and_history_are_on_the_page(run: Path, watched: Watched) -> None:
    """What a reviewer looks for is seen: the verdict in the first screen, and the run against its baseline."""
    watched.page.set_viewport_size({"width": 1280, "height": 900})
    watched.page.goto((run / "index.html").as_uri())
    box = watched.page.get_by_role("region", name="Verdict").bounding_box()

    assert box is not None
    assert box["y"] + box["height"] < 900
    assert "fault was leak, is (none)" in watched.page.inner_text("main")
    assert watched.page.get_by_role("heading", name="History").is_visible()


def test_the_page_is_printed(run: Path, watched: Watched) -> None:
    """Chromium prints the summary to a PDF beside it, and nothing reaches beyond the paper."""
    watched.page.set_viewport_size({"width": PAPER, "height": 900})
    watched.page.emulate_media(media="print")
    watched.page.goto((run / "index.html").as_uri())

    assert watched.page.evaluate("document.documentElement.scrollWidth") <= PAPER
    assert pdf.write(run / "index.html").read_bytes().startswith(b"%PDF")
