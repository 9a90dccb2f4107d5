"""The steps to second factors, to the trail of looks and to the provider, and an upgrade that is
killed: on a database that had been at work, of either kind."""

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
from tests.test_migration_practice import _run
from tests.upgraded import bring_to, do_some_work, put_back
from workbench import migrate
from workbench.db import Database
from workbench.queries.verify import verify

ROOT = Path(__file__).parents[1]
#: What was written once the database was at a step.
WRITTEN = {
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
    put_back(worked, old, "0017")
    before = _rows(old)
    assert {"user_account", "web_session", "judgment", "audit_entry", "login_code"} <= set(before)
    for step in ("0018", "0019", "0020"):
        bring_to(old, step)
        after = _rows(old)
        assert set(after) == set(before)
        assert _kept(before, after)
        _run(old, WRITTEN.get(step, "SELECT 1"))
        before = _rows(old)
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
