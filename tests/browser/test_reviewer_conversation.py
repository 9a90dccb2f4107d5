"""A reviewer compares two conversations, turn by turn and as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk, ballot
from tests.browser.site import VEIL, People, Site, talk
from tests.browser.states import NARROW
from workbench.models import Item, Project


@pytest.fixture
def project(site: Site, people: People) -> Project:
    return site.project("conversation", [talk("one", 3), talk("two")], people)


def turn(number: int, better: str | None = None, verdict: str | None = None, note: str = "") -> Any:
    return {"turn": number, "better": better, "verdict": verdict, "note": note}


def test_by_keyboard_alone_every_turn_and_the_whole(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    # Two turns on and one back; letters speak of the marked turn, digits of the whole.
    desk.press("j", "a").press("j", "d", "j", "=", "k").wait_for_focus("[data-turn='2']")
    assert desk.count(".round.current") == 1
    desk.press("b", "c").type("Aquí cambia, 1 a").press("Escape")
    assert desk.checked() == {"turn-1": "0", "turn-2": "1", "turn-3": "tie"}
    # The same key again takes it back.
    desk.press("j", "=").next_by_key("5", "Enter")
    [judgment] = site.judgments(project)
    left, right = judgment.shown
    assert judgment.answer == {
        "overall": ballot([right], [left], strength=3),
        "turns": [turn(1, left), turn(2, right, note="Aquí cambia, 1 a")],
    }
    with site.database.read() as reading:
        assert reading.get_one(Item, desk.item_id).external_id == "two"


def test_by_mouse_and_revised_from_ones_own_list(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    item = desk.item_id
    desk.choose("turn-2", "both_bad").choose("pair", "=").submit()
    page = desk.page
    page.goto(f"/projects/{project.slug}/mine/{VEIL.token(item)}")
    desk = Desk(page, project)
    page.wait_for_selector("#answer")
    assert desk.checked() == {"turn-2": "both_bad", "pair": "="}
    desk.choose("turn-1", "1").find(".answer-bar button.primary[form=answer]").click()
    page.wait_for_url("**/mine?saved=1")
    first, second = site.judgments(project)
    assert first.answer is not None
    assert first.answer["turns"] == [turn(2, verdict="both_bad")]
    assert second.answer is not None
    assert second.answer["turns"] == [turn(1, second.shown[1]), turn(2, verdict="both_bad")]


def test_answers_of_one_turn_stand_beside_each_other_under_the_question_they_share(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    boxes = [
        [each.bounding_box() for each in row.locator(".response").all()]
        for row in desk.find("[data-turn]").all()
    ]
    assert len(boxes) == 3
    for left, right in boxes:
        assert left is not None
        assert right is not None
        assert left["y"] == right["y"]
        assert left["x"] + left["width"] <= right["x"]
    assert desk.find("[data-turn='2']").inner_text().count("Pregunta 2") == 1
    # Folded, a turn keeps its question.
    desk.press("j", "f")
    assert not desk.find("[data-turn='1'] .response").first.is_visible()
    assert desk.find("[data-turn='1'] [role=radiogroup]").is_visible()
    desk.press("a")
    assert desk.checked() == {"turn-1": "0"}
    # Formatted or as written goes for every answer at once.
    assert desk.find(".rendered:visible").count() == 4
    desk.press("r")
    assert desk.find(".rendered:visible").count() == 0
    assert desk.find(".response .raw:visible").count() == 4


def test_on_a_telephone_the_same_turn_is_read_in_either_conversation(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    page = open_as(people.ana, f"/projects/{project.slug}/desk", viewport=NARROW, has_touch=True)
    desk = Desk(page, project)
    assert desk.find(".response:visible").count() == 3
    third = desk.find("[data-turn='3']")
    third.scroll_into_view_if_needed()
    page.evaluate("() => document.querySelector('[data-turn=\"3\"]').scrollIntoView()")
    desk.find("[data-show='1']").tap()
    assert desk.find(".response[data-response='0']:visible").count() == 0
    assert desk.find(".response[data-response='1']:visible").count() == 3
    top = page.evaluate(
        "() => document.querySelector('[data-turn=\"3\"]').getBoundingClientRect().y"
    )
    assert 0 < top < NARROW["height"] / 2
    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
    desk.find("[name='turn-3'][value='1']").tap()
    desk.find("[name=pair][value='1>0:2']").tap()
    desk.submit()
    [judgment] = site.judgments(project)
    assert judgment.answer is not None
    assert judgment.answer["turns"] == [turn(3, judgment.shown[1])]


def test_turns_that_are_required_are_asked_for_by_name(
    site: Site, people: People, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    project = site.project("conversation", [talk("one")], people, config={"turns": "required"})
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    desk.press("1", "Enter")
    desk.refused()
    desk.wait_for_focus("#problems")
    assert desk.count("#problems .to-field") == 2
    desk.find("#problems .to-field").nth(1).click()
    assert desk.focused("[name=turn-2]")
    assert desk.checked() == {"pair": "0>1:3"}
    desk.choose("turn-1", "0").choose("turn-2", "tie")
    assert desk.count(".wrong") == 0
    desk.next_by_key("Enter")
    assert len(site.judgments(project)) == 1
