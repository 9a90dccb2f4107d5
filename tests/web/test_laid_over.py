"""Several people's marks over one text: where it is cut, and what the pages show of it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.arrivals import bring_items, bring_judgments
from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Item
from workbench.services import projects
from workbench.web.laid_over import Mark, letters, stretches

MARKS = st.lists(
    st.builds(Mark, st.integers(-2, 14), st.integers(-2, 14), st.integers(0, 3),
              st.sampled_from(["x", "y"])),
    max_size=6,
)  # fmt: skip


def cut(text: str, *marks: tuple[int, int, int]) -> list[tuple[str, tuple[int, ...]]]:
    found = stretches(text, [Mark(start, end, who, "x") for start, end, who in marks])
    return [(each.text, each.who) for each in found]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([], [("abcdef", ())]),
        ([(0, 6, 0)], [("abcdef", (0,))]),
        ([(1, 3, 0), (1, 3, 1)], [("a", ()), ("bc", (0, 1)), ("def", ())]),
        ([(0, 6, 0), (2, 4, 1)], [("ab", (0,)), ("cd", (0, 1)), ("ef", (0,))]),
        ([(0, 4, 1), (2, 6, 0)], [("ab", (1,)), ("cd", (0, 1)), ("ef", (0,))]),
        ([(0, 3, 0), (3, 6, 1)], [("abc", (0,)), ("def", (1,))]),
        ([(0, 3, 0), (3, 6, 0)], [("abc", (0,)), ("def", (0,))]),
        ([(2, 2, 0), (4, 3, 1)], [("abcdef", ())]),
        ([(4, 99, 0)], [("abcd", ()), ("ef", (0,))]),
    ],
)
def test_a_text_is_cut_where_a_mark_begins_or_ends(marks: Any, expected: Any) -> None:
    assert cut("abcdef", *marks) == expected


def test_places_are_code_points() -> None:
    assert cut("é🦤n\u0303x", (1, 2, 0), (2, 4, 1)) == [
        ("é", ()), ("🦤", (0,)), ("n\u0303", (1,)), ("x", ()),
    ]  # fmt: skip


def test_an_empty_text_has_no_stretch() -> None:
    assert stretches("", [Mark(0, 3, 0, "x")]) == ()


def test_one_person_may_call_a_passage_several_things() -> None:
    [found] = stretches("ab", [Mark(0, 2, 1, "y"), Mark(0, 2, 1, "x"), Mark(0, 2, 0, "x")])
    assert found.marked == ((0, ("x",)), (1, ("y", "x")))


@given(st.text(max_size=12), MARKS)
def test_stretches_are_the_text_and_say_of_each_character_who_marked_it(
    text: str, marks: list[Mark]
) -> None:
    found = stretches(text, marks)
    assert "".join(each.text for each in found) == text
    at = 0
    for each in found:
        assert each.text
        for place in range(at, at + len(each.text)):
            inside = {(m.who, m.category) for m in marks if m.start <= place < m.end}
            assert {(who, name) for who, names in each.marked for name in names} == inside
        at += len(each.text)


def test_people_have_letters_of_their_own() -> None:
    assert letters(28)[:2] == ["A", "B"]
    assert letters(28)[25:] == ["Z", "A2", "B2"]


# --- on the pages ---------------------------------------------------------------------------

TEXT = "Say <b>no</b>: 🦤 women\ncannot drive."


def _flag(start: int | None, end: int | None, category: str) -> dict[str, Any]:
    quote = "" if start is None else TEXT[start:end]
    return {"response": "a", "start": start, "end": end, "quote": quote, "category": category,
            "direction": "against", "severity": 1, "reason": ""}  # fmt: skip


@pytest.fixture
def item_id(database: Database, cast: Cast) -> int:
    return _item(database, cast, {})


def _item(database: Database, cast: Cast, more: dict[str, Any]) -> int:
    """Three people flag parts of one response, one of them the whole of it; the other is clean."""
    with database.write() as writing:
        now = database_now(writing)
        project = projects.create_project(
            writing, slug="marks", type_slug="bias", title={"es": "M", "en": "M"}, overlap=4,
            config={}, now=now,
        )  # fmt: skip
        projects.add_member(writing, project, cast.luz, role="lead", now=now)
    responses = [{"id": "a", "text": TEXT, "model": "secret"}, {"id": "b", "text": "Fine."}]
    bring_items(
        database, project, [{"id": "i", "language": "en", "prompt": "Q?", "responses": responses,
                             **more}],
    )  # fmt: skip
    given = [
        [_flag(4, 13, "age")],
        [_flag(10, 23, "religion"), _flag(4, 13, "political")],
        [_flag(None, None, "other")],
        [],
    ]
    lines = [
        {"item": "i", "reviewer": f"r{r}", "at": "2026-11-05T12:00:00-05:00",
         "answer": {"none": not flags, "flags": flags}}
        for r, flags in enumerate(given)
    ]  # fmt: skip
    bring_judgments(database, project, lines)
    with database.read() as reading:
        return reading.query(Item).filter_by(project_id=project.id).one().id


def _overlay(browser: Browser, address: str) -> tuple[str, list[str]]:
    """The text as the page has it, with its letters; and the list under it."""
    html = browser.look(address).get_data(as_text=True)
    [laid, _] = re.findall(r'(?s)<div class="judged raw laid[^"]*"[^>]*>(.*?)</div>', html)
    [listed] = re.findall(r'(?s)<ul class="laid-list"[^>]*>(.*?)</ul>', html)
    entries = re.findall(r"(?s)<li>(.*?)</li>", listed)
    return laid, [" ".join(unescape(re.sub("<[^>]+>", "", each)).split()) for each in entries]


@pytest.mark.parametrize("where", ["/projects/marks/disputes", "/projects/marks/items/{}"])
def test_marks_lie_over_the_text_and_the_list_says_the_same(
    where: str, item_id: int, cast: Cast, client_for: ClientFor
) -> None:
    laid, entries = _overlay(client_for(cast.luz), where.format(item_id))
    letters_off = re.sub(r"<sup.*?</sup>", "", laid)
    assert unescape(re.sub(r"<[^>]+>", "", letters_off)) == TEXT
    assert "&lt;b&gt;" in laid
    assert re.findall(r"<sup[^>]*>(.*?)</sup>", laid) == ["AB", "AB", "B"]
    assert re.findall(r'<mark class="(by-\d)"', laid) == ["by-2", "by-2", "by-1"]
    assert "style=" not in laid
    assert entries[0] == "The whole response: C Other"
    assert [each.rsplit(" B ", 1)[0] for each in entries[1:3]] == [
        "<b>no< A Age;", "/b> A Age;",
    ]  # fmt: skip
    assert len(entries) == 4


def test_the_second_text_says_that_nobody_marked_it(
    item_id: int, cast: Cast, client_for: ClientFor
) -> None:
    html = client_for(cast.luz).look(f"/projects/marks/items/{item_id}").get_data(as_text=True)
    assert html.count("Nobody marked anything in it.") == 1


def test_people_are_named_by_letters_at_their_answers_and_not_by_name(
    item_id: int, cast: Cast, client_for: ClientFor
) -> None:
    html = client_for(cast.luz).look("/projects/marks/disputes").get_data(as_text=True)
    headings = re.findall(r'(?s)<h3 id="answer-\d">(.*?)</h3>', html)
    assert [re.findall(r'class="badge">(.*?)<', each) for each in headings] == [
        ["A"], ["B"], ["C"], ["D"],
    ]  # fmt: skip
    assert "secret" not in html


def test_harmful_texts_stay_covered_with_what_was_marked(
    database: Database, cast: Cast, client_for: ClientFor
) -> None:
    item_id = _item(database, cast, {"harm": "vcr"})
    luz = client_for(cast.luz)
    for where in ("/projects/marks/disputes", f"/projects/marks/items/{item_id}"):
        html = luz.look(where).get_data(as_text=True)
        assert "women" not in html
        assert "laid" not in html
    shown = luz.send(f"/projects/marks/items/{item_id}/uncover", {})
    assert "laid-list" in shown.get_data(as_text=True)
