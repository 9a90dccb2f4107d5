"""What goes wrong on the way: twice, too late, in two windows, without an answer, logged out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import PASSWORD, People, Site, sample
from workbench.db import now as database_now
from workbench.models import Project, State, User
from workbench.services import accounts

IDS = ("pandalm-081", "pandalm-090", "pandalm-354")


@pytest.fixture
def project(site: Site, people: People) -> Project:
    return site.project("ranking", sample("pares-pandalm", *IDS), people)


@pytest.fixture
def desk(people: People, project: Project, open_as: OpenAs) -> Desk:
    return Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)


class Held:
    """Requests on their way to the server, stopped until they are let go."""

    def __init__(self, page: Page, pattern: str = "**/answer") -> None:
        self.routes: list[Route] = []
        self._page = page
        self._pattern = pattern
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        self.routes.append(route)

    def wait_for(self, count: int) -> None:
        while len(self.routes) < count:
            self._page.wait_for_timeout(10)

    def let_go(self) -> None:
        for route in self.routes:
            route.continue_()
        self._page.unroute(self._pattern)


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_second_press_while_the_first_is_on_its_way_sends_nothing(
    by: str, site: Site, people: People, project: Project, desk: Desk
) -> None:
    sent = []
    desk.page.on("request", lambda request: sent.append(request.url))
    desk.press("1")
    held = Held(desk.page)
    with desk.swap():
        if by == "mouse":
            desk.find("[form=answer]").dblclick()
        else:
            desk.press("Enter", "Enter", "Enter")
        held.wait_for(1)
        held.let_go()
    assert len([url for url in sent if url.endswith("/answer")]) == 1
    assert len(site.judgments(project)) == 1
    assert [each.state for each in site.assignments(project, people.ana)] == [
        State.JUDGED,
        State.LEASED,
    ]


def test_while_the_answer_is_on_its_way_the_focus_stays_where_it_is(desk: Desk) -> None:
    desk.press("1").tab_to("[form=answer]")
    held = Held(desk.page)
    with desk.swap():
        desk.press("Enter")
        held.wait_for(1)
        assert desk.focused("[form=answer]")
        held.let_go()


def test_a_reply_that_is_lost_is_asked_for_again_and_nothing_is_stored_twice(
    site: Site, project: Project, desk: Desk, watch: Watch
) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    desk.page.route("**/answer", lose)
    desk.press("2", "n").type("porque sí").press("Control+Enter")
    desk.page.wait_for_selector("#notice .notice")
    assert len(site.judgments(project)) == 1
    assert desk.checked() == {"pair": "0>1:2"}
    assert desk.find("#answer [name=reason]").input_value() == "porque sí"
    desk.page.unroute("**/answer")
    desk.next_by_key("Control+Enter")
    assert len(site.judgments(project)) == 1
    assert desk.count("#notice .notice") == 0
    watch.forgive("net::ERR_FAILED", "htmx:error")


@pytest.mark.parametrize("status", [502, 504])
def test_an_error_page_of_a_proxy_does_not_take_the_place_of_the_answer(
    status: int, site: Site, project: Project, desk: Desk, watch: Watch
) -> None:
    watch.expect(status)
    page = "<html><body><h1>Bad gateway</h1></body></html>"
    desk.page.route(
        "**/answer", lambda route: route.fulfill(status=status, body=page, content_type="text/html")
    )
    desk.press("2", "Enter")
    desk.page.wait_for_selector("#notice .notice")
    assert not desk.covered("#notice .notice")
    assert "Bad gateway" not in desk.page.content()
    assert desk.checked() == {"pair": "0>1:2"}
    desk.page.unroute("**/answer")
    desk.next_by_key("Enter")
    assert len(site.judgments(project)) == 1


def test_in_two_windows_the_second_answer_is_refused_and_stays_in_its_form(
    site: Site, people: People, project: Project, desk: Desk, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(409)
    other = Desk(open_as(people.ana, desk.path), project)
    assert other.item_id == desk.item_id
    other.press("5", "n").type("lo pensé mucho")
    desk.next_by_key("1", "Enter")
    other.press("Control+Enter")
    assert other.refused()
    other.wait_for_focus("#problems")
    assert not other.covered("#problems .notice")
    assert other.find("#answer [name=reason]").input_value() == "lo pensé mucho"
    assert other.checked() == {"pair": "1>0:3"}
    [stored] = site.judgments(project)
    assert stored.answer is not None
    assert stored.answer["strength"] == 3
    assert stored.answer["reason"] == ""
    # From there one goes on to what is on the desk now.
    other.find("#problems a").click()
    assert other.settle().item_id == desk.item_id


def test_undo_with_nothing_to_undo_is_said_where_it_is_seen(desk: Desk, watch: Watch) -> None:
    watch.expect(409)
    desk.press("1").page.mouse.wheel(0, 400)
    desk.press("u")
    desk.page.wait_for_selector("#notice .notice")
    assert not desk.covered("#notice .notice")
    assert desk.checked() == {"pair": "0>1:3"}


def end_sessions(site: Site, user: User) -> None:
    with site.database.write() as writing:
        accounts.end_all_sessions(writing, user.id, database_now(writing))


def test_a_session_that_ended_leads_to_the_log_in_and_from_there_back_to_the_desk(
    site: Site, people: People, project: Project, desk: Desk, watch: Watch
) -> None:
    watch.expect(401)
    site.set_password(people.ana)
    item_id = desk.item_id
    with desk.page.expect_navigation(url="**/login?**"):
        desk.press("1", "Enter")
    assert desk.page.locator(".notice.warning").is_visible()
    assert site.judgments(project) == []
    desk.type(people.ana.name).press("Tab").type(PASSWORD).press("Enter")
    desk.page.wait_for_url(f"**{desk.path}")
    assert desk.settle().item_id == item_id
    desk.next_by_key("1", "Enter")
    assert len(site.judgments(project)) == 1


def test_a_page_opened_after_the_session_ended_comes_after_the_log_in(
    site: Site, people: People, desk: Desk, watch: Watch
) -> None:
    watch.expect(401)
    site.set_password(people.ana)
    path = desk.path.replace("/desk", "/mine")
    desk.page.goto(path)
    page = desk.page
    assert page.locator(".notice.warning").is_visible()
    page.locator("#name").fill(people.ana.name)
    page.locator("#password").fill("no es esta clave")
    page.locator("form.panel button").click()
    assert page.locator(".notice.danger").is_visible()
    page.locator("#password").fill(PASSWORD)
    page.locator("form.panel button").click()
    page.wait_for_url(f"**{path}")


def test_without_scripts_a_pair_is_ranked_skipped_and_undone(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    page = open_as(people.ana, f"/projects/{project.slug}/desk", java_script_enabled=False)
    page.locator("#desk button.primary").click()
    page.locator("[form=answer]").click()
    assert page.locator("#problems .notice").is_visible()
    page.locator("[name=pair][value='0>1:2']").click()
    page.locator("[form=answer]").click()
    page.locator(".pop[data-key=s] summary").click()
    page.locator("#reason-s").fill("hoy no")
    page.locator(".pop[data-key=s] button.primary").click()
    assert [each.state for each in site.assignments(project, people.ana)][:2] == [
        State.JUDGED,
        State.SKIPPED,
    ]
    page.locator("form[data-key=u] button").click()
    assert site.assignments(project, people.ana)[1].state == State.LEASED
    assert len(site.judgments(project)) == 1
