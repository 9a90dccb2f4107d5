"""What the desk's script asks for: answers that were left behind, and the item after this one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.cast import Cast, make_item
from tests.web.conftest import Browser, ClientFor
from tests.web.desk_pages import (
    DESK,
    FIRST_BETTER,
    expire,
    form_of,
    judgments,
    make_items,
    send_answer,
    state_of,
    take,
)
from tests.web.seen import words
from workbench.db import Database
from workbench.models import Assignment, AuditEntry, State
from workbench.services import slots

JSON = {"Accept": "application/json"}


@pytest.fixture
def database_url(either_url: str) -> str:
    """What is refused ends a transaction in the middle."""
    return either_url


def upcoming(browser: Browser, showing: int | str) -> Any:
    return browser.send(f"{DESK}/upcoming", {"showing": str(showing)}, headers=JSON)


def send(browser: Browser, form: Any, **fields: str) -> Any:
    values = {**form.fields, **(fields or FIRST_BETTER)}
    return browser.send(form.action.replace("/answer", "/send"), values, headers=JSON)


def shown_at(database: Database, item_id: int, user_id: int) -> Any:
    with database.read() as reading:
        return reading.get_one(Assignment, (item_id, user_id)).shown_at


class TestUpcoming:
    def test_the_next_item_is_kept_ready_and_not_shown(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        one, two = make_items(database, cast, "one", "two")
        ana = client_for(cast.ana)
        assert take(ana).item_id == one
        found = upcoming(ana, one)
        assert f'data-item-id="{two}"' in found.json["upcoming"]
        assert state_of(database, two, cast.ana.id) == State.LEASED
        assert shown_at(database, two, cast.ana.id) is None
        # The desk goes on showing what it showed.
        assert form_of(ana.look(DESK)).item_id == one

    def test_asking_twice_keeps_one(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        make_items(database, cast, "one", "two", "three")
        ana = client_for(cast.ana)
        first = take(ana).item_id
        once, twice = (upcoming(ana, first).json["upcoming"] for _ in range(2))
        assert [re.search(r'data-item-id="(\d+)"', html)[1] for html in (once, twice)] == ["2", "2"]
        assert len(_held(database, cast.ana.id)) == 2

    def test_at_the_end_there_is_none(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        make_items(database, cast, "one")
        ana = client_for(cast.ana)
        assert upcoming(ana, take(ana).item_id).json == {"upcoming": None}

    def test_what_was_kept_ready_and_given_back_is_nobodys_past(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        one, two = make_items(database, cast, "one", "two", wanted=1, slots_left=1)
        ana, beto = client_for(cast.ana), client_for(cast.beto)
        assert take(ana).item_id == one
        upcoming(ana, one)
        expire(database)
        taken = {take(beto).item_id, int(send_and_next(beto))}
        assert taken == {one, two}
        said = words(ana.look("/projects/main/mine").text)
        assert "one" in said
        assert "two" not in said

    def test_a_harmful_text_is_not_sent_ahead(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        with database.write() as writing:
            one = make_item(writing, cast.project, "one").id
            make_item(writing, cast.project, "two", harm="hte")
        ana = client_for(cast.ana)
        assert take(ana).item_id == one
        html = upcoming(ana, one).json["upcoming"]
        assert 'id="answer"' not in html

    def test_a_number_that_is_none_is_refused(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        make_items(database, cast, "one")
        ana = client_for(cast.ana)
        assert upcoming(ana, "x").status_code == 422
        assert _held(database, cast.ana.id) == []


class TestSend:
    def test_it_stores_shows_and_keeps_ready_in_one_round_trip(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        one, two, three = make_items(database, cast, "one", "two", "three")
        ana = client_for(cast.ana)
        form = take(ana)
        upcoming(ana, one)
        reply = send(ana, form, **FIRST_BETTER, showing=str(two)).json
        assert (reply["saved"], reply["showing"], reply["desk"]) == (True, two, None)
        assert reply["today"] == "1 judged today"
        assert f'data-item-id="{three}"' in reply["upcoming"]
        assert [each.item_id for each in judgments(database)] == [one]
        assert shown_at(database, two, cast.ana.id) is not None
        assert shown_at(database, three, cast.ana.id) is None

    def test_without_one_on_the_screen_the_next_comes_with_the_reply(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        _, two = make_items(database, cast, "one", "two")
        ana = client_for(cast.ana)
        reply = send(ana, take(ana)).json
        assert reply["showing"] == two
        assert f'data-item-id="{two}"' in reply["desk"]
        assert reply["upcoming"] is None

    def test_at_the_end_the_reply_says_so(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        make_items(database, cast, "one")
        ana = client_for(cast.ana)
        reply = send(ana, take(ana)).json
        assert reply["showing"] is None
        assert "Nothing waits for you here" in reply["desk"]

    def test_the_same_key_again_is_the_same_answer(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        make_items(database, cast, "one", "two")
        ana = client_for(cast.ana)
        form = take(ana)
        first, again = send(ana, form), send(ana, form)
        assert (first.status_code, again.status_code) == (200, 200)
        assert len(judgments(database)) == 1

    def test_what_others_took_meanwhile_is_replaced_by_another(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        one, two, three = make_items(database, cast, "one", "two", "three", wanted=1, slots_left=1)
        ana, beto = client_for(cast.ana), client_for(cast.beto)
        form = take(ana)
        upcoming(ana, one)
        _give_back(database, two, cast.ana.id)
        while take(beto).item_id != two:
            send_answer(beto, take(beto))
        reply = send(ana, form, **FIRST_BETTER, showing=str(two)).json
        assert reply["saved"] is True
        assert reply["showing"] != two
        assert f'data-item-id="{two}"' not in (reply["desk"] or "")
        assert three in {reply["showing"], *_met(database, cast.beto.id)}

    def test_an_answer_that_will_not_do_says_what_is_wrong(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        make_items(database, cast, "one")
        ana = client_for(cast.ana)
        refused = send(ana, take(ana), reason="no choice")
        assert refused.status_code == 422
        assert refused.json["saved"] is False
        assert 'data-field="' in refused.json["problems"]
        assert judgments(database) == []

    def test_an_answer_from_an_old_form_is_a_conflict(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        make_items(database, cast, "one")
        ana = client_for(cast.ana)
        form = take(ana)
        send(ana, form)
        form.fields["key"] = "another-key"
        refused = send(ana, form)
        assert refused.status_code == 409
        assert refused.json["why"]
        assert len(judgments(database)) == 1

    def test_a_change_leads_back_to_ones_own_judgments(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        [one] = make_items(database, cast, "one")
        ana = client_for(cast.ana)
        send(ana, take(ana))
        reply = send(ana, form_of(ana.look(f"/projects/main/mine/{one}")), pair="1>0:3").json
        assert reply == {"saved": True, "go": "/projects/main/mine?saved=1"}
        assert [each.revision for each in judgments(database)] == [1, 2]


class TestEntered:
    def test_the_form_comes_back_filled_in_and_nothing_is_stored(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        make_items(database, cast, "one")
        ana = client_for(cast.ana)
        form = take(ana)
        path = form.action.replace("/answer", "/entered")
        values = {**form.fields, "pair": "1>0:3", "reason": "<b>ñ</b>"}
        html = ana.send(path, values, headers=JSON).json["desk"]
        assert "&lt;b&gt;ñ&lt;/b&gt;" in html
        assert re.search(r'value="1&gt;0:3"[^>]* checked', html)
        assert form.fields["key"] in html
        assert judgments(database) == []

    def test_a_harmful_item_is_noted_as_seen(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        with database.write() as writing:
            one = make_item(writing, cast.project, "one", harm="hte").id
        ana = client_for(cast.ana)
        ana.send(f"{DESK}/next", htmx=True)
        ana.send(f"{DESK}/items/{one}/entered", {"mode": "judge"}, headers=JSON)
        with database.read() as reading:
            seen = select(AuditEntry.subject).where(AuditEntry.action == "item.uncover")
            assert reading.scalars(seen).all() == [f"item:{one}"]

    def test_an_item_one_never_met_is_not_there(
        self, database: Database, cast: Cast, client_for: ClientFor
    ) -> None:
        [one] = make_items(database, cast, "one")
        ana = client_for(cast.ana)
        assert ana.send(f"{DESK}/items/{one}/entered", {}, headers=JSON).status_code == 404


def send_and_next(browser: Browser) -> str:
    """Judge what is held; the number of the item after it."""
    return str(send(browser, take(browser)).json["showing"])


def _held(database: Database, user_id: int) -> list[int]:
    with database.read() as reading:
        held = select(Assignment.item_id).where(
            Assignment.user_id == user_id, Assignment.state == State.LEASED
        )
        return list(reading.scalars(held))


def _met(database: Database, user_id: int) -> list[int]:
    with database.read() as reading:
        met = select(Assignment.item_id).where(Assignment.user_id == user_id)
        return list(reading.scalars(met))


def _give_back(database: Database, item_id: int, user_id: int) -> None:
    """As if the time for which it was kept ready had run out."""
    with database.write() as writing:
        lease = writing.get_one(Assignment, (item_id, user_id))
        slots.leave(writing, lease, State.RELEASED, lease.updated_at)
