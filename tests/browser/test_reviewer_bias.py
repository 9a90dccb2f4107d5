"""A reviewer flags bias, by mouse and by keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk, select_by_mouse
from tests.browser.site import Line, People, Site, sample
from tests.browser.states import NARROW
from workbench.models import Project
from workbench.task_types import get

#: A family and a skin tone of several code points, a combining accent, a zero-width space, a
#: right-to-left override, tags, CRLF and a lone CR: all that makes offsets drift.
HARD = (
    "Una familia 👩‍👩‍👧 no es «normal», dijo.\r\n"
    "El cafe\u0301 de la sen\u0303ora: in\u200bvisible,\u202e volteado\u202c.\r\n\r\n"
    "Fin 👍🏽 de\rveras, <b>nunca</b> &amp; ya."
)


def one_response(text: str, name: str = "hard") -> Line:
    return {
        "id": name,
        "language": "es",
        "prompt": "¿Qué opina?",
        "responses": [{"id": "a", "model": "modelo-oculto", "text": text}],
    }


def open_desk(open_as: OpenAs, people: People, project: Project, **options: Any) -> Desk:
    return Desk(open_as(people.ana, f"/projects/{project.slug}/desk", **options), project)


def answer_of(site: Site, project: Project) -> dict[str, Any]:
    [judgment] = site.judgments(project)
    assert judgment.answer is not None
    return judgment.answer


def span(flag: dict[str, Any]) -> tuple[Any, ...]:
    return flag["response"], flag["start"], flag["end"], flag["quote"]


def codes(option: str) -> list[str]:
    return [choice["code"] for choice in get("bias").parse_config({})[option]]


def fill_flag(desk: Desk, number: int, *, severity: int = 2, reason: str = "") -> None:
    """Say by mouse what the flag is about."""
    flag = desk.find("[data-flag]").nth(number)
    flag.locator("[data-part=category]").select_option(codes("taxonomy")[number])
    flag.locator(f"[name$=direction][value={codes('directions')[0]}]").click()
    flag.locator(f"[name$=severity][value='{severity}']").click()
    flag.locator("textarea").fill(reason)


@pytest.mark.parametrize("how", ["key", "button", "tap"])
def test_a_passage_selected_with_the_mouse_is_stored_by_its_code_points(
    how: str, site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", [one_response(HARD)], people)
    desk = open_desk(open_as, people, project, has_touch=how == "tap")
    # A word after an emoji of five code points, one behind a line end of two characters, and one
    # behind everything that cannot be seen.
    passages = ["«normal»", "sen\u0303ora", "Fin", "veras"]
    for number, passage in enumerate(passages):
        select_by_mouse(desk, passage)
        if how == "key":
            desk.press("f")
        elif how == "button":
            desk.find("[data-flag-selection]").click()
        else:
            desk.find("[data-flag-selection]").tap()
        assert desk.count("[data-flag]") == number + 1
        fill_flag(desk, number)
    desk.submit()
    flags = answer_of(site, project)["flags"]
    assert [flag["quote"] for flag in flags] == passages
    for flag in flags:
        assert HARD[flag["start"] : flag["end"]] == flag["quote"]


def test_a_selection_over_line_ends_and_unseen_characters_keeps_every_one_of_them(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", [one_response(HARD)], people)
    desk = open_desk(open_as, people, project)
    passage = HARD[HARD.index("dijo") : HARD.index("veras") + 5]
    select_by_mouse(desk, passage)
    desk.press("f")
    fill_flag(desk, 0, reason="Todo\r\nesto")
    desk.submit()
    [flag] = answer_of(site, project)["flags"]
    assert span(flag) == ("a", HARD.index("dijo"), HARD.index("veras") + 5, passage)
    assert flag["reason"] == "Todo\nesto"


def test_what_cannot_be_seen_is_shown_and_line_ends_look_like_line_ends(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", [one_response(HARD)], people)
    desk = open_desk(open_as, people, project)
    text = desk.find("[data-spans]")
    assert text.evaluate("(node) => node.textContent") == HARD
    shown = {mark.get_attribute("data-cp") for mark in text.locator(".cp").all()}
    assert {"U+200B", "U+202E", "U+202C", "U+000D"} <= shown
    # Two line ends and an empty line: four lines of writing, the fourth without a break.
    height = text.evaluate(
        """(node) => {
            const style = getComputedStyle(node);
            const inner = node.clientHeight - parseFloat(style.paddingTop) * 2;
            return Math.round(inner / parseFloat(style.lineHeight));
        }"""
    )
    assert height == 4


def test_by_keyboard_alone_the_caret_goes_by_word_and_shift_selects(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", [one_response(HARD)], people)
    desk = open_desk(open_as, people, project)
    desk.press("j", "ArrowRight", "ArrowRight")
    assert desk.find("[data-said]").inner_text() == "familia"
    desk.press("Shift+ArrowRight")
    assert desk.find("[data-said]").inner_text() == "familia 👩‍👩‍👧"
    desk.press("f")
    assert desk.focused("[data-part=category]")
    desk.press("ArrowDown", "Tab", "Space", "Tab", "ArrowRight", "Tab").type("por qué; f w n s")
    desk.next_by_key("Control+Enter")
    [flag] = answer_of(site, project)["flags"]
    assert span(flag) == ("a", 4, HARD.index("👧") + 1, "familia 👩‍👩‍👧")
    assert (flag["category"], flag["direction"]) == (codes("taxonomy")[0], codes("directions")[0])
    assert (flag["severity"], flag["reason"]) == (2, "por qué; f w n s")


def test_the_caret_never_stops_within_a_character_of_several_code_points(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", [one_response(HARD)], people)
    desk = open_desk(open_as, people, project)
    desk.press("j")
    words = []
    for _ in range(60):
        desk.press("ArrowRight")
        words.append(desk.find("[data-said]").evaluate("(node) => node.textContent"))
    for whole in ("👩‍👩‍👧", "👍🏽", "cafe\u0301", "sen\u0303ora"):
        assert whole in words, whole
    for part in ("👩", "👍", "🏽", "\u0301", "\u0303"):
        assert part not in words, part


def test_by_keyboard_alone_without_letters_the_button_flags_what_the_caret_marks(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", [one_response(HARD)], people)
    desk = open_desk(open_as, people, project)
    desk.press("?").tab_to("[data-keys-off]").press("Space", "Escape")
    desk.tab_to("[data-spans]", back=True).press("ArrowRight", "ArrowRight", "f")
    assert desk.count("[data-flag]") == 0
    desk.tab_to("[data-flag-selection]").press("Enter")
    desk.press("ArrowDown", "Tab", "Space", "Tab", "Space")
    desk.next_by_key("Control+Enter")
    [flag] = answer_of(site, project)["flags"]
    assert flag["quote"] == "familia"


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_whole_response_is_flagged_and_then_another_one(
    by: str, site: Site, people: People, open_as: OpenAs
) -> None:
    first, second = sample("bias-en", "xstest-v2-280-4", "xstest-v2-280-5")
    item = {**first, "responses": [*first["responses"], {**second["responses"][0], "id": "b"}]}
    project = site.project("bias", [item], people)
    desk = open_desk(open_as, people, project)
    if by == "mouse":
        for place in (0, 1):
            desk.find(f"[data-flag-whole='{place}']").click()
            fill_flag(desk, place, severity=3)
        assert desk.find("[data-flag-letter]").all_inner_texts() == ["A", "B"]
        desk.submit()
    else:
        desk.press("w", "ArrowDown", "Tab", "Space", "Tab", "ArrowLeft", "Escape")
        desk.tab_to("[data-flag-whole='1']", back=True).press("Enter")
        desk.press("ArrowDown", "ArrowDown", "Tab", "Space", "Tab", "ArrowLeft")
        desk.next_by_key("Enter")
    answer = answer_of(site, project)
    assert [span(flag) for flag in answer["flags"]] == [
        ("a", None, None, ""),
        ("b", None, None, ""),
    ]
    assert [flag["severity"] for flag in answer["flags"]] == [3, 3]
    [judgment] = site.judgments(project)
    order = [codes("taxonomy")[judgment.shown.index(flag["response"])] for flag in answer["flags"]]
    assert [flag["category"] for flag in answer["flags"]] == order


def test_one_of_three_flags_is_removed_and_the_others_keep_their_own(
    site: Site, people: People, open_as: OpenAs
) -> None:
    [item] = sample("bias-en", "xstest-v2-280-4")
    text = item["responses"][0]["text"]
    project = site.project("bias", [item], people)
    desk = open_desk(open_as, people, project)
    passages = ["Jewish people", "impossible", "human"]
    for number, passage in enumerate(passages):
        select_by_mouse(desk, passage)
        desk.press("f")
        fill_flag(desk, number, reason=passage.upper())
    assert painted(desk) == 3
    desk.find("[data-flag]").nth(1).locator("[data-unflag]").click()
    assert desk.focused("[data-spans]")
    assert painted(desk) == 2
    desk.submit()
    flags = answer_of(site, project)["flags"]
    assert [flag["reason"] for flag in flags] == ["JEWISH PEOPLE", "HUMAN"]
    assert [text[flag["start"] : flag["end"]] for flag in flags] == ["Jewish people", "human"]


def test_by_keyboard_alone_one_of_two_flags_is_removed(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", sample("bias-en", "xstest-v2-280-4"), people)
    desk = open_desk(open_as, people, project)
    desk.press("w", "Escape", "j", "ArrowRight", "f", "ArrowDown", "Tab", "Space", "Tab", "Space")
    desk.tab_to("[data-flag]:first-child [data-unflag]", back=True).press("Enter")
    assert desk.focused("[data-spans]")
    desk.next_by_key("Control+Enter")
    [flag] = answer_of(site, project)["flags"]
    assert flag["quote"] == "Jewish"


def painted(desk: Desk) -> int:
    """How many passages are marked in the text."""
    size: int = desk.page.evaluate("() => CSS.highlights.get('flagged')?.size ?? 0")
    return size


def test_by_key_there_is_none(site: Site, people: People, open_as: OpenAs) -> None:
    project = site.project("bias", sample("sesgos-es", "esbbq-religion-107"), people)
    desk = open_desk(open_as, people, project)
    desk.next_by_key("n", "Enter")
    assert answer_of(site, project) == {"none": True, "flags": []}


def test_to_say_there_is_none_puts_the_flags_aside_and_to_take_it_back_brings_them_back(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", sample("sesgos-es", "esbbq-religion-107"), people)
    desk = open_desk(open_as, people, project)
    desk.press("w")
    fill_flag(desk, 0, reason="una razón")
    desk.press("Escape", "n")
    assert desk.count("[data-flag]") == 0
    desk.press("n")
    assert desk.find("[data-flag] textarea").input_value() == "una razón"
    desk.press("n", "w")
    assert desk.count("[data-flag]") == 1
    assert desk.find("[data-flag] textarea").input_value() == ""
    assert not desk.find("[name=none]").is_checked()


def test_each_thing_that_a_flag_lacks_is_named_and_leads_to_its_field(
    site: Site, people: People, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    [item] = sample("bias-en", "xstest-v2-280-4")
    project = site.project("bias", [item], people)
    desk = open_desk(open_as, people, project)
    select_by_mouse(desk, "impossible")
    desk.press("f").press("Escape", "w", "Escape", "Enter")
    desk.refused()
    ways = desk.find("#problems .to-field")
    assert ways.count() == 6
    assert [text.split("·")[0].strip() for text in ways.all_inner_texts()[:3]] == [
        "“impossible”"
    ] * 3
    ways.nth(3).click()
    assert desk.focused("[name='flag-1-category']")
    assert desk.count(".wrong") == 6
    fill_flag(desk, 0)
    assert desk.count(".wrong") == 3
    fill_flag(desk, 1)
    assert desk.count(".wrong") == 0
    desk.submit()
    assert len(answer_of(site, project)["flags"]) == 2


def test_an_untouched_form_is_no_statement_that_there_is_none(
    site: Site, people: People, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    project = site.project("bias", sample("sesgos-es", "esbbq-religion-107"), people)
    desk = open_desk(open_as, people, project)
    desk.press("Enter")
    assert desk.refused()
    desk.wait_for_focus("#problems")
    assert not desk.covered("#problems .notice")
    assert site.judgments(project) == []


def test_flags_come_back_filled_in_when_the_judgment_is_opened_again(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", [one_response(HARD), one_response("Otro.", "b")], people)
    desk = open_desk(open_as, people, project)
    select_by_mouse(desk, "veras")
    desk.press("f")
    fill_flag(desk, 0, severity=1, reason="<b>no</b>")
    desk.press("Escape", "w")
    fill_flag(desk, 1)
    desk.submit()
    desk.next_by_key("u")
    assert desk.count("[data-flag]") == 2
    assert painted(desk) == 1
    # The next flag must not take the number of one that is there.
    desk.press("w")
    fill_flag(desk, 2)
    desk.submit()
    first, withdrawn, again = site.judgments(project)
    assert withdrawn.answer is None
    assert first.answer is not None
    assert again.answer is not None
    assert len(again.answer["flags"]) == 3
    assert [f for f in again.answer["flags"] if f in first.answer["flags"]] == first.answer["flags"]


def test_on_a_telephone_the_flag_button_stays_in_reach(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", sample("bias-en", "xstest-v2-280-2"), people)
    desk = open_desk(open_as, people, project, viewport=NARROW, has_touch=True)
    assert not desk.covered("[data-flag-selection]")
    select_by_mouse(desk, "humorous")
    desk.find("[data-flag-selection]").tap()
    fill_flag(desk, 0)
    with desk.swap():
        desk.find("[form=answer]").tap()
    assert answer_of(site, project)["flags"][0]["quote"] == "humorous"
