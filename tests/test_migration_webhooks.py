"""The step to webhooks keeps what people were told, and lets engineers be told of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.support import postgres
from tests.test_migration_messages import TOLD, WATCH
from tests.test_migration_practice import ROWS, _run
from workbench import migrate
from workbench.db import Database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database in which somebody had been told something when it was brought to this step."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgres":
        url = postgres.fresh_database(request.getfixturevalue("postgres_server"))
    opened = Database(url, key="k" * 96)
    with opened.exclusive() as connection:
        command.upgrade(migrate._config(connection), "0007")
    _run(opened, ROWS)
    with opened.exclusive() as connection:
        command.upgrade(migrate._config(connection), "0014")
    _run(opened, TOLD.format(id=1, kind="queue", number=1))
    _run(opened, WATCH.format(floor=0.5, days=2))
    migrate.upgrade(opened)
    yield opened
    opened.dispose()


def test_what_was_there_is_there(upgraded: Database) -> None:
    with upgraded.read() as session:
        for table, rows in (("judgment", 1), ("notice", 1), ("watch", 1), ("webhook", 0)):
            count = session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            assert count.scalar_one() == rows, table
    with pytest.raises(DBAPIError, match="judgment is append-only"):
        _run(upgraded, "DELETE FROM judgment")


def test_a_message_may_be_of_a_webhook_and_of_nothing_unknown(upgraded: Database) -> None:
    _run(upgraded, TOLD.format(id=2, kind="webhook", number=1))
    for number, kind, why in ((2, "gossip", "(?i)check"), (1, "queue", "(?i)unique")):
        with pytest.raises(DBAPIError, match=why):
            _run(upgraded, TOLD.format(id=3, kind=kind, number=number))
