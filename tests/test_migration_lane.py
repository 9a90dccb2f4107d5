"""The step to a lane ahead of the queue moves nobody, and its checks hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.test_migration_practice import _run
from tests.upgraded import brought_on
from workbench.db import Database
from workbench.models import LANE_FOOT

CURSOR = """
INSERT INTO queue_cursor (project_id, user_id, language, queue_key) VALUES (1, 1, 'en', 1)
"""
CHOSEN = """
INSERT INTO pairs_chosen (id, project_id, comparisons, judgments, audit_seq, models, looked_at,
  ahead, doubts, made_at) VALUES (1, 1, 10, 5, 7, 2, 9, 3, '[]', :now)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that had been at work when it was brought to this step."""
    with brought_on(request, tmp_path, "lane", CURSOR) as opened:
        yield opened


def test_the_queue_goes_on_in_its_own_order_from_where_people_were(upgraded: Database) -> None:
    with upgraded.read() as session:
        rule = session.execute(text("SELECT pairs_ahead, lane_key FROM project"))
        assert [tuple(row) for row in rule] == [(None, LANE_FOOT)]
        cursor = session.execute(text("SELECT queue_key, calm_key, ahead_key FROM queue_cursor"))
        assert [tuple(row) for row in cursor] == [(1, None, None)]
        assert session.execute(text("SELECT min(queue_key) FROM item")).scalar_one() > 0
        assert session.execute(text("SELECT count(*) FROM judgment")).scalar_one() == 1
    with pytest.raises(DBAPIError, match="judgment is append-only"):
        _run(upgraded, "DELETE FROM judgment")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE project SET pairs_ahead = 0", "(?i)check"),
        ("UPDATE project SET lane_key = 0", "(?i)check"),
        ("UPDATE pairs_chosen SET ahead = 1", "pairs_chosen is append-only"),
        ("DELETE FROM pairs_chosen", "pairs_chosen is append-only"),
    ],
)
def test_what_may_never_be_is_refused(upgraded: Database, change: str, why: str) -> None:
    _run(upgraded, CHOSEN)
    with pytest.raises(DBAPIError, match=why):
        _run(upgraded, change)


def test_what_may_be_is_taken(upgraded: Database) -> None:
    _run(upgraded, "UPDATE project SET pairs_ahead = 50, lane_key = lane_key + 50")
