"""The step to snapshots names every export that was made, and no row changes after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.upgraded import brought_on
from workbench.db import Database

EXPORTS = """
INSERT INTO source (id, project_id, kind, name, sha256, counts, created_at)
  VALUES (1, 1, 'items', 'f.jsonl', 'x', '{}', :now);
INSERT INTO export_file (id, project_id, format, policy, manifest, names, folder, source_id,
  created_at) VALUES (1, 1, 'judgments', '{}', '{}', '[]', 'a', NULL, :now);
INSERT INTO export_file (id, project_id, format, policy, manifest, names, folder, source_id,
  created_at) VALUES (2, 1, 'judgments', '{}', '{}', '[]', 'b', NULL, :now);
INSERT INTO export_file (id, project_id, format, policy, manifest, names, folder, source_id,
  created_at) VALUES (3, 1, 'rejects', '{}', '{}', '[]', 'c', 1, :now)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with exports that was brought to this step."""
    with brought_on(request, tmp_path, "snapshots", EXPORTS) as opened:
        yield opened


def test_every_export_has_a_name_and_what_an_import_left_out_has_none(upgraded: Database) -> None:
    with upgraded.read() as session:
        rows = session.execute(text("SELECT name FROM export_file ORDER BY id")).scalars().all()
        assert rows == ["judgments-1", "judgments-2", None]
        assert session.execute(text("SELECT card FROM project")).scalars().all() == [None]
        assert session.execute(text("SELECT count(*) FROM judgment")).scalar_one() == 1


@pytest.mark.parametrize(
    "change", ["UPDATE export_file SET name = 'x' WHERE id = 1", "DELETE FROM export_file"]
)
def test_its_rows_never_change(upgraded: Database, change: str) -> None:
    with (
        pytest.raises(DBAPIError, match="export_file is append-only"),
        upgraded.write() as session,
    ):
        session.execute(text(change))


def test_a_name_is_given_once_in_a_project(upgraded: Database) -> None:
    again = (
        "INSERT INTO export_file (id, project_id, name, format, policy, manifest, names, folder,"
        " created_at) SELECT 9, project_id, name, format, policy, manifest, names, folder,"
        " created_at FROM export_file WHERE id = 1"
    )
    with pytest.raises(DBAPIError), upgraded.write() as session:
        session.execute(text(again))
