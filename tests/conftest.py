"""What tests share: databases of both kinds, the cast, the application."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.support import postgres
from tests.support.compiled import engine_that_shares
from workbench import collector, migrate
from workbench.config import Config, load_config
from workbench.db import Database

KEY = "k" * 96
#: Of which kind the database is where one is enough; docs/operations.md tells of it.
SWITCH = "WORKBENCH_TEST_DATABASE"
KINDS = ("sqlite", "postgresql")

#: `new_url(home)`: where an installation in that folder may have its database, which is empty.
NewUrl = Callable[[Path], str]


def pytest_configure() -> None:
    """Tests run as the command does."""
    if _kind() not in KINDS:
        raise pytest.UsageError(f"{SWITCH} is {_kind()!r}, and not one of {', '.join(KINDS)}")
    collector.relax()


def _kind() -> str:
    return os.environ.get(SWITCH) or "sqlite"


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """All databases of this process share what they compiled; see tests/support/compiled.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.db.create_engine", engine_that_shares)
        yield


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


@dataclass(frozen=True)
class WithCast:
    """A database to copy in which the cast is already, and its rows as they were then."""

    name: str
    rows: bytes


def _cast_into(url: str, name: str) -> WithCast:
    database = Database(url, key=KEY)
    with database.write() as writing:
        made = make_cast(writing)
    if database.is_sqlite:
        _settle(database)
    database.dispose()
    return WithCast(name, pickle.dumps(made))


def _settle(database: Database) -> None:
    """Move all of it into the one file that is copied."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture(scope="session")
def postgres_with_cast(postgres_server: postgres.Server) -> WithCast:
    """The database of PostgreSQL that is copied where a test asks for the cast."""
    url = postgres.fresh_database(postgres_server, template="migrated")
    return _cast_into(url, postgres.database_name(url))


@pytest.fixture(scope="session")
def sqlite_with_cast(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> WithCast:
    """The file that is copied where a test asks for the cast."""
    path = tmp_path_factory.mktemp("template-with-cast") / "workbench.db"
    shutil.copyfile(sqlite_template, path)
    return _cast_into(f"sqlite:///{path}", str(path))


@pytest.fixture
def cast_is_in_it(request: pytest.FixtureRequest) -> None:
    """What `cast` asks for, and by that the databases that are copied: people and projects take
    longer to make than most tests. A module with a cast of its own makes it in an empty one."""


def _has_cast(request: pytest.FixtureRequest) -> bool:
    return "cast_is_in_it" in request.fixturenames


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "workbench.db"
    database = Database(f"sqlite:///{path}", key=KEY)
    migrate.upgrade(database)
    _settle(database)
    database.dispose()
    return path


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database; empty, unless the test asks for the cast."""
    path = tmp_path / "workbench.db"
    with_cast = request.getfixturevalue("sqlite_with_cast") if _has_cast(request) else None
    shutil.copyfile(with_cast.name if with_cast else sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database, of one kind and then of the other; empty, unless the test asks for the
    cast."""
    yield from _of_a_server(request) if request.param == "postgres" else _in_a_file(request)


def _in_a_file(request: pytest.FixtureRequest) -> Iterator[str]:
    yield str(request.getfixturevalue("sqlite_url"))


def _of_a_server(request: pytest.FixtureRequest) -> Iterator[str]:
    server = request.getfixturevalue("postgres_server")
    with_cast = request.getfixturevalue("postgres_with_cast") if _has_cast(request) else None
    url = postgres.fresh_database(server, template=with_cast.name if with_cast else "migrated")
    yield url
    postgres.drop_database(server, url)


@pytest.fixture
def one_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The same of one kind, for what is alike on both: SQLite, unless WORKBENCH_TEST_DATABASE is
    `postgresql`, and the test does not ask for `sqlite` by its parameter."""
    on_a_server = getattr(request, "param", _kind()) == "postgresql"
    yield from _of_a_server(request) if on_a_server else _in_a_file(request)


@pytest.fixture(scope="session")
def new_url(request: pytest.FixtureRequest) -> NewUrl:
    """Empty databases of the kind that `one_url` is of, for servers that a test process runs
    itself. They go with its PostgreSQL."""
    if _kind() == "sqlite":
        return lambda home: f"sqlite:///{home / 'workbench.db'}"
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return lambda home: postgres.fresh_database(server)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a database may be made, of one kind and then of the other."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'made.db'}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    url = postgres.fresh_database(server)
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
def cast(request: pytest.FixtureRequest, database: Database, cast_is_in_it: None) -> Cast:
    """A ranking project with its people; see tests/cast.py."""
    name = "sqlite_with_cast" if database.is_sqlite else "postgres_with_cast"
    made: Cast = pickle.loads(request.getfixturevalue(name).rows)  # noqa: S301 -- made above
    return made


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
    file = folder / "secret.key"
    file.write_text(KEY + "\n", encoding="ascii")
    file.chmod(0o600)
    return folder


@pytest.fixture
def config(home: Path, database_url: str) -> Config:
    """Settings of a server on plain HTTP, as on one's own machine."""
    return load_config({}, home=home, database_url=database_url, https=False)
