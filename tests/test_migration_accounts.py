"""The steps from webhooks to the provider, and an upgrade that is killed: on a database that had
been at work, of either kind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, inspect, select
from sqlalchemy.exc import DBAPIError

from tests.cast import make_cast
from tests.cli.conftest import call, good
from tests.conftest import KEY
from tests.support import postgres
from tests.test_migration_messages import TOLD, WATCH
from tests.test_migration_practice import _run
from tests.upgraded import bring_to, do_some_work, put_back
from workbench import migrate
from workbench.db import Database
from workbench.queries.verify import verify

ROOT = Path(__file__).parents[1]
#: What was written once the database was at a step.
WRITTEN = {
    "0014": "".join(
        TOLD.format(id=number, kind=kind, number=1) + ";"
        for number, kind in enumerate(("returned", "answered", "queue", "reviewer_paused"), 101)
    )
    + WATCH.format(floor=0.5, days=2),
    "0015": """
INSERT INTO webhook (id, project_id, name, url, events, turn, created_at, told_seq, told_export,
    number)
  VALUES (1, 1, 'w', 'https://example.org/hook', '["export"]', 1, :now, 4, 0, 2);
INSERT INTO webhook_delivery (id, webhook_id, number, event, body, state, attempts, tries,
    asked_at, due_at, made_at, tried_at, status, error)
  VALUES (1, 1, 1, 'e', '{}', 'pending', 1, 1, :now, :now, :now, :now, 500, 'status');
INSERT INTO webhook_delivery (id, webhook_id, number, event, body, state, attempts, tries,
    asked_at, due_at, made_at, delivered_at, status)
  VALUES (2, 1, 2, 'e', '{}', 'delivered', 1, 1, :now, :now, :now, :now, 204);
INSERT INTO notice (id, user_id, project_id, kind, subject, number, facts, made_at)
  VALUES (108, 1, 1, 'webhook', '1', 1, '{}', :now);
UPDATE watch SET below_at = :now
""",
    "0016": """
INSERT INTO job (id, project_id, user_id, kind, state, parameters, made_at)
  VALUES (1, 1, 1, 'items', 'waiting', '{"name": "outputs"}', :now);
INSERT INTO job (id, project_id, user_id, kind, state, parameters, done, total, attempt, made_at,
    started_at, ended_at, cancel_at, cancel_by)
  VALUES (2, 1, 1, 'snapshot', 'cancelled', '{}', 3000000000, 4000000000, 1, :now, :now, :now,
    :now, 1);
INSERT INTO notice (id, user_id, project_id, kind, subject, number, facts, made_at)
  VALUES (109, 1, 1, 'job', '1', 1, '{}', :now)
""",
    "0017": """
INSERT INTO mapping (id, project_id, name, body, saved_at, saved_by)
  VALUES (1, 1, 'crowd', '{}', :now, 1)
""",
    "0018": """
INSERT INTO begun (id, token_hash, purpose, user_id, expires_at) VALUES (1, 't', 'again', 1, :now);
INSERT INTO authenticator_app (user_id, seed, last_step) VALUES (1, 'sealed', 4611686018427387904);
INSERT INTO recovery_code (id, user_id, code_hash) VALUES (1, 1, 'c');
INSERT INTO passkey (id, user_id, name, credential_id, public_key, sign_count, transports,
    created_at)
  VALUES (1, 1, 'llave', 'i', 'p', 3, '["usb"]', :now);
UPDATE web_session SET asked_at = :now
""",
    "0019": """
INSERT INTO terms (version, es, en, published_at) VALUES (1, 'a', 'b', :now);
INSERT INTO consent (user_id, version, at) VALUES (1, 1, :now);
INSERT INTO failed_login (key, user_id, tries, since, last_at) VALUES ('user:1', 1, 2, :now, :now);
INSERT INTO sensitive_view (user_id, item_id, day) VALUES (1, 1, '2026-11-20')
""",
}
#: `workbench init` that stands still after this statement, somewhere in the middle of a step in
#: the middle of all steps.
STANDS_STILL = """
import sys
from sqlalchemy import Engine, event
from workbench.cli import root

@event.listens_for(Engine, "after_cursor_execute")
def stop(connection, cursor, statement, *_):
    if statement.startswith("CREATE INDEX ix_webhook_project "):
        print("here", flush=True)
        sys.stdin.read()

root(["init"])
"""

#: The rows of each table, by its name.
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    made = postgres.fresh_database(server)
    yield made
    postgres.drop_database(server, made)


@pytest.fixture
def worked(sqlite_url: str) -> Iterator[Database]:
    """A database of this version that had been at work."""
    opened = Database(sqlite_url, key=KEY)
    with opened.write() as session:
        do_some_work(session, make_cast(session))
    yield opened
    opened.dispose()


@pytest.fixture
def old(url: str) -> Iterator[Database]:
    opened = Database(url, key=KEY)
    yield opened
    opened.dispose()


def _rows(database: Database) -> Rows:
    """All that is stored; tables without a row are left out."""
    found = MetaData()
    with database.engine.connect() as connection:
        found.reflect(connection)
        every = {
            table.name: [
                dict(row)
                for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()
            ]
            for table in found.sorted_tables
            if table.name != "alembic_version"
        }
    return {name: rows for name, rows in every.items() if rows}


def _kept(before: Rows, after: Rows) -> bool:
    """Whether all that was stored is stored still; a row may have more columns now."""
    return all(
        [{name: new[name] for name in row} for row, new in zip(rows, after[table], strict=True)]
        == rows
        for table, rows in before.items()
    )


def test_the_last_steps_keep_every_row_and_every_hash(worked: Database, old: Database) -> None:
    put_back(worked, old, "0014")
    _run(old, WRITTEN["0014"])
    before = _rows(old)
    assert {"user_account", "web_session", "judgment", "audit_entry", "notice"} <= set(before)
    for step in ("0015", "0016", "0017", "0018", "0019", "0020"):
        bring_to(old, step)
        after = _rows(old)
        assert set(after) == set(before)
        assert _kept(before, after)
        _run(old, WRITTEN.get(step, "SELECT 1"))
        before = _rows(old)
    assert {"watch", "webhook", "webhook_delivery", "job", "mapping"} <= set(before)
    assert {"begun", "passkey", "consent", "sensitive_view"} <= set(before)
    with old.read() as session:
        assert verify(session, KEY) == []
    for table in ("judgment", "audit_entry", "consent"):
        with pytest.raises(DBAPIError, match=f"{table} is append-only"):
            _run(old, f"DELETE FROM {table}")  # noqa: S608


def test_an_upgrade_that_is_killed_is_as_if_it_had_not_begun_and_is_made_again(
    worked: Database, old: Database, url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_back(worked, old, "0001")
    before = _rows(old)
    old.dispose()
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", url)
    with subprocess.Popen(
        [sys.executable, "-c", STANDS_STILL],
        cwd=ROOT,
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()
    assert migrate.current(old) == "0001"
    assert _rows(old) == before
    with old.engine.connect() as connection:
        assert "webhook" not in inspect(connection).get_table_names()
    assert f"at version {migrate.head()}" in good(call("init"))
    assert _kept(before, _rows(old))
    assert "as it must be" in good(call("verify"))
