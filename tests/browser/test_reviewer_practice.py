"""Practice by keyboard: a round that fails, its feedback, a round that passes, and live items."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import People, Site, sample
from tests.practice_lines import bring_in, practice_line
from workbench.db import now as database_now
from workbench.models import Project
from workbench.services import qualify

#: Longer than a second press that was meant for the page before.
READ_MS = 700


@pytest.fixture
def project(site: Site, people: People) -> Project:
    """Pairs, with two to practise on before them, both of which must be right."""
    made = site.project("ranking", sample("pares-pandalm", "pandalm-081"), people)
    with site.database.write() as writing:
        bring_in(writing, made, practice_line("p1"), practice_line("p2", "b"))
        now = database_now(writing)
        qualify.set_pass_mark(writing, made, 100, now=now, actor=None)
    return made


def _answer(desk: Desk, *, right: bool) -> None:
    """Rank the two by keyboard, as is expected or not, and wait for the feedback."""
    desk.page.wait_for_selector("#answer")
    prompt = desk.find(".prompt").inner_text()
    better = "First of p1" if "p1?" in prompt else "Second of p2"
    left = better in desk.find(".response").first.inner_text()
    desk.press("1" if left is right else "5", "Enter")
    desk.page.wait_for_selector(".because")
    desk.wait_for_focus("h1[data-focus]")


def _on(desk: Desk, selector: str) -> None:
    """Read, and press Enter until what comes next is here."""
    desk.page.wait_for_timeout(READ_MS)
    desk.press("Enter")
    desk.page.wait_for_selector(selector)


def test_a_round_fails_another_passes_and_live_items_follow(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    _on(desk, "#answer")
    _answer(desk, right=False)
    expect(desk.find("h1[data-focus]")).to_have_class("verdict-wrong")
    assert "Porque p" in desk.find(".because").inner_text()
    mine, expected = (panel.inner_text() for panel in desk.find(".told .panel").all())
    assert mine.splitlines()[1:] != expected.splitlines()[1:]
    # A press too many does not leave the feedback unread.
    desk.press("Enter")
    assert desk.count(".because") == 1
    _on(desk, "#answer")
    _answer(desk, right=True)
    expect(desk.find("h1[data-focus]")).to_have_class("verdict-right")
    _on(desk, ".pass-line")
    assert "1 de 2" in desk.find(".pass-line").inner_text()
    assert site.assignments(project, people.ana) == []

    _on(desk, "#answer")
    for last in (False, True):
        _answer(desk, right=True)
        _on(desk, ".pass-line" if last else "#answer")
    _on(desk, "#desk[data-item-id] #answer")
    desk.next_by_key("1", "Enter")
    assert len(site.judgments(project, people.ana)) == 1


def test_reload_back_and_a_refused_form_do_no_harm(
    people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    _on(desk, "#answer")
    desk.press("Enter")
    desk.refused()
    _answer(desk, right=False)
    desk.page.reload()
    desk.page.wait_for_selector("#answer")
    _answer(desk, right=False)
    _on(desk, ".round-items")
    desk.find(".round-items a").first.click()
    desk.page.wait_for_selector(".because")
    desk.page.go_back()
    desk.page.wait_for_selector(".pass-line")
    _on(desk, "#answer")


def test_on_a_telephone_in_english_all_of_it_is_reached_by_touch(
    people: People, project: Project, open_as: OpenAs
) -> None:
    size = {"width": 360, "height": 740}
    page = open_as(people.ben, f"/projects/{project.slug}/desk", viewport=size, has_touch=True)
    page.locator("[data-enter] button").tap()
    page.locator("#answer [name=pair]").first.tap()
    page.locator("button[form=answer]").tap()
    page.wait_for_selector(".because")
    assert "Because p" in page.locator(".because").inner_text()
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    page.locator("[data-enter] button").tap()
    page.wait_for_selector("#answer")
