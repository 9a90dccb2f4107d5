"""A reviewer ranks three responses or more, by mouse and by keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk, ballot
from tests.browser.site import People, Site, sample
from tests.browser.states import NARROW
from workbench.models import Project

CRITERIA = [
    {"key": "helpful", "title": {"es": "Útil", "en": "Helpful"}},
    {"key": "correct", "title": {"es": "Correcta", "en": "Correct"}},
    {"key": "safe", "title": {"es": "Segura", "en": "Safe"}},
]


@pytest.fixture
def project(site: Site, people: People) -> Project:
    """Items of four responses."""
    items = sample("respuestas-abiertas", "pandalm-all-21", "pandalm-all-47", "pandalm-all-37")
    return site.project("ranking", items, people)


def open_desk(open_as: OpenAs, people: People, project: Project, **options: Any) -> Desk:
    return Desk(open_as(people.ana, f"/projects/{project.slug}/desk", **options), project)


def only_answer(site: Site, project: Project) -> tuple[dict[str, Any], list[str]]:
    """The one stored answer, and the response ids as they were shown: A, B, ..."""
    [judgment] = site.judgments(project)
    assert judgment.answer is not None
    return judgment.answer, list(judgment.shown)


def row(letter: str) -> str:
    return f".place-row[data-letter={letter}]"


def test_by_mouse_the_numbers_on_the_cards_and_the_arrows_beside_them(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    desk.choose("tier-0", "3").choose("tier-1", "1").choose("tier-2", "2").choose("tier-3", "2")
    up, down = desk.find(f"{row('A')} [data-move='-1']"), desk.find(f"{row('B')} [data-move='1']")
    up.click()
    down.click()
    down.click()
    desk.submit()
    answer, (a, b, c, d) = only_answer(site, project)
    assert answer == ballot([a, c, d], [b])


def test_by_keyboard_the_arrows_move_a_row_up_and_down_and_minus_takes_it_out(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    # From nowhere, up leads to the last place and down to the first.
    desk.press("a", "ArrowUp", "ArrowUp", "b", "ArrowDown", "c", "4", "ArrowDown", "d", "3", "-")
    assert desk.checked() == {"tier-0": "3", "tier-1": "1", "tier-2": "4"}
    desk.next_by_key("Enter")
    answer, (a, b, c, d) = only_answer(site, project)
    assert answer == ballot([b], [a], [c], unranked=(d,))


def test_by_keyboard_without_letters_the_rows_are_radio_buttons(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    for letter, downs in (("A", 1), ("B", 2), ("C", 3), ("D", 4)):
        desk.tab_to(f"{row(letter)} input").press(*["ArrowDown"] * downs)
        desk.press("Tab")
    desk.next_by_key("Control+Enter")
    answer, (a, b, c, d) = only_answer(site, project)
    assert answer == ballot([a], [b], [c], [d])


def test_by_mouse_chips_are_dragged_between_the_places(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    for place, zone in (("0", "2"), ("1", "1"), ("3", "2"), ("2", "4")):
        drag(desk, place, zone)
    assert desk.checked() == {"tier-0": "2", "tier-1": "1", "tier-3": "2", "tier-2": "4"}
    drag(desk, "2", "")
    assert desk.checked() == {"tier-0": "2", "tier-1": "1", "tier-3": "2"}
    desk.submit()
    answer, (a, b, c, d) = only_answer(site, project)
    assert answer == ballot([b], [a, d], unranked=(c,))


def drag(desk: Desk, place: str, zone: str) -> None:
    """Take a chip with the mouse and let it go over a zone."""
    mouse = desk.page.mouse
    start = desk.find(f"[data-chip='{place}']").bounding_box()
    end = desk.find(f"[data-zone='{zone}']").bounding_box()
    assert start
    assert end
    mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    # What drags comes with the first movement.
    desk.page.wait_for_selector("[data-draggable]")
    mouse.down()
    mouse.move(end["x"] + end["width"] / 2, end["y"] + 40, steps=8)
    desk.page.wait_for_selector(f"[data-zone='{zone}'] [data-chip='{place}']")
    mouse.up()
    desk.page.wait_for_selector(f"[data-zone='{zone}'] [data-chip='{place}']:not(.sortable-chosen)")


def test_the_board_and_the_rows_always_show_the_same(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    desk.press("b", "1", "a", "1")
    assert desk.find("[data-zone='1'] .chip").all_inner_texts() == ["B", "A"]
    assert desk.find("[data-said]").inner_text() == "A 1, B 1"
    drag(desk, "0", "3")
    assert desk.checked() == {"tier-0": "3", "tier-1": "1"}
    # "Cannot judge" empties both.
    desk.press("x", "Escape")
    assert desk.checked() == {"verdict": "cannot_judge"}
    assert desk.count("[data-zone=''] .chip") == 4
    # And a place on a card, which lies outside of the question, takes it away again.
    desk.choose("tier-2", "1")
    assert desk.checked() == {"tier-2": "1"}


def test_one_ranked_response_is_no_order(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    desk = open_desk(open_as, people, project)
    desk.press("a", "1", "Enter")
    assert desk.refused()
    assert desk.checked() == {"tier-0": "1"}
    assert site.judgments(project) == []


def test_a_key_that_is_held_down_counts_once(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    for _ in range(4):  # without a key up between them, the later ones are repeats
        desk.page.keyboard.down("0")
    desk.page.keyboard.up("0")
    assert desk.checked() == {"verdict": "all_bad"}


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
@pytest.mark.parametrize("ask", ["together", "one_by_one"])
def test_pairs_by_three_criteria(
    ask: str, by: str, site: Site, people: People, open_as: OpenAs
) -> None:
    config = {"criteria": CRITERIA, "ask": ask}
    project = site.project("ranking", sample("pares-pandalm", "pandalm-090"), people, config=config)
    desk = open_desk(open_as, people, project)
    visible = desk.count("[data-question]:visible")
    assert visible == (3 if ask == "together" else 1)
    if by == "mouse":
        for key, value in (("helpful", "0>1:3"), ("correct", "="), ("safe", "1>0:2")):
            desk.choose(f"{key}.pair", value)
        desk.submit()
    else:
        desk.press("1", "3", "4").next_by_key("Enter")
    answer, (a, b) = only_answer(site, project)
    assert answer == {
        "criteria": {
            "helpful": ballot([a], [b], strength=3),
            "correct": ballot([a, b]),
            "safe": ballot([b], [a], strength=2),
        }
    }


def test_one_by_one_says_where_one_is_goes_back_and_leads_to_what_is_missing(
    site: Site, people: People, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    config = {"criteria": CRITERIA, "ask": "one_by_one"}
    project = site.project("ranking", sample("pares-pandalm", "pandalm-090"), people, config=config)
    desk = open_desk(open_as, people, project)
    current = desk.find("[data-step][aria-current=step]")
    assert current.get_attribute("data-step") == "0"
    desk.press("1")
    assert current.get_attribute("data-step") == "1"
    desk.press("p", "2")
    assert desk.checked() == {"helpful.pair": "0>1:2"}
    desk.find("[data-step='2']").click()
    desk.press("0", "Enter")
    assert desk.refused()
    assert current.get_attribute("data-step") == "1"
    desk.press("3")
    assert current.get_attribute("data-step") == "2"
    # The focus never stays behind in a question that is no longer seen.
    desk.find("[data-step='0']").click()
    desk.tab_to("[name='helpful.pair']").press("5")
    assert desk.focused("[name='correct.pair']")
    desk.next_by_key("Enter")
    answer, _ = only_answer(site, project)
    assert answer["criteria"]["safe"]["verdict"] == "all_bad"


def test_three_responses_by_criteria_each_with_its_own_board(
    site: Site, people: People, open_as: OpenAs
) -> None:
    config = {"criteria": CRITERIA[:2], "ask": "together"}
    items = sample("respuestas-abiertas", "pandalm-all-16")
    project = site.project("ranking", items, people, config=config)
    desk = open_desk(open_as, people, project)
    desk.press("a", "1", "b", "2", "o")
    # The letter belonged to the question before.
    desk.press("3")
    assert desk.checked() == {"helpful.tier-0": "1", "helpful.tier-1": "2"}
    desk.press("b", "1", "c", "1").next_by_key("Enter")
    answer, (a, b, c) = only_answer(site, project)
    assert answer == {
        "criteria": {
            "helpful": ballot([a], [b], unranked=(c,)),
            "correct": ballot([b, c], unranked=(a,)),
        }
    }


def test_on_a_telephone_four_are_ranked_by_touch_without_a_board(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project, viewport=NARROW, has_touch=True)
    assert not desk.find("[data-board]").is_visible()
    for place, number in enumerate(("2", "1", "2", "3")):
        desk.find(f"[data-show='{place}']").tap()
        desk.find(f"[name=tier-{place}][value='{number}']").tap()
    with desk.swap():
        desk.find(".answer-bar [form=answer]").tap()
    answer, (a, b, c, d) = only_answer(site, project)
    assert answer == ballot([b], [a, c], [d])


def test_on_a_telephone_two_long_answers_are_read_in_turn(
    site: Site, people: People, open_as: OpenAs
) -> None:
    items = sample("pares-pandalm", "pandalm-957", "pandalm-081")
    project = site.project("ranking", items, people)
    desk = open_desk(open_as, people, project, viewport=NARROW, has_touch=True)
    assert desk.count(".response:visible") == 1
    desk.find("[data-show='1']").tap()
    assert desk.find(".response:visible h2").inner_text() == "B"
    desk.press("k")
    assert desk.find(".response:visible h2").inner_text() == "A"
    desk.find("[name=pair]").first.tap()
    with desk.swap():
        desk.find(".answer-bar [form=answer]").tap()
    # Short ones stand below each other.
    assert desk.count(".response:visible") == 2
