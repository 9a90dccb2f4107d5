"""Leaving an item, and undoing the last thing that was done."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.desk_pages import (
    DESK,
    FIRST_BETTER,
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
from workbench.db import now as database_now
from workbench.models import Escalation, Item, State
from workbench.services.resolve import resolve

# --- leaving --------------------------------------------------------------------------------


@pytest.fixture
def database_url(either_url: str) -> str:
    """What is refused ends a transaction in the middle."""
    return either_url


@pytest.mark.parametrize(
    ("action", "state", "said"),
    [("skip", State.SKIPPED, "Skipped"), ("escalate", State.ESCALATED, "Sent to a lead")],
)
def test_an_item_is_left_with_a_reason_and_the_next_one_comes(
    ana: Browser, database: Database, cast: Cast, action: str, state: State, said: str
) -> None:
    first, second = make_items(database, cast, "one", "two")
    form = take(ana)
    answer = ana.send(f"{DESK}/items/{form.item_id}/{action}", {"reason": " It is odd "}, htmx=True)
    assert answer.status_code == 200
    assert said in answer.text
    assert form_of(answer).item_id == second
    assert state_of(database, first, cast.ana.id) == state
    assert "It is odd" in ana.look(MINE).text


def test_an_escalation_waits_for_a_lead_for_a_day(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    take(ana)
    answer = ana.send(f"{DESK}/items/{item}/escalate", {"reason": "Which rule?"})
    assert (answer.status_code, answer.location) == (303, DESK)
    with database.read() as reading:
        [asked] = reading.scalars(select(Escalation)).all()
    assert (asked.item_id, asked.user_id, asked.reason) == (item, cast.ana.id, "Which rule?")
    assert asked.due_at - asked.created_at == timedelta(hours=24)


@pytest.mark.parametrize("action", ["skip", "escalate"])
@pytest.mark.parametrize("reason", ["", "   \n", "\x00", "x" * 2001])
def test_leaving_needs_a_reason_of_some_words(
    ana: Browser, database: Database, cast: Cast, action: str, reason: str
) -> None:
    [item] = make_items(database, cast, "one")
    take(ana)
    for htmx in (True, False):
        answer = ana.send(f"{DESK}/items/{item}/{action}", {"reason": reason}, htmx=htmx)
        assert answer.status_code == 422
        assert re.search(r"Say why in a few words|At most 2000 characters", answer.text)
    assert state_of(database, item, cast.ana.id) == State.LEASED


@pytest.mark.parametrize("action", ["skip", "escalate"])
def test_leaving_twice_changes_nothing_more(
    ana: Browser, database: Database, cast: Cast, action: str
) -> None:
    first, _ = make_items(database, cast, "one", "two")
    take(ana)
    for _ in range(2):
        answer = ana.send(f"{DESK}/items/{first}/{action}", {"reason": "odd"})
        assert answer.status_code == 303
    with database.read() as reading:
        asked = reading.scalar(select(func.count()).select_from(Escalation))
        assert asked == (1 if action == "escalate" else 0)
        assert reading.get_one(Item, first).slots_left == cast.project.overlap


def test_an_item_that_was_judged_cannot_be_skipped_any_more(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    send_answer(ana, take(ana))
    answer = ana.send(f"{DESK}/items/{item}/skip", {"reason": "odd"}, htmx=True)
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#notice"
    assert state_of(database, item, cast.ana.id) == State.JUDGED


def test_what_a_lead_answered_is_read_in_ones_own_list(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    take(ana)
    ana.send(f"{DESK}/items/{item}/escalate", {"reason": "Which rule?"})
    with database.write() as writing:
        asked = writing.scalars(select(Escalation.id)).one()
        now = database_now(writing)
        resolve(writing, asked, cast.luz.id, "answered", "Rule <4>.", now)
    page = ana.look(MINE).text
    assert "Rule &lt;4&gt;." in page
    assert take(ana).item_id == item


# --- undo -----------------------------------------------------------------------------------


def test_undo_brings_the_last_judgment_back_with_its_answer(
    ana: Browser, database: Database, cast: Cast
) -> None:
    first, _ = make_items(database, cast, "one", "two")
    send_answer(ana, take(ana), **FIRST_BETTER, reason="for a reason")
    answer = ana.send(f"{DESK}/undo", htmx=True)
    assert answer.status_code == 200
    assert "Undone" in answer.text
    form = form_of(answer)
    assert (form.item_id, form.fields["base"]) == (first, "2")
    assert re.search(r'name="pair" value="0&gt;1:2"[^>]* checked', answer.text)
    assert "for a reason" in answer.text
    assert [judgment.answer is None for judgment in judgments(database)] == [False, True]
    assert send_answer(ana, form, pair="1>0:3").status_code == 200
    assert [judgment.revision for judgment in judgments(database)] == [1, 2, 3]


def test_undo_brings_a_skipped_item_back(ana: Browser, database: Database, cast: Cast) -> None:
    [item] = make_items(database, cast, "one")
    take(ana)
    ana.send(f"{DESK}/items/{item}/skip", {"reason": "by mistake"})
    answer = ana.send(f"{DESK}/undo")
    assert (answer.status_code, answer.location) == (303, DESK)
    assert form_of(ana.look(DESK)).item_id == item


@pytest.mark.parametrize("htmx", [True, False])
def test_with_nothing_to_undo_it_says_so(ana: Browser, cast: Cast, htmx: bool) -> None:
    answer = ana.send(f"{DESK}/undo", htmx=htmx)
    assert answer.status_code == 409
    assert "There is nothing to undo." in answer.text


def test_a_skipped_item_that_others_filled_cannot_be_brought_back(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one", wanted=1, slots_left=1)
    take(ana)
    ana.send(f"{DESK}/items/{item}/skip", {"reason": "odd"})
    with database.write() as writing:
        judge(writing, cast.project, item, cast.beto)
    answer = ana.send(f"{DESK}/undo", htmx=True)
    assert answer.status_code == 409
    assert state_of(database, item, cast.ana.id) == State.SKIPPED
