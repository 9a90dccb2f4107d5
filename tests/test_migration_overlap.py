"""The step to overlap that adapts changes nothing of what is there, and its checks hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.test_migration_practice import _run
from tests.upgraded import brought_on
from workbench.db import Database

LEARNT = """
INSERT INTO learnt (id, project_id, question, judgments, items, reviewers, audit_seq, made_at)
  VALUES (1, 1, 'overall', 10, 5, 2, 7, :now)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that had been at work when it was brought to this step."""
    with brought_on(request, tmp_path, "adaptive_overlap") as opened:
        yield opened


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
