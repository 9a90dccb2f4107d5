"""What the desk does on every item: leave, undo, revise, read, find one's way."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.browser.conftest import OpenAs
from tests.browser.desk import Desk
from tests.browser.site import VEIL, Line, People, Site, guideline, sample
from tests.browser.states import NARROW
from workbench.models import Escalation, Project, State

IDS = ("pandalm-081", "pandalm-090", "pandalm-354", "pandalm-021")


@pytest.fixture
def project(site: Site, people: People) -> Project:
    texts = guideline("pares-pandalm")
    return site.project("ranking", sample("pares-pandalm", *IDS), people, texts=texts)


@pytest.fixture
def desk(people: People, project: Project, open_as: OpenAs) -> Desk:
    """Ana's."""
    return Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)


def states(site: Site, project: Project, people: People) -> list[tuple[str, str]]:
    return [(each.state, each.reason) for each in site.assignments(project, people.ana)]


# --- leaving an item --------------------------------------------------------------------------


def test_by_mouse_an_item_is_skipped_with_one_of_the_reasons_on_offer(
    site: Site, people: People, project: Project, desk: Desk
) -> None:
    desk.find(".pop[data-key=s] summary").click()
    reason = desk.find(".pop[data-key=s] [data-reason]").nth(1)
    text = reason.inner_text()
    reason.click()
    with desk.swap():
        desk.find(".pop[data-key=s] button.primary").click()
    assert states(site, project, people) == [(State.SKIPPED, text), (State.LEASED, "")]


def test_by_keyboard_an_item_is_skipped_with_a_reason_of_ones_own(
    site: Site, people: People, project: Project, desk: Desk
) -> None:
    desk.press("s")
    assert desk.focused("#reason-s")
    desk.type("no es lo mío").next_by_key("Enter")
    assert states(site, project, people) == [(State.SKIPPED, "no es lo mío"), (State.LEASED, "")]


def test_by_keyboard_a_reason_on_offer_is_taken_and_sent_with_two_presses_of_enter(
    site: Site, people: People, project: Project, desk: Desk
) -> None:
    desk.press("s").tab_to("[data-reason]").press("Enter")
    assert desk.focused("#reason-s")
    desk.next_by_key("Enter")
    assert states(site, project, people)[0][0] == State.SKIPPED


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_an_item_is_escalated_with_a_reason_and_waits_for_the_lead(
    by: str, site: Site, people: People, project: Project, desk: Desk
) -> None:
    item_id = desk.item_id
    if by == "mouse":
        desk.find(".pop[data-key=e] summary").click()
        desk.find("#reason-e").fill("¿Se traduce el título?")
        with desk.swap():
            desk.find(".pop[data-key=e] button.primary").click()
    else:
        desk.press("e").type("¿Se traduce el título?").next_by_key("Enter")
    with site.database.read() as reading:
        [asked] = reading.scalars(select(Escalation).where(Escalation.project_id == project.id))
    assert (asked.item_id, asked.user_id) == (item_id, people.ana.id)
    assert (asked.reason, asked.outcome) == ("¿Se traduce el título?", None)
    assert states(site, project, people)[0][0] == State.ESCALATED


def test_an_item_is_not_left_without_a_reason(
    site: Site, people: People, project: Project, desk: Desk
) -> None:
    desk.press("s", "Enter")
    assert desk.focused("#reason-s:invalid")
    assert states(site, project, people) == [(State.LEASED, "")]


def test_escape_closes_what_is_open_and_gives_the_focus_back(desk: Desk) -> None:
    for key in ("s", "e", "?"):
        desk.press(key)
        assert desk.count(".pop[open]") == 1
        desk.press("Escape")
        assert desk.count(".pop[open]") == 0
        assert desk.focused(f".pop[data-key='{key}'] summary")


def test_one_pop_is_open_at_a_time_and_a_click_elsewhere_closes_it(desk: Desk) -> None:
    desk.find(".pop[data-key=s] summary").click()
    desk.find(".pop[data-key=e] summary").click()
    assert desk.count(".pop[open]") == 1
    desk.find(".prompt").click()
    assert desk.count(".pop[open]") == 0


def test_a_pop_fits_on_a_telephone(people: People, project: Project, open_as: OpenAs) -> None:
    page = open_as(people.ana, f"/projects/{project.slug}/desk", viewport=NARROW, has_touch=True)
    desk = Desk(page, project)
    for key in ("s", "e", "?"):
        desk.find(f".pop[data-key='{key}'] summary").tap()
        box = desk.find(".pop[open] .pop-body").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["y"] >= 48
        assert box["x"] + box["width"] <= 360
        desk.press("Escape")


# --- taking back and changing -----------------------------------------------------------------


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_judgment_taken_back_comes_filled_in_and_the_next_one_supersedes_it(
    by: str, site: Site, people: People, project: Project, desk: Desk
) -> None:
    item_id = desk.item_id
    desk.press("4", "n").type("por el título").next_by_key("Control+Enter")
    if by == "mouse":
        with desk.swap():
            desk.find("form[data-key=u] button").click()
    else:
        desk.next_by_key("u")
    assert desk.item_id == item_id
    assert desk.checked() == {"pair": "1>0:2"}
    assert desk.find("#answer [name=reason]").input_value() == "por el título"
    desk.next_by_key("3", "Enter")
    first, withdrawn, again = site.judgments(project)
    assert [j.item_id for j in (first, withdrawn, again)] == [item_id] * 3
    assert withdrawn.answer is None
    assert again.answer is not None
    assert again.answer["tiers"] == [["a", "b"]]


def test_after_a_skip_undo_brings_the_item_back(
    site: Site, people: People, project: Project, desk: Desk
) -> None:
    item_id = desk.item_id
    desk.press("s").type("sin querer").next_by_key("Enter")
    assert desk.item_id != item_id
    desk.next_by_key("u")
    assert desk.item_id == item_id
    assert sorted(states(site, project, people)) == [(State.LEASED, "")] * 2
    desk.next_by_key("1", "Enter")
    assert [j.item_id for j in site.judgments(project)] == [item_id]


def test_the_end_of_the_queue_is_said_and_the_last_one_can_still_be_undone(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("ranking", sample("pares-pandalm", IDS[0]), people)
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    desk.next_by_key("1", "Enter")
    assert desk.count("#answer") == 0
    assert desk.saving() == "saved"
    with desk.swap():
        desk.find(".empty button.primary").click()
    desk.next_by_key("u")
    assert desk.checked() == {"pair": "0>1:3"}


def test_a_past_judgment_is_opened_changed_and_saved_as_a_new_revision(
    site: Site, people: People, project: Project, desk: Desk
) -> None:
    item_id = desk.item_id
    desk.next_by_key("1", "Enter")
    held = desk.item_id
    desk.find(".desk-line a").click()
    desk.page.locator(f"a[href$='/mine/{VEIL.token(item_id)}']").click()
    desk.settle()
    assert desk.checked() == {"pair": "0>1:3"}
    assert desk.count("[data-key=s]") == 0
    with desk.page.expect_navigation():
        desk.press("5", "Enter")
    assert desk.page.locator(".notice.good").is_visible()
    first, again = site.judgments(project)
    assert (again.item_id, again.revision) == (item_id, 2)
    assert again.answer is not None
    assert again.answer["tiers"] == [[first.shown[1]], [first.shown[0]]]
    # The item that was on the desk meanwhile is still there.
    desk.page.locator(".page-head a.button").click()
    assert desk.settle().item_id == held


# --- reading ----------------------------------------------------------------------------------

MARKED = (
    "**Negrita** y <b>marcas</b>, [enlace](http://example.com/x) y ![foto](http://example.com/y)"
)


def item_with(prompt: str, text: str = MARKED, name: str = "one") -> Line:
    return {
        "id": name,
        "language": "es",
        "prompt": prompt,
        "responses": [
            {"id": "a", "model": "modelo-uno", "text": text},
            {"id": "b", "model": "modelo-dos", "text": "Nada."},
        ],
    }


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_text_is_shown_formatted_or_as_written_and_stays_so_on_the_next_item(
    by: str, site: Site, people: People, open_as: OpenAs
) -> None:
    items = [item_with("¿Uno?"), item_with("¿Dos?", name="two")]
    project = site.project("ranking", items, people)
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    formatted = desk.find(".responses").inner_text()
    assert "**" not in formatted
    assert "<b>marcas</b>" in formatted
    assert "http://example.com/x" in formatted
    assert desk.count(".responses a, .responses img") == 0
    if by == "mouse":
        desk.find("[data-choose=view]").click()
    else:
        desk.press("r")
    assert MARKED in desk.find(".responses").inner_text()
    desk.next_by_key("1", "Enter")
    assert MARKED in desk.find(".responses").inner_text()
    desk.press("r")
    assert "**" not in desk.find(".responses").inner_text()


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_long_prompt_is_folded_until_it_is_asked_for(
    by: str, site: Site, people: People, open_as: OpenAs
) -> None:
    long = "\n".join(f"Línea {n} de muchas." for n in range(60))
    project = site.project("ranking", [item_with(long), item_with("Corta.", name="two")], people)
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    before = desk.find("[data-fold]").bounding_box()
    assert before
    assert before["height"] < 400
    if by == "mouse":
        desk.find("[data-unfold]").click()
    else:
        desk.tab_to("[data-unfold]").press("Enter")
    after = desk.find("[data-fold]").bounding_box()
    assert after
    assert after["height"] > 1200
    assert desk.focused("[data-fold]")
    desk.next_by_key("1", "Enter")
    assert not desk.find("[data-unfold]").is_visible()


def test_the_guideline_opens_and_closes_by_key_and_is_only_read(
    people: People, project: Project, desk: Desk, open_as: OpenAs
) -> None:
    text = desk.find(".guideline-text")
    assert text.is_visible()
    assert desk.count(".guideline :is(input, textarea, select, button, [contenteditable])") == 0
    desk.press("g")
    assert not text.is_visible()
    desk.next_by_key("1", "Enter")
    assert not text.is_visible()
    desk.press("g")
    assert text.is_visible()
    # On a telephone it waits below, folded, and opening it goes there.
    path = f"/projects/{project.slug}/desk"
    small = Desk(open_as(people.ben, path, viewport=NARROW, has_touch=True), project)
    assert not small.find(".guideline-text").is_visible()
    small.press("g")
    assert small.find(".guideline summary").is_visible()
    assert not small.covered(".guideline summary")


def test_keys_j_and_k_go_from_response_to_response(desk: Desk) -> None:
    desk.press("j")
    assert desk.focused("[data-response='0']")
    desk.press("j", "j")
    assert desk.focused("[data-response='1']")
    desk.press("k")
    assert desk.focused("[data-response='0']")


def test_keys_are_dead_while_one_writes(
    site: Site, people: People, project: Project, desk: Desk
) -> None:
    desk.press("n").type("seugxjk1234?0r")
    assert desk.find("#answer [name=reason]").input_value() == "seugxjk1234?0r"
    assert desk.checked() == {}
    assert desk.count(".pop[open]") == 0
    desk.press("Enter")
    assert desk.find("#answer [name=reason]").input_value().endswith("\n")
    assert site.judgments(project) == []
    desk.press("Escape", "2")
    assert desk.checked() == {"pair": "0>1:2"}


# --- finding one's way ------------------------------------------------------------------------


def test_after_each_action_the_focus_is_on_the_new_item_and_what_was_done_is_said(
    desk: Desk,
) -> None:
    said = desk.find("#announce")
    seen = set()
    before = desk.name
    desk.next_by_key("1", "Enter").wait_for_focus("h1[data-focus]")
    assert desk.name != before
    assert desk.find("#saving [role=status]").inner_text().strip()
    for keys in (("s", "x", "Enter"), ("u",), ("e", "x", "Enter")):
        before = desk.name
        desk.next_by_key(*keys)
        desk.wait_for_focus("h1[data-focus]")
        assert desk.name != before
        assert said.inner_text() == desk.find("#status").inner_text().strip() != ""
        assert desk.page.evaluate("() => scrollY") == 0
        seen.add(said.inner_text())
    assert len(seen) == 3


def test_nothing_moves_that_the_person_did_not_move(
    site: Site, people: People, open_as: OpenAs
) -> None:
    items = sample("pares-pandalm", "pandalm-957")
    project = site.project("ranking", items, people)
    page = open_as(
        people.ana, f"/projects/{project.slug}/desk", viewport={"width": 1280, "height": 560}
    )
    desk = Desk(page, project)
    page.mouse.wheel(0, 60)
    page.wait_for_function("() => scrollY === 60")

    def where() -> list[float]:
        places: list[float] = page.evaluate(
            """() => [scrollY, ...[...document.querySelectorAll(".at-foot input, .answer-bar > *")]
                .flatMap((node) => Object.values(node.getBoundingClientRect().toJSON()))]"""
        )
        return places

    before = where()
    for key in ("1", "4", "0", "0", "4"):
        desk.press(key)
        assert where() == before
    desk.press("j", "j")
    before = where()
    for stop in ("[name=pair]", "[name=verdict]", ".why summary", ".pop summary", "[form=answer]"):
        desk.tab_to(stop)
        assert where() == before
    desk.choose("pair", "=").choose("verdict", "all_bad")
    assert where() == before


def test_the_language_is_switched_on_the_spot(people: People, project: Project, desk: Desk) -> None:
    item_id, title = desk.item_id, desk.find(".answer-bar [form=answer]").inner_text()
    assert desk.find("html").get_attribute("lang") == "es"
    desk.find(".topbar [name=locale]").click()
    desk.settle()
    assert desk.find("html").get_attribute("lang") == "en"
    assert desk.page.url.endswith(desk.path)
    assert desk.item_id == item_id
    assert desk.find(".answer-bar [form=answer]").inner_text() != title
    assert "Which of two" in desk.find(".guideline-text").inner_text()
    desk.tab_to(".topbar [name=locale]").press("Enter")
    desk.page.wait_for_selector("html[lang=es]")
    assert desk.settle().item_id == item_id


def test_back_leaves_the_desk_and_forward_finds_the_item_that_is_held_now(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    page = open_as(people.ana)
    page.locator(f"a.button.primary[href$='/{project.slug}/desk']").click()
    desk = Desk(page, project)
    desk.next_by_key("1", "Enter").next_by_key("2", "Enter")
    held = desk.item_id
    page.go_back()
    page.wait_for_selector(".cards")
    page.go_forward()
    assert desk.settle().item_id == held
    assert desk.checked() == {}
    desk.next_by_key("3", "Enter")
    assert [j.item_id for j in site.judgments(project)] == sorted(
        {j.item_id for j in site.judgments(project)}
    )
    assert len(site.judgments(project)) == 3


def test_the_home_page_counts_what_waits_and_what_was_done(
    people: People, project: Project, open_as: OpenAs
) -> None:
    page = open_as(people.ana)
    assert page.locator(".card dd").all_inner_texts() == ["4", "0"]
    page.locator(".card a.button.primary").click()
    desk = Desk(page, project)
    desk.next_by_key("1", "Enter")
    page.locator(".topbar .brand").click()
    page.wait_for_selector(".card")
    assert page.locator(".card dd").all_inner_texts() == ["3", "1"]


def test_no_model_is_named_in_what_the_page_became(
    site: Site, people: People, project: Project, desk: Desk
) -> None:
    for _ in range(3):
        content = desk.page.content()
        assert [model for model in site.models if model in content] == []
        desk.next_by_key("1", "Enter")
    assert {
        r["model"] for item in sample("pares-pandalm", *IDS) for r in item["responses"]
    } <= site.models
