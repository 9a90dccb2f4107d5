"""A pause by one key, with and without the server; the reminder of a break; what one declines."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import People, Site, sample
from tests.browser.states import NARROW
from tests.browser.test_reviewer_trouble import Held
from workbench.db import now as database_now
from workbench.models import Assignment, Item, Project, State
from workbench.services import slots

IDS = ("pandalm-081", "pandalm-090", "pandalm-354")


def _items(**changes: Any) -> list[dict[str, Any]]:
    return [line | changes for line in sample("pares-pandalm", *IDS)]


@pytest.fixture
def project(site: Site, people: People) -> Project:
    return site.project("ranking", _items(), people)


@pytest.fixture
def desk(people: People, project: Project, open_as: OpenAs) -> Desk:
    return Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)


def _text_is_seen(page: Page) -> bool:
    """Whether anything of the item can be read."""
    return any(each.is_visible() for each in page.locator(".judged").all())


def _held(site: Site, project: Project, people: People) -> list[int]:
    """Items that Ana holds, shown or kept ready."""
    query = select(Assignment.item_id).where(
        Assignment.project_id == project.id,
        Assignment.user_id == people.ana.id,
        Assignment.state == State.LEASED,
    )
    with site.database.read() as reading:
        return list(reading.scalars(query))


#: Notes whether anything of an item could be read in any frame.
WATCH_TEXT = """() => {
    window.textWasSeen = false;
    const look = () => {
        const seen = [...document.querySelectorAll(".judged")].some((node) => node.offsetParent);
        window.textWasSeen ||= seen;
        requestAnimationFrame(look);
    };
    look();
}"""


def test_one_key_takes_the_item_off_the_screen_and_gives_it_back_with_the_one_kept_ready(
    desk: Desk, site: Site, people: People, project: Project
) -> None:
    page = desk.ready().page
    assert _text_is_seen(page)
    page.evaluate("() => { document.getElementById('desk').dataset.old = '1'; }")
    desk.press(".")
    page.wait_for_selector("#desk[data-paused]:not([data-old])")
    assert not _text_is_seen(page)
    assert page.locator(".rest").is_visible()
    assert _held(site, project, people) == []
    page.reload()
    page.wait_for_selector(".rest")
    assert _held(site, project, people) == []
    # With the keyboard alone, from the pause to another item.
    desk.tab_to(".rest form:nth-of-type(2) button").next_by_key("Enter")
    assert _text_is_seen(page)
    assert page.url.endswith("/desk")


def test_after_a_pause_one_goes_on_where_one_was_with_what_one_had_entered(
    desk: Desk, site: Site, people: People, project: Project
) -> None:
    page = desk.ready().page
    first = desk.item_id
    desk.press("2", "n").type("a medias").press("Escape", ".")
    page.wait_for_selector("#desk[data-paused]")
    page.reload()
    page.wait_for_selector(".rest")
    desk.tab_to(".rest button.primary").press("Enter")
    page.wait_for_selector("#notice .notice")
    desk.settle()
    assert desk.item_id == first
    assert page.locator("#answer [name=reason]").input_value() == "a medias"
    before = desk.checked()
    assert before
    desk.ready().press("Control+Enter")
    desk.gone(first)
    desk.arrived()
    [judgment] = site.judgments(project, people.ana)
    assert (judgment.item_id, (judgment.answer or {})["reason"]) == (first, "a medias")


def test_a_pause_while_the_answer_before_is_on_its_way_blanks_the_screen_at_once(
    desk: Desk, site: Site, people: People, project: Project
) -> None:
    page = desk.ready().page
    first = desk.item_id
    held = Held(page)
    desk.press("1", "Enter")
    desk.gone(first)
    held.wait_for(1)
    desk.press(".")
    page.wait_for_selector("#desk.resting .rest")
    assert not _text_is_seen(page)
    held.let_go()
    page.wait_for_selector("#desk[data-paused]")
    assert not _text_is_seen(page)
    assert [each.item_id for each in site.judgments(project, people.ana)] == [first]
    assert _held(site, project, people) == []


def test_an_item_that_comes_in_place_of_another_does_not_end_a_pause(
    desk: Desk, site: Site, people: People, project: Project, watch: Watch
) -> None:
    """The line is gone; back, the server says that others judged what was on the screen, and is
    told of the pause."""
    page = desk.ready().page
    first = desk.item_id
    page.context.set_offline(True)
    desk.press("1", "Enter")
    desk.gone(first)
    second = desk.item_id
    desk.press(".")
    page.wait_for_selector("#desk.resting .rest")
    with site.database.write() as writing:
        slots.release_kept(writing, people.ana.id, [second], database_now(writing))
        item = writing.get_one(Item, second)
        item.slots_left = item.wanted = 0
    page.evaluate(WATCH_TEXT)
    page.context.set_offline(False)
    page.wait_for_selector("#desk[data-paused]")
    desk.arrived()
    assert not page.evaluate("() => window.textWasSeen")
    assert page.locator(".rest").is_visible()
    assert _held(site, project, people) == []
    watch.forgive("ERR_INTERNET_DISCONNECTED", "Failed to fetch")


def test_the_screen_is_empty_before_the_server_answers_and_nothing_typed_is_lost_without_it(
    desk: Desk, site: Site, people: People, project: Project, watch: Watch
) -> None:
    page = desk.page
    desk.press("1")
    before = desk.checked()
    assert before
    page.context.set_offline(True)
    desk.press(".")
    page.wait_for_selector("#desk.resting .rest")
    assert not _text_is_seen(page)
    desk.press("2", "s", "Enter")
    assert not _text_is_seen(page)
    page.wait_for_selector("#notice .notice")
    desk.tab_to("[data-resume]").press("Enter")
    page.wait_for_selector("#desk:not(.resting)")
    assert _text_is_seen(page)
    assert desk.checked() == before
    page.context.set_offline(False)
    desk.next_by_key("Enter")
    assert len(site.judgments(project, people.ana)) == 1
    watch.forgive("ERR_INTERNET_DISCONNECTED", "Failed to fetch")


def test_on_a_telephone_the_pause_is_in_reach_and_nothing_is_pushed_out(
    people: People, project: Project, open_as: OpenAs
) -> None:
    page = open_as(people.ana, f"/projects/{project.slug}/desk", viewport=NARROW, has_touch=True)
    desk = Desk(page, project).settle()
    button = page.locator("[data-pause] button")
    box = button.bounding_box()
    assert box is not None
    assert (box["width"] >= 44, box["height"] >= 44) == (True, True)
    assert not desk.covered("[data-pause] button")
    assert not desk.covered(".answer-bar .primary")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
    button.tap()
    page.wait_for_selector("#desk[data-paused]")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]


def test_the_reminder_comes_with_an_item_and_dismissing_it_moves_nothing(desk: Desk) -> None:
    page = desk.page
    line = page.locator("[data-break]")
    assert not line.is_visible()
    worked = {"ms": 51 * 60_000}
    page.evaluate(
        "(worked) => localStorage.setItem('workbench-worked',"
        " JSON.stringify({ ...worked, at: Date.now() }))",
        worked,
    )
    assert not line.is_visible()
    desk.press("1").next_by_key("Enter")
    assert line.is_visible()
    place = page.locator(".responses").bounding_box()
    line.locator("button").click()
    assert not line.is_visible()
    assert page.locator(".responses").bounding_box() == place
    desk.press("1").next_by_key("Enter")
    assert not page.locator("[data-break]").is_visible()


def test_work_is_counted_while_there_is_somebody_at_it(desk: Desk) -> None:
    page = desk.page
    for _ in range(200):
        page.mouse.move(300, 300)
        page.mouse.move(310, 310)
        kept = page.evaluate("() => localStorage.getItem('workbench-worked')")
        if kept:
            break
        page.wait_for_timeout(200)
    assert re.search(r'"ms":[5-9]\d{3}', kept or "")


def test_what_is_declined_on_the_account_page_does_not_come_to_the_desk(
    site: Site, people: People, open_as: OpenAs
) -> None:
    [first, second, _] = _items()
    project = site.project("ranking", [first | {"harm": "vcr"}, second], people)
    page = open_as(people.ana, "/account")
    page.get_by_label("Delitos violentos").check()
    page.locator("#care button.primary").click()
    page.wait_for_selector("#care .notice.good")
    page.goto(f"/projects/{project.slug}/desk")
    desk = Desk(page, project).settle()
    with site.database.read() as reading:
        assert reading.get_one(Item, desk.item_id).external_id == second["id"]
    desk.press("1").next_by_key("Enter")
    assert page.locator(".empty").first.is_visible()
    assert [each.state for each in site.assignments(project, people.ana)] == [State.JUDGED]
