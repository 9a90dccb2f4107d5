"""Bringing a database to the schema of this version."""

from __future__ import annotations

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from workbench.config import ConfigError
from workbench.db import Database
from workbench.paths import PACKAGE


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(PACKAGE / "migrations"))
    config.attributes["connection"] = connection
    return config


@cache
def head() -> str:
    """The revision this version of the program works with."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("the migrations are not where the program is")
    return revision


def current(database: Database) -> str | None:
    """The revision the database is at; None when it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> None:
    """Bring the database to head, all steps or none."""
    with database.exclusive() as connection:
        command.upgrade(_config(connection), "head")


def require_head(database: Database) -> None:
    """Raise ConfigError, saying what to do, unless the database is at head."""
    found = current(database)
    if found == head():
        return
    if found is None:
        raise ConfigError("The database is empty: run `workbench init`.")
    raise ConfigError(
        f"The database is at version {found} and this program needs {head()}: "
        "make a backup, then run `workbench init`, which upgrades it and keeps every judgment."
    )
