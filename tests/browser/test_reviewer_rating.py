"""A reviewer rates responses on several attributes: by digits alone, by mouse, by thumb."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import People, Site, sample
from tests.browser.states import NARROW
from workbench.models import Project

KEYS = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
#: A scale whose points are no digits, and one with a tenth point.
SCALES = {
    "attributes": [
        {"key": "tone", "title": {"es": "Tono", "en": "Tone"}, "scale": {"least": -2, "most": 2}},
        {"key": "trust", "title": {"es": "Fe", "en": "Trust"}, "scale": {"least": 0, "most": 10}},
    ]
}


@pytest.fixture
def project(site: Site, people: People) -> Project:
    """Items of two responses."""
    items = sample("calificaciones-pandalm", "pandalm-rate-07", "pandalm-rate-33")
    return site.project("rating", items, people)


def open_desk(open_as: OpenAs, people: People, project: Project, **options: Any) -> Desk:
    return Desk(open_as(people.ana, f"/projects/{project.slug}/desk", **options), project)


def only_answer(site: Site, project: Project) -> tuple[dict[str, Any], list[str]]:
    """The one stored answer, and the response ids as they were shown: A, B, ..."""
    [judgment] = site.judgments(project)
    assert judgment.answer is not None
    return judgment.answer, list(judgment.shown)


def told(digits: str) -> dict[str, int]:
    return {key: int(digit) for key, digit in zip(KEYS, digits, strict=True)}


def marked(desk: Desk) -> str:
    """The field of the attribute that the next digit answers."""
    name = desk.find("[data-question].active input").first.get_attribute("name")
    assert name
    return name


def progress(desk: Desk) -> list[str]:
    return [text.strip() for text in desk.find("[data-progress]").all_inner_texts()]


def test_by_digits_alone_the_mark_goes_over_all_responses(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    desk.press(*"30412").press(*"0123")
    assert progress(desk) == ["✓", "4/5"]
    # Back to the last two, of which one was meant to be another.
    desk.press("p").press(*"40").next_by_key("Enter")
    answer, (a, b) = only_answer(site, project)
    assert answer == {
        "ratings": {a: told("30412"), b: told("01240")},
        "cannot_judge": {},
        "reason": "",
    }


def test_by_mouse_with_second_thoughts_and_a_comment_that_come_back_when_it_is_reopened(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    for place, digits in enumerate(("12340", "43210")):
        for key, digit in zip(KEYS, digits, strict=True):
            desk.choose(f"rating-{place}-{key}", digit)
    for digit in ("0", "4", "2"):
        desk.choose("rating-1-helpfulness", digit)
    meaning = desk.find("[data-response='1'] .rate").first.locator(".meaning .chosen")
    assert meaning.inner_text().startswith("2 = ")
    desk.find("#answer [name=reason]").fill("Una coma de más.")
    desk.submit()
    answer, (a, b) = only_answer(site, project)
    assert answer == {
        "ratings": {a: told("12340"), b: told("23210")},
        "cannot_judge": {},
        "reason": "Una coma de más.",
    }
    desk.find(".desk-line a").click()
    desk.page.locator("table a.button").click()
    chosen = desk.settle().checked()
    assert (chosen["rating-0-coherence"], chosen["rating-1-helpfulness"]) == ("3", "2")
    assert progress(desk) == ["✓", "✓"]


def test_what_cannot_be_judged_gets_a_reason_and_the_mark_goes_on_past_it(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    desk.press(*"44").press("x")
    desk.wait_for_focus("[name=why-0]")
    desk.type("Es 1 cita en latín.").press("Escape")
    assert marked(desk) == "rating-1-helpfulness"
    assert desk.find("[name=rating-0-coherence]").first.is_disabled()
    desk.press(*"12340").next_by_key("Enter")
    answer, (a, b) = only_answer(site, project)
    assert answer["ratings"] == {b: told("12340")}
    assert answer["cannot_judge"] == {a: "Es 1 cita en latín."}


def test_to_take_cannot_judge_back_brings_the_ratings_back(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    desk.press(*"01234").press(*"43210").press("k", "x").type("no").press("Escape", "k", "x")
    assert not desk.find("[name=why-0]").is_visible()
    desk.next_by_key("Enter")
    answer, (a, b) = only_answer(site, project)
    assert answer["ratings"] == {a: told("01234"), b: told("43210")}
    assert answer["cannot_judge"] == {}


def test_j_and_k_go_to_the_first_open_attribute_of_the_next_response(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    desk.press("3", "j")
    assert desk.focused("[data-response='1']")
    assert marked(desk) == "rating-1-helpfulness"
    desk.press("2", "k")
    assert desk.focused("[data-response='0']")
    assert marked(desk) == "rating-0-correctness"
    desk.press("1")
    assert desk.checked() == {
        "rating-0-helpfulness": "3",
        "rating-0-correctness": "1",
        "rating-1-helpfulness": "2",
    }


def test_what_was_left_out_is_named_by_response_and_attribute_with_a_way_to_it(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    desk = open_desk(open_as, people, project)
    desk.press(*"01234").press("2", "o", "2", "2", "2", "Enter")
    said = desk.refused()
    desk.wait_for_focus("#problems")
    assert "B" in said
    assert said.count("Exactitud") == 1
    assert desk.count("#problems .to-field") == desk.count("fieldset.wrong") == 1
    assert marked(desk) == "rating-1-correctness"
    desk.find("#problems .to-field").click()
    assert desk.focused("[name=rating-1-correctness]")
    desk.press("4").next_by_key("Enter")
    answer, (_, b) = only_answer(site, project)
    assert answer["ratings"][b] == told("24222")


def test_values_are_stored_whatever_their_keys_are(
    site: Site, people: People, open_as: OpenAs
) -> None:
    items = sample("calificaciones-pandalm", "pandalm-rate-07", "pandalm-rate-33")
    project = site.project("rating", items, people, config=SCALES)
    desk = open_desk(open_as, people, project)
    desk.press("1", "-", "5", "0").next_by_key("Enter")
    answer, (a, b) = only_answer(site, project)
    assert answer["ratings"] == {a: {"tone": -2, "trust": 10}, b: {"tone": 2, "trust": 0}}


def test_by_thumb_on_a_telephone_every_point_is_large_enough_and_the_foot_leads_on(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project, viewport=NARROW, has_touch=True)
    assert desk.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    small = desk.page.evaluate(
        """() => [...document.querySelectorAll(".point, [data-go], .cannot .choice")]
            .map((node) => node.getBoundingClientRect())
            .filter((box) => box.width < 44 || box.height < 44).length"""
    )
    assert small == 0
    for place in (0, 1):
        desk.find(f"[data-go='{place}']").tap()
        assert marked(desk) == f"rating-{place}-helpfulness"
        for key in KEYS:
            desk.page.locator(f"[name=rating-{place}-{key}][value='3']").tap()
    assert progress(desk) == ["✓", "✓"]
    with desk.swap():
        desk.find("[form=answer]").tap()
    answer, (a, b) = only_answer(site, project)
    assert answer["ratings"] == {a: told("33333"), b: told("33333")}


def test_without_scripts_it_is_a_plain_form(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    page = open_as(people.ana, f"/projects/{project.slug}/desk", java_script_enabled=False)
    page.locator("#desk button.primary").click()
    for key in KEYS:
        page.locator(f"[name=rating-0-{key}][value='1']").click()
    page.locator("[form=answer]").click()
    assert page.locator("#problems li").count() == len(KEYS)
    page.locator("[name=cannot-1]").click()
    page.locator("[name=why-1]").fill("Está vacía.")
    page.locator("[form=answer]").click()
    answer, (a, b) = only_answer(site, project)
    assert answer["ratings"] == {a: told("11111")}
    assert answer["cannot_judge"] == {b: "Está vacía."}
