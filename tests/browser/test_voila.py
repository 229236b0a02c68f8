"""The panel without code around it, as Voilà serves it: widgets move, the answer follows, axe finds nothing in it."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import WIDTHS, Watched, violations
from tests.support.jupyter import SECONDS, move, serving

pytestmark = pytest.mark.long

#: Voilà's page has no landmarks, and a slider of ipywidgets no name; the field above ours has one and says the same.
THEIRS = ("region", "aria-input-field-name")
REACH = "Math.max(...[...document.querySelectorAll(':has(.jp-Cell)')].map(element => element.scrollWidth))"


@pytest.fixture(scope="module")
def address(chromium: object, free_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where Voilà serves the notebook."""
    assert chromium
    options = ["--no-browser", f"--port={free_port}", "--Voila.ip=127.0.0.1", "--Voila.port_retries=0"]

    def is_up() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", free_port)) == 0

    with serving(tmp_path_factory.mktemp("voila"), ["voila", "notebooks/explore_rollout.ipynb", *options], is_up):
        yield f"http://127.0.0.1:{free_port}/"


def test_the_panel_answers_in_voila(address: str, watched: Watched, tmp_path: Path) -> None:
    """Without code, without a warning and without what only the network has; at every width nothing overflows."""
    page = watched.page
    page.route(lambda url: not url.startswith(address), lambda route: route.abort())
    page.goto(address, timeout=SECONDS * 1000)
    page.locator(".jupyter-widgets .ff-x h3").wait_for(timeout=SECONDS * 1000)
    move(page)

    assert page.locator(".jp-InputArea-editor:visible").count() == 0
    assert page.locator(".jp-RenderedText[data-mime-type*=stderr]").count() == 0
    assert violations(page, *THEIRS) == []
    assert [error for error in watched.errors if address in error] == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.locator(".jupyter-widgets.widget-hbox").last.screenshot(path=tmp_path / f"voila-{width}.png")
        assert page.evaluate(REACH) <= width
