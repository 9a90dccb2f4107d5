"""The step to messages keeps what is there, and its checks hold, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.test_migration_practice import _run
from tests.upgraded import brought_on
from workbench.db import Database

TOLD = """
INSERT INTO notice (id, user_id, project_id, kind, subject, number, facts, made_at)
  VALUES ({id}, 1, 1, '{kind}', '7', {number}, '{{}}', :now)
"""
WATCH = """
INSERT INTO watch (project_id, agreement_floor, queue_days, looked_seq)
  VALUES (1, {floor}, {days}, 0)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that had been at work when it was brought to this step."""
    with brought_on(request, tmp_path, "messages") as opened:
        yield opened


def test_everything_is_still_there_and_nobody_was_told_anything(upgraded: Database) -> None:
    with upgraded.read() as session:
        for table, rows in (("judgment", 1), ("notice", 0), ("mailbox", 0), ("watch", 0)):
            count = session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            assert count.scalar_one() == rows, table
    with pytest.raises(DBAPIError, match="judgment is append-only"):
        _run(upgraded, "DELETE FROM judgment")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (TOLD.format(id=2, kind="queue", number=1), "(?i)unique"),
        (TOLD.format(id=2, kind="gossip", number=1), "(?i)check"),
        (WATCH.format(floor="1.01", days=2), "(?i)check"),
        (WATCH.format(floor="0", days=2), "(?i)check"),
        (WATCH.format(floor="NULL", days=-1), "(?i)check"),
    ],
)
def test_what_may_never_be_untrue_is_refused(upgraded: Database, change: str, why: str) -> None:
    _run(upgraded, TOLD.format(id=1, kind="queue", number=1))
    with pytest.raises(DBAPIError, match=why):
        _run(upgraded, change)


def test_what_may_be_is_taken(upgraded: Database) -> None:
    _run(upgraded, TOLD.format(id=1, kind="queue", number=1))
    _run(upgraded, TOLD.format(id=2, kind="queue", number=2))
    _run(upgraded, WATCH.format(floor="0.6", days=0))
