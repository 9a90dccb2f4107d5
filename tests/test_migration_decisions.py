"""The step to leads' decisions keeps what is there, and its checks hold, on either database."""

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
from workbench.models import Project

DECIDED = """
INSERT INTO adjudication (id, project_id, item_id, revision, outcome, answer, type_version,
    taken_from, note, user_id, digest, made_at, audit_seq)
  VALUES (1, 1, 1, 1, 'taken', '{}', 1, 1, '', 1, 'd', :now, 2);
INSERT INTO review (id, project_id, judgment_id, number, author_id, verdict, note, adjudication_id,
    user_id, made_at, audit_seq)
  VALUES (1, 1, 1, 1, 1, 'returned', 'Look again.', NULL, 1, :now, 3)
"""
ADJUDICATION = """
INSERT INTO adjudication (id, project_id, item_id, revision, outcome, answer, type_version,
    taken_from, note, user_id, digest, made_at, audit_seq)
  VALUES (2, 1, 1, {revision}, '{outcome}', {answer}, 1, {taken}, '', 1, 'd', :now, 4)
"""
REVIEW = """
INSERT INTO review (id, project_id, judgment_id, number, author_id, verdict, note, adjudication_id,
    user_id, made_at, audit_seq)
  VALUES (2, 1, 1, {number}, 1, '{verdict}', '{note}', {decision}, 1, :now, 5)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that had been at work when it was brought to this step."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgres":
        url = postgres.fresh_database(request.getfixturevalue("postgres_server"))
    opened = Database(url, key="k" * 96)
    with opened.exclusive() as connection:
        command.upgrade(migrate._config(connection), "0005")
    _run(opened, ROWS)
    migrate.upgrade(opened)
    yield opened
    opened.dispose()


def test_everything_is_still_there_and_a_few_judgments_are_reviewed(upgraded: Database) -> None:
    with upgraded.read() as session:
        project = session.get_one(Project, 1)
        assert (project.review_percent, project.review_new_percent) == (5, 25)
        assert project.review_new_until == 50
        assert session.execute(text("SELECT count(*) FROM judgment")).scalar_one() == 1
    # The triggers of what was there still hold.
    with pytest.raises(DBAPIError, match="judgment is append-only"):
        _run(upgraded, "DELETE FROM judgment")


def _adjudication(revision: int, outcome: str, answer: str = "NULL", taken: str = "NULL") -> str:
    return ADJUDICATION.format(revision=revision, outcome=outcome, answer=answer, taken=taken)


def _review(number: int, verdict: str, note: str = "", decision: str = "NULL") -> str:
    return REVIEW.format(number=number, verdict=verdict, note=note, decision=decision)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE project SET review_percent = 101", "(?i)check"),
        ("UPDATE project SET review_new_percent = -1", "(?i)check"),
        ("UPDATE project SET review_new_until = -1", "(?i)check"),
        ("UPDATE adjudication SET note = 'x'", "adjudication is append-only"),
        ("DELETE FROM review", "review is append-only"),
        (_adjudication(1, "open"), "(?i)unique"),
        (_adjudication(2, "guessed"), "(?i)check"),
        (_adjudication(2, "open", "'{}'"), "(?i)check"),
        (_adjudication(2, "answered"), "(?i)check"),
        (_adjudication(2, "answered", "'{}'", "1"), "(?i)check"),
        (_adjudication(2, "taken", "'{}'"), "(?i)check"),
        (_review(1, "accepted"), "(?i)unique"),
        (_review(2, "praised"), "(?i)check"),
        (_review(2, "returned"), "(?i)check"),
        (_review(2, "corrected"), "(?i)check"),
        (_review(2, "accepted", decision="1"), "(?i)check"),
    ],
)
def test_what_may_never_be_untrue_is_refused(upgraded: Database, change: str, why: str) -> None:
    _run(upgraded, DECIDED)
    with pytest.raises(DBAPIError, match=why):
        _run(upgraded, change)
