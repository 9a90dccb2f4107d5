"""Migration 0003 over a database in which guidelines and judgments are already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.support import postgres
from workbench import migrate
from workbench.db import Database
from workbench.models import Guideline

KEY = "k" * 96


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the version before, with a guideline."""
    url = f"sqlite:///{tmp_path / 'before.db'}"
    if request.param == "postgres":
        url = postgres.fresh_database(request.getfixturevalue("postgres_server"))
    opened = Database(url, key=KEY)
    with opened.exclusive() as connection:
        command.upgrade(migrate._config(connection), "0002")
        connection.execute(
            text(
                "INSERT INTO project (id, slug, type, title, config, overlap, seed, created_at)"
                " VALUES (1, 'p', 'ranking', '{}', '{}', 1, 's', '2026-11-20 17:00:00')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO guideline (id, project_id, version, es, en, created_at)"
                " VALUES (7, 1, 1, 'Guía', 'Guide', '2026-11-20 17:00:00')"
            )
        )
    yield opened
    opened.dispose()


def test_a_guideline_of_before_keeps_its_text_and_need_not_be_read(before: Database) -> None:
    migrate.upgrade(before)
    with before.read() as session:
        [row] = session.scalars(select(Guideline)).all()
    assert (row.id, row.version, row.es, row.en) == (7, 1, "Guía", "Guide")
    assert (row.note, row.must_read, row.examples, row.glossary) == ("", False, None, None)


def test_guidelines_stay_append_only(before: Database) -> None:
    migrate.upgrade(before)
    for change in ("UPDATE guideline SET es = ''", "DELETE FROM guideline"):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            before.exclusive() as connection,
        ):
            connection.exec_driver_sql(change)
