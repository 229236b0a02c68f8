"""A headless Chromium for all tests here; where there is none they skip and say why."""

import os
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from ffcore import ConfigError
from ffcore.lab.report import pdf
from tests.support.browser import Watched


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser for the whole session."""
    try:
        program = pdf.browser()
    except ConfigError as missing:
        pytest.skip(f"no browser to open pages with: {missing}")
    options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    """An empty page that is watched."""
    with chromium.new_context() as context:
        yield Watched(context.new_page())


@pytest.fixture(scope="session")
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
