"""The server goes away under browsers at work, by force and for a new release: nothing is lost.

Each browser is a Chromium with a person of its own logged in, on the real server with two workers.
A browser is heavy, so there are a few of them; the rest of 20 browsers' worth are the 20 raw
clients of tests/faults/crowd.py, which send as the desk's script does, to both databases.
"""

from __future__ import annotations

import random
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from tests.browser.conftest import Watch, new_context
from tests.browser.desk import Desk
from tests.browser.kinds import Pair, Rewrite
from tests.browser.site import VEIL, Site, install
from tests.conftest import NewUrl
from tests.support.serving import ROOT, Server
from workbench.app import create_app
from workbench.models import Judgment, Project, User
from workbench.queries.verify import verify

#: People's worth of browsers: each set of people has two reviewers.
SETS, ITEMS = 3, 150
#: The server is killed so often, and not before EACH answers were saved since it came up.
KILLS, EACH = 2, 12
#: Seconds that the server is away at most, and after which the test gives up.
AWAY, LIMIT = 1.0, 90.0
#: Milliseconds that a page may take to send what waits once the server is back.
PATIENCE_MS = 60_000

LOOK = """() => {
    const form = document.getElementById("answer");
    return {
        said: document.getElementById("saving").dataset.state,
        key: form && form.elements.key.value,
        item: form && document.getElementById("desk").dataset.itemId,
        left: Boolean(form?.dataset.sent),
        chosen: form?.querySelector("[name=pair]:checked")?.value ?? null,
    };
}"""


@dataclass
class Live:
    """The real server, and its installation as this process sees it."""

    server: Server
    site: Site
    watch: Watch
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, who: User, project: Project) -> Page:
        """The desk, on its way."""
        context = new_context(self.browser, self.site)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        self.watch.attach(context)
        context.add_cookies([self.site.cookie(who)])
        page = context.new_page()
        page.goto(f"/projects/{project.slug}/desk", wait_until="commit")
        return page


@pytest.fixture
def live(chromium_browser: Browser, tmp_path: Path, new_url: NewUrl) -> Iterator[Live]:
    """On SQLite unless asked, as it is where everything runs on one machine."""
    home = tmp_path / "home"
    config = install(home, database_url=new_url(home))
    server = Server(config)
    site = Site(server.url, create_app(config))
    watch = Watch(site)
    made = Live(server, site, watch, chromium_browser)
    try:
        server.start()
        yield made
    finally:
        for context in made.contexts:
            context.close()
        server.kill()
        site.database.dispose()
    # That there was no server is all that a browser may complain of.
    watch.forgive("net::ERR_")
    assert watch.faults == []


@dataclass
class Reviewer:
    """Judges by key, one pair after the other, and does not believe the line above."""

    live: Live
    who: User
    desk: Desk
    chance: random.Random
    #: What was chosen, by the key under which it is sent: (item, value).
    entered: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: Keys of answers that the page said were saved.
    saved: set[str] = field(default_factory=set)

    def act(self) -> None:
        """Choose and press Enter, or look again where the desk waits."""
        now = self.look()
        if now["key"] is None or now["left"]:
            return
        if now["chosen"] is None:
            value = self.chance.choice(Pair.keys)
            self.entered[now["key"]] = (now["item"], value)
            self.desk.press(str(1 + Pair.keys.index(value)))
        self.desk.press("Enter")

    def look(self) -> dict[str, Any]:
        """What the page says now. Where it says "saved", that is true of all that was left."""
        now: dict[str, Any] = self.desk.page.evaluate(LOOK)
        if now["said"] == "saved":
            new = self.entered.keys() - self.saved - {now["key"]}
            assert new <= stored(self.live.site, self.who, new).keys()
            self.saved |= new
        return now


def stored(site: Site, who: User, keys: Any = None) -> dict[str, Judgment]:
    """By its key, what is in the database of this person; of these keys, or all there is."""
    query = select(Judgment).where(Judgment.user_id == who.id)
    if keys is not None:
        query = query.where(Judgment.idempotency_key.in_(keys))
    with site.database.read() as reading:
        return {each.idempotency_key: each for each in reading.scalars(query)}


class Killer(threading.Thread):
    """Kills the server and starts it again, KILLS times, each time after it had some work."""

    def __init__(self, server: Server, reviewers: list[Reviewer]) -> None:
        super().__init__(name="killer")
        self.kills = 0
        self.enough = threading.Event()
        self._server, self._reviewers = server, reviewers
        self._chance = random.Random(7)

    def run(self) -> None:
        end = time.monotonic() + LIMIT
        while self.kills < KILLS:
            before = self._saved()
            while self._saved() < before + EACH:
                if self.enough.wait(self._chance.random() / 5) or time.monotonic() > end:
                    return
            self._server.kill()
            time.sleep(self._chance.random() * AWAY)
            self._server.start()
            self.kills += 1

    def _saved(self) -> int:
        return sum(len(reviewer.saved) for reviewer in self._reviewers)


@pytest.mark.slow
def test_what_the_page_says_is_saved_is_stored_once_when_the_server_is_killed(live: Live) -> None:
    site, pair = live.site, Pair()
    teams = [site.people() for _ in range(SETS)]
    items = [pair.item(f"item-{n:03d}") for n in range(ITEMS)]
    project = site.project("ranking", items, *teams, overlap=2 * SETS)
    people = [each for team in teams for each in (team.ana, team.ben)]
    pages = [live.open(who, project) for who in people]
    reviewers = [
        Reviewer(live, who, Desk(page, project).ready(), random.Random(who.id))
        for who, page in zip(people, pages, strict=True)
    ]
    # One of them has no line from here on, and goes on as far as that goes.
    reviewers[0].desk.page.context.set_offline(True)
    killer = Killer(live.server, reviewers)
    killer.start()
    try:
        while killer.is_alive():
            for reviewer in reviewers:
                reviewer.act()
    finally:
        killer.enough.set()
        killer.join()
    assert killer.kills == KILLS
    reviewers[0].desk.page.context.set_offline(False)

    for reviewer in reviewers:
        reviewer.desk.page.wait_for_selector("#saving[data-state=saved]")
        on_desk = reviewer.look()["key"]
        left = {key: said for key, said in reviewer.entered.items() if key != on_desk}
        found = stored(site, reviewer.who)
        assert found.keys() == left.keys() == reviewer.saved
        assert len({each.item_id for each in found.values()}) == len(found)
        for key, (token, value) in left.items():
            judgment = found[key]
            answer = {**pair.stored((value, ""), list(judgment.shown))}
            assert (judgment.item_id, judgment.answer) == (VEIL.number(token), answer)
    print(f"{KILLS} kills, {sum(len(each.saved) for each in reviewers)} answers saved")
    with site.database.read() as reading:
        config = site.app.extensions["workbench_config"]
        assert verify(reading, config.read_key()) == []


def next_release(folder: Path) -> Path:
    """The same program with another script and another style for the desk."""
    for name in ("workbench", "templates", "static"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("js/desk.js", "css/desk.css"):
        with (folder / "static" / name).open("a", encoding="utf-8") as file:
            file.write("/* the next release */\n")
    return folder


def script(page: Page) -> str:
    """Address of the desk's script."""
    return str(page.locator("script[src*='js/desk.js']").get_attribute("src"))


def test_a_release_in_the_middle_of_a_sentence_loses_nothing(live: Live, tmp_path: Path) -> None:
    people = live.site.people()
    items = [Rewrite().item(name) for name in ("one", "two")]
    project = live.site.project("rewrite", items, people)
    page = live.open(people.ana, project)
    desk, before = Desk(page, project).ready(), script(page)

    desk.press("w", "End").type(", buenas")
    assert live.server.stop() == 0
    desk.type(" tardes").press("Control+Enter")
    page.wait_for_selector("#saving[data-state=waiting]")
    assert live.site.judgments(project) == []
    page.wait_for_function("() => document.querySelector('[data-text]').value === 'Bonjour'")
    desk.press("w", "End").type(", se")

    live.server.start(next_release(tmp_path / "release"))
    desk.arrived().type("ñora").press("Escape")
    entered = desk.entered()
    assert script(page) == before
    page.reload()
    page.wait_for_selector("#notice .notice")
    assert desk.entered() == entered
    assert script(page) != before
    assert re.sub(r"\?.*", "", script(page)) == re.sub(r"\?.*", "", before)
    desk.next_by_key("Control+Enter")
    # Nobody had to log in again.
    assert not page.locator("#log-in-again").is_visible()
    texts = [(each.answer or {})["text"] for each in live.site.judgments(project)]
    assert texts == ["Bonjour, buenas tardes", "Bonjour, señora"]
