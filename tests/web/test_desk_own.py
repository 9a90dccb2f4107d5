"""One's own past judgments, and items that are covered."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.desk_pages import (
    DESK,
    MINE,
    form_of,
    judgments,
    make_items,
    send_answer,
    state_of,
    take,
)
from tests.web.stage import judge
from workbench.db import Database
from workbench.models import AuditEntry, State
from workbench.veil import Veil

# --- one's own judgments --------------------------------------------------------------------


def test_a_judgment_is_opened_with_its_answer_and_changed(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    send_answer(ana, take(ana))
    page = ana.look(f"{MINE}/{item}")
    form = form_of(page)
    assert (form.fields["mode"], form.fields["base"]) == ("revise", "1")
    assert re.search(r'name="pair" value="0&gt;1:2"[^>]* checked', page.text)
    answer = send_answer(ana, form, pair="=")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"{MINE}?saved=1")
    assert "Your change is saved." in ana.look(f"{MINE}?saved=1").text
    first, second = judgments(database)
    assert first.answer != second.answer
    assert (
        send_answer(ana, form_of(ana.look(f"{MINE}/{item}")), htmx=False).location
        == f"{MINE}?saved=1"
    )


def test_a_change_to_what_was_changed_elsewhere_is_409(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    send_answer(ana, take(ana))
    one, two = (form_of(ana.look(f"{MINE}/{item}")) for _ in range(2))
    assert send_answer(ana, one, pair="=").status_code == 204
    answer = send_answer(ana, two, pair="1>0:3")
    assert answer.status_code == 409
    assert "changed elsewhere" in answer.text
    assert len(judgments(database)) == 2


def test_only_a_judgment_can_be_opened_to_be_changed(
    ana: Browser, database: Database, cast: Cast
) -> None:
    held, skipped = make_items(database, cast, "one", "two")
    take(ana)
    assert ana.look(f"{MINE}/{held}").location == DESK
    ana.send(f"{DESK}/items/{held}/skip", {"reason": "odd"})
    assert ana.look(f"{MINE}/{held}").location == MINE
    assert ana.look(f"{MINE}/{skipped}").location == DESK


def test_the_list_shows_fifty_at_a_time_newest_first(
    ana: Browser, database: Database, cast: Cast
) -> None:
    items = make_items(database, cast, *(f"item-{n:02}" for n in range(53)))
    with database.write() as writing:
        for item in items:
            judge(writing, cast.project, item, cast.ana)
    pages = [ana.look(f"{MINE}?page={n}").text for n in (1, 2, 3)]
    listed = [re.findall(r"<strong>([A-Z2-7]{6})</strong>", page) for page in pages]
    assert [len(names) for names in listed] == [50, 3, 0]
    veil: Veil = ana.application.extensions["workbench_veil"]
    assert listed[0][0] == veil.code(items[52])
    assert "page=2" in pages[0]
    assert "page=1" in pages[1]
    for nonsense in ("0", "-3", "x", "", "9" * 40):
        assert ana.look(f"{MINE}?page={nonsense}").status_code == 200


def test_a_list_without_anything_in_it_says_what_it_is_for(ana: Browser) -> None:
    assert "Nothing here yet" in ana.look(MINE).text


# --- what is covered ------------------------------------------------------------------------


@pytest.fixture
def harmful(database: Database, cast: Cast) -> int:
    """An item with a harm, whose texts are known."""
    [item] = make_items(database, cast, "one", harm="vcr")
    return item


SHOWN = ("Question one?", "First answer to one.", "Second answer to one.")


def _uncovered(database: Database) -> list[tuple[int | None, str]]:
    with database.read() as reading:
        entries = reading.scalars(select(AuditEntry).where(AuditEntry.action == "item.uncover"))
        return [(entry.actor_id, entry.subject) for entry in entries]


def test_a_harmful_item_is_covered_until_it_is_uncovered_and_that_is_noted(
    ana: Browser, database: Database, cast: Cast, harmful: int
) -> None:
    covered = ana.send(f"{DESK}/next", htmx=True)
    assert not [text for text in SHOWN if text in covered.text]
    assert not [text for text in SHOWN if text in ana.look(DESK).text]
    assert _uncovered(database) == []
    shown = ana.send(f"{DESK}/items/{harmful}/uncover", htmx=True)
    assert all(text in shown.text for text in SHOWN)
    assert _uncovered(database) == [(cast.ana.id, f"item:{harmful}")]
    assert send_answer(ana, form_of(shown)).status_code == 200


def test_a_covered_item_stays_covered_in_the_list_and_when_it_is_opened_again(
    ana: Browser, database: Database, harmful: int
) -> None:
    ana.send(f"{DESK}/next", htmx=True)
    send_answer(ana, form_of(ana.send(f"{DESK}/items/{harmful}/uncover", htmx=True)))
    for page in (MINE, f"{MINE}/{harmful}"):
        assert not [text for text in SHOWN if text in ana.look(page).text]
    again = ana.send(f"{DESK}/items/{harmful}/uncover")
    assert form_of(again).fields["mode"] == "revise"


def test_no_refusal_uncovers_an_item_without_a_note(
    ana: Browser, database: Database, harmful: int
) -> None:
    ana.send(f"{DESK}/next", htmx=True)
    for action in ("skip", "escalate", "answer"):
        for htmx in (True, False):
            before = len(_uncovered(database))
            answer = ana.send(f"{DESK}/items/{harmful}/{action}", {"reason": " "}, htmx=htmx)
            assert answer.status_code == 422
            seen = [text for text in SHOWN if text in answer.text]
            assert not seen or len(_uncovered(database)) == before + 1


def test_a_covered_item_can_be_skipped_unseen(
    ana: Browser, database: Database, cast: Cast, harmful: int
) -> None:
    ana.send(f"{DESK}/next", htmx=True)
    ana.send(f"{DESK}/items/{harmful}/skip", {"reason": "It is upsetting"}, htmx=True)
    assert state_of(database, harmful, cast.ana.id) == State.SKIPPED
    assert _uncovered(database) == []
