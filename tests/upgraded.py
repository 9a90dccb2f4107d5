"""A database that had been at work when it was brought to a step of the migrations, and on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command

from tests.support import postgres
from tests.test_migration_practice import ROWS, _run
from workbench import migrate
from workbench.db import Database
from workbench.migrations.versions import __path__ as versions


@contextmanager
def brought_on(
    request: pytest.FixtureRequest, tmp_path: Path, step: str, *rows: str
) -> Iterator[Database]:
    """At the newest schema, with `ROWS` and these rows written just before the step of that name.

    On the database that the fixture's parameter names: "sqlite" or "postgres".
    """
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgres":
        url = postgres.fresh_database(request.getfixturevalue("postgres_server"))
    opened = Database(url, key="k" * 96)
    with opened.exclusive() as connection:
        command.upgrade(migrate._config(connection), _before(step))
    for each in (ROWS, *rows):
        _run(opened, each)
    migrate.upgrade(opened)
    yield opened
    opened.dispose()


def _before(step: str) -> str:
    """The revision that the step comes after."""
    written = next(Path(versions[0]).glob(f"*_{step}.py")).read_text(encoding="utf-8")
    found: str = written.partition('down_revision = "')[2].partition('"')[0]
    return found
