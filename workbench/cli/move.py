"""`workbench move`: from SQLite to PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click
from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from workbench import move as moving
from workbench.background.keep import LOCK
from workbench.backup import database_file
from workbench.cli.console import stages_of, table
from workbench.cli.failures import WRONG_CALL, Failure
from workbench.cli.installation import Installation, without_password
from workbench.cli.verb import Verb
from workbench.config import Config
from workbench.db import Database
from workbench.move import CannotMove, Moved
from workbench.only_one import only_one
from workbench.queries.anchors import read_anchors

_FROM_VARIABLE = "env:"


@click.command(
    cls=Verb,
    examples=(
        "workbench move --to postgresql://workbench@db/workbench       password in ~/.pgpass",
        "workbench move --to env:NEW_DATABASE                          the whole address in it",
    ),
)
@click.option("--to", "target", required=True, metavar="URL",
              help="An empty PostgreSQL database. env:NAME takes the address from that variable, "
              "so that no password is seen on the command line.")  # fmt: skip
@click.pass_obj
def move(installation: Installation, target: str) -> None:
    """Copy everything from SQLite to an empty PostgreSQL, and compare what arrived.

    Stop the server first; one that runs is noticed. Nothing is changed in SQLite. The new database
    gets every row, or none if anything is wrong or it is interrupted; then run it again.
    """
    url = _address(target)
    config = installation.config()
    if database_file(config) is None:
        raise Failure("The data is in PostgreSQL already.", WRONG_CALL)
    with installation.database() as source, only_one(config.home / LOCK, source) as nobody_works:
        if not nobody_works:
            raise Failure(
                "Workbench is running on this data, and would go on storing it in SQLite: stop it, "
                "and move again."
            )
        moved = _move(config, source, url)
    rows = [_row(each) for each in moved if each.rows]
    for line in table([("table", "rows", "sha256"), *rows], frozenset({1})):
        click.echo(line)
    click.echo(f"{len(moved) - len(rows)} more tables have no rows.")
    _say_next(config, url, moved)


def _move(config: Config, source: Database, url: str) -> list[Moved]:
    key = config.read_key()
    opened = Database(url, key=key, keys_file=config.keys_file)
    try:
        with stages_of("move") as look:
            return moving.move(source, opened, key, read_anchors(config.anchors), look)
    except CannotMove as error:
        raise Failure(str(error)) from None
    except CommandError:
        raise Failure("The target was made by a newer Workbench than this one.") from None
    finally:
        opened.dispose()


def _address(given: str) -> str:
    """The address of the target. Raises Failure, which never repeats what was given."""
    name = given.removeprefix(_FROM_VARIABLE)
    if name != given:
        given = os.environ.get(name, "")
        if not given:
            raise Failure(f"The variable {name} is not set.", WRONG_CALL)
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        raise Failure("--to must be postgresql://USER@HOST/NAME, or env:NAME.", WRONG_CALL)
    return given


def _row(moved: Moved) -> tuple[str, str, str]:
    return moved.table, f"{moved.rows:,}", moved.sha256[:12]


def _say_next(config: Config, url: str, moved: Sequence[Moved]) -> None:
    rows = sum(each.rows for each in moved)
    click.echo(f"\n{rows:,} rows arrived as they were, and everything is as it must be. Now:\n")
    for line in (
        f"1. Set WORKBENCH_DATABASE_URL to {without_password(url)} (and its password, if any).",
        f"2. Keep {config.home}: secret.key, sealing.keys and audit.key go on being used.",
        "3. Start Workbench again.",
        f"4. Keep {database_file(config)} as it is, until a backup of the new one is there.",
    ):
        click.echo(f"  {line}")


VERBS = {"move": move}
