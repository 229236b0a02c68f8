"""JupyterLab as a data scientist uses it: a notebook is opened, all its cells are run, its verdict is there to read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as TooLateError

from ffcore.lab.report.lint_rules import VERDICT_TAG
from tests.support.browser import Watched
from tests.support.jupyter import ROOT, SECONDS, move, serving, wait_for

pytestmark = pytest.mark.slow

SLICE = ("explore_rollout", "variant_distribution")
NAMES = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
SLICED = [name if name in SLICE else pytest.param(name, marks=pytest.mark.long) for name in NAMES]
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none", "scrollPastEnd": False},
}
TALLEST = 16_000
CELLS = ".jp-Notebook .jp-WindowedPanel-outer"


@pytest.fixture(scope="module")
def lab(chromium: object, free_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A JupyterLab over a copy of notebooks and data: its folder and its address."""
    assert chromium
    root = tmp_path_factory.mktemp("lab")
    for name, settings in SETTINGS.items():
        place = root / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(settings), encoding="utf-8")
    options = [f"--ServerApp.port={free_port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=open"]
    options += ["--no-browser", "--ip=127.0.0.1", "--allow-root", f"--ServerApp.root_dir={root / 'work'}"]
    with serving(root, ["jupyterlab", *options], lambda: any((root / "runtime").glob("jpserver-*.json"))):
        yield root / "work", f"http://127.0.0.1:{free_port}/lab/workspaces"


def cells(path: Path) -> list[dict[str, Any]]:
    """The code cells of a notebook file; one that the lab is writing just now is read again."""
    found: list[dict[str, Any]] = []

    def is_whole() -> bool:
        try:
            found[:] = json.loads(path.read_text(encoding="utf-8"))["cells"]
        except json.JSONDecodeError:
            return False
        return True

    wait_for(is_whole, lambda: f"{path.name} is not whole")
    return [cell for cell in found if cell["cell_type"] == "code"]


def verdict(path: Path) -> str:
    """What the verdict cell of a notebook file shows."""
    (cell,) = [cell for cell in cells(path) if VERDICT_TAG in cell["metadata"].get("tags", [])]
    (output,) = cell["outputs"]
    return "".join(output["data"]["text/plain"])


@pytest.mark.parametrize("name", SLICED)
def test_a_notebook_runs_in_jupyterlab(lab: tuple[Path, str], watched: Watched, tmp_path: Path, name: str) -> None:
    """Opened and run from the menu, no cell fails and none warns; the verdict is the committed one and is shown."""
    folder, address = lab
    path, page = folder / "notebooks" / f"{name}.ipynb", watched.page
    page.goto(f"{address}/{name}/tree/notebooks/{name}.ipynb?token=open", timeout=SECONDS * 1000)
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=SECONDS * 1000)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=SECONDS * 1000)
    sessions = f"{address.removesuffix('/lab/workspaces')}/api/sessions?token=open"
    wait_for(lambda: connected(page, sessions, name), lambda: f"{name} got no kernel")
    wait_for(lambda: began(page), lambda: f"{name} did not begin")
    wait_for(lambda: ran(page, path), lambda: f"{name} did not end: {[c['execution_count'] for c in cells(path)]}")
    picture(page, tmp_path / f"{name}.png")
    if name == "explore_rollout":
        move(page)

    assert [output for cell in cells(path) for output in cell["outputs"] if is_trouble(output)] == []
    assert verdict(path) == verdict(ROOT / "notebooks" / f"{name}.ipynb")
    assert page.locator(".jp-OutputArea-output pre", has_text=verdict(path).partition("\n")[0]).first.is_visible()
    assert (watched.errors, watched.left) == ([], [])


def is_trouble(output: dict[str, Any]) -> bool:
    """Whether an output is an error, or a warning that a reader would see in red."""
    return output["output_type"] == "error" or output.get("name") == "stderr"


def picture(page: Page, target: Path) -> None:
    """The whole notebook: a window as high as it is, so that every cell is drawn."""
    height = page.locator(CELLS).evaluate("cells => cells.scrollHeight")
    page.set_viewport_size({"width": 1280, "height": min(TALLEST, height + 150)})
    page.wait_for_function("before => innerHeight > before", arg=min(TALLEST - 1, height))
    page.screenshot(path=target)


def connected(page: Page, sessions: str, name: str) -> bool:
    """Whether the notebook's kernel is there and the page listens to it: before that a run only asks for a kernel."""
    found = [item["kernel"] for item in page.request.get(sessions).json() if item["path"].endswith(f"{name}.ipynb")]
    return any(kernel["execution_state"] == "idle" and kernel["connections"] for kernel in found)


def began(page: Page) -> bool:
    """Run all cells from the menu, which a lab that is still loading may ignore; whether the kernel became busy."""
    if page.locator(".jp-Dialog").count():
        page.locator(".jp-Dialog .jp-mod-accept").click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    try:
        page.locator('.jp-Notebook-ExecutionIndicator:not([data-status="idle"])').wait_for(timeout=10_000)
    except TooLateError:
        return False
    return bool(page.locator(".jp-Dialog").count() == 0)


def ran(page: Page, path: Path) -> bool:
    """Whether every code cell has run, as the file says once it is saved."""
    page.keyboard.press("Control+s")
    page.wait_for_timeout(500)
    return all(cell["execution_count"] or any_error(cells(path)) for cell in cells(path))


def any_error(found: list[dict[str, Any]]) -> bool:
    """Whether a cell failed, after which JupyterLab runs no other."""
    return any(output["output_type"] == "error" for cell in found for output in cell["outputs"])
