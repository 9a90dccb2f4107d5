"""The step to practice keeps what is there, and its checks hold, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.cast import NOON
from tests.support import postgres
from workbench import migrate
from workbench.db import Database
from workbench.models import Project

ROWS = """
INSERT INTO project (id, slug, type, title, config, overlap, seed, created_at)
  VALUES (1, 'main', 'bias', '{}', '{}', 2, 's', :now);
INSERT INTO user_account (id, name, role, locale, speaks, active, external, created_at)
  VALUES (1, 'ana', 'reviewer', 'es', '["en"]', true, false, :now);
INSERT INTO item (id, project_id, external_id, revision, language, language_base, prompt, responses,
    tags, meta, content_hash, wanted, slots_left, queue_key, created_at)
  VALUES (1, 1, 'one', 1, 'en', 'en', '[]', '[]', '[]', '{}', 'h', 2, 2, 1, :now);
INSERT INTO judgment (id, project_id, item_id, user_id, revision, type_version, shown, locale,
    origin, idempotency_key, digest, made_at, audit_seq)
  VALUES (1, 1, 1, 1, 1, 1, '["a"]', 'es', 'desk', 'k', 'd', :now, 1)
"""
ANOTHER_ROUND = """
INSERT INTO practice_round (id, project_id, user_id, number, items, started_at)
  VALUES (2, 1, 1, 2, '[]', :now)
"""
ANOTHER_QUALIFICATION = """
INSERT INTO qualification (id, project_id, user_id, how, qualified_at)
  VALUES (2, 1, 1, 'passed', :now)
"""
PRACTISED = """
INSERT INTO practice_item (id, project_id, external_id, language, language_base, prompt, responses,
    tags, meta, expected, why, content_hash, position, created_at)
  VALUES (1, 1, 'p', 'en', 'en', '[]', '[]', '[]', '{}', '{}', '{}', 'h', 1, :now);
INSERT INTO practice_round (id, project_id, user_id, number, items, started_at)
  VALUES (1, 1, 1, 1, '[1]', :now);
INSERT INTO practice_answer (id, round_id, practice_item_id, answer, "right", made_at)
  VALUES (1, 1, 1, '{}', true, :now);
INSERT INTO qualification (id, project_id, user_id, how, qualified_at)
  VALUES (1, 1, 1, 'lead', :now)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that had been at work when it was brought to this step."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgres":
        url = postgres.fresh_database(request.getfixturevalue("postgres_server"))
    opened = Database(url, key="k" * 96)
    with opened.exclusive() as connection:
        command.upgrade(migrate._config(connection), "0004")
    _run(opened, ROWS)
    migrate.upgrade(opened)
    yield opened
    opened.dispose()


def _run(database: Database, rows: str) -> None:
    with database.exclusive() as connection:
        for row in rows.split(";"):
            connection.execute(text(row), {"now": NOON.isoformat(" ")} if ":now" in row else {})


def test_everything_is_still_there_and_nobody_is_asked_to_practise(upgraded: Database) -> None:
    with upgraded.read() as session:
        assert session.get_one(Project, 1).practice_pass_mark is None
        assert session.execute(text("SELECT count(*) FROM judgment")).scalar_one() == 1
    # The triggers of what was there still hold.
    with pytest.raises(DBAPIError, match="judgment is append-only"):
        _run(upgraded, "DELETE FROM judgment")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE project SET practice_pass_mark = 0", "(?i)check"),
        ("UPDATE project SET practice_pass_mark = 101", "(?i)check"),
        ("UPDATE practice_round SET ended_at = started_at", "(?i)check"),
        ("UPDATE qualification SET how = 'bribe'", "(?i)check"),
        ('UPDATE practice_answer SET "right" = false', "practice_answer is append-only"),
        ("DELETE FROM practice_answer", "practice_answer is append-only"),
        (ANOTHER_ROUND, "(?i)unique"),
        (ANOTHER_QUALIFICATION, "(?i)unique"),
    ],
)
def test_what_may_never_be_untrue_is_refused(upgraded: Database, change: str, why: str) -> None:
    _run(upgraded, PRACTISED)
    with pytest.raises(DBAPIError, match=why):
        _run(upgraded, change)


def test_a_qualification_that_was_taken_back_makes_room_for_another(upgraded: Database) -> None:
    _run(upgraded, PRACTISED)
    _run(upgraded, "UPDATE qualification SET revoked_at = qualified_at")
    _run(upgraded, ANOTHER_QUALIFICATION)
