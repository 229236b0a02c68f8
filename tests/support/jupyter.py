"""Jupyter's servers on loopback, over a copy of notebooks and data and with settings of their own, and our panel."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
SECONDS = 300


@contextmanager
def serving(root: Path, command: Sequence[str], is_up: Callable[[], bool]) -> Iterator[None]:
    """Run a module of Jupyter in `root / "work"`, which has copies of notebooks and data, until the block ends."""
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, root / "work" / name)
    places = {f"JUPYTER_{name}_DIR": str(root / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **places, "JUPYTERLAB_SETTINGS_DIR": str(root / "settings"), "IPYTHONDIR": str(root)}
    with (root / "log").open("w") as log:
        whole = [sys.executable, "-m", *command]
        server = subprocess.Popen(whole, env=environment, stdout=log, stderr=log, cwd=root / "work")
    try:
        wait_for(is_up, (root / "log").read_text)
        yield
    finally:
        server.terminate()
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(is_met: Callable[[], bool], told: Callable[[], str]) -> None:
    """Wait until a condition holds; after five minutes say what was told."""
    end = time.monotonic() + SECONDS
    while not is_met():
        assert time.monotonic() < end, told()
        time.sleep(0.1)


def move(page: Page) -> None:
    """Another flag and percentage are chosen in the panel, then one that cannot be; the answer follows."""
    panel = page.locator(".jupyter-widgets.widget-hbox", has=page.locator(".ff-x")).last
    panel.get_by_label("Flag").select_option("delay-causes")
    panel.locator(".ff-x h3", has_text="delay-causes at 50 %").wait_for(timeout=SECONDS * 1000)
    panel.get_by_label("Percentage").fill("60")
    panel.get_by_label("Percentage").press("Enter")
    panel.locator(".ff-x h3", has_text="delay-causes at 60 %").wait_for(timeout=SECONDS * 1000)
    rules = panel.get_by_label("Rules")
    rules.fill("- {attribute: origin, operator: equls, value: JFK}")
    rules.blur()
    whole = page.locator(".jupyter-widgets.widget-hbox", has_text="This edit cannot be served").last
    whole.locator('[role="alert"]', has_text="equals").wait_for(timeout=SECONDS * 1000)
    whole.get_by_label("Rules").fill("- {attribute: origin, operator: equals, value: JFK}")
    whole.get_by_label("Rules").blur()
    panel.locator(".ff-x p", has_text="users who meet the rules").first.wait_for(timeout=SECONDS * 1000)
