"""Migrations: they make what the models say, lose nothing, and refuse what cannot be run on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Connection, MetaData, String, inspect, select, text
from sqlalchemy.exc import DBAPIError

from tests.cast import Cast
from tests.support import postgres
from tests.upgraded import do_some_work
from workbench import migrate
from workbench.config import ConfigError
from workbench.db import Database
from workbench.models import Base, User
from workbench.queries.verify import verify

KEY = "k" * 96
APPEND_ONLY = ("judgment", "audit_entry", "guideline")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a table."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    if request.param == "postgres":
        url = postgres.fresh_database(request.getfixturevalue("postgres_server"))
    opened = Database(url, key=KEY)
    yield opened
    opened.dispose()


@pytest.fixture
def worked(database: Database, cast: Cast) -> Database:
    """A database with a row in most tables."""
    with database.write() as session:
        do_some_work(session, cast)
    return database


def _contents(connection: Connection) -> dict[str, str]:
    """sha256 over all rows of each table as it is, by name; tables without a row are left out."""
    found = MetaData()
    found.reflect(connection)
    hashes = {}
    for table in found.sorted_tables:
        rows = connection.execute(select(table).order_by(*table.primary_key)).all()
        if rows:
            hashes[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return hashes


def _schema(connection: Connection) -> str:
    """Every table, index, trigger and function, in the database's own words."""
    if connection.dialect.name == "sqlite":
        query = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    else:
        query = (
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'public' UNION ALL"
            " SELECT indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'"
            " UNION ALL SELECT tgname, pg_get_triggerdef(oid), '', '' FROM pg_trigger"
            " UNION ALL SELECT conname, pg_get_constraintdef(oid), '', '' FROM pg_constraint"
            " ORDER BY 1, 2"
        )
    return repr(connection.execute(text(query)).all())


def _set_version(database: Database, version: str) -> None:
    with database.exclusive() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_an_empty_database_is_brought_to_the_head(empty: Database) -> None:
    assert migrate.current(empty) is None
    migrate.upgrade(empty)
    assert migrate.current(empty) == migrate.head()
    migrate.require_head(empty)


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_checks_and_conditions_of_indexes_are_those_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        found, wanted = inspect(connection), Base.metadata.tables
        for name, table in wanted.items():
            checks = {check["name"] for check in found.get_check_constraints(name)}
            assert checks == {
                str(each.name) for each in table.constraints if hasattr(each, "sqltext")
            }
            conditions = {
                index["name"]
                for index in found.get_indexes(name)
                if index.get("dialect_options", {}).get(f"{connection.dialect.name}_where")
                is not None
            }
            assert conditions == {
                index.name
                for index in table.indexes
                if index.dialect_options[connection.dialect.name]["where"] is not None
            }


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_database_itself_refuses_to_change_what_is_append_only(
    worked: Database, table: str, change: str
) -> None:
    key = "seq" if table == "audit_entry" else "id"
    with worked.engine.connect() as connection:
        before = _contents(connection)
    assert table in before
    with (
        pytest.raises(DBAPIError, match=f"{table} is append-only"),
        worked.exclusive() as connection,
    ):
        connection.exec_driver_sql(change.format(table, key, key))
    with worked.engine.connect() as connection:
        assert _contents(connection) == before


@pytest.mark.postgres
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_server_refuses_to_empty_at_once_what_is_append_only(
    postgres_server: postgres.Server, table: str
) -> None:
    database = Database(postgres.fresh_database(postgres_server, template="migrated"), key=KEY)
    with (
        pytest.raises(DBAPIError, match="is append-only"),
        database.exclusive() as connection,
    ):
        connection.exec_driver_sql(f"TRUNCATE {table} CASCADE")
    database.dispose()


def test_upgrading_twice_changes_nothing(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.engine.connect() as connection:
        before = _schema(connection)
    migrate.upgrade(empty)
    with empty.engine.connect() as connection:
        assert _schema(connection) == before
    assert migrate.current(empty) == migrate.head()


def test_upgrading_keeps_every_row(worked: Database) -> None:
    with worked.engine.connect() as connection:
        before = _contents(connection)
    assert len(before) >= 12
    migrate.upgrade(worked)
    with worked.engine.connect() as connection:
        assert _contents(connection) == before
    with worked.read() as session:
        assert list(verify(session, KEY)) == []


def test_a_step_that_rebuilds_a_parent_table_keeps_its_children(worked: Database) -> None:
    with worked.engine.connect() as connection:
        before = _contents(connection)
    with worked.exclusive() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("user_account", recreate="auto") as batch:
            batch.add_column(Column("nickname", String))
            batch.alter_column("locale", new_column_name="page_language")
    with worked.engine.connect() as connection:
        after = _contents(connection)
        columns = {column["name"] for column in inspect(connection).get_columns("user_account")}
        if worked.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert {"nickname", "page_language"} < columns
    assert {**before, "user_account": ""} == {**after, "user_account": ""}
    with worked.read() as session:
        assert len(session.scalars(select(User.id)).all()) == 7


def test_an_empty_database_is_not_run_on(empty: Database) -> None:
    with pytest.raises(ConfigError, match="database is empty: run `workbench init`"):
        migrate.require_head(empty)


def test_a_database_of_another_version_is_not_run_on(database: Database) -> None:
    _set_version(database, "0000")
    with pytest.raises(ConfigError) as refused:
        migrate.require_head(database)
    said = str(refused.value)
    assert f"at version 0000 and this program needs {migrate.head()}" in said
    assert "make a backup, then run `workbench init`" in said


def test_a_version_that_nobody_knows_is_not_upgraded(worked: Database) -> None:
    _set_version(worked, "9999")
    with worked.engine.connect() as connection:
        before = _contents(connection)
    with pytest.raises(Exception, match="9999"):
        migrate.upgrade(worked)
    with worked.engine.connect() as connection:
        assert _contents(connection) == before
