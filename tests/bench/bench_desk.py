"""The desk over a slow line: what the first page and each further item weigh, and how long a
reviewer waits from the key press to the next item on the screen. A real Chromium, its line slowed
down through the devtools protocol; beside it, the bare round trip of that line.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.browser.site import Site, guideline, running, sample
from tests.support import chromium

RTT_MS = 300
ITEMS = 15
#: A home line on a bad day.
SLOW = {"latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
DISTANT = {"latency": RTT_MS, "downloadThroughput": -1, "uploadThroughput": -1}

#: From the key press to the frame after the next item has come.
_PAINTED = """(key) => new Promise((done) => {
  const before = document.getElementById("desk");
  let began = 0;
  const seen = new MutationObserver(() => {
    const now = document.getElementById("desk");
    if (!now || now === before || !now.querySelector("#answer")) return;
    seen.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  });
  seen.observe(document.getElementById("content"), { childList: true, subtree: true });
  addEventListener("keydown", () => (began = performance.now()), { capture: true, once: true });
  window.pressed = true;
})"""


@dataclass(frozen=True)
class Weight:
    """KiB with headers and without, and how many requests they came in."""

    whole: float
    bodies: float
    requests: int


@dataclass
class Line:
    """What came over the line since it was last asked."""

    session: CDPSession
    whole: float = 0
    bodies: float = 0
    requests: int = 0

    def watch(self) -> None:
        self.session.send("Network.enable")
        self.session.on("Network.responseReceived", self._began)
        self.session.on("Network.loadingFinished", self._came)

    def _began(self, event: dict[str, Any]) -> None:
        self.requests += 1
        headers = {name.lower(): value for name, value in event["response"]["headers"].items()}
        self.bodies += int(headers.get("content-length", 0)) / 1024

    def _came(self, event: dict[str, Any]) -> None:
        self.whole += event["encodedDataLength"] / 1024

    def take(self) -> Weight:
        found = Weight(self.whole, self.bodies, self.requests)
        self.whole = self.bodies = self.requests = 0
        return found

    def slow_down(self, conditions: dict[str, float]) -> None:
        self.session.send("Network.emulateNetworkConditions", {"offline": False, **conditions})


def run() -> list[tuple[str, float, str]]:
    """Weights in KiB as they come over the line, and milliseconds to the next item painted."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "home") as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**chromium.launch_options())
        first = _first_load(browser, site)
        weights, waits = _items(browser, site)
        slow = _slow(browser, site)
        browser.close()
    return [
        ("desk: first load, nothing cached, compressed", first.bodies, "KiB"),
        ("  the bar", 60, "KiB"),
        ("  with headers", first.whole, "KiB"),
        ("  requests", first.requests, ""),
        ("desk: a further item, with its own text", statistics.median(weights), "KiB"),
        ("  the bar, without its own text", 8, "KiB"),
        (f"key press to next item painted, round trip {RTT_MS} ms", statistics.median(waits), "ms"),
        ("  the slowest", max(waits), "ms"),
        ("  the bar", 100, "ms"),
        ("  limit without fetching ahead: the round trip", RTT_MS, "ms"),
        ("first load at 400 kbit/s and 400 ms, to an item that can be judged", slow, "ms"),
    ]


@contextmanager
def _desk(browser: Browser, site: Site) -> Iterator[tuple[Page, Line, str]]:
    people = site.people()
    items = sample("pares-pandalm")[: ITEMS + 5]
    project = site.project("ranking", items, people, texts=guideline("pares-pandalm"))
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 800})
    context.add_cookies([site.cookie(people.ben)])
    page = context.new_page()
    line = Line(context.new_cdp_session(page))
    line.watch()
    yield page, line, f"/projects/{project.slug}/desk"
    context.close()


def _first_load(browser: Browser, site: Site) -> Weight:
    with _desk(browser, site) as (page, line, path):
        page.goto(path)
        page.wait_for_selector("#answer")
        page.wait_for_load_state("networkidle")
        return line.take()


def _items(browser: Browser, site: Site) -> tuple[list[float], list[float]]:
    with _desk(browser, site) as (page, line, path):
        page.goto(path)
        page.wait_for_selector("#desk[data-ahead=here]")
        line.slow_down(DISTANT)
        weights, waits = [], []
        for _ in range(ITEMS):
            line.take()
            page.keyboard.press("2")
            waiting = page.evaluate_handle(f"() => ({{ done: ({_PAINTED})() }})")
            page.keyboard.press("Enter")
            waits.append(waiting.evaluate("(held) => held.done"))
            page.wait_for_selector("#desk[data-ahead=here]")
            page.wait_for_selector("#saving[data-state=saved]")
            weights.append(line.take().bodies)
        return weights, waits


def _slow(browser: Browser, site: Site) -> float:
    with _desk(browser, site) as (page, line, path):
        line.slow_down(SLOW)
        page.goto(path)
        page.wait_for_selector("#answer")
        return float(page.evaluate("() => performance.now()"))
