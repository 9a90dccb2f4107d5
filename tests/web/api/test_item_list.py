"""Which items are finished: page by page, by a seek, and without what is no item of an export."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import event, update

from tests.cast import Cast
from tests.web.api.programs import API, MAIN, Program, an_item, is_problem, prefers, token_for
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Item, User
from workbench.queries import item_pages
from workbench.services import projects

ITEMS = f"{MAIN}/items"
NAMES = ["1", "10", "2", "Z", "a", "ñ"]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both order the ids alike."""
    return either_url


@pytest.fixture
def finished(edu: Program, database: Database, cast: Cast) -> set[str]:
    """Six items, of which two have both judgments that they want and one has one of them; and gold,
    and what was replaced."""
    edu.send([an_item(name) for name in [*NAMES, "gold"]])
    edu.send([an_item("2", prompt="New?")], revise="true")
    lines = [
        {"item": name, "reviewer": who, "answer": prefers("a")}
        for name, people in {"10": "mn", "Z": "m", "ñ": "mn", "gold": "mn"}.items()
        for who in people
    ]
    assert edu.send(lines, f"{MAIN}/judgments").json["new"] == 7
    with database.write() as writing:
        writing.execute(update(Item).where(Item.external_id == "gold").values(is_gold=True))
    return {"10", "ñ"}


def _pages(program: Program, **query: str) -> list[list[dict[str, Any]]]:
    """The items page by page, each by the cursor of the page before it."""
    found: list[list[dict[str, Any]]] = []
    more, after = True, {}
    while more:
        told = program.get(ITEMS, query_string={**query, **after}).json
        found.append(told["items"])
        more, after = told["more"], {"after": told["next"]}
    return found


def test_items_come_once_each_in_order_with_how_far_they_are(
    edu: Program, finished: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _pages(edu)[0]
    assert [each["id"] for each in whole] == NAMES
    assert {each["id"] for each in whole if each["finished"]} == finished
    told = {each["id"]: (each["revision"], each["judgments"], each["wanted"]) for each in whole}
    assert (told["1"], told["2"], told["Z"], told["ñ"]) == (
        (1, 0, 2), (2, 0, 2), (1, 1, 2), (1, 2, 2)
    )  # fmt: skip
    # However a page is cut, also where it ends before it is full.
    for looked_at, limit in ((2_000, 1), (2_000, 4), (1, 1), (2, 2), (2_000, 1_000)):
        monkeypatch.setattr(item_pages, "LOOKED_AT", looked_at)
        for query, wanted in (
            ({}, whole),
            ({"finished": "true"}, [each for each in whole if each["finished"]]),
            ({"finished": "false"}, [each for each in whole if not each["finished"]]),
        ):
            pages = _pages(edu, limit=str(limit), **query)
            assert list(chain.from_iterable(pages)) == wanted
            assert all(len(each) <= limit for each in pages)
    # As lines, with the next page in Link.
    accept = {"Accept": "application/x-ndjson"}
    answer = edu.get(ITEMS, query_string={"finished": "true", "limit": "1"}, headers=accept)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    while "Link" in answer.headers:
        following, _, rel = answer.headers["Link"].partition("; ")
        assert rel == 'rel="next"'
        answer = edu.get(following.strip("<>"), headers=accept)
        lines += [json.loads(line) for line in answer.text.splitlines()]
    assert [each["id"] for each in lines] == ["10", "ñ"]


def test_a_cursor_that_was_not_given_out_here_is_wrong(
    edu: Program, database: Database, cast: Cast
) -> None:
    assert edu.get(ITEMS).json == {"items": [], "next": None, "more": False}
    edu.send([an_item("1"), an_item("2")])
    edu.send([{"item": "1", "reviewer": "m", "answer": prefers("a")}], f"{MAIN}/judgments")
    first = edu.get(ITEMS, query_string={"limit": "1"}).json
    good = first["next"]
    number, mark = good.split("-")
    of_feed = edu.get(f"{MAIN}/judgments").json["next"]
    forged = [
        "", "x", "-", good + "0", good[:-1], f"{int(number) + 1}-{mark}", f"0{good}", f"-{good}",
        f"{'9' * 18}-{mark}", f"{number}-{number}-{mark}", "c" * 101, "\x00", "é", of_feed,
    ]  # fmt: skip
    for cursor in forged:
        told = is_problem(edu.get(ITEMS, query_string={"after": cursor}), 422)
        assert [each["field"] for each in told["errors"]] == ["after"], cursor
    with database.write() as writing:
        row, now = writing.get_one(User, cast.edu.id), database_now(writing)
        projects.add_member(writing, cast.other_project, row, role="engineer", now=now)
    app = edu.client.application
    theirs = Program(app, token_for(database, cast.edu, cast.other_project))  # type: ignore[arg-type]
    is_problem(theirs.get(f"{API}/projects/other/items", query_string={"after": good}), 422)
    # One of an item that was replaced since is as good as before.
    edu.send([an_item("1", prompt="New?")], revise="true")
    rest = edu.get(ITEMS, query_string={"after": good}).json["items"]
    assert [each["id"] for each in rest] == ["2"]
    for query in ({"finished": "maybe"}, {"limit": "0"}, {"limit": "1001"}, {"since": good}):
        [wrong] = is_problem(edu.get(ITEMS, query_string=query), 422)["errors"]
        assert [wrong["field"]] == list(query)


def test_the_next_page_is_an_index_seek(edu: Program, database: Database) -> None:
    if database.engine.dialect.name != "sqlite":
        return
    edu.send([an_item("1"), an_item("2")])
    after = edu.get(ITEMS, query_string={"limit": "1"}).json["next"]
    sent: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        sent.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    edu.get(ITEMS, query_string={"after": after, "finished": "true"})
    event.remove(database.engine, "before_cursor_execute", note)
    [(statement, values)] = [each for each in sent if "ORDER BY item.external_id" in each[0]]
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = "\n".join(row.detail for row in rows)
    assert "USING INDEX ix_item_current (project_id=? AND external_id>?)" in plan
    assert "(item_id=?)" in plan
    assert "TEMP B-TREE" not in plan
