"""A headless Chromium for all tests here; where there is none they skip and say why."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from ffcore import ConfigError
from ffcore.lab.report import pdf


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


@dataclass
class Watched:
    """A page, and what went wrong on it: errors of scripts and of the console, and requests that leave the machine."""

    page: Page
    errors: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin to listen."""
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:", "http://127.0.0.1", "ws://127.0.0.1")):
            self.left.append(request.url)


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
