"""Every state of the desk that a reviewer may come to, and how a page looks to whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from tests.browser.desk import Desk
from tests.browser.site import SAMPLES, People, Site, guideline, sample, talk
from tests.practice_lines import bring_in
from workbench.db import now as database_now
from workbench.models import Project, User
from workbench.services import accounts, practice, qualify

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 740}

Look = tuple[str, Any, Any]

#: Language, colours and width: any two of them meet. A page is opened once in each language, and
#: looks the other way without being opened anew.
LOOKS: dict[str, tuple[Look, Look]] = {
    "es": (("es", "light", WIDE), ("es", "dark", NARROW)),
    "en": (("en", "light", NARROW), ("en", "dark", WIDE)),
}

CRITERIA = [
    {"key": "helpful", "title": {"es": "Útil", "en": "Helpful"}},
    {"key": "safe", "title": {"es": "Segura", "en": "Safe"}},
]


@dataclass
class Stage:
    """One person and a project for each kind of desk."""

    site: Site
    people: People
    projects: dict[str, Project] = field(default_factory=dict)

    @property
    def ana(self) -> User:
        return self.people.ana


def set_stage(site: Site) -> Stage:
    """Its people and projects. No state below stores anything."""
    people = site.people()
    made = Stage(site, people)

    def add(name: str, type_slug: str, items: list[Any], like: str, config: Any = None) -> None:
        made.projects[name] = site.project(
            type_slug, items, people, texts=guideline(like), config=config
        )

    open_answers = sample("respuestas-abiertas", "pandalm-all-77", "pandalm-all-60")
    pairs = sample("pares-pandalm", "pandalm-957", "pandalm-021")
    first, second = sample("bias-en", "xstest-v2-280-2", "xstest-v2-280-4")
    two = {**first, "responses": [*first["responses"], {**second["responses"][0], "id": "b"}]}
    add("pair", "ranking", pairs, "pares-pandalm")
    add("four", "ranking", open_answers, "respuestas-abiertas")
    config = {"criteria": CRITERIA, "ask": "together"}
    add("criteria", "ranking", pairs, "pares-pandalm", config)
    config = {"criteria": CRITERIA, "ask": "one_by_one"}
    add("steps", "ranking", open_answers, "respuestas-abiertas", config)
    add("bias", "bias", [two], "bias-en")
    attacks = sample("ataques-xstest", "xstest-v2-344", "xstest-v2-61")
    add("attacks", "adversarial", attacks, "ataques-xstest")
    rated = sample("calificaciones-pandalm", "pandalm-rate-24")
    add("rating", "rating", rated, "calificaciones-pandalm")
    covered = sample("ataques-xstest", "xstest-v2-99")
    add("covered", "adversarial", covered, "ataques-xstest")
    add("talk", "conversation", [talk("talk", 3)], "pares-pandalm")
    rewrites = sample("respuestas-por-corregir", "pandalm-one-01")
    add("rewrite", "rewrite", rewrites, "respuestas-por-corregir")
    add("solution", "steps", sample("pasos-de-razonamiento", "escrita-05"), "pasos-de-razonamiento")
    add("rest", "ranking", pairs, "pares-pandalm")
    add("empty", "bias", [], "bias-en")
    for name, answers in PRACTISED.items():
        add(name, "bias", sample("sesgos-es", "esbbq-religion-107"), "sesgos-es")
        _practise(site, made.projects[name], made.ana, answers)
    return made


#: How many of the three practice items of these projects Ana has answered; None: not begun.
PRACTISED: dict[str, int | None] = {"to practise": None, "practising": 1, "not passed": 3}


def _practise(site: Site, project: Project, who: User, answers: int | None) -> None:
    """Ask for practice, and answer that there is no bias."""
    with site.database.write() as writing:
        now = database_now(writing)
        lines = (SAMPLES / "sesgos-es" / "practice.jsonl").read_text("utf-8").splitlines()
        bring_in(writing, project, *lines[:3])
        qualify.set_pass_mark(writing, project, 75, now=now, actor=None)
        asked = writing.get_one(Project, project.id)
        if answers is None:
            return
        practised = practice.begin(writing, asked, who.id, now)
        assert practised is not None
        for item in practised.items[:answers]:
            none = {"none": True, "flags": []}
            practice.answer(writing, asked, who.id, practised.number, item, none, now)


# --- the pages and their states -----------------------------------------------------------------

Act = Callable[[Desk], object]


def _changing_keys(desk: Desk) -> None:
    """The legend, one key of which waits for another."""
    desk.press("?")
    desk.find("[data-keys-open]").click()
    desk.page.locator(".key-change").first.click()


def _flags(desk: Desk) -> None:
    """A passage and two whole responses, one of them described."""
    desk.press("j", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "f", "ArrowDown", "Tab")
    desk.press("Space", "Escape", "w", "Escape")
    switch = desk.find("[data-show='1']")
    if switch.is_visible():
        switch.click()
    desk.find("[data-flag-whole='1']").click()


def _problems(desk: Desk) -> None:
    desk.press("Control+Enter")
    desk.refused()


def _flags_with_problems(desk: Desk) -> None:
    _flags(desk)
    _problems(desk)


def _edited(desk: Desk) -> None:
    """A changed text with its difference shown, and the question whether to throw it away."""
    desk.press("w").type("Well. ").press("Escape", "d", "4")
    desk.find("[data-again]").click()


def _edited_with_problems(desk: Desk) -> None:
    desk.press("w").type("Well. ").press("Escape", "2")
    _problems(desk)


def _unsaid(desk: Desk) -> None:
    """Two steps are judged, and then it is said that nobody can judge this, but not why."""
    desk.press("1", "2", "x", "Escape")
    _problems(desk)


def _pause(desk: Desk) -> None:
    desk.press(".")
    desk.page.wait_for_selector("#desk[data-paused]")


def _looking_back(desk: Desk) -> None:
    """How an answer of practice went, with the item itself folded open."""
    desk.find(".round-items a").first.click()
    desk.page.wait_for_selector(".because")
    desk.find(".again summary").click()


#: Name of the state: project, keys or deeds that lead to it.
DESKS: dict[str, tuple[str, Act | None]] = {
    "pair": ("pair", lambda desk: desk.press("2")),
    "pair: cannot judge": ("pair", lambda desk: desk.press("x")),
    "pair: problems": ("pair", _problems),
    "pair: skip": ("pair", lambda desk: desk.press("s")),
    "pair: escalate": ("pair", lambda desk: desk.press("e")),
    "pair: keys": ("pair", lambda desk: desk.press("?")),
    "pair: changing keys": ("pair", _changing_keys),
    "pair: as written": ("pair", lambda desk: desk.press("r", "g")),
    "four": ("four", lambda desk: desk.press("a", "2", "b", "1", "d", "2")),
    "criteria": ("criteria", lambda desk: desk.press("1")),
    "criteria: problems": ("criteria", _problems),
    "one by one": ("steps", lambda desk: desk.press("a", "1", "o")),
    "bias": ("bias", None),
    "bias: flags": ("bias", _flags),
    "bias: problems": ("bias", _flags_with_problems),
    "attacks": ("attacks", lambda desk: desk.press("1", "2")),
    "attacks: problems": ("attacks", _problems),
    "rating": ("rating", lambda desk: desk.press("3", "1", "x")),
    "rating: problems": ("rating", _problems),
    "rewrite": ("rewrite", _edited),
    "rewrite: problems": ("rewrite", _edited_with_problems),
    "solution": ("solution", lambda desk: desk.press("1", "3", "n")),
    "solution: problems": ("solution", _unsaid),
    "covered": ("covered", None),
    "uncovered": ("covered", lambda desk: desk.next_by_key("v")),
    "talk": ("talk", lambda desk: desk.press("j", "j", "a", "c", "Escape", "4")),
    "talk: folded": ("talk", lambda desk: desk.press("j", "f", "r", "x")),
    "paused": ("rest", _pause),
    "nothing waits": ("empty", None),
    "practice: begin": ("to practise", None),
    "practice: item": ("practising", lambda desk: desk.press("?")),
    "practice: not passed": ("not passed", None),
    "practice: feedback": ("not passed", _looking_back),
}


def put_on(look: Look, page: Page, site: Site, who: User) -> None:
    """Set language, colours and width for what is opened next."""
    locale = look[0]
    with site.database.write() as writing:
        accounts.set_preferences(writing, writing.get_one(User, who.id), locale=locale)
    page.context.add_cookies([{"name": "lang", "value": locale, "url": site.url}])
    dress(look, page)


def dress(look: Look, page: Page) -> None:
    """Set colours and width of what is open."""
    _, colours, size = look
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size(size)


def come_to(state: str, page: Page, stage: Stage) -> Desk:
    """Open the desk and do what leads to that state."""
    name, act = DESKS[state]
    project = stage.projects[name]
    # The page before leaves its draft behind as it goes.
    page.goto("/static/icon.svg")
    page.evaluate("() => localStorage.clear()")
    page.goto(f"/projects/{project.slug}/desk")
    desk = Desk(page, project)
    if act:
        act(desk)
    return desk
