"""Each person can change the desk's keys."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenAs
from tests.browser.desk import Desk
from tests.browser.site import People, Site, sample
from workbench.models import Project

SKIP, ESCALATE = ".pop[data-key=s]", ".pop[data-key=e]"


@pytest.fixture
def project(site: Site, people: People) -> Project:
    return site.project("ranking", sample("pares-pandalm", "pandalm-081", "pandalm-090"), people)


def change(desk: Desk, key: str, new: str) -> None:
    """Open the legend, and put `new` in the place of `key`, by keyboard alone."""
    desk.press("?").tab_to("[data-keys-open]").press("Enter")
    desk.page.wait_for_selector(".key-change")
    row = f".key-change:has(kbd[data-known='{key}'])"
    desk.page.locator(row).focus()
    desk.press("Enter")
    desk.page.wait_for_selector(".key-change.listening")
    desk.press(new)
    desk.page.wait_for_selector(".key-change.listening", state="detached")


def shown(desk: Desk, where: str) -> str:
    return desk.find(f"{where} > summary kbd").inner_text()


def test_a_key_is_changed_and_the_old_one_means_it_no_more(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    change(desk, "S", "z")
    desk.press("Escape")
    assert shown(desk, SKIP) == "Z"
    desk.press("s")
    assert desk.count(".pop[open]") == 0
    desk.press("z")
    assert desk.count(f"{SKIP}[open]") == 1
    # It holds for the next item, and when the page is opened again.
    desk.press("Escape", "1").submit()
    assert shown(desk, SKIP) == "Z"
    desk.page.reload()
    desk.settle()
    assert shown(desk, SKIP) == "Z"
    desk.press("z")
    assert desk.count(f"{SKIP}[open]") == 1


def test_a_key_that_is_taken_changes_places(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    change(desk, "E", "1")
    assert "E" in desk.find("[data-keys-said]").inner_text()
    desk.press("Escape", "1")
    assert desk.count(f"{ESCALATE}[open]") == 1
    desk.press("Escape", "Escape")
    # What 1 chose until now is on E, and what is stored is the same.
    desk.press("e").submit()
    [judgment] = site.judgments(project)
    assert judgment.answer is not None
    assert judgment.answer["tiers"] == [[judgment.shown[0]], [judgment.shown[1]]]


def test_all_keys_go_back_to_what_they_were(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    change(desk, "S", "z")
    desk.find("[data-keys-reset]").click()
    desk.press("Escape")
    assert shown(desk, SKIP) == "S"
    desk.press("s")
    assert desk.count(f"{SKIP}[open]") == 1


def test_escape_and_keys_that_do_not_fit_change_nothing(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    for new in ("Escape", "Enter", "Space", "F2"):
        desk.page.reload()
        desk.settle()
        change(desk, "S", new)
    assert shown(desk, SKIP) == "S"


def test_the_keys_are_of_one_person_and_not_of_the_browser(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    change(desk, "S", "z")
    other = "workbench-keys-0"
    desk.page.evaluate(
        """(other) => {
            const name = Object.keys(localStorage).find((key) => /^workbench-keys-\\d+$/.test(key));
            localStorage.setItem(other, localStorage.getItem(name));
            localStorage.removeItem(name);
        }""",
        other,
    )
    desk.page.reload()
    desk.settle()
    assert shown(desk, SKIP) == "S"
