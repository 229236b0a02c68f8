"""What a test asks of an open page: what went wrong on it, what axe finds, what overflows, where its links lead."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request

WIDTHS = (1280, 768, 360)
LOCAL = ("file:", "data:", "blob:", "http://127.0.0.1", "ws://127.0.0.1")
ADDRESSES = "links => links.map(link => link.href)"
#: What lies beyond the right edge, or is scrolled.
CUT = """[...document.querySelectorAll('main *')].filter(element =>
    element.getBoundingClientRect().right > innerWidth + 1
    || getComputedStyle(element).overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1
       && element.clientWidth > 1).map(element => element.outerHTML.slice(0, 200))"""
PLACES = "all => all.map(element => element.id)"


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
            self.errors.append(f"{message.text} ({message.location['url']})")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(LOCAL):
            self.left.append(request.url)

    def faults(self, path: Path, width: int, pictures: Path) -> list[str]:
        """Open a page and all that is folded at a width; everything about it that somebody might stumble over."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.goto(path.as_uri())
        self.page.screenshot(path=pictures / f"{path.stem}.png", full_page=True)
        self.page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
        reach = self.page.evaluate("document.documentElement.scrollWidth")
        seen = self.page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        said = [*violations(self.page), *self.errors, *(f"asked for {address}" for address in self.left)]
        said += [f"reaches to {reach}"] if reach > width else []
        said += [] if seen else ["an image is missing"]
        self.errors.clear()
        self.left.clear()
        return [f"{path.name} at {width}: {fault}" for fault in said]


def violations(page: Page, *others: str) -> list[str]:
    """What axe finds against a page but for `others`' rules: the rule, and each element that breaks it."""
    options = {"preload": False, "rules": {rule: {"enabled": False} for rule in others}}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{item['id']}: {node['html'][:200]}" for item in found for node in item["nodes"]]


def dead_links(page: Page, paths: Iterable[Path]) -> Iterator[str]:
    """Follow each link of these pages to another file or to a place on it; those that lead nowhere."""
    links, places = {}, {}
    for path in paths:
        page.goto(path.as_uri())
        links[path] = [urlsplit(address) for address in page.eval_on_selector_all("a[href]", ADDRESSES)]
        places[path] = {"", *page.eval_on_selector_all("[id]", PLACES)}
    for path, addresses in links.items():
        for scheme, _, name, _, place in addresses:
            target = Path(os.path.normpath(unquote(name)))
            there = target.exists() and unquote(place) in places.get(target, {""})
            if scheme == "file" and not there:
                yield f"{path.name}: {name}#{place}"
