"""The report as people open it: at three widths, by keyboard, on paper, with axe's rules of accessibility."""

from pathlib import Path
from typing import Any

import pytest

from ffcore.lab.report import pdf, runner
from ffcore.lab.report.plan import prepare
from tests.support.browser import WIDTHS, violations

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_readable_at_every_width(run: Path, watched: Any, tmp_path: Path, width: int) -> None:
    """Nothing overflows, axe finds nothing, no script fails, nothing is fetched, every image is there."""
    watched.page.set_viewport_size({"width": width, "height": 900})
    listed = pages(run)
    for path in listed:
        watched.page.goto(path.as_uri())

        assert violations(watched.page) == [], path.name
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        assert watched.page.evaluate("[...document.images].every(image => image.naturalWidth > 0)"), path.name
        assert watched.page.screenshot(path=tmp_path / f"{path.stem}.png", full_page=True)
    assert len(listed) == 4
    assert (watched.errors, watched.left) == ([], [])


def test_axe_sees_a_fault(run: Path, watched: Any) -> None:
    """An image without alternative text, and faint words, are named: an empty list means something."""
    watched.page.goto((run / "index.html").as_uri())
    watched.page.evaluate("document.images[0].removeAttribute('alt')")
    watched.page.evaluate("document.querySelector('.soft').style.color = '#ddd'")
    named = {line.partition(":")[0] for line in violations(watched.page)}

    assert {"image-alt", "color-contrast"} <= named


def test_every_link_leads_somewhere(run: Path, watched: Any) -> None:
    """Each address of the summary is a file of the run or a place on the page."""
    watched.page.goto((run / "index.html").as_uri())
    addresses = watched.page.eval_on_selector_all("a", "links => links.map(link => link.getAttribute('href'))")
    for address in set(addresses):
        if address.startswith("#"):
            assert watched.page.locator(address).count() == 1, address
        else:
            assert (run / address).is_file(), address
    watched.page.get_by_role("link", name="Rollout accuracy").first.click()

    assert watched.page.url.endswith("rollout_accuracy.html")
    watched.page.get_by_role("link", name="Summary of this run").click()
    assert watched.page.url.endswith("index.html")
    assert watched.errors == []


def test_the_keyboard_reaches_links_and_opens_details(run: Path, watched: Any) -> None:
    """Tab goes to the first link, which shows its focus; Enter opens the reason of a target."""
    watched.page.goto((run / "index.html").as_uri())
    watched.page.keyboard.press("Tab")
    outlined = "getComputedStyle(document.activeElement).outlineStyle"

    assert watched.page.evaluate("document.activeElement.tagName") == "A"
    assert watched.page.evaluate(outlined) == "solid"
    summary = watched.page.locator("details > summary").first
    summary.focus()
    watched.page.keyboard.press("Enter")
    assert watched.page.locator("details[open]").count() == 1


def test_verdict_comparison_and_history_are_on_the_page(run: Path, watched: Any) -> None:
    """What a reviewer looks for is seen: the verdict in the first screen, and the run against its baseline."""
    watched.page.set_viewport_size({"width": 1280, "height": 900})
    watched.page.goto((run / "index.html").as_uri())
    box = watched.page.get_by_role("region", name="Verdict").bounding_box()

    assert box["y"] + box["height"] < 900
    assert "fault was leak, is (none)" in watched.page.inner_text("main")
    assert watched.page.get_by_role("heading", name="History").is_visible()


def test_the_page_is_printed(run: Path, watched: Any) -> None:
    """Chromium prints the summary to a PDF beside it, and nothing reaches beyond the paper."""
    watched.page.set_viewport_size({"width": 688, "height": 900})
    watched.page.emulate_media(media="print")
    watched.page.goto((run / "index.html").as_uri())

    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 688
    assert pdf.write(run / "index.html").read_bytes().startswith(b"%PDF")
