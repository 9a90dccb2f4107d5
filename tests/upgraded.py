"""A database that had been at work when it was brought to a step of the migrations, and on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import MetaData, insert, select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take
from tests.support import postgres
from tests.test_migration_practice import ROWS, _run
from workbench import migrate
from workbench.db import Database
from workbench.intake.items import content_hash
from workbench.migrations.versions import __path__ as versions
from workbench.models import Base
from workbench.queries.items import as_item
from workbench.services import accounts, login
from workbench.services.guideline import Draft, publish
from workbench.services.leave_item import escalate
from workbench.services.undo import undo


@contextmanager
def brought_on(
    request: pytest.FixtureRequest, tmp_path: Path, step: str, *rows: str
) -> Iterator[Database]:
    """At the newest schema, with `ROWS` and these rows written just before the step of that name.

    On the database that the fixture's parameter names: "sqlite" or "postgres".
    """
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgres":
        url = postgres.fresh_database(request.getfixturevalue("postgres_server"))
    opened = Database(url, key="k" * 96)
    with opened.exclusive() as connection:
        command.upgrade(migrate._config(connection), _before(step))
    for each in (ROWS, *rows):
        _run(opened, each)
    migrate.upgrade(opened)
    yield opened
    opened.dispose()


def _before(step: str) -> str:
    """The revision that the step comes after."""
    written = next(Path(versions[0]).glob(f"*_{step}.py")).read_text(encoding="utf-8")
    found: str = written.partition('down_revision = "')[2].partition('"')[0]
    return found


def do_some_work(session: Session, cast: Cast) -> None:
    """Judgments, one of them taken back, a question to a lead, a log-in: a row in most tables."""
    hour = timedelta(hours=1)
    publish(session, cast.project, Draft("Guía", "Guide"), now=NOON)
    for name in ("one", "two", "three"):
        item = make_item(session, cast.project, name)
        item.content_hash = content_hash(as_item(item))
    judge(session, must_take(session, cast.project, cast.ana).item_id, cast.ana)
    judge(session, must_take(session, cast.project, cast.ana).item_id, cast.ana)
    undo(session, cast.project.id, cast.ana.id, NOON, hour)
    escalate(session, must_take(session, cast.project, cast.beto).item_id, cast.beto.id, "¿?", NOON)
    accounts.issue_code(session, cast.ana, NOON)
    login.open_session(session, cast.ana, NOON, hour, "Firefox")
    login.note_failure(session, login.throttle_keys("ana", "192.0.2.1"), NOON)


def bring_to(database: Database, revision: str) -> None:
    """To that step of the migrations and no further."""
    with database.exclusive() as connection:
        command.upgrade(migrate._config(connection), revision)


def put_back(newest: Database, old: Database, revision: str) -> None:
    """Bring `old`, which is empty, to that step, and give it what it has room for of the rows of
    `newest`: what a Workbench of that time would have had."""
    bring_to(old, revision)
    found = MetaData()
    with newest.engine.connect() as reading, old.exclusive() as writing:
        found.reflect(writing)
        for table in found.sorted_tables:
            if table.name == "alembic_version":
                continue
            for row in reading.execute(select(Base.metadata.tables[table.name])).mappings():
                values = {c.name: row[c.name] for c in table.c if row.get(c.name) is not None}
                writing.execute(insert(table).values(values))
