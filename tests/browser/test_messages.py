"""The page of messages and one's e-mail: in every look, and from the bell to where to act."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenAs
from tests.browser.site import Site, sample
from tests.browser.states import NARROW, WIDE
from tests.browser.test_accessibility import _fine, _in_every_look
from workbench.db import now as database_now
from workbench.models import Kind, Mailbox, Project, User
from workbench.services.tell import tell, tell_paused

FACTS = {"value": 0.414, "floor": 0.6, "left": 1234, "days": 1.25}


@pytest.fixture
def told(site: Site) -> tuple[User, User, Project]:
    """(reviewer, lead, project) who were told of everything there is, and chose some e-mail."""
    people = site.people()
    project = site.project("ranking", sample("pares-pandalm", "pandalm-081"), people)
    item = site.judge(project, people.ana, lambda lease: _first(lease.shown))
    with site.database.write() as writing:
        now = database_now(writing)
        for kind in set(Kind) - {Kind.PAUSED, Kind.REVIEWER_PAUSED, Kind.WEBHOOK}:
            to = (people.ana.id, people.luz.id)
            facts = {**FACTS, "item": item, "job": 1}
            tell(writing, project.id, kind, 1, now, to=to, facts=facts)
        tell_paused(writing, project.id, people.ana.id, now)
        for who in (people.ana, people.luz):
            writing.add(
                Mailbox(
                    user_id=who.id,
                    address="una.direccion.bastante.larga@correo.example.org",
                    pending="otra.direccion.bastante.larga@correo.example.org",
                    refused_at=now,
                    asked=0,
                    choices={"returned": "daily", "escalation": "at_once"},
                )
            )
    return people.ana, people.luz, project


def _first(shown: list[str]) -> dict[str, object]:
    tiers = [[each] for each in shown]
    return {"tiers": tiers, "unranked": [], "verdict": None, "strength": 2, "reason": ""}


def test_the_pages_in_every_look(
    site: Site, told: tuple[User, User, Project], open_as: OpenAs
) -> None:
    ana, luz, project = told
    page = open_as(ana, "/messages")
    _fine(_in_every_look(page, site, ana, "/messages"))
    page = open_as(luz, "/messages")
    for address in ("/messages", "/account", f"/projects/{project.slug}/alerts"):
        _fine(_in_every_look(page, site, luz, address))


def test_nothing_yet_in_every_look(site: Site, open_as: OpenAs) -> None:
    new = site.people().ana
    page = open_as(new, "/messages")
    _fine(_in_every_look(page, site, new, "/messages"))


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_from_the_bell_to_where_to_act_and_back_to_read(
    told: tuple[User, User, Project], open_as: OpenAs, size: dict[str, int]
) -> None:
    ana, _, project = told
    page: Page = open_as(ana, "/")
    page.set_viewport_size(size)  # type: ignore[arg-type]
    bell = page.locator(".to-messages")
    expect(bell).to_contain_text("3")
    bell.click()
    page.get_by_role("link", name="Un líder le pide que vuelva a mirar").click()
    page.wait_for_url(f"**/projects/{project.slug}/mine/*")
    page.go_back()
    page.locator(".messages li.new button").first.click()
    expect(page.locator(".messages li.new")).to_have_count(2)
    expect(page.locator(".to-messages")).to_contain_text("2")
    page.get_by_role("button", name="Marcar todos como leídos").click()
    expect(page.locator(".messages li.new")).to_have_count(0)
    expect(page.locator(".to-messages .badge")).to_have_count(0)
