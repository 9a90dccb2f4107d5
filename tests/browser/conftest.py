"""A real Chromium on a live server. A test fails on anything the browser complains of."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    WebError,
    expect,
    sync_playwright,
)

from tests.browser.site import People, Site, running
from tests.browser.states import WIDE
from tests.conftest import NewUrl
from tests.support import chromium
from workbench.models import User
from workbench.queries.verify import verify

#: What Playwright waits for anything; a machine that is busy with other tests is slow.
PATIENCE_MS = 15_000

#: Everything that the pages' policy or the gate in front of htmx refuses becomes an error.
_REPORT = """
addEventListener("securitypolicyviolation", (e) =>
  console.error(`CSP refused ${e.violatedDirective}: ${e.blockedURI} ${e.sample}`));
for (const name of ["htmx:security:strip", "htmx:security:violation"])
  addEventListener(name, (e) => console.error(`${name}: ${JSON.stringify(e.detail)}`), true);
"""

_STATUS = re.compile(r"the server responded with a status of (\d+)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@dataclass
class Watch:
    """What went wrong in the browser, and which refusals of the server a test expects."""

    site: Site
    faults: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def expect(self, *statuses: int) -> None:
        """The server will answer so, and the browser will say it in its console."""
        self.expected.update(statuses)

    def forgive(self, *words: str) -> None:
        """Forget the faults that a test brought about itself, each of which holds such a word."""
        self.faults = [fault for fault in self.faults if not any(word in fault for word in words)]

    def attach(self, context: BrowserContext) -> None:
        for event, note in self._notes():
            context.on(event, note)  # type: ignore[call-overload]

    def detach(self, context: BrowserContext) -> None:
        for event, note in self._notes():
            context.remove_listener(event, note)

    def _notes(self) -> list[tuple[str, Callable[[Any], None]]]:
        return [
            ("console", self._console),
            ("weberror", self._error),
            ("request", self._request),
            ("response", self._response),
        ]

    def _error(self, error: WebError) -> None:
        self.faults.append(f"error: {error.error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        status = _STATUS.search(message.text)
        if status is None or int(status[1]) not in self.expected:
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in {"data", "blob"} and not request.url.startswith(
            self.site.url + "/"
        ):
            self.faults.append(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Browser]:
    """One browser for all tests of this process; each test has contexts of its own."""
    if chromium.find() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Chromium, and under CI its tests may not be skipped")
        pytest.skip("NO CHROMIUM HERE: browser tests are skipped (make test installs it as root)")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, new_url: NewUrl) -> Iterator[Site]:
    """One server for all tests of this process. At the end its data must be without fault."""
    # Pages offer e-mail; no test here has any sent.
    mail = {"smtp_host": "127.0.0.1", "mail_from": "w@example.org", "site_address": "http://w"}
    home = tmp_path_factory.mktemp("browser") / "home"
    with running(home, database_url=new_url(home), **mail) as live:
        yield live
        with live.database.read() as reading:
            found = verify(reading, live.app.extensions["workbench_config"].read_key())
        assert found == []


@pytest.fixture
def people(site: Site) -> People:
    """Four new people."""
    return site.people()


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    """Fails the test at its end on anything that the browser complained of."""
    watching = Watch(site)
    yield watching
    assert watching.faults == []


def new_context(browser: Browser, site: Site, **options: Any) -> BrowserContext:
    """A browser of its own, that tells its `Watch` what it refuses."""
    context = browser.new_context(
        **{
            "base_url": site.url,
            "locale": "es-CO",
            "timezone_id": "America/Bogota",
            "viewport": WIDE,
            "color_scheme": "light",
            "reduced_motion": "reduce",
            **options,
        }
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(_REPORT)
    return context


class Lent:
    """Contexts that go from test to test, emptied. Scripts and styles are loaded once, and the
    process that shows pages lives on by a page of each that is never closed: both took more time
    than the tests."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser, self._site = browser, site
        self._idle: dict[str, list[BrowserContext]] = {}

    def take(self, options: dict[str, Any]) -> Page:
        """A new page in a context with these options; nothing is stored there."""
        idle = self._idle.get(_name(options))
        context = idle.pop() if idle else new_context(self._browser, self._site, **options)
        if not context.pages:
            context.new_page().goto("/static/icon.svg")
        page = context.new_page()
        what = {"origin": self._site.url, "storageTypes": "local_storage,indexeddb"}
        context.new_cdp_session(page).send("Storage.clearDataForOrigin", what)
        return page

    def give_back(self, context: BrowserContext, options: dict[str, Any]) -> None:
        for page in context.pages[1:]:
            page.close()
        context.set_offline(False)
        context.clear_cookies()
        self._idle.setdefault(_name(options), []).append(context)


def _name(options: dict[str, Any]) -> str:
    return json.dumps(options, sort_keys=True)


@pytest.fixture(scope="session")
def lent(chromium_browser: Browser, site: Site) -> Lent:
    return Lent(chromium_browser, site)


OpenAs = Callable[..., Page]


@pytest.fixture
def open_as(lent: Lent, site: Site, watch: Watch) -> Iterator[OpenAs]:
    """`open_as(person, "/path", viewport=NARROW, ...)`: a page in a browser of that person's own.

    None for a person opens it without a log-in.
    """
    contexts: list[tuple[BrowserContext, dict[str, Any]]] = []

    def open_page(who: User | None, path: str = "/", **options: Any) -> Page:
        page = lent.take(options)
        contexts.append((page.context, options))
        watch.attach(page.context)
        if who is not None:
            page.context.add_cookies([site.cookie(who)])
        page.goto(path)
        return page

    yield open_page
    for context, options in contexts:
        watch.detach(context)
        lent.give_back(context, options)


@pytest.fixture(autouse=True)
def no_model_is_named(site: Site) -> Iterator[None]:
    """Whatever a test does: no page of a reviewer holds the name of a model."""
    before = len(site.sent)
    yield
    told = [
        f"{path} names {model}"
        for path, body in site.sent[before:]
        for model in site.models
        if model in body
    ]
    assert told == []
