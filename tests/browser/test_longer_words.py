"""Words 40 % longer than the English ones, in a language that nobody wrote, break no layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask_babel import Domain
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Lent
from tests.browser.site import running, sample
from tests.browser.states import DESKS, NARROW, WIDE, Stage, come_to, put_on, set_stage
from tests.conftest import NewUrl
from tests.support.words import longer
from tests.web.stage import make_job
from workbench.models import Assignment, User
from workbench.paths import PACKAGE

#: Addresses and who opens them, beside every state of the desk.
PAGES = (
    ("ana", "/"),
    ("ana", "/account"),
    ("ana", "/account/second-factor"),
    ("ana", "/my-work"),
    ("ana", "/messages"),
    ("ana", "/projects/{pair}/mine"),
    ("luz", "/projects/{pair}/quality"),
    ("luz", "/projects/{pair}/quality/splits?by=model"),
    ("luz", "/projects/{pair}/quality/part?by=language&part=en"),
    ("luz", "/projects/{pair}/quality/pace"),
    ("luz", "/projects/{pair}/quality/pairs"),
    ("luz", "/projects/{bias}/quality/findings"),
    ("luz", "/projects/{bias}/quality/confusion"),
    ("luz", "/projects/{bias}/quality/passages"),
    ("luz", "/projects/{bias}/quality/splits?by=guideline"),
    ("luz", "/projects/{bias}/quality/part?by=language&part=en"),
    ("luz", "/projects/{pair}/alerts"),
    ("luz", "/projects/{pair}/overlap"),
    ("luz", "/projects/{pair}/keeping"),
    ("luz", "/projects/{pair}/escalations"),
    ("luz", "/projects/{pair}/disputes"),
    ("luz", "/projects/{pair}/reviews"),
    ("luz", "/projects/{pair}/quality/judging"),
    ("luz", "/projects/{not passed}/practice"),
    ("luz", "/projects/{pair}/gold"),
    ("edu", "/projects/{pair}/data"),
    ("edu", "/projects/{pair}/jobs/{job}"),
    ("edu", "/projects/{pair}/jobs/{job}/giving-up"),
    ("edu", "/projects/{pair}/card"),
    ("edu", "/projects/{pair}/tokens"),
    ("edu", "/projects/{pair}/webhooks"),
    ("edu", "/api"),
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, new_url: NewUrl) -> Iterator[Stage]:
    """A server whose Spanish is the long language."""
    folder = tmp_path_factory.mktemp("long") / "translations"
    target = folder / "es" / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, _long_catalog())
    home = folder.parent / "home"
    with running(home, database_url=new_url(home)) as site:
        # A domain of its own: what the extension's one has read it keeps, for every app there is.
        long = Domain(translation_directories=str(folder))
        site.app.before_request_funcs.setdefault(None, []).insert(0, long.as_default)
        yield set_stage(site)


@pytest.fixture(scope="module")
def job(stage: Stage) -> int:
    """What an engineer has done in the background, some day."""
    with stage.site.database.write() as writing:
        return make_job(writing, stage.projects["pair"], stage.people.edu)


def _long_catalog() -> Catalog:
    source = PACKAGE / "translations" / "es" / "LC_MESSAGES" / "messages.po"
    with source.open("rb") as file:
        catalog = read_po(file, locale="es")
    for message in catalog:
        if message.id:
            plural = isinstance(message.id, tuple)
            message.string = tuple(map(longer, message.id)) if plural else longer(message.id)
    return catalog


Open = Callable[[User], AbstractContextManager[Page]]


@pytest.fixture(scope="module")
def lent(chromium_browser: Browser, stage: Stage) -> Lent:
    """Browsers for that server."""
    return Lent(chromium_browser, stage.site)


@pytest.fixture
def opened(lent: Lent, stage: Stage) -> Open:
    """A page in the long language, in a browser of that person alone."""

    @contextmanager
    def open_page(who: User) -> Iterator[Page]:
        page = lent.take({})
        page.context.add_cookies([stage.site.cookie(who)])
        put_on(("es", "light", WIDE), page, stage.site, who)
        yield page
        lent.give_back(page.context, {})

    return open_page


def test_the_words_are_longer_and_what_is_filled_in_stays() -> None:
    sentence = "%(num)s of {n} items in <b>“%(name)s”</b>"
    made = longer(sentence)
    assert len(made) >= 1.4 * len(sentence)
    assert re.findall(r"%\(\w+\)s|\{n\}|</?b>", made) == re.findall(
        r"%\(\w+\)s|\{n\}|</?b>", sentence
    )


def test_every_state_of_the_desk(opened: Open, stage: Stage) -> None:
    found = []
    for state in DESKS:
        with opened(stage.ana) as page:
            come_to(state, page, stage)
            found += [f"{state}: {fault}" for fault in _broken(page)]
    assert not found, "\n".join(found)


def test_the_other_pages(opened: Open, stage: Stage, job: int) -> None:
    found = []
    for who, address in PAGES:
        with opened(getattr(stage.people, who)) as page:
            slugs = {name: project.slug for name, project in stage.projects.items()}
            page.goto(address.format(job=job, **slugs))
            assert "áá" in page.locator("body").inner_text(), address
            found += [f"{address}: {fault}" for fault in _broken(page)]
    assert not found, "\n".join(found)


def test_the_page_of_columns(opened: Open, stage: Stage) -> None:
    with opened(stage.people.edu) as page:
        page.goto(f"/projects/{stage.projects['pair'].slug}/data")
        page.set_input_files("[name=file]", "tests/data/columns/pandalm.csv")
        page.locator("form.upload button.primary").click()
        page.wait_for_url("**/mapping/*")
        found = _broken(page)
    assert not found, "\n".join(found)


def test_the_pages_of_a_snapshot_and_of_its_line(opened: Open, stage: Stage) -> None:
    project = stage.site.project("ranking", sample("pares-pandalm", "pandalm-081"), stage.people)
    stage.site.judge(project, stage.ana, _one_is_better)
    with opened(stage.people.edu) as page:
        page.goto(f"/projects/{project.slug}/data")
        page.locator("form[action$='/exports'] button.primary").click()
        page.wait_for_url("**/exports/*")
        found = _broken(page)
        page.fill("#line", "1")
        page.press("#line", "Enter")
        page.wait_for_url("**/lines/1")
        found += _broken(page)
    assert not found, "\n".join(found)


def _one_is_better(lease: Assignment) -> dict[str, Any]:
    tiers = [[each] for each in lease.shown]
    return {"tiers": tiers, "unranked": [], "verdict": None, "strength": 2, "reason": ""}


def _broken(page: Page) -> list[str]:
    """What runs off the side, is cut off, or lies over its neighbour; at either width."""
    found = []
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        found += [f"[{size['width']}] {each}" for each in page.evaluate(_BROKEN)]
    return found


_BROKEN = """() => {
    const found = [];
    const over = document.documentElement.scrollWidth - innerWidth;
    const name = (node) => node.outerHTML.slice(0, 90);
    if (over > 0) found.push(`runs ${over} px off the side`);
    const words = "button, .button, summary, .badge, .choice > span, legend, h1, h2, h3, dt, dd," +
        "th, label > span";
    for (const node of document.querySelectorAll(words)) {
        if (!node.checkVisibility({visibilityProperty: true})) continue;
        if (node.closest(".visually-hidden, .skip-link")) continue;
        const cut = node.clientWidth && node.scrollWidth - node.clientWidth;
        if (cut > 1) found.push(`cut off by ${cut} px: ${name(node)}`);
    }
    const bars = document.querySelectorAll(".answer-bar, .topbar, .desk-line, .reading-tools");
    for (const bar of bars) {
        const parts = [...bar.children].filter((node) => node.offsetWidth);
        const boxes = parts.map((node) => node.getBoundingClientRect());
        boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
            const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (wide > 1 && high > 1)
                found.push(`overlap: ${name(parts[i])} | ${name(parts[i + 1 + j])}`);
        }));
    }
    return found;
}"""
