"""What tests share: databases of both kinds, the cast, the application."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.support import postgres
from workbench import migrate
from workbench.config import Config, load_config, make_key
from workbench.db import Database

KEY = "k" * 96


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL of this test process, with a migrated database to copy from."""
    if postgres.find() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no PostgreSQL, and under CI its tests may not be skipped")
        pytest.skip("NO POSTGRESQL HERE: its tests are skipped (make test installs it as root)")
    with postgres.running_server() as server:
        with server.connect() as connection:
            connection.execute("CREATE DATABASE migrated")
        database = Database(server.url_prefix + "migrated", key=KEY)
        migrate.upgrade(database)
        database.dispose()
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "workbench.db"
    database = Database(f"sqlite:///{path}", key=KEY)
    migrate.upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An empty, migrated SQLite database."""
    path = tmp_path / "workbench.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty, migrated database, of one kind and then of the other."""
    if request.param == "sqlite":
        yield str(request.getfixturevalue("sqlite_url"))
        return
    server = request.getfixturevalue("postgres_server")
    url = postgres.fresh_database(server, template="migrated")
    yield url
    postgres.drop_database(server, url)


@pytest.fixture
def database_url(either_url: str) -> str:
    """The database of a test: either, where its folder or file does not say which."""
    return either_url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A Database on `database_url`."""
    opened = Database(database_url, key=KEY)
    yield opened
    opened.dispose()


@pytest.fixture
def cast(database: Database) -> Cast:
    """A ranking project with its people; see tests/cast.py."""
    with database.write() as writing:
        return make_cast(writing)


@pytest.fixture
def session(database: Database, cast: Cast) -> Iterator[Session]:
    """One writing transaction after the cast was made, committed at the end of the test."""
    with database.write() as writing:
        yield writing


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with a key."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    make_key(folder / "secret.key")
    return folder


@pytest.fixture
def config(home: Path, database_url: str) -> Config:
    """Settings of a server on plain HTTP, as on one's own machine."""
    return load_config({}, home=home, database_url=database_url, https=False)
