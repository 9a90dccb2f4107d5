"""The step to overlap that adapts changes nothing of what is there, and its checks hold."""

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
from workbench.migrations.versions import __path__ as versions

LEARNT = """
INSERT INTO learnt (id, project_id, question, judgments, items, reviewers, audit_seq, made_at)
  VALUES (1, 1, 'overall', 10, 5, 2, 7, :now)
"""


def _before() -> str:
    """The revision that the step comes after."""
    step = next(Path(versions[0]).glob("*_adaptive_overlap.py")).read_text(encoding="utf-8")
    found: str = step.partition('down_revision = "')[2].partition('"')[0]
    return found


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that had been at work when it was brought to this step."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgres":
        url = postgres.fresh_database(request.getfixturevalue("postgres_server"))
    opened = Database(url, key="k" * 96)
    with opened.exclusive() as connection:
        command.upgrade(migrate._config(connection), _before())
    _run(opened, ROWS)
    migrate.upgrade(opened)
    yield opened
    opened.dispose()


def test_projects_keep_a_fixed_overlap_and_every_judgment(upgraded: Database) -> None:
    rule = "SELECT overlap_most, overlap_confidence, overlap_audit FROM project"
    with upgraded.read() as session:
        assert session.execute(text("SELECT count(*) FROM judgment")).scalar_one() == 1
        assert [tuple(row) for row in session.execute(text(rule))] == [(None, 0.98, 0.05)]
    with pytest.raises(DBAPIError, match="judgment is append-only"):
        _run(upgraded, "DELETE FROM judgment")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE project SET overlap_most = overlap - 1", "(?i)check"),
        ("UPDATE project SET overlap_confidence = 0", "(?i)check"),
        ("UPDATE project SET overlap_confidence = 1.01", "(?i)check"),
        ("UPDATE project SET overlap_audit = -0.1", "(?i)check"),
        ("UPDATE learnt SET judgments = 1", "learnt is append-only"),
        ("DELETE FROM learnt", "learnt is append-only"),
    ],
)
def test_what_may_never_be_is_refused(upgraded: Database, change: str, why: str) -> None:
    _run(upgraded, LEARNT)
    with pytest.raises(DBAPIError, match=why):
        _run(upgraded, change)


def test_what_may_be_is_taken(upgraded: Database) -> None:
    _run(upgraded, "UPDATE project SET overlap_most = overlap + 2, overlap_confidence = 1")
