"""A lead writes a version; a reviewer reads it in the place of the next item."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import People, Site, guideline, sample
from tests.browser.states import NARROW
from tests.browser.test_reviewer_trouble import Held
from tests.support.axe import violations
from workbench.db import now as database_now
from workbench.models import Project
from workbench.queries.guideline import version_text, versions
from workbench.services.guideline import Draft, acknowledge, publish

IDS = ("pandalm-081", "pandalm-090", "pandalm-354", "pandalm-021")
EXAMPLE = {
    "kind": "good",
    "title": {"es": "Sin rodeos", "en": "To the point"},
    "text": {"es": "Sí.", "en": "Yes."},
    "why": {"es": "Responde", "en": "It answers"},
}


@pytest.fixture
def project(site: Site, people: People) -> Project:
    texts = guideline("pares-pandalm")
    return site.project("ranking", sample("pares-pandalm", *IDS), people, texts=texts)


def _publish(site: Site, project: Project, text: str, *, must_read: bool = True) -> None:
    with site.database.write() as writing:
        draft = Draft(text, text, "Cambia", must_read, examples=[EXAMPLE])
        publish(writing, project, draft, now=database_now(writing))


def _read_first(site: Site, project: Project, people: People) -> None:
    with site.database.write() as writing:
        acknowledge(writing, project.id, people.ana.id, 1, database_now(writing))


def _editor(open_as: OpenAs, people: People, project: Project) -> Page:
    page = open_as(people.luz, f"/projects/{project.slug}/guideline/edit")
    page.wait_for_selector("#editor")
    return page


def _add(page: Page, what: str) -> None:
    """Unfold the examples or the glossary, and add one."""
    page.locator(f"#{what} > summary").click()
    page.locator(f"button[value={what}]").click()


def _confirmed(page: Page) -> None:
    page.locator(".acts button.primary").click()
    page.locator("button[name=confirm]").click()


def test_a_lead_writes_a_version_with_an_example_and_a_reviewer_reads_it(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    _read_first(site, project, people)
    page = _editor(open_as, people, project)
    page.fill("#es", page.input_value("#es") + "\n\nUna **regla** nueva.")
    _add(page, "examples")
    page.locator("[name=examples-0-kind][value=bad]").check()
    for part, text in (("title", "Mala"), ("text", "No sé"), ("why", "No responde")):
        page.fill(f"#examples-0-{part}-es", text)
    page.locator(".acts button").first.click()
    page.wait_for_selector("#preview strong:text('regla')")
    page.fill("#note", "Una regla más")
    _confirmed(page)
    page.wait_for_url(f"**/projects/{project.slug}/guideline?published=1")
    with site.database.read() as reading:
        newest = version_text(reading, project.id)
    assert newest is not None
    assert (newest.version, newest.note, newest.must_read) == (2, "Una regla más", True)
    assert newest.examples[0]["title"]["es"] == "Mala"

    desk = Desk(open_as(people.ana, "/account"), project)
    desk.page.goto(desk.path)
    added = desk.find("#desk.unread ins")
    added.first.wait_for()
    assert "regla" in " ".join(added.all_inner_texts())
    # Enter ends every item, so it does not confirm a reading.
    desk.press("Enter")
    assert desk.count("#desk.unread") == 1
    desk.press("g")
    desk.page.wait_for_selector("#answer")
    assert "nueva" in desk.find(".guideline-text").inner_text()
    page.reload()
    assert page.locator(".readers .badge.good").count() == 1


def test_the_guideline_stays_beside_the_items_and_is_read_again_when_it_changes(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    text = desk.find(".guideline-text").inner_text()
    desk.page.evaluate("() => { document.querySelector('.guideline').dataset.same = '1'; }")
    desk.next_by_key("1", "Enter")
    assert desk.count(".guideline[data-same]") == 1
    assert desk.find(".guideline-text").inner_text() == text
    desk.press("g")
    assert not desk.find(".guideline-text").is_visible()
    desk.press("g")

    _publish(site, project, "Otra guía")
    desk.press("2", "Enter")
    desk.page.wait_for_selector("#desk.unread")
    desk.press("g").page.wait_for_selector("#answer")
    assert desk.find(".guideline-text").inner_text().startswith("Otra guía")
    desk.find(".guideline-text .more summary").click()
    assert desk.find(".example.good").is_visible()
    desk.next_by_key("3", "Enter")
    versions_judged = [each.guideline_version for each in site.judgments(project, people.ana)]
    assert versions_judged == [1, 1, 2]


def _shown_next(desk: Desk, first: int) -> int:
    """The item that takes the screen before the server has answered."""
    desk.gone(first)
    return desk.item_id


def _sent_under_an_old_guideline(site: Site, project: Project, desk: Desk) -> tuple[Held, int, int]:
    """An answer on its way while a version to be read came out: it, its item, the one shown now."""
    first = desk.ready().item_id
    _publish(site, project, "Otra guía")
    held = Held(desk.page)
    desk.press("1", "Enter")
    return held, first, _shown_next(desk, first)


def _judged(site: Site, project: Project, people: People) -> list[tuple[int, int | None]]:
    found = site.judgments(project, people.ana)
    return [(each.item_id, each.guideline_version) for each in found]


def test_the_guideline_takes_the_place_of_what_was_kept_ready(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    held, first, second = _sent_under_an_old_guideline(site, project, desk)
    held.wait_for(1)
    held.let_go()
    desk.page.wait_for_selector("#desk.unread")
    assert desk.arrived().saving() == "saved"
    assert desk.focused("h1")
    assert desk.count("#notice .notice") == 0
    desk.press("g").settle()
    assert desk.item_id == second
    desk.ready().press("1").next_by_key("Enter")
    assert _judged(site, project, people) == [(first, 1), (second, 2)]


def test_what_was_begun_meanwhile_is_finished_under_the_guideline_beside_it(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    held, first, second = _sent_under_an_old_guideline(site, project, desk)
    desk.press("2")
    held.wait_for(1)
    held.let_go()
    desk.page.wait_for_selector("#notice .notice.warning")
    assert desk.item_id == second
    assert desk.checked()
    desk.press("Enter").page.wait_for_selector("#desk.unread")
    assert _judged(site, project, people) == [(first, 1), (second, 1)]


def test_answers_that_wait_in_the_browser_keep_the_version_that_was_beside_them(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    first = desk.ready().item_id
    held = Held(desk.page)
    desk.press("1", "Enter")
    second = _shown_next(desk, first)
    desk.press("2", "Enter")
    held.wait_for(1)
    _publish(site, project, "Otra guía")
    # As if the line had been away: another page of the same person sends them.
    desk.page.goto("about:blank")
    desk.page.unroute("**/send")
    desk.page.goto(desk.path)
    desk.page.wait_for_selector("#desk.unread")
    desk.arrived()
    assert _judged(site, project, people) == [(first, 1), (second, 1)]
    desk.press("g").settle()
    assert desk.item_id not in {first, second}


def test_what_came_ahead_without_a_guideline_is_not_shown_beside_another(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    first = desk.ready().item_id
    desk.next_by_key("1", "Enter").ready()
    _publish(site, project, "Otra guía", must_read=False)
    desk.next_by_key("u")
    assert desk.item_id == first
    desk.next_by_key("2", "Enter")
    assert desk.find(".guideline-text").inner_text().startswith("Otra guía")
    desk.next_by_key("2", "Enter")
    assert [version for _, version in _judged(site, project, people)] == [1, 1, 2, 2]


def test_a_version_published_meanwhile_is_shown_and_the_text_stays(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(409)
    page = _editor(open_as, people, project)
    page.fill("#es", "Lo que yo escribí")
    _publish(site, project, "Lo de otra persona")
    page.locator(".acts button.primary").click()
    page.wait_for_selector("#overtaken-title")
    assert page.locator(".asked ins").first.is_visible()
    assert page.input_value("#es") == "Lo que yo escribí"
    _confirmed(page)
    page.wait_for_url("**/guideline?published=1")
    with site.database.read() as reading:
        assert [line.version for line in versions(reading, project.id)] == [3, 2, 1]


def test_what_was_written_outlives_the_page(
    people: People, project: Project, open_as: OpenAs
) -> None:
    page = _editor(open_as, people, project)
    _add(page, "glossary")
    page.fill("#glossary-0-term-es", "empate")
    page.goto("/")
    page.goto(f"/projects/{project.slug}/guideline/edit")
    page.locator("[data-restore]").click()
    page.wait_for_selector("#glossary-0-term-es")
    assert page.input_value("#glossary-0-term-es") == "empate"
    page.fill("#glossary-0-meaning-es", "Igual de buenas")
    _confirmed(page)
    page.wait_for_url("**/guideline?published=1")
    page.goto(f"/projects/{project.slug}/guideline/edit")
    assert not page.locator("#kept-draft").is_visible()


def test_without_scripts_a_version_is_written_and_read_all_the_same(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    path = f"/projects/{project.slug}/guideline/edit"
    page = open_as(people.luz, path, java_script_enabled=False)
    page.fill("#en", "Be fair")
    _add(page, "examples")
    assert page.locator("#examples-0-title-es").is_visible()
    page.locator(".acts button").first.click()
    assert page.locator("#preview p:text('Be fair')").is_visible()
    _confirmed(page)
    page.wait_for_url("**/guideline?published=1")
    desk = open_as(people.ana, f"/projects/{project.slug}/desk", java_script_enabled=False)
    desk.locator(".unread button.primary").click()
    desk.wait_for_selector("#answer")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_pages_of_the_guideline_are_open_to_everyone(
    site: Site, people: People, project: Project, open_as: OpenAs, colours: str, watch: Watch
) -> None:
    watch.expect(422)
    _read_first(site, project, people)
    _publish(site, project, guideline("pares-pandalm")["es"].replace("mejor", "preferible"))
    base = f"/projects/{project.slug}/guideline"
    for size in ({"width": 1280, "height": 800}, NARROW):
        page = open_as(people.luz, base, viewport=size, color_scheme=colours)
        _sound(page)
        page.goto(f"{base}/changes")
        _sound(page)
        page.goto(f"{base}/edit")
        _sound(page)
        page.fill("#note", "x" * 10)
        page.fill("#en", "")
        page.locator(".acts button.primary").click()
        page.wait_for_selector("#editor .notice.danger")
        _sound(page)
        page.fill("#en", "Now in English")
        page.locator(".acts button.primary").click()
        page.wait_for_selector("#confirm-title")
        page.locator(".asked summary").click()
        _sound(page)
        reader = open_as(
            people.ana, f"/projects/{project.slug}/desk", viewport=size, color_scheme=colours
        )
        reader.wait_for_selector("#desk.unread")
        _sound(reader)


def _sound(page: Page) -> None:
    """No fault that axe knows of, and nothing to be scrolled sideways."""
    assert violations(page) == []
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, page.url
