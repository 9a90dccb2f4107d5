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

    def __init__(self, page: Page, pattern: str = "**/send") -> None:
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


def nothing_ahead(page: Page) -> None:
    """The next item comes only with the answer's reply."""
    page.route("**/upcoming", lambda route: route.fulfill(json={"upcoming": None}))
    page.reload()


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_second_press_while_the_first_is_on_its_way_sends_nothing(
    by: str, site: Site, people: People, project: Project, desk: Desk
) -> None:
    nothing_ahead(desk.page)
    sent = []
    desk.page.on("request", lambda request: sent.append(request.url))
    desk.ready(ahead=False).press("1")
    held = Held(desk.page)
    with desk.swap():
        if by == "mouse":
            desk.find("[form=answer]").dblclick()
        else:
            desk.press("Enter", "Enter", "Enter")
        held.wait_for(1)
        held.let_go()
    assert len([url for url in sent if url.endswith("/send")]) == 1
    assert len(site.judgments(project)) == 1
    assert desk.count("#problems .notice") == 0
    states = [each.state for each in site.assignments(project, people.ana)]
    assert states == [State.JUDGED, State.LEASED]


def test_while_the_answer_is_on_its_way_the_focus_stays_where_it_is(desk: Desk) -> None:
    nothing_ahead(desk.page)
    desk.ready(ahead=False).press("1").tab_to("[form=answer]")
    held = Held(desk.page)
    with desk.swap():
        desk.press("Enter")
        held.wait_for(1)
        assert desk.focused("[form=answer]")
        held.let_go()


def test_the_next_item_is_there_before_the_server_has_answered(
    site: Site, people: People, project: Project, desk: Desk
) -> None:
    first = desk.ready().item_id
    held = Held(desk.page)
    desk.press("1", "Enter")
    desk.gone(first)
    second = desk.item_id
    held.wait_for(1)
    assert site.judgments(project) == []
    assert desk.saving() == "waiting"
    assert [each.item_id for each in site.assignments(project, people.ana)] == [first]
    held.let_go()
    desk.arrived()
    [judgment] = site.judgments(project)
    assert judgment.item_id == first
    assert [each.item_id for each in site.assignments(project, people.ana)] == [first, second]


def test_a_reply_that_is_lost_is_asked_for_again_and_nothing_is_stored_twice(
    site: Site, project: Project, desk: Desk, watch: Watch
) -> None:
    lost = []

    def lose(route: Route) -> None:
        if len(lost) == 2:
            return route.continue_()
        route.fetch()
        lost.append(route.request.url)
        return route.abort()

    desk.ready().page.route("**/send", lose)
    desk.press("2", "n").type("porque sí").next_by_key("Control+Enter")
    assert len(lost) == 2
    [stored] = site.judgments(project)
    assert stored.answer is not None
    assert stored.answer["reason"] == "porque sí"
    watch.forgive("net::ERR_FAILED")


@pytest.mark.parametrize("status", [500, 502, 503, 507])
def test_an_answer_waits_until_the_server_takes_it(
    status: int, site: Site, project: Project, desk: Desk, watch: Watch
) -> None:
    watch.expect(status)
    page = "<html><body><h1>Bad gateway</h1></body></html>"
    desk.ready().page.route(
        "**/send", lambda route: route.fulfill(status=status, body=page, content_type="text/html")
    )
    desk.press("2", "Enter")
    desk.page.wait_for_selector("#saving[data-state=waiting]")
    assert "Bad gateway" not in desk.page.content()
    assert site.judgments(project) == []
    # Closing the page loses nothing: any later one sends it.
    desk.page.goto("about:blank")
    desk.page.unroute("**/send")
    desk.page.goto("/")
    desk.page.wait_for_function("() => !Object.keys(localStorage).some((k) => k.includes(':q:'))")
    assert len(site.judgments(project)) == 1


def test_without_a_line_one_goes_on_and_everything_arrives_later(
    site: Site, project: Project, desk: Desk, watch: Watch
) -> None:
    desk.ready().page.context.set_offline(True)
    desk.press("1", "n").type("el primero 👩‍🔬").press("Control+Enter")
    desk.page.wait_for_selector("#saving[data-state=waiting]")
    first = desk.item_id
    desk.press("2", "n").type("el segundo").press("Control+Enter")
    # Nothing is here to go on with, which is said.
    desk.page.wait_for_selector("#notice .notice")
    assert desk.item_id == first
    kept = desk.page.evaluate("() => JSON.stringify(localStorage)")
    assert ":q:" in kept
    assert "segundo" not in kept
    desk.page.context.set_offline(False)
    desk.gone(first)
    desk.arrived()
    reasons = [each.answer["reason"] for each in site.judgments(project) if each.answer]
    assert reasons == ["el primero 👩‍🔬", "el segundo"]
    watch.forgive("net::ERR_INTERNET_DISCONNECTED")


def test_what_was_entered_is_there_after_a_reload_and_in_a_later_tab(
    site: Site, project: Project, desk: Desk
) -> None:
    desk.ready().press("4", "n").type("a medias ñ 🙂")
    desk.page.wait_for_function("() => Object.keys(localStorage).some((k) => k.includes(':d:'))")
    held = Held(desk.page, "**/upcoming")
    desk.page.reload()
    desk.page.wait_for_selector("#notice .notice")
    assert desk.checked() == {"pair": "1>0:2"}
    # It came first; the next item, asked for before, is kept ready for the desk that it is in.
    held.wait_for(1)
    held.let_go()
    desk.ready()
    page = desk.page.context.new_page()
    desk.page.close()
    page.goto(desk.path)
    page.wait_for_selector("#notice .notice")
    later = Desk(page, project)
    assert later.find("#answer [name=reason]").input_value() == "a medias ñ 🙂"
    later.next_by_key("Control+Enter")
    [stored] = site.judgments(project)
    assert stored.answer is not None
    assert stored.answer["reason"] == "a medias ñ 🙂"
    assert page.evaluate("() => Object.keys(localStorage).some((k) => k.includes(':d:'))") is False


def test_a_second_tab_takes_over_and_the_first_can_take_it_back(
    project: Project, desk: Desk
) -> None:
    desk.ready().press("4")
    page = desk.page.context.new_page()
    page.goto(desk.path)
    Desk(page, project).settle()
    desk.page.wait_for_selector("#resting[open]")
    desk.find("[data-wake]").click()
    desk.settle()
    page.wait_for_selector("#resting[open]")


def test_in_two_windows_the_second_answer_is_refused_and_stays_in_its_form(
    site: Site, people: People, project: Project, desk: Desk, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(409)
    other = Desk(open_as(people.ana, desk.path), project)
    nothing_ahead(other.page)
    assert other.ready(ahead=False).item_id == desk.item_id
    other.press("5", "n").type("lo pensé mucho")
    desk.next_by_key("1", "Enter")
    other.press("Control+Enter")
    assert other.refused()
    assert other.saving() == "conflict"
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


def test_an_answer_left_behind_that_is_refused_is_kept_until_it_is_discarded(
    site: Site, people: People, project: Project, desk: Desk, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(409)
    other = Desk(open_as(people.ana, desk.path), project).ready()
    name = other.name
    other.press("5", "n").type("lo pensé mucho")
    desk.next_by_key("1", "Enter")
    other.next_by_key("Control+Enter")
    assert other.saving() == "conflict"
    other.page.reload()
    other.settle().find("#saving summary").click()
    kept = other.find("#saving li").inner_text()
    assert name.split()[-1] in kept
    assert "lo pensé mucho" in kept
    other.find("[data-discard]").click()
    assert other.saving() == "conflict"
    other.find("[data-discard]").click()
    other.page.wait_for_selector("#saving[data-state=saved]")
    assert len(site.judgments(project)) == 1


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


def test_a_session_that_ended_is_opened_again_in_place_and_the_answer_goes_on(
    site: Site, people: People, project: Project, desk: Desk, watch: Watch
) -> None:
    watch.expect(401)
    site.set_password(people.ana)
    desk.ready()
    end_sessions(site, people.ana)
    desk.press("1", "n").type("sin perder nada").press("Control+Enter")
    desk.page.wait_for_selector("#log-in-again[open]")
    assert site.judgments(project) == []
    desk.type("no es esta clave").press("Enter")
    desk.page.wait_for_function(
        "() => document.querySelector('#log-in-again [role=alert]').textContent"
    )
    desk.type(PASSWORD).press("Enter")
    desk.page.wait_for_selector("#log-in-again", state="hidden")
    desk.arrived()
    assert [each.answer["reason"] for each in site.judgments(project) if each.answer] == [
        "sin perder nada"
    ]
    # The token of the old session is on no form any more.
    desk.press("u")
    desk.page.wait_for_function("() => document.querySelector('#status').textContent.trim()")
    assert desk.checked() == {"pair": "0>1:3"}


def test_skipping_after_the_session_ended_goes_on_after_the_log_in(
    site: Site, people: People, project: Project, desk: Desk, watch: Watch
) -> None:
    watch.expect(401)
    site.set_password(people.ana)
    desk.ready()
    end_sessions(site, people.ana)
    desk.press("s").type("hoy no").press("Enter")
    desk.page.wait_for_selector("#log-in-again[open]")
    with desk.swap():
        desk.type(PASSWORD).press("Enter")
    assert site.assignments(project, people.ana)[0].state == State.SKIPPED


def test_an_answer_never_goes_out_under_another_persons_name(
    site: Site, people: People, project: Project, desk: Desk, watch: Watch
) -> None:
    """Someone else logged in in this browser while the page was open."""
    watch.expect(400)
    desk.ready().page.context.clear_cookies()
    desk.page.context.add_cookies([site.cookie(people.ben)])
    desk.press("1", "Enter")
    desk.page.wait_for_selector("#log-in-again[open]")
    assert site.judgments(project) == []
    assert desk.saving() == "waiting"


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
