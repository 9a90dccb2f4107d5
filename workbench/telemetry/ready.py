"""Whether requests can be answered, and if not, what is in the way."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from workbench import migrate
from workbench.config import Config
from workbench.db import Database, disk_is_full

#: Bytes that are written to see whether there is room: some pages of the database.
_TRIED = 64 * 1024


def failing(database: Database, config: Config) -> dict[str, str]:
    """What fails, each with a word or two that give nothing away; {} when all is well."""
    found = {"database": _database(database)}
    if database.is_sqlite:
        folders = {config.home, Path(database.url.database or "").parent}
        found["disk"] = next(filter(None, map(_disk, folders)), "")
    return {name: why for name, why in found.items() if why}


def _database(database: Database) -> str:
    try:
        found = migrate.current(database)
    except SQLAlchemyError:
        return "no answer"
    return "" if found == migrate.head() else "schema of another version"


def _disk(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_TRIED))
            file.flush()
    except OSError as error:
        return "full" if disk_is_full(error) else "not writable"
    return ""
