"""A reviewer edits a response until it is what should have been said; nothing typed gets lost."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import Line, People, Site, sample
from tests.browser.states import NARROW
from workbench.models import Project

TEXT = "[data-text]"
GOOD_EVENING, SPIDER = "pandalm-one-02", "pandalm-one-10"
#: What a form could spoil: blanks and line ends at the ends, a bare CR, marks, what is not seen.
DELICATE = "\n\n  cafe\u0301 👩‍🔬\u200b fin\r\ny\rmás\t \n"


@pytest.fixture
def project(site: Site, people: People) -> Project:
    """`Bonjour`, as an answer to how one says "good evening", and a sentence about a spider."""
    return site.project("rewrite", sample("respuestas-por-corregir", GOOD_EVENING, SPIDER), people)


def open_desk(open_as: OpenAs, people: People, project: Project, **options: Any) -> Desk:
    page = open_as(people.ana, f"/projects/{project.slug}/desk", **options)
    return Desk(page, project)


def answers(site: Site, project: Project) -> list[dict[str, Any] | None]:
    return [judgment.answer for judgment in site.judgments(project)]


def written(desk: Desk) -> str:
    return desk.find(TEXT).input_value()


def told_difference(page: Page) -> list[tuple[str, str]]:
    """(element, text) of what is shown as different."""
    found: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll("[data-difference-text] > :not(span)")]
            .map((node) => [node.localName, node.textContent])"""
    )
    return [(name, text) for name, text in found]


def test_by_keyboard_alone_a_text_is_edited_described_and_sent_from_within(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    assert written(desk) == "Bonjour"
    desk.press("4", "w")
    desk.wait_for_focus(TEXT)
    # In the text a digit or a letter is what it is.
    desk.press("Control+a").type("Bonsoir 2 s")
    assert desk.checked() == {"verdict": "edited", "problem-factual_error": "1"}
    desk.press("Backspace", "Backspace", "Backspace", "Backspace")
    desk.next_by_key("Control+Enter")
    assert answers(site, project) == [
        {
            "verdict": "edited",
            "text": "Bonsoir",
            "distance": 2,
            "changes": [{"start": 0, "end": 7, "was": "Bonjour", "now": "Bonsoir"}],
            "problems": ["factual_error"],
            "reason": "",
        }
    ]
    desk.next_by_key("2", "Enter")
    last = answers(site, project)[-1]
    assert last is not None
    assert (last["verdict"], last["text"], last["distance"]) == ("good_as_is", "", 0)


def test_the_verdict_follows_the_text_and_back(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    desk.press("2", "w").type("!!")
    assert desk.checked() == {"verdict": "edited"}
    # The key of what is chosen takes it back, but a changed text is edited in any case.
    desk.press("Escape", "1")
    assert desk.checked() == {"verdict": "edited"}
    desk.press("3")
    assert desk.checked() == {"verdict": "beyond_repair"}
    desk.press("w", "Backspace")
    assert desk.checked() == {"verdict": "edited"}
    desk.press("Control+a").type("Bonjour")
    assert desk.checked() == {}


def test_a_refused_answer_keeps_what_was_typed(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    desk = open_desk(open_as, people, project)
    # An untouched text says nothing.
    desk.press("Enter")
    desk.refused()
    desk.press("w", "Control+a").type("Bonsoir").press("Escape", "2")
    with desk.page.expect_response(lambda reply: reply.status == 422):
        desk.press("Enter")
    desk.page.wait_for_selector(f"{TEXT}.wrong")
    assert written(desk) == "Bonsoir"
    assert answers(site, project) == []
    desk.next_by_key("1", "Enter")
    [answer] = answers(site, project)
    assert answer is not None
    assert answer["text"] == "Bonsoir"


def test_the_difference_is_shown_on_demand_and_follows_what_is_typed(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    page = desk.page
    assert not desk.find("[data-difference]").is_visible()
    desk.press("d")
    assert desk.find("[data-difference-none]").is_visible()
    desk.press("w", "Control+a").type("Bonsoir, madame")
    page.wait_for_function(
        "() => document.querySelector('[data-difference-text] ins')?.textContent.includes('madame')"
    )
    assert told_difference(page) == [("del", "Bonjour"), ("ins", "Bonsoir, madame")]
    desk.press("Escape", "d")
    assert not desk.find("[data-difference]").is_visible()


def test_the_difference_in_the_browser_is_the_one_that_is_stored(
    site: Site, people: People, open_as: OpenAs
) -> None:
    original = "El gato gris come pescado, y duerme mucho en la casa."
    edited = "El perro negro come carne y pescado; duerme en la casa, mucho."
    item = sample("respuestas-por-corregir", GOOD_EVENING)[0]
    item["responses"][0]["text"] = original
    project = site.project("rewrite", [item], people)
    desk = open_desk(open_as, people, project)
    desk.find(TEXT).fill(edited)
    desk.press("Escape", "d")
    shown = told_difference(desk.page)
    desk.next_by_key("Enter")
    [answer] = answers(site, project)
    assert answer is not None
    sides = [(("del", c["was"]), ("ins", c["now"])) for c in answer["changes"]]
    assert shown == [side for both in sides for side in both if side[1]]


def test_starting_again_asks_first(people: People, project: Project, open_as: OpenAs) -> None:
    desk = open_desk(open_as, people, project)
    again = desk.find("[data-again]")
    assert again.is_disabled()
    desk.press("w", "End").type(" soir")
    again.click()
    desk.wait_for_focus("[data-again-yes]").press("Escape")
    assert not desk.find("#again").is_visible()
    assert written(desk) == "Bonjour soir"
    again.click()
    desk.find("[data-again-yes]").click()
    assert written(desk) == "Bonjour"
    assert desk.checked() == {}
    assert again.is_disabled()


def test_what_was_typed_outlives_an_undo(people: People, project: Project, open_as: OpenAs) -> None:
    desk = open_desk(open_as, people, project)
    desk.next_by_key("2", "Enter")
    second = desk.item_id
    desk.press("w", "Control+End").type(" Half a thought").press("Escape")
    desk.next_by_key("u")
    assert desk.item_id != second
    desk.next_by_key("Enter")
    assert desk.item_id == second
    desk.page.wait_for_function(
        "() => document.querySelector('[data-text]').value.endsWith('thought')"
    )
    assert desk.checked() == {"verdict": "edited"}
    desk.next_by_key("Control+Enter")


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_not_changed_stays_to_the_code_point(
    site: Site, people: People, open_as: OpenAs, watch: Watch, scripts: bool
) -> None:
    watch.expect(422)
    item: Line = sample("respuestas-por-corregir", GOOD_EVENING)[0]
    item["responses"][0]["text"] = DELICATE
    project = site.project("rewrite", [item], people)
    page = open_as(people.ana, f"/projects/{project.slug}/desk", java_script_enabled=scripts)
    if not scripts:
        page.locator("#desk button.primary").click()
    field = page.locator(TEXT)
    plain = DELICATE.replace("\r\n", "\n").replace("\r", "\n")
    assert field.input_value() == plain
    # Refused, and shown again: what comes back is what was sent.
    page.locator("[name=verdict][value=edited]").click()
    page.locator("[form=answer]").click()
    page.wait_for_selector("#problems .notice")
    assert field.input_value() == plain
    field.press("Control+End")
    field.press("x")
    page.locator("[form=answer]").click()
    page.wait_for_selector(".empty")
    [answer] = answers(site, project)
    assert answer is not None
    assert (answer["text"], answer["distance"]) == (plain + "x", 1)


def test_a_judgment_is_opened_again_with_its_text(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    desk.press("w", "Control+a").type("Bonsoir").next_by_key("Control+Enter")
    desk.find(".desk-line a").click()
    desk.page.locator("table a.button").click()
    desk.settle()
    assert written(desk) == "Bonsoir"
    assert desk.checked() == {"verdict": "edited"}
    desk.press("w", "End").type(".")
    with desk.page.expect_navigation():
        desk.press("Control+Enter")
    last = answers(site, project)[-1]
    assert last is not None
    assert last["text"] == "Bonsoir."


def test_on_a_telephone_the_text_grows_and_nothing_goes_sideways(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project, viewport=NARROW, has_touch=True)
    page = desk.page
    low = desk.find(TEXT).bounding_box()
    desk.find(TEXT).fill("Bonsoir. " * 80 + "x" * 200)
    desk.find("[data-difference-switch]").click()
    high = desk.find(TEXT).bounding_box()
    assert low is not None
    assert high is not None
    assert high["height"] > 3 * low["height"]
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert desk.find("[data-difference-text] ins").is_visible()
    desk.choose("verdict", "edited").submit()
