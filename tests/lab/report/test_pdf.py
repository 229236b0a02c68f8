"""The PDF: printed where Chromium is, a clear message where it is not."""

from pathlib import Path

import pytest

from ffcore import ConfigError
from ffcore.lab.report import pdf


def test_without_chromium_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty path of programs gives one message with the remedy."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ConfigError, match=r"needs Chromium, and no chromium.* is here; install it"):
        pdf.browser()


@pytest.mark.parametrize("script", ["exit 0", "echo broken >&2; exit 3"])
def test_a_browser_that_prints_nothing_is_one_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str
) -> None:
    """A program that fails, or says that all is well without a file, is told."""
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    with pytest.raises(ConfigError, match=r"Chromium failed: (no message|broken)"):
        pdf.write(tmp_path / "index.html")
