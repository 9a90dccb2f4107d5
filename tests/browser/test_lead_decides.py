"""A lead settles disagreements and reviews judgments by keyboard; what comes back is redone."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import People, Site, sample
from workbench.db import now as database_now
from workbench.models import Adjudication, Project, Review
from workbench.services.review_judgment import set_sample

IDS = ("pandalm-081", "pandalm-090", "pandalm-354")


@pytest.fixture
def project(site: Site, people: People) -> Project:
    """Three pairs that Ana and Ben see the other way round; every judgment is reviewed."""
    made = site.project("ranking", sample("pares-pandalm", *IDS), people, overlap=2)
    for who, best in ((people.ana, "a"), (people.ben, "b")):
        for _ in IDS:
            site.judge(made, who, partial(_prefers, best))
    with site.database.write() as writing:
        every = {"review_percent": 100, "review_new_percent": 100, "review_new_until": 0}
        set_sample(writing, made, every, now=database_now(writing), actor=people.luz.id)
    return made


def _prefers(best: str, lease: Any) -> dict[str, Any]:
    tiers = [[best], [i for i in lease.shown if i != best]]
    return {"tiers": tiers, "unranked": [], "verdict": None, "strength": 2, "reason": ""}


def _decisions(site: Site, project: Project) -> list[tuple[str, str]]:
    query = select(Adjudication).where(Adjudication.project_id == project.id)
    with site.database.read() as reading:
        rows = reading.scalars(query.order_by(Adjudication.id))
        return [(row.outcome, row.note) for row in rows]


def _heading(page: Page, text: str) -> None:
    expect(page.locator("h2[data-focus]")).to_have_text(text)


def test_disputes_are_settled_by_keys_alone(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    page = open_as(people.luz, f"/projects/{project.slug}/disputes")
    _heading(page, "Desacuerdo 1 de 3")
    page.keyboard.press("n")
    page.keyboard.type("Regla 1: cumple la instrucción.")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    _heading(page, "Desacuerdo 1 de 2")
    expect(page.locator("h2[data-focus]")).to_be_focused()
    expect(page.locator("#announce")).to_contain_text("Resuelto")
    page.keyboard.press("u")
    _heading(page, "Desacuerdo 1 de 3")
    page.keyboard.press("0")
    _heading(page, "Desacuerdo 1 de 2")
    first = page.url
    page.keyboard.press("s")
    page.wait_for_url("**item=*")
    assert page.url != first
    _heading(page, "Desacuerdo 2 de 2")
    page.keyboard.press("o")
    page.wait_for_url("**/own")
    page.wait_for_selector("#answer")
    Desk(page, project).settle()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.wait_for_url("**settled=*")
    _heading(page, "Desacuerdo 1 de 1")
    assert _decisions(site, project) == [
        ("taken", "Regla 1: cumple la instrucción."),
        ("reopened", ""),
        ("open", ""),
        ("answered", ""),
    ]


def test_two_leads_at_one_dispute_settle_it_once(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(409)
    address = f"/projects/{project.slug}/disputes"
    one, other = open_as(people.luz, address), open_as(people.luz, address)
    one.keyboard.press("1")
    _heading(one, "Desacuerdo 1 de 2")
    other.fill("#note", "Lo que yo pensaba")
    other.click("[data-key='2']")
    expect(other.locator("[role=alert]").first).to_contain_text("Alguien resolvió esta tarea")
    assert [outcome for outcome, _ in _decisions(site, project)] == ["taken"]


def test_a_judgment_comes_back_to_its_author_who_judges_anew(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    page = open_as(people.luz, f"/projects/{project.slug}/reviews")
    _heading(page, "6 juicios por revisar")
    page.keyboard.press("a")
    _heading(page, "5 juicios por revisar")
    page.keyboard.press("r")
    expect(page.locator("[role=alert]").first).to_contain_text("Escriba qué debe mirar")
    page.keyboard.press("n")
    page.keyboard.type("Mire la regla 2.")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    _heading(page, "4 juicios por revisar")
    with site.database.read() as reading:
        looks = reading.scalars(
            select(Review).where(Review.project_id == project.id).order_by(Review.id)
        ).all()
        assert [look.verdict for look in looks] == ["accepted", "returned"]
        author = looks[1].author_id
    assert author == people.ana.id
    mine = open_as(people.ana, f"/projects/{project.slug}/mine")
    mine.click("#came-back ~ ul a")
    desk = Desk(mine, project)
    desk.settle()
    expect(mine.locator(".notice.warning")).to_contain_text("Mire la regla 2.")
    before = len(site.judgments(project, people.ana))
    mine.keyboard.press("5")
    mine.keyboard.press("Enter")
    mine.wait_for_url("**saved=1")
    expect(mine.locator("#came-back")).to_have_count(0)
    assert len(site.judgments(project, people.ana)) == before + 1


@pytest.mark.parametrize("rest", ["disputes", "reviews", "disputes/settled"])
def test_it_fits_a_telephone(people: People, project: Project, open_as: OpenAs, rest: str) -> None:
    page = open_as(
        people.luz, f"/projects/{project.slug}/{rest}", viewport={"width": 360, "height": 740}
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for button in page.locator(".decide-bar button, .decide-bar a").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
