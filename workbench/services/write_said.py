"""Write down what judgments say that were stored before that was kept beside them."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from workbench.db import Database
from workbench.models import Project, State, tables
from workbench.queries.counted import unwritten

#: Judgments in one transaction: others store theirs in between.
BATCH = 5_000


def write_said(database: Database) -> int:
    """Fill in `Assignment.said` where it is missing, and give back of how many judgments.

    It may be ended at any time: what is not filled in is worked out whenever it is asked for.
    """
    with database.read() as session:
        ids = list(session.scalars(select(Project.id).order_by(Project.id)))
    return sum(_write_project(database, project_id) for project_id in ids)


def _write_project(database: Database, project_id: int) -> int:
    written = 0
    while some := _write_some(database, project_id):
        written += some
    return written


def _write_some(database: Database, project_id: int) -> int:
    table = tables.assignment
    statement = (
        update(table)
        .where(
            table.c.item_id == bindparam("item"),
            table.c.user_id == bindparam("user"),
            # Somebody may have judged anew, or taken it back.
            table.c.state == State.JUDGED,
            table.c.said.is_(None),
        )
        .values(said=bindparam("says"))
    )
    with database.write() as session:
        found = unwritten(session, session.get_one(Project, project_id), BATCH)
        rows = [{"item": item, "user": user, "says": says} for item, user, says in found]
        if rows:
            session.execute(statement, rows)
    return len(rows)
