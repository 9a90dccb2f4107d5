"""`workbench backup` and `workbench restore`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from workbench import backup as backups
from workbench.backup import Contents, NoBackup
from workbench.cli.console import File
from workbench.cli.failures import WRONG_CALL, Failure
from workbench.cli.installation import Installation, set_up, without_password
from workbench.cli.verb import Verb
from workbench.config import Config, load_config
from workbench.db import Database
from workbench.on_sqlite import sqlite
from workbench.queries.anchors import read_anchors
from workbench.queries.verify import verify

_OUT = click.Path(dir_okay=False, path_type=Path)


@click.command(
    cls=Verb,
    examples=("workbench backup /mnt/elsewhere/monday.tar", "workbench backup b.tar --without-key"),
)
@click.argument("file", type=_OUT)
@click.option("--without-key", is_flag=True,
              help="Leave keys out: restored only beside the same secret.key.")  # fmt: skip
@click.option("--replace", is_flag=True, help="Overwrite FILE.")
@click.pass_obj
def backup(installation: Installation, file: Path, without_key: bool, replace: bool) -> None:
    """Copy the database and its keys to FILE, while people go on judging.

    FILE holds the keys, so keep it as safe as the home folder. On PostgreSQL use pg_dump.
    """
    config = installation.config()
    config.read_key()
    database = _file_of(config, f"pg_dump --format=custom --file={shlex.quote(str(file))}")
    try:
        held = backups.write(config, database, file, keys=not without_key, replace=replace)
    except FileExistsError:
        raise Failure(f"{file} is there already: name another, or --replace.", WRONG_CALL) from None
    except sqlite.Error as error:
        raise Failure(f"The database was not copied: {error}.") from None
    click.echo(_told(held))
    if without_key:
        click.echo(
            "Without keys: keep secret.key (and sealing.keys, audit.key) elsewhere. "
            "Without secret.key this cannot be restored.",
            err=True,
        )


@click.command(
    cls=Verb,
    examples=("workbench --home /srv/new restore monday.tar", "workbench restore b.tar --replace"),
)
@click.argument("file", type=File)
@click.option("--replace", is_flag=True, help="In place of what is in the home folder.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def restore(installation: Installation, file: Path, replace: bool, yes: bool) -> None:
    """Bring back what `workbench backup` wrote, after checking all of it.

    It is brought to this version and checked as `workbench verify` does before anything is put in
    place. What was there is moved aside, not deleted. Stop the server first.
    """
    config = installation.config()
    database = _file_of(config, "pg_restore --no-owner --exit-on-error --single-transaction -d")
    if database.exists():
        _agreed(database, replace=replace, yes=yes)
    for place in (config.home, database.parent):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with backups.unpacked(file, database.parent) as (folder, held):
            _check(folder, held, config)
            aside = backups.put(folder, config, database)
    except NoBackup as error:
        raise Failure(str(error)) from None
    click.echo(_told(held))
    click.echo("Restored; everything is as it must be.")
    if aside:
        click.echo(f"What was there is in {aside}.", err=True)


def _agreed(database: Path, *, replace: bool, yes: bool) -> None:
    if not replace:
        raise Failure(f"There is {database} already: name another home, or --replace.", WRONG_CALL)
    if not yes:
        click.confirm(f"Put the backup in place of {database}?", abort=True, err=True)


def _check(folder: Path, held: Contents, config: Config) -> None:
    """Bring the copy to this version and look up every rule. Raises Failure, ConfigError."""
    if not held.keys:
        backups.lend_keys(config, folder)
    url = f"sqlite:///{folder / backups.DATABASE}"
    copy = load_config({}, home=folder, database_url=url)
    key = copy.read_key()
    set_up(copy)
    database = Database(url, key=key, keys_file=copy.keys_file)
    try:
        with database.read() as session:
            broken = verify(session, key, read_anchors(copy.anchors))
    finally:
        database.dispose()
    for finding in broken:
        click.echo(f"{finding.rule}: {finding.subject}: {finding.text}", err=True)
    if broken:
        raise Failure(f"{len(broken):,} things in the backup are not as they must be; "
                      "nothing was restored.")  # fmt: skip


def _file_of(config: Config, command: str) -> Path:
    """The file of SQLite. Raises Failure that names PostgreSQL's own command, no password in it."""
    database = backups.database_file(config)
    if database is None:
        shown = shlex.quote(without_password(config.database_url))
        raise Failure(f"The data is in PostgreSQL, which has a tool for this: {command} {shown}",
                      WRONG_CALL)  # fmt: skip
    return database


def _told(held: Contents) -> str:
    counts = ", ".join(f"{count:,} {name}" for name, count in held.counts.items())
    return f"{counts}; sha256 {held.sha256}"


VERBS = {"backup": backup, "restore": restore}
