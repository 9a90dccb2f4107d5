"""`workbench audit` and `workbench anchor`: the trail, for those who have to believe it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from workbench.cli.console import File
from workbench.cli.failures import WRONG_DATA, Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Family, Verb
from workbench.db import now
from workbench.queries.projects import find_project
from workbench.services.anchors import drop_anchor
from workbench.services.failed_logins import tell_failures
from workbench.services.trail_check import check_trail
from workbench.services.trail_export import Wanted, export_trail
from workbench.services.trail_keys import public_key, signing_key

_EXPORT = (
    "workbench audit export -o trail.jsonl",
    "workbench audit export --project prefs --from 2026-11-01 --to 2026-11-30 -o november.jsonl",
)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command(
    cls=Verb, examples=("workbench anchor", "workbench anchor >> /mnt/elsewhere/a.jsonl")
)
@click.pass_obj
def anchor(installation: Installation) -> None:
    """Write the audit trail's end down outside the database, and print it.

    `workbench serve` does so once an hour. Keep the lines where whoever runs this machine cannot
    write: `workbench verify --anchors FILE` finds by them an end that was cut off.
    """
    config = installation.config()
    with installation.database() as database:
        with database.write() as session:
            tell_failures(session, now(session))
        try:
            dropped = drop_anchor(database, config.anchors)
        except ValueError as error:
            raise Failure(str(error)) from None
    if dropped is None:
        raise Failure("The audit trail is empty.")
    click.echo(dropped.line(), nl=False)


@click.group(
    "audit", cls=Family, examples=(*_EXPORT, "workbench audit check trail.jsonl --key ...")
)
def audit() -> None:
    """The audit trail: a signed copy for auditors, and whether such a copy is whole."""


@audit.command(examples=("workbench audit key",))
@click.pass_obj
def key(installation: Installation) -> None:
    """Print the public key by which signed copies are checked. Give it to the auditor apart."""
    click.echo(public_key(signing_key(installation.config().signing_key)))


@audit.command(examples=_EXPORT)
@click.option("--project", "slug", metavar="SLUG",
              help="What was done on this project; of other entries hashes alone.")  # fmt: skip
@click.option("--from", "since", type=_DAY, help="The first day, in UTC.")
@click.option("--to", "until", type=_DAY, help="The last day, in UTC.")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The file to write.")  # fmt: skip
@click.pass_obj
def export(
    installation: Installation,
    *,
    slug: str | None,
    since: date | None,
    until: date | None,
    output: Path,
) -> None:
    """Write a copy of the trail that can be checked without this installation.

    JSON lines, each entry with its hash and the one before; the last line says how many there are
    and from where to where, and is signed (Ed25519). `workbench audit check` looks at it.
    """
    config = installation.config()
    private = signing_key(config.signing_key)
    with installation.database() as database:
        with database.read() as session:
            project = None if slug is None else find_project(session, slug)
            wanted = Wanted.days(project, since, until)
            with output.open("wb") as file:
                manifest = export_trail(session, wanted, private, file.write, now(session))
        with database.write() as session:
            wanted.note(session, manifest, now(session), actor=None)
    click.echo(f"{output}: {manifest['count']:,} entries, {manifest['shown']:,} of them in full.")


@audit.command(examples=("workbench audit check november.jsonl --key 8Gf3...=",))
@click.argument("file", type=File)
@click.option("--key", "public", required=True, metavar="PUB",
              help="What `workbench audit key` prints there.")  # fmt: skip
def check(file: Path, public: str) -> None:
    """Whether a signed copy is whole and unchanged. Needs no database."""
    with file.open("rb") as stream:
        found = check_trail(stream, public)
    for problem in found.problems:
        click.echo(str(problem), err=True)
    if found.problems:
        raise Failure(f"{file}: not what was signed", WRONG_DATA)
    click.echo(
        f"{file}: whole. Entries {found.first:,} to {found.last:,}, {found.shown:,} in full."
    )


VERBS = {"audit": audit, "anchor": anchor}
