"""The step to what judgments say in brief keeps what is there, and it is filled in behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.support import postgres
from tests.test_migration_practice import ROWS, _run
from workbench import migrate
from workbench.db import Database

JUDGED = """
INSERT INTO assignment (item_id, user_id, project_id, state, shown, judgment_id, reason, created_at,
    updated_at)
  VALUES (1, 1, 1, 'judged', '[]', 1, '', :now, :now)
"""
UNSAID = "UPDATE assignment SET state = 'skipped', judgment_id = NULL, said = 1"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that had been at work when it was brought to this step."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgres":
        url = postgres.fresh_database(request.getfixturevalue("postgres_server"))
    opened = Database(url, key="k" * 96)
    with opened.exclusive() as connection:
        command.upgrade(migrate._config(connection), "0008")
    _run(opened, ROWS)
    _run(opened, JUDGED)
    migrate.upgrade(opened)
    yield opened
    opened.dispose()


def test_everything_is_still_there_and_nothing_is_written_down_yet(upgraded: Database) -> None:
    with upgraded.read() as session:
        assert session.execute(text("SELECT count(*) FROM judgment")).scalar_one() == 1
        rows = session.execute(text("SELECT count(*) FROM assignment WHERE said IS NULL"))
        assert rows.scalar_one() == 1
    # The triggers of what was there still hold.
    with pytest.raises(DBAPIError, match="judgment is append-only"):
        _run(upgraded, "DELETE FROM judgment")


def test_nothing_is_said_without_a_judgment(upgraded: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)check"):
        _run(upgraded, UNSAID)
