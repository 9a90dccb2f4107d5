"""Turns: among the processes of a machine, and among the machines of one PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from workbench.config import Config
from workbench.db import Database
from workbench.only_one import only_one

ENDED = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    """Of two machines."""
    made = tmp_path / "one", tmp_path / "two"
    for home in made:
        home.mkdir()
    return made


def test_one_of_a_machine_has_a_turn(database: Database, homes: tuple[Path, Path]) -> None:
    for _ in range(2):
        with only_one(homes[0] / "work.lock", database) as mine:
            assert mine
            with only_one(homes[0] / "work.lock", database) as second:
                assert not second
            with only_one(homes[0] / "deliver.lock", database) as other:
                assert other, "that is another turn"
            assert mine


def test_one_of_all_machines_has_a_turn_where_they_share_a_database(
    database: Database, homes: tuple[Path, Path]
) -> None:
    with only_one(homes[0] / "work.lock", database) as mine:
        assert mine
        with only_one(homes[1] / "work.lock", database) as second:
            assert bool(second) == database.is_sqlite, "SQLite is of one machine"
    with only_one(homes[1] / "work.lock", database) as second:
        assert second, "the first has ended"


@pytest.mark.parametrize("either_url", ["postgres"], indirect=True)
def test_whoever_loses_the_connection_loses_the_turn(
    config: Config, database: Database, homes: tuple[Path, Path]
) -> None:
    other = Database(config.database_url)
    with only_one(homes[0] / "work.lock", database) as mine:
        with other.engine.connect() as connection:
            assert connection.scalar(ENDED) == 1
        assert not mine
        with only_one(homes[1] / "work.lock", other) as second:
            assert second
            assert not mine, "lost is lost"
    other.dispose()


def test_a_database_that_is_away_gives_nobody_a_turn(homes: tuple[Path, Path]) -> None:
    away = Database("postgresql+psycopg://workbench@127.0.0.1:1/workbench")
    with only_one(homes[0] / "work.lock", away) as mine:
        assert not mine


@pytest.mark.parametrize("either_url", ["postgres"], indirect=True)
def test_the_address_may_say_for_itself_when_a_connection_is_dead(database: Database) -> None:
    shown = text("SELECT current_setting('tcp_keepalives_idle')")
    named = database.url.update_query_dict({"options": "-c tcp_keepalives_idle=33"})
    for url, seconds in ((database.url, "5"), (named, "33")):
        own = Database(url.render_as_string(hide_password=False))
        with own.engine.connect() as connection:
            assert connection.scalar(shown) == seconds
        own.dispose()
