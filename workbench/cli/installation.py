"""The installation that a verb works on: its home folder, key and database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from workbench import migrate
from workbench.config import Config, ConfigError, load_config, make_key
from workbench.db import Database
from workbench.services.write_said import write_said


@dataclass
class Installation:
    """Where to look. `home` None: WORKBENCH_HOME, else the default."""

    home: Path | None = None

    def config(self, **overrides: Any) -> Config:
        """The settings. Raises ConfigError."""
        config = load_config(home=self.home, **overrides)
        _check_url(config.database_url)
        return config

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database, at the schema of this version. Raises ConfigError."""
        config = self.config()
        with _opened(config, config.read_key()) as database:
            migrate.require_head(database)
            yield database


@dataclass(frozen=True)
class SetUp:
    """What `set_up` did: made a new installation, or brought the database to this version."""

    config: Config
    new: bool
    upgraded: bool


def set_up(config: Config) -> SetUp:
    """Make the home folder, the key and the database, each where it is missing.

    What is made can be read by its owner alone. Raises ConfigError.
    """
    others_may = os.umask(0o077)
    try:
        config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = make_key(config.key_file)
        with _opened(config, config.read_key()) as database:
            upgraded = migrate.current(database) != migrate.head()
            if upgraded:
                _upgrade(database)
    finally:
        os.umask(others_may)
    return SetUp(config, new, upgraded)


def _upgrade(database: Database) -> None:
    try:
        migrate.upgrade(database)
        write_said(database)
    except CommandError:
        raise ConfigError(
            "The database was made by a newer Workbench than this one: install that version."
        ) from None


@contextmanager
def _opened(config: Config, key: str) -> Iterator[Database]:
    database = Database(config.database_url, key=key, keys_file=config.keys_file)
    try:
        yield database
    finally:
        database.dispose()


def without_password(url: str) -> str:
    """The address of a PostgreSQL as its own tools write it, and without any password in it."""
    shown = make_url(url).difference_update_query(["password", "sslpassword"])
    return shown._replace(drivername="postgresql", password=None).render_as_string()


def _check_url(url: str) -> None:
    try:
        kind = make_url(url).get_backend_name()
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise ConfigError(
            "WORKBENCH_DATABASE_URL is no address of a database; "
            "write it as postgresql://USER:PASSWORD@HOST/NAME."
        ) from None
    if kind not in {"sqlite", "postgresql"}:
        raise ConfigError(f"Workbench keeps its data in SQLite or PostgreSQL, not in {kind}.")
