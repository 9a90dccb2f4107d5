"""Addresses from before items had tokens: what waited in a browser arrives, and no copy is told."""

from __future__ import annotations

from sqlalchemy import select

from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.desk_pages import DESK, FIRST_BETTER, MINE, judgments, make_items, send_answer, take
from workbench.db import Database
from workbench.models import Item, Project
from workbench.veil import Veil

JSON = {"Accept": "application/json"}


def _hide_something(database: Database, cast: Cast, item_id: int) -> None:
    """From here on Ana is given copies of gold."""
    with database.write() as writing:
        writing.get_one(Item, item_id).is_gold = True
        writing.get_one(Project, cast.project.id).gold_percent = 100


def _copies(database: Database) -> list[int]:
    with database.read() as reading:
        return list(reading.scalars(select(Item.id).where(Item.copy_of.is_not(None))))


def _statuses(browser: Browser, item_id: int) -> list[int]:
    """What every address with that number answers."""
    browser.as_sent = True
    forms = [{}, {**FIRST_BETTER, "key": f"a-key-for-{item_id}", "mode": "revise"}]
    sent = [browser.send(f"{DESK}/items/{item_id}/send", form, headers=JSON) for form in forms]
    named = browser.send(f"{DESK}/items/{item_id}/address", headers=JSON)
    return [each.status_code for each in (*sent, named, browser.look(f"{MINE}/{item_id}"))]


def test_an_answer_from_before_arrives_and_the_item_beside_it_is_begun(
    ana: Browser, database: Database, cast: Cast
) -> None:
    one, two, _ = make_items(database, cast, "one", "two", "three")
    form = take(ana)
    ana.send(f"{DESK}/upcoming", {"showing": str(one)})
    ana.as_sent = True
    veil: Veil = ana.application.extensions["workbench_veil"]
    fields = {**form.fields, **FIRST_BETTER, "showing": str(two)}
    for _ in range(2):  # the second time because the first reply was lost
        reply = ana.send(f"{DESK}/items/{one}/send", fields, headers=JSON)
        assert reply.status_code == 200
    assert reply.json["saved"]
    assert reply.json["showing"] == veil.token(two)
    assert reply.json["desk"] is None
    assert [judgment.item_id for judgment in judgments(database)] == [one]


def test_an_answer_is_kept_though_the_item_beside_it_is_no_longer_to_be_had(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [one, two] = make_items(database, cast, "one", "two")
    form = take(ana)
    ana.as_sent = True
    for showing in (two, 10**8):
        fields = {**form.fields, **FIRST_BETTER, "showing": str(showing)}
        reply = ana.send(f"{DESK}/items/{one}/send", fields, headers=JSON)
        assert (reply.status_code, reply.json["saved"]) == (200, True)
    assert len(judgments(database)) == 1


def test_a_draft_from_before_is_told_where_it_belongs_now(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [one] = make_items(database, cast, "one")
    take(ana)
    ana.as_sent = True
    token = ana.application.extensions["workbench_veil"].token(one)
    reply = ana.send(f"{DESK}/items/{one}/address", headers=JSON)
    assert reply.json == {"send": f"{DESK}/items/{token}/send"}


def test_a_letter_from_before_leads_to_the_judgment(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [one] = make_items(database, cast, "one")
    send_answer(ana, take(ana))
    ana.as_sent = True
    token = ana.application.extensions["workbench_veil"].token(one)
    answer = ana.look(f"{MINE}/{one}")
    assert (answer.status_code, answer.location) == (303, f"{MINE}/{token}")


def test_no_number_tells_copies_from_what_was_met_since_there_are_any(
    ana: Browser, database: Database, cast: Cast
) -> None:
    gold, *_ = make_items(database, cast, "gold", "one", "two", "three")
    with database.write() as writing:
        # Nobody but the copies' reviewer is to meet it.
        writing.get_one(Item, gold).slots_left = writing.get_one(Item, gold).wanted = 0
    before = take(ana).item_id
    _hide_something(database, cast, gold)
    send_answer(ana, take(ana))
    [copy] = _copies(database)
    with database.write() as writing:
        writing.get_one(Project, cast.project.id).gold_percent = 0
    form = take(ana)
    assert form.item_id == copy
    send_answer(ana, form)
    since = take(ana).item_id
    assert since not in (before, copy)
    assert 404 not in _statuses(ana, before)
    assert _statuses(ana, copy) == _statuses(ana, since) == [404] * 4
    assert _statuses(ana, gold) == _statuses(ana, 10**8) == [404] * 4
