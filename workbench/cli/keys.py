"""`workbench keys`: what secrets are sealed by that must be read again."""

from __future__ import annotations

import click

from workbench.cli.failures import Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Family
from workbench.db import Database, now
from workbench.sealing import Sealer
from workbench.services import second_factor


@click.group(
    "keys",
    cls=Family,
    examples=("workbench keys show", "workbench keys rotate", "workbench keys forget"),
)
def keys() -> None:
    """Keys that the seeds of people's apps are sealed by. They lie outside the database."""


def _sealer(database: Database) -> Sealer:
    with database.read() as session:
        found: Sealer = session.info["sealer"]
    return found


@keys.command(examples=("workbench keys show",))
@click.pass_obj
def show(installation: Installation) -> None:
    """How many keys and sealed secrets there are. No key is shown."""
    with installation.database() as database:
        sealer = _sealer(database)
        with database.read() as session:
            count = second_factor.sealed(session)
            older = second_factor.sealed_by_older(session)
    made = len(sealer.keys()) - 1
    click.echo(f"{made} made in {sealer.file}, and one that follows from the installation's key.")
    click.echo(f"{count} sealed, {older} of them by another than the newest.")


@keys.command(examples=("workbench keys rotate",))
@click.pass_obj
def rotate(installation: Installation) -> None:
    """Make a key and seal everything by it. The older ones still open, until `forget`."""
    with installation.database() as database:
        # First the key, then what it seals: a server that runs reads the file each time.
        _sealer(database).add_key()
        with database.write() as session:
            count = second_factor.seal_anew(session, now(session))
    click.echo(f"A new key seals from now on. Sealed anew: {count}.")
    click.echo(
        "Copy sealing.keys to where the other machines and the backup have theirs.", err=True
    )


@keys.command(examples=("workbench keys forget",))
@click.pass_obj
def forget(installation: Installation) -> None:
    """Forget the older keys. A backup of before the rotation needs its own sealing.keys."""
    with installation.database() as database, database.write() as session:
        if second_factor.sealed_by_older(session):
            raise Failure("Something is sealed by an older key yet: run `workbench keys rotate`.")
        count = _sealer(database).forget_old()
    click.echo(f"Older keys that are gone: {count}.")


VERBS = {"keys": keys}
