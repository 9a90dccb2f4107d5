"""How many statements the desk's requests cost, pinned: one more is a decision, not an accident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, request
from sqlalchemy import Connection, event

from tests.cast import Cast
from tests.web.conftest import ClientFor
from tests.web.desk_pages import DESK, FIRST_BETTER, form_in, make_items, take
from workbench.db import Database

JSON = {"Accept": "application/json"}
#: Statements of a `send` in the middle of the work, of a reviewer of two languages. BEGIN is left
#: out, since no cursor sees it on PostgreSQL; there the time is asked for besides.
SEND = {"SELECT": 22, "INSERT": 3, "UPDATE": 5}
#: Of these, what others wait for: all that is in a transaction that writes. A page is made outside.
WRITING = {"SELECT": 16, "INSERT": 3, "UPDATE": 5}


@pytest.fixture
def database_url(either_url: str) -> str:
    """The kinds lock rows in ways of their own."""
    return either_url


@contextmanager
def counted(app: Flask) -> Iterator[tuple[Counter[str], Counter[str]]]:
    """The first words of all statements that the application sends meanwhile, and of those in
    transactions that write."""
    words: Counter[str] = Counter()
    writing: Counter[str] = Counter()

    def note(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if request.path.endswith("/send"):  # the test's browser asks for more, to get a token
            word = statement.split(maxsplit=1)[0]
            words[word] += 1
            writing[word] += bool(connection.get_execution_options().get("write"))

    engine = app.extensions["workbench_database"].engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield words, writing
    finally:
        event.remove(engine, "before_cursor_execute", note)
        del words["BEGIN"], writing["BEGIN"]


def test_a_send_costs_what_it_has_always_cost(
    app: Flask, database: Database, cast: Cast, client_for: ClientFor
) -> None:
    make_items(database, cast, *(f"item-{n}" for n in range(60)))
    ana = client_for(cast.ana)
    showing = take(ana)
    ahead = ana.send(f"{DESK}/upcoming", {"showing": str(showing.item_id)}, headers=JSON).json
    costs = []
    for _ in range(40):
        following = form_in(ahead["upcoming"])
        values = {**showing.fields, **FIRST_BETTER, "showing": str(following.item_id)}
        with counted(app) as cost:
            reply = ana.send(showing.action.replace("/answer", "/send"), values, headers=JSON)
        assert reply.status_code == 200
        ahead, showing = reply.json, following
        costs.append([dict(words) for words in cost])
    time = 0 if database.is_sqlite else 1
    assert costs == [[{**SEND, "SELECT": SEND["SELECT"] + time}, WRITING]] * 40
