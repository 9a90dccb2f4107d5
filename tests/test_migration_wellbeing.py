"""The step to severity and care keeps what is there, also where a database has been at work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from tests.cast import NOON
from tests.support import postgres
from workbench import migrate
from workbench.db import Database, dump_json
from workbench.intake.items import content_hash, item_as_dict, parse_item
from workbench.models import Item, Project, QueueCursor, User
from workbench.queries.verify import verify

KEY = "k" * 96
RAW = {
    "id": "one",
    "language": "en",
    "prompt": "Why?",
    "responses": [{"id": "a", "model": "m", "text": "So."}],
    "harm": "vcr",
}
ROWS = """
INSERT INTO project (id, slug, type, title, config, overlap, seed, created_at)
  VALUES (1, 'main', 'bias', '{}', '{}', 2, 's', :now);
INSERT INTO user_account (id, name, role, locale, speaks, active, external, created_at)
  VALUES (1, 'ana', 'reviewer', 'es', '["en"]', true, false, :now);
INSERT INTO membership (project_id, user_id, role, pseudonym, created_at)
  VALUES (1, 1, 'reviewer', 'r1', :now);
INSERT INTO item (id, project_id, external_id, revision, language, language_base, prompt, responses,
    tags, harm, meta, content_hash, wanted, slots_left, queue_key, created_at)
  VALUES (1, 1, 'one', 1, 'en', 'en', :prompt, :responses, '[]', 'vcr', '{}', :hash, 2, 1, 1, :now);
INSERT INTO assignment (item_id, user_id, project_id, state, expires_at, shown, shown_at, reason,
    created_at, updated_at)
  VALUES (1, 1, 1, 'leased', :now, '["a"]', :now, '', :now, :now);
INSERT INTO judgment (id, project_id, item_id, user_id, revision, type_version, shown, locale,
    origin, idempotency_key, digest, made_at, audit_seq)
  VALUES (1, 1, 1, 1, 1, 1, '["a"]', 'es', 'desk', 'k', 'd', :now, 1);
INSERT INTO queue_cursor (project_id, user_id, language, queue_key) VALUES (1, 1, 'en', 1)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def at_work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the step before with an item that is held and was judged."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgres":
        url = postgres.fresh_database(request.getfixturevalue("postgres_server"))
    opened = Database(url, key=KEY)
    item = parse_item(RAW)
    parts = item_as_dict(item)
    values = {
        "now": NOON.isoformat(" "),
        "hash": content_hash(item),
        "prompt": dump_json(parts["prompt"]),
        "responses": dump_json(parts["responses"]),
    }
    with opened.exclusive() as connection:
        command.upgrade(migrate._config(connection), "0003")
        for row in ROWS.split(";"):
            names = {name: value for name, value in values.items() if f":{name}" in row}
            connection.execute(text(row), names)
    yield opened
    opened.dispose()


def test_everything_is_still_there_and_nothing_is_severe(at_work: Database) -> None:
    migrate.upgrade(at_work)
    with at_work.read() as session:
        item = session.get_one(Item, 1)
        assert (item.severity, item.severity_mark, item.severity_now) == (None, None, None)
        project = session.get_one(Project, 1)
        assert (project.severe_from, project.severe_per_day) == (3, None)
        assert (project.severe_gap_items, project.severe_gap_minutes) == (None, None)
        assert session.get_one(User, 1).break_minutes == 50
        cursor = session.get_one(QueueCursor, (1, 1, "en"))
        assert (cursor.queue_key, cursor.calm_key) == (1, None)
        assert session.execute(text("SELECT count(*) FROM judgment")).scalar_one() == 1
        assert session.execute(text("SELECT count(*) FROM assignment")).scalar_one() == 1
        # The judgment was written by hand; what the step touches is as it was.
        assert [each for each in verify(session, KEY) if each.rule in {"item", "slots"}] == []


def test_its_checks_hold(at_work: Database) -> None:
    migrate.upgrade(at_work)
    for change in (
        "UPDATE item SET severity = 4",
        "UPDATE item SET severity_mark = -1",
        "UPDATE project SET severe_from = 1",
        "UPDATE project SET severe_per_day = 0",
    ):
        with pytest.raises(Exception, match=r"(?i)check"), at_work.exclusive() as connection:
            connection.execute(text(change))
