"""The summary page as a PDF or a picture, made by a headless Chromium where there is one."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import ffcore

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 120


def browser() -> str:
    """Find the program; ConfigError says what to install where there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        advice = "install it (on Debian: apt install chromium), or print the page from a browser"
        raise ffcore.ConfigError([("--pdf", f"needs Chromium, and no {', '.join(BROWSERS[:3])} is here; {advice}")])
    return found


def write(page: Path) -> Path:
    """Print a page to a PDF beside it and return its path; ConfigError if there is no Chromium or it fails."""
    target = page.resolve().with_suffix(".pdf")
    return _made(page, target, ["--no-pdf-header-footer", f"--print-to-pdf={target}"])


def picture(page: Path, width: int = 1280, height: int = 1600) -> Path:
    """Draw the top of a page as a PNG beside it and return its path; ConfigError as for `write`."""
    target = page.resolve().with_suffix(".png")
    size = f"--window-size={width},{height}"
    return _made(page, target, ["--hide-scrollbars", size, f"--screenshot={target}"])


def _made(page: Path, target: Path, what: list[str]) -> Path:
    with TemporaryDirectory() as profile:
        options = ["--headless=new", "--disable-gpu", "--no-first-run", *(["--no-sandbox"] if _root() else [])]
        command = [browser(), *options, f"--user-data-dir={profile}", *what, page.resolve().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise ffcore.ConfigError([("--pdf", f"Chromium did not end in {SECONDS} s")]) from None
    if done.returncode or not target.exists():
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ffcore.ConfigError([("--pdf", f"Chromium failed: {last}")])
    return target


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
