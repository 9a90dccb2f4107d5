"""How a reviewer reads: layout, scrolling, differences, size of the text, long conversations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import OpenAs
from tests.browser.desk import Desk, select_by_mouse
from tests.browser.site import Line, People, Site
from tests.browser.states import NARROW
from tests.browser.test_reviewer_bias import HARD, fill_flag
from workbench.models import Project

CODE = "```python\n" + "def promedio(valores, pesos, redondeo, unidades): return 0\n" * 2 + "```\n"
TABLE = (
    "| Ciudad | Altura sobre el nivel del mar | Población | Observaciones |\n|---|---|---|---|\n"
)
TABLE += "| Bogotá | 2.640 metros | 7.900.000 | alta_y_fría |\n"
RICH = f"Así **queda**:\n\n{CODE}\n{TABLE}\n\nSea $a_1 * b_2 * c$ y \\(x_i\\)."


def steps(numbers: range, words: str = "abra la ventana") -> str:
    """A paragraph for each number, each with words of its own."""
    return "\n\n".join(
        f"Paso{n}: primero {words}, después revise la pieza{n} con el tornillo{n} y anote lo que"
        f" muestra el medidor{n} antes de seguir con la tarea{n} siguiente del manual."
        for n in numbers
    )


def item(name: str, *texts: str, prompt: Any = "¿Cómo se hace?") -> Line:
    responses = [
        {"id": f"id-{n}", "model": f"modelo-{n}", "text": text} for n, text in enumerate(texts)
    ]
    return {"id": name, "language": "es", "prompt": prompt, "responses": responses}


def open_desk(open_as: OpenAs, people: People, project: Project, **options: Any) -> Desk:
    return Desk(open_as(people.ana, f"/projects/{project.slug}/desk", **options), project)


def places(desk: Desk) -> list[tuple[float, float]]:
    """Left and top edge of each response that is in sight."""
    boxes = [card.bounding_box() for card in desk.find(".response:visible").all()]
    return [(round(box["x"]), round(box["y"])) for box in boxes if box]


def marked(desk: Desk) -> list[str]:
    """The passages that are marked as different."""
    found: list[str] = desk.page.evaluate(
        "() => [...(CSS.highlights.get('differs') ?? [])].map((range) => range.toString())"
    )
    return found


def wait_for_marks(desk: Desk, some: bool = True) -> list[str]:
    desk.page.wait_for_function(
        "(some) => (CSS.highlights.get('differs')?.size > 0) === some", arg=some
    )
    return marked(desk)


def overflows(desk: Desk) -> bool:
    return bool(desk.page.evaluate("() => document.documentElement.scrollWidth > innerWidth"))


# --- layout -----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_three_responses_lie_as_was_chosen_and_stay_so_on_the_next_item(
    by: str, site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project(
        "ranking", [item("one", "Uno.", "Dos.", "Tres."), item("two", "1", "2", "3")], people
    )
    desk = open_desk(open_as, people, project, viewport={"width": 1600, "height": 900})

    def change() -> None:
        if by == "mouse":
            desk.find("[data-choose=layout]").click()
        else:
            desk.press("l")

    assert len({top for _, top in places(desk)}) == 1
    change()
    assert len({left for left, _ in places(desk)}) == 1
    assert len(places(desk)) == 3
    change()
    assert len(places(desk)) == 1
    # The letter of another response brings it; so do the keys for the next one and the switch.
    desk.press("b", "2", "j", "j")
    assert desk.find(".response:visible").get_attribute("data-place") == "2"
    desk.find("[data-show='0']").click()
    assert desk.find(".response:visible").get_attribute("data-place") == "0"
    desk.press("a", "1").next_by_key("Enter")
    assert len(places(desk)) == 1
    change()
    assert len(places(desk)) == 3


def test_a_field_that_is_blamed_comes_into_sight_with_its_response(
    site: Site, people: People, open_as: OpenAs, watch: Any
) -> None:
    watch.expect(422)
    project = site.project("ranking", [item("one", "Uno.", "Dos.", "Tres.")], people)
    desk = open_desk(open_as, people, project)
    desk.press("l", "l", "j", "j").press("Enter")
    desk.refused()
    desk.find("#problems .to-field").first.click()
    assert desk.focused(".response:not(.away) [type=radio]")


def test_the_legend_names_the_keys_that_work_here(
    site: Site, people: People, open_as: OpenAs
) -> None:
    several = site.project("ranking", [item("one", "Uno.", "Dos.")], people)
    alone = site.project("adversarial", [item("one", "Uno.")], people)
    for project, keys in ((several, "RLYMT"), (alone, "RT")):
        desk = open_desk(open_as, people, project).press("?")
        named = set(desk.find("[data-keys] kbd").all_inner_texts())
        assert named & set("RLYMT") == set(keys)
        offered = desk.find(".reading-tools button kbd").all_inner_texts()
        assert offered == list(keys)


# --- scrolling --------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["formatted", "written"])
def test_long_columns_keep_at_the_paragraph_that_says_the_same(
    view: str, site: Site, people: People, open_as: OpenAs
) -> None:
    inserted = "\n\n".join(f"Nota {n}. " + "Esto no está en la otra. " * 12 for n in range(4))
    texts = (
        steps(range(1, 25)),
        steps(range(1, 8)) + "\n\n" + inserted + "\n\n" + steps(range(8, 25)),
    )
    project = site.project("ranking", [item("one", *texts), item("two", "Uno.", "Dos.")], people)
    desk = open_desk(open_as, people, project)
    if view == "written":
        desk.press("r")
    gap = """([word, leader]) => {
        const cards = [...document.querySelectorAll(".response")];
        const top = (card) => {
            const walker = document.createTreeWalker(
                [...card.querySelectorAll(".judged")].find((text) => text.checkVisibility()),
                NodeFilter.SHOW_TEXT);
            let node;
            while ((node = walker.nextNode())) {
                const at = node.data.indexOf(word);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + word.length);
                return range.getBoundingClientRect().top - card.getBoundingClientRect().top;
            }
        };
        if (leader >= 0) cards[leader].scrollTop += top(cards[leader]) - 60;
        return Math.abs(top(cards[0]) - top(cards[1]));
    }"""
    for leader, word in ((0, "Paso12:"), (1, "Paso16:"), (0, "Paso3:")):
        desk.page.evaluate(gap, [word, leader])
        desk.page.wait_for_function(f"(args) => ({gap})(args) < 6", arg=[word, -1])
    desk.press("y")
    scrollers = "() => [...document.querySelectorAll('.response')].filter(\
        (card) => card.scrollHeight > card.clientHeight + 1).length"
    assert desk.page.evaluate(scrollers) == 0
    desk.press("y")
    assert desk.page.evaluate(scrollers) == 2
    # Short ones have no scroll area of their own.
    desk.next_by_key("1", "Enter")
    assert desk.page.evaluate(scrollers) == 0


def test_a_long_column_is_scrolled_by_keyboard(site: Site, people: People, open_as: OpenAs) -> None:
    project = site.project("ranking", [item("one", steps(range(30)), steps(range(30)))], people)
    desk = open_desk(open_as, people, project)
    desk.press("j", "PageDown")
    desk.page.wait_for_function(
        "() => [...document.querySelectorAll('.response')].every((card) => card.scrollTop > 100)"
    )


def test_the_caret_that_selects_by_word_stays_in_sight_in_a_long_column(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("bias", [item("one", steps(range(30)), steps(range(30)))], people)
    desk = open_desk(open_as, people, project)
    desk.press("j", *["ArrowDown"] * 40)
    seen = """() => {
        const [range] = CSS.highlights.get("caret");
        const { x, y, width, height } = range.getBoundingClientRect();
        const top = document.elementFromPoint(x + width / 2, y + height / 2);
        return document.querySelector(".response").scrollTop > 200 && top.matches("[data-spans]");
    }"""
    desk.page.wait_for_function(seen)


# --- differences ------------------------------------------------------------------------------

ONE = "El **perro** duerme 🐶 en la\r\ncama; dijo «no» (a_1 = 3).\r\n\r\nCafe\u0301 fr\u200bío."
OTHER = "El **gato** duerme 🐶 en la\r\ncama; dijo «sí» (a_1 = 4).\r\n\r\nCafe\u0301 tibio."


def test_words_that_differ_are_underlined_in_either_view_when_one_asks_for_it(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("ranking", [item("one", ONE, OTHER), item("two", "x", "y")], people)
    asked: list[str] = []
    page = open_as(people.ana, f"/projects/{project.slug}/desk")
    page.on("request", lambda r: "/differences" in r.url and asked.append(r.url))
    desk = Desk(page, project)
    before = desk.find(".responses").evaluate("(node) => node.innerHTML")
    assert not asked
    desk.press("m")
    both = [["perro", "no", "3", "fr\u200bío"], ["gato", "sí", "4", "tibio"]]
    # Which of them is A differs from reviewer to reviewer.
    found = wait_for_marks(desk)
    assert sorted([found[:4], found[4:]]) == sorted(both)
    assert desk.find("[data-differences-note]").inner_text()
    desk.press("r")
    page.wait_for_function(
        "() => [...CSS.highlights.get('differs') ?? []].some(\
            (range) => range.startContainer.parentElement.closest('.raw'))"
    )
    found = marked(desk)
    assert sorted([found[:4], found[4:]]) == sorted(both)
    assert desk.find(".responses").evaluate("(node) => node.innerHTML") == before
    assert (
        page.evaluate(
            "() => getComputedStyle(document.body, '::highlight(differs)').textDecorationLine"
        )
        == "underline"
    )
    desk.press("m")
    assert marked(desk) == []
    count = len(asked)
    desk.press("m")
    wait_for_marks(desk)
    assert len(asked) == count
    desk.press("r").next_by_key("1", "Enter")
    assert marked(desk) == []


def test_of_three_the_one_that_is_read_is_compared_with_the_first(
    site: Site, people: People, open_as: OpenAs
) -> None:
    texts = ("Hay uno aquí.", "Hay dos aquí.", "Hay tres aquí.")
    project = site.project("ranking", [item("one", *texts)], people)
    desk = open_desk(open_as, people, project)
    words = [text.split()[1] for text in desk.find(".response .rendered").all_inner_texts()]
    desk.press("m")
    assert wait_for_marks(desk) == [words[0], words[1]]
    desk.press("j", "j", "j")
    desk.page.wait_for_function(
        "(word) => [...CSS.highlights.get('differs') ?? []].some((r) => r.toString() === word)",
        arg=words[2],
    )
    assert marked(desk) == [words[0], words[2]]


def test_offsets_of_flags_hold_while_differences_are_marked(
    site: Site, people: People, open_as: OpenAs
) -> None:
    other = HARD.replace("normal", "común").replace("nunca", "jamás")
    project = site.project("bias", [item("one", HARD, other)], people)
    desk = open_desk(open_as, people, project)
    desk.press("m")
    assert sorted(wait_for_marks(desk)) == sorted(["normal", "nunca", "común", "jamás"])
    text = desk.find("[data-spans]").first.evaluate("(node) => node.textContent")
    assert text in (HARD, other)
    select_by_mouse(desk, "veras")
    desk.press("f")
    fill_flag(desk, 0)
    desk.submit()
    [judgment] = site.judgments(project)
    assert judgment.answer is not None
    [flag] = judgment.answer["flags"]
    assert text[flag["start"] : flag["end"]] == flag["quote"] == "veras"


# --- text -------------------------------------------------------------------------------------


def test_the_size_of_the_text_is_chosen_and_nothing_overflows_a_telephone(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project(
        "ranking", [item("one", RICH, RICH), item("two", "Uno.", "Dos.")], people
    )
    desk = open_desk(open_as, people, project, viewport=NARROW, has_touch=True)
    sizes = set()
    size = "(node) => parseFloat(getComputedStyle(node).fontSize)"
    bar = desk.find(".answer-bar [form=answer]").evaluate(size)
    for _ in range(3):
        sizes.add(desk.find(".response:visible .judged:visible").first.evaluate(size))
        assert not overflows(desk)
        desk.find("[data-choose=size]").tap()
    assert len(sizes) == 3
    desk.find("[data-choose=size]").tap()
    desk.find("[name=pair]").first.tap()
    with desk.swap():
        desk.find(".answer-bar [form=answer]").tap()
    assert desk.find(".judged:visible").first.evaluate(size) == max(sizes)
    assert desk.find(".answer-bar [form=answer]").evaluate(size) == bar


def test_code_and_tables_scroll_within_themselves_by_keyboard_and_formulas_stay(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("adversarial", [item("one", RICH)], people)
    desk = open_desk(open_as, people, project, viewport=NARROW)
    for block in (".rendered pre", ".rendered .scroll"):
        desk.tab_to(f".response {block}").press("ArrowRight")
        desk.page.wait_for_function(
            f"() => document.querySelector('.response {block}').scrollLeft > 0"
        )
    assert "Sea $a_1 * b_2 * c$ y \\(x_i\\)." in desk.find(".response .rendered").inner_text()


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_of_a_long_conversation_the_last_turns_are_seen_and_the_others_on_demand(
    by: str, site: Site, people: People, open_as: OpenAs
) -> None:
    turns = [
        {"role": ("user", "assistant")[n % 2], "content": f"Mensaje {n} con **fuerza**\u200b."}
        for n in range(9)
    ]
    project = site.project("ranking", [item("one", "Uno.", "Dos.", prompt=turns)], people)
    desk = open_desk(open_as, people, project)
    assert desk.find(".turn:visible").count() == 3
    assert "Mensaje 8" in desk.find(".turn:visible").last.inner_text()
    assert "6" in desk.find(".earlier summary").inner_text()
    if by == "mouse":
        desk.find(".earlier summary").click()
    else:
        desk.tab_to(".earlier summary").press("Enter")
    assert desk.find(".turn:visible").count() == 9
    assert "**" not in desk.find(".prompt").inner_text()
    assert desk.find(".prompt .cp:visible").count() == 9
    desk.find("[data-choose=view]").click()
    assert "**fuerza**" in desk.find(".prompt").inner_text()
    assert desk.find(".prompt .cp:visible").count() == 9
