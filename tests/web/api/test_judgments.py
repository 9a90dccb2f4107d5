"""The feed of judgments, and judgments that were made elsewhere."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take
from tests.web.api.programs import API, MAIN, Program, an_item, is_problem, prefers, token_for
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Item, Judgment, Membership, User
from workbench.services import projects
from workbench.services.undo import undo

FEED = f"{MAIN}/judgments"


def _make(writing: Session, cast: Cast, *names: str) -> None:
    for name in names:
        make_item(writing, cast.project, name)


def _all(program: Program, limit: int = 2) -> list[dict[str, Any]]:
    """The whole feed, page by page."""
    found: list[dict[str, Any]] = []
    since: dict[str, str] = {}
    while True:
        page = program.get(FEED, query_string={"limit": str(limit), **since}).json
        found += page["judgments"]
        assert page["next"] == (found[-1]["cursor"] if found else None)
        if not page["more"]:
            return found
        assert len(page["judgments"]) == limit
        since = {"since": page["next"]}


def test_every_revision_comes_once_and_in_order(
    edu: Program, database: Database, cast: Cast
) -> None:
    assert edu.get(FEED).json == {"judgments": [], "next": None, "more": False}
    with database.write() as writing:
        _make(writing, cast, "one", "two", "three")
        first = must_take(writing, cast.project, cast.ana).item_id
        judge(writing, first, cast.ana, "a")
    with database.write() as writing:
        judge(writing, first, cast.ana, "b", base=1)
    with database.write() as writing:
        item = must_take(writing, cast.project, cast.beto).item_id
        judge(writing, item, cast.beto, "a")
    told = _all(edu)
    assert [(each["revision"], each["answer"]["tiers"][0]) for each in told] == [
        (1, ["a"]),
        (2, ["b"]),
        (1, ["a"]),
    ]
    with database.read() as reading:
        names = dict(reading.execute(select(Membership.user_id, Membership.pseudonym)).all())
    assert [each["reviewer"] for each in told] == [
        names[cast.ana.id],
        names[cast.ana.id],
        names[cast.beto.id],
    ]
    assert {each["origin"] for each in told} == {"desk"}
    assert "ana" not in json.dumps(told)


def test_an_answer_that_was_taken_back_is_told(
    edu: Program, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        _make(writing, cast, "one")
        judge(writing, must_take(writing, cast.project, cast.ana).item_id, cast.ana)
    with database.write() as writing:
        now = database_now(writing)
        undo(writing, cast.project.id, cast.ana.id, now, timedelta(hours=1))
    assert [each["answer"] is None for each in _all(edu)] == [False, True]


def test_what_came_since_a_cursor_and_nothing_twice(
    edu: Program, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        _make(writing, cast, "one", "two")
        judge(writing, must_take(writing, cast.project, cast.ana).item_id, cast.ana)
    [first] = _all(edu)
    at_end = edu.get(FEED, query_string={"since": first["cursor"]})
    assert at_end.json == {"judgments": [], "next": first["cursor"], "more": False}
    assert "Link" not in at_end.headers
    with database.write() as writing:
        judge(writing, must_take(writing, cast.project, cast.ana).item_id, cast.ana)
    page = edu.get(FEED, query_string={"since": first["cursor"]}).json
    assert [each["item"] for each in page["judgments"]] == ["two"]


def test_the_judgments_of_one_import_are_paged_though_they_share_a_number(
    edu: Program, database: Database, cast: Cast
) -> None:
    edu.send([an_item(str(n)) for n in range(7)])
    lines = [
        {"item": str(n), "reviewer": who, "answer": prefers("a")}
        for n in range(7)
        for who in ("m-1", "m-2")
    ]
    told = edu.send(lines, FEED).json
    assert (told["new"], told["rejected"]) == (14, 0)
    with database.read() as reading:
        assert len(set(reading.scalars(select(Judgment.audit_seq)))) == 1
    for limit in (1, 3, 14, 1000):
        found = _all(edu, limit) if limit < 14 else edu.get(FEED).json["judgments"]
        assert len(found) == 14
        assert {(each["item"], each["reviewer"]) for each in found} == {
            (line["item"], line["reviewer"]) for line in lines
        }


def test_as_lines_each_with_its_cursor_and_the_next_page_in_link(edu: Program) -> None:
    edu.send([an_item(str(n)) for n in range(3)])
    edu.send([{"item": str(n), "reviewer": "m", "answer": prefers("a")} for n in range(3)], FEED)
    accept = {"Accept": "application/x-ndjson"}
    page = edu.get(FEED, query_string={"limit": "2"}, headers=accept)
    assert page.mimetype == "application/x-ndjson"
    lines = [json.loads(line) for line in page.text.splitlines()]
    link = page.headers["Link"]
    assert link == f'<{FEED}?since={lines[-1]["cursor"]}&limit=2>; rel="next"'
    rest = edu.get(link[1:].partition(">")[0], headers=accept)
    assert len(rest.text.splitlines()) == 1
    assert "Link" not in rest.headers
    assert edu.get(FEED).json["judgments"] == [
        *lines,
        *map(json.loads, rest.text.splitlines()),
    ]


def test_a_cursor_that_was_not_given_out_here_is_wrong(
    edu: Program, database: Database, cast: Cast
) -> None:
    edu.send([an_item("1")])
    edu.send([{"item": "1", "reviewer": "m", "answer": prefers("a")}], FEED)
    [good] = [each["cursor"] for each in _all(edu)]
    seq, number, mark = good.split("-")
    other = "0" if mark[-1] != "0" else "1"
    forged = [
        "", "x", good + "0", good[:-1] + other, f"{int(seq) + 1}-{number}-{mark}",
        f"{seq}-{int(number) + 1}-{mark}", f"0{good}", good.upper() + " ", f"{'9' * 18}-1-{mark}",
        f"{seq}-{'9' * 10}-{mark}", "-1" + good, "c" * 101, "\x00", "é",
    ]  # fmt: skip
    for cursor in forged:
        told = is_problem(edu.get(FEED, query_string={"since": cursor}), 422)
        assert [each["field"] for each in told["errors"]] == ["since"], cursor
    # Nor one of another project.
    with database.write() as writing:
        row, now = writing.get_one(User, cast.edu.id), database_now(writing)
        projects.add_member(writing, cast.other_project, row, role="engineer", now=now)
    theirs = Program(
        edu.client.application,  # type: ignore[arg-type]
        token_for(database, cast.edu, cast.other_project),
    )
    is_problem(theirs.get(f"{API}/projects/other/judgments", query_string={"since": good}), 422)


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "1.5", "", "many", "1e2", "٣"])
def test_a_wrong_limit_is_named(edu: Program, limit: str) -> None:
    answer = edu.get(FEED, query_string={"limit": limit})
    [wrong] = is_problem(answer, 422)["errors"]
    assert wrong["field"] == "limit"


def test_gold_is_left_out_and_what_was_replaced_is_not(edu: Program, database: Database) -> None:
    edu.send([an_item(name) for name in ("gold", "plain", "old")])
    names = ("gold", "plain", "old")
    edu.send([{"item": n, "reviewer": "m", "answer": prefers("a")} for n in names], FEED)
    with database.write() as writing:
        writing.execute(update(Item).where(Item.external_id == "gold").values(is_gold=True))
    edu.send([an_item("old", prompt="New?")], revise="true")
    told = {(each["item"], each["item_revision"]) for each in _all(edu)}
    assert told == {("plain", 1), ("old", 1)}


def test_judgments_from_elsewhere_are_all_or_nothing_and_the_same_again_is_nothing(
    edu: Program, database: Database
) -> None:
    edu.send([an_item("1"), an_item("2")])
    good = {"item": "1", "reviewer": "m", "answer": prefers("a")}
    bad = {"item": "2", "reviewer": "m", "answer": prefers("z")}
    unknown = {"item": "9", "reviewer": "m", "answer": prefers("a")}
    told = is_problem(edu.send([good, bad, unknown], FEED), 422)
    assert {each["line"] for each in told["errors"]} == {2, 3}
    assert _all(edu) == []
    assert edu.send([good], FEED).json["new"] == 1
    assert edu.send([good], FEED).json["same"] == 1
    other = {**good, "answer": prefers("b", "a")}
    is_problem(edu.send([other], FEED), 422)
    assert edu.send([other], FEED, revise="true").json["revised"] == 1
    assert [each["revision"] for each in _all(edu)] == [1, 2]
    told = edu.send([bad, {**good, "reviewer": "n"}], FEED, on_error="reject").json
    assert (told["new"], told["rejected"]) == (1, 1)


@pytest.mark.parametrize("one_url", ["sqlite"], indirect=True)
def test_the_next_page_is_an_index_seek(database: Database, edu: Program) -> None:
    """However far the reader has come, what was read already is not looked at again. SQLite tells
    its plan whatever the number of rows; a server plans for those it has."""
    edu.send([an_item("1")])
    edu.send([{"item": "1", "reviewer": "m", "answer": prefers("a")}], FEED)
    [told] = _all(edu)
    sent: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        sent.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    edu.get(FEED, query_string={"since": told["cursor"]})
    event.remove(database.engine, "before_cursor_execute", note)
    [(statement, values)] = [each for each in sent if "ORDER BY judgment.audit_seq" in each[0]]
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = "\n".join(row.detail for row in rows)
    place = "(audit_seq,item_id,user_id,revision)>(?,?,?,?)"
    assert f"USING INDEX ix_judgment_audit (project_id=? AND {place})" in plan
    assert "TEMP B-TREE" not in plan
