"""Statements that are compiled once: they give and store what SQLAlchemy would, and fail as it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, event, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound, OperationalError
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from workbench.db import Database
from workbench.models import Assignment, Item, State, User, tables
from workbench.statements import Query, Write

_met, _item, _user = tables.assignment.c, tables.item.c, tables.user.c
HOUR = timedelta(hours=1)

NEW = Write(insert(tables.assignment))
CHANGE = Write(update(tables.assignment).where(_met.item_id == bindparam("of_item")))
ALL = Query(select(tables.assignment).order_by(_met.item_id))
ONE = Query(
    select(_met.state, _met.expires_at, _met.shown).where(
        _met.item_id == bindparam("item_id"), _met.state == State.LEASED
    )
)


@pytest.fixture
def database_url(either_url: str) -> str:
    return either_url


def _lease(item: Item, user: User, **other: Any) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "user_id": user.id,
        "project_id": item.project_id,
        "state": State.LEASED,
        "expires_at": NOON + HOUR,
        "shown_at": None,
        "shown": ["b", "ñ'\"%s", "a"],
        "reason": "100 % ?",
        "created_at": NOON,
        "updated_at": NOON,
        **other,
    }


def test_what_is_written_comes_back_as_sqlalchemy_has_it(session: Session, cast: Cast) -> None:
    items = [make_item(session, cast.project, name) for name in ("one", "two")]
    for item in items:
        assert NEW.run(session, _lease(item, cast.ana)) == 1
    same = session.execute(select(tables.assignment).order_by(_met.item_id)).all()
    rows = ALL.all(session, {})
    assert [tuple(row) for row in rows] == [tuple(row) for row in same]
    assert [row._asdict() for row in rows] == [row._asdict() for row in same]
    assert rows[0].shown == ["b", "ñ'\"%s", "a"]
    assert rows[0].expires_at == NOON + HOUR
    assert rows[0].expires_at.tzinfo is not None
    kept = session.get_one(Assignment, (items[0].id, cast.ana.id))
    assert (kept.state, kept.expires_at, kept.reason) == ("leased", NOON + HOUR, "100 % ?")


def test_yes_and_no_and_lists_are_converted(session: Session, cast: Cast) -> None:
    found = Query(select(_user.active, _user.speaks).where(_user.id == bindparam("id")))
    row = found.one(session, {"id": cast.ana.id})
    assert row.active is True
    assert row.speaks == cast.ana.speaks


def test_only_the_columns_that_are_named_are_changed(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.project, "one")
    NEW.run(session, _lease(item, cast.ana))
    assert CHANGE.run(session, {"of_item": item.id, "reason": "why"}) == 1
    judged = {"state": State.RELEASED, "expires_at": None}
    assert CHANGE.run(session, {"of_item": item.id, **judged}) == 1
    assert CHANGE.run(session, {"of_item": item.id + 1, "reason": "other"}) == 0
    row = ALL.one(session, {})
    assert (row.state, row.expires_at, row.reason) == ("released", None, "why")


def test_how_many_rows_there_may_be(session: Session, cast: Cast) -> None:
    items = [make_item(session, cast.project, name) for name in ("one", "two")]
    assert ALL.all(session, {}) == []
    assert ALL.one_or_none(session, {}) is None
    assert ONE.scalar(session, {"item_id": items[0].id}) is None
    with pytest.raises(NoResultFound):
        ALL.one(session, {})
    for item in items:
        NEW.run(session, _lease(item, cast.ana))
    assert ONE.scalar(session, {"item_id": items[0].id}) == "leased"
    for several in (ALL.one, ALL.one_or_none, ALL.scalar):
        with pytest.raises(MultipleResultsFound):
            several(session, {})


def test_it_is_part_of_the_sessions_transaction(database: Database, cast: Cast) -> None:
    def fails() -> None:
        with database.write() as session:
            item = make_item(session, cast.project, "one")
            session.flush()
            NEW.run(session, _lease(item, cast.ana))
            assert ALL.one(session, {}).user_id == cast.ana.id
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with database.read() as session:
        assert ALL.all(session, {}) == []
        assert Query(select(func.count(_item.id))).scalar(session, {}) == 0


def test_it_is_part_of_a_savepoint(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.project, "one")
    assert ALL.all(session, {}) == []
    outer = session.begin_nested()
    NEW.run(session, _lease(item, cast.ana))
    inner = session.begin_nested()
    CHANGE.run(session, {"of_item": item.id, "reason": "inner"})
    inner.rollback()
    assert ALL.one(session, {}).reason == "100 % ?"
    outer.rollback()
    assert ALL.all(session, {}) == []
    kept = session.begin_nested()
    NEW.run(session, _lease(item, cast.ana))
    kept.commit()
    session.begin_nested().rollback()
    assert ALL.one(session, {}).reason == "100 % ?"


def test_a_session_that_goes_on_after_a_commit_begins_anew(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.project, "one")
    NEW.run(session, _lease(item, cast.ana))
    session.commit()
    assert not session.in_transaction()
    assert CHANGE.run(session, {"of_item": item.id, "reason": "later"}) == 1
    assert session.in_transaction()
    session.rollback()
    assert ALL.one(session, {}).reason == "100 % ?"


def test_what_the_database_refuses_is_sqlalchemys_error(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.project, "one")
    NEW.run(session, _lease(item, cast.ana))
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        NEW.run(session, _lease(item, cast.ana, reason="a secret"))
    assert "INSERT INTO assignment" in str(refused.value)
    assert "a secret" not in str(refused.value)
    assert len(ALL.all(session, {})) == 1


@pytest.mark.parametrize("either_url", ["postgres"], indirect=True)
def test_a_connection_that_was_lost_is_let_go(database: Database, cast: Cast) -> None:
    def fails() -> None:
        with database.write() as session:
            item = make_item(session, cast.project, "one")
            mine = session.scalar(text("SELECT pg_backend_pid()"))
            with database.engine.begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})
            NEW.run(session, _lease(item, cast.ana))

    with pytest.raises(OperationalError) as lost:
        fails()
    assert lost.value.connection_invalidated
    with database.write() as session:
        assert ALL.all(session, {}) == []


def test_who_listens_hears_of_it(database: Database, cast: Cast) -> None:
    heard: list[tuple[str, object]] = []

    def note(_conn: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        heard.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.read() as session:
            ONE.all(session, {"item_id": 7})
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    statement, values = heard[-1]
    assert statement.startswith("SELECT assignment.state")
    assert 7 in (values.values() if isinstance(values, dict) else values)  # type: ignore[operator]


def test_each_database_has_its_own_form(sqlite_url: str, database: Database, cast: Cast) -> None:
    """One process may have several, of one kind or of two."""
    other = Database(sqlite_url)
    try:
        for _ in range(2):
            for each in (database, other):
                with each.read() as session:
                    assert ONE.all(session, {"item_id": 7}) == []
    finally:
        other.dispose()


class TestNotForThis:
    """What SQLAlchemy does besides compiling would be left out in silence."""

    def test_objects(self) -> None:
        for statement in (select(Item), select(_item.id).where(Item.id == 1)):
            with pytest.raises(TypeError, match="tables' own"):
                Query(statement)

    def test_lists(self, session: Session) -> None:
        with pytest.raises(TypeError, match="more to do"):
            Query(select(_item.id).where(_item.id.in_([1, 2]))).all(session, {})

    def test_defaults(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "one")
        values = _lease(item, cast.ana)
        del values["reason"]
        with pytest.raises(TypeError, match="more to do"):
            NEW.run(session, values)

    def test_a_value_that_is_missing(self, session: Session) -> None:
        with pytest.raises(TypeError, match="no value for item_id"):
            ONE.all(session, {})
