"""What a browser kept from before items had tokens: it names items by numbers, and is not lost."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import VEIL, People, Site, sample
from workbench.models import Project

KEPT = "(kind) => Object.keys(localStorage).some((key) => key.includes(`:${kind}:`))"


@pytest.fixture
def project(site: Site, people: People) -> Project:
    return site.project("ranking", sample("pares-pandalm", "pandalm-081", "pandalm-090"), people)


@pytest.fixture
def desk(people: People, project: Project, open_as: OpenAs) -> Desk:
    """A desk whose form names its item as a page of then did."""
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project).ready()
    number = desk.item_id
    desk.page.evaluate(
        """([token, number]) => {
            const { dataset } = document.getElementById("answer");
            for (const name of ["send", "page"])
                dataset[name] = dataset[name].replace(token, number);
        }""",
        [VEIL.token(number), str(number)],
    )
    return desk


def test_an_answer_that_waits_is_sent(
    site: Site, project: Project, desk: Desk, watch: Watch
) -> None:
    number = desk.item_id
    sent: list[str] = []
    desk.page.on("request", lambda request: sent.append(request.url))
    desk.page.route("**/send", lambda route: route.abort())
    desk.press("2", "Enter").gone(number)
    desk.page.wait_for_selector("#saving[data-state=waiting]")
    desk.page.goto("about:blank")
    desk.page.unroute("**/send")
    desk.page.goto(desk.path)
    desk.settle().page.wait_for_function(f"() => !({KEPT})('q')")
    assert any(url.endswith(f"/desk/items/{number}/send") for url in sent)
    assert [judgment.item_id for judgment in site.judgments(project)] == [number]
    assert desk.saving() == "saved"
    watch.forgive("net::ERR_FAILED")


def test_a_draft_is_filled_in_again_and_sent(site: Site, project: Project, desk: Desk) -> None:
    number = desk.item_id
    desk.press("2", "n").type("a medias")
    desk.page.wait_for_function(f"() => ({KEPT})('d')")
    names = "() => Object.keys(localStorage).filter((key) => key.includes(':d:')).join()"
    assert f"/items/{number}/send" in desk.page.evaluate(names)
    desk.page.reload()
    desk.settle().page.wait_for_selector("#notice:not(:empty)")
    assert desk.entered()["reason"] == "a medias"
    assert f"/items/{number}/" not in desk.page.evaluate(names)
    desk.next_by_key("Control+Enter")
    [judgment] = site.judgments(project)
    assert judgment.item_id == number
    assert judgment.answer is not None
    assert judgment.answer["reason"] == "a medias"


def test_a_stored_conflict_leads_to_the_item(
    site: Site, project: Project, people: People, desk: Desk, watch: Watch
) -> None:
    number = desk.item_id
    watch.expect(409)
    desk.page.route("**/send", lambda route: route.fulfill(status=409, json={"why": "No."}))
    desk.press("2", "Enter").gone(number)
    desk.page.wait_for_selector("#saving[data-state=conflict]")
    address = desk.page.locator("[data-conflicts] [data-open]").get_attribute("href")
    assert address == f"/projects/{project.slug}/mine/{number}"
    desk.page.unroute("**/send")
    # It is theirs to answer still, so the desk is where it is.
    desk.page.goto(address)
    assert desk.page.url.endswith(desk.path)
