"""What a session asks its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session


@contextmanager
def heard(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """The statements, with their parameters, that the session sends meanwhile, in a transaction of
    its own: who listens is looked up once a transaction (`workbench/statements.py`)."""
    session.commit()
    found: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if not statement.startswith("BEGIN"):  # which no cursor sees on PostgreSQL
            found.append((statement, parameters))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def check_seeks(session: Session, asked: list[tuple[str, Any]], having: str = "") -> None:
    """That there are, among what was asked of SQLite, statements with `having` in them that look
    for the next item, and that all of them find it by the index of open items."""
    plans = []
    for statement, parameters in asked:
        if statement.startswith("SELECT item.id, item.queue_key") and having in statement:
            raw = session.connection().connection.cursor()
            raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append(" | ".join(str(row[3]) for row in raw.fetchall()))
    assert plans
    assert all("USING INDEX ix_item_open" in plan for plan in plans), plans
    assert not any("SCAN" in plan or "TEMP B-TREE" in plan for plan in plans), plans
