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


def plans(session: Session, asked: list[tuple[str, Any]]) -> list[str]:
    """How SQLite goes about these statements."""
    found = []
    for statement, parameters in asked:
        raw = session.connection().connection.cursor()
        raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        found.append(" | ".join(str(row[3]) for row in raw.fetchall()))
    return found
