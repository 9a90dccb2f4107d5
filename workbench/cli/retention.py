"""`workbench retention`: how long the contents of closed projects are kept."""

from __future__ import annotations

import shutil

import click

from workbench.cli.console import table
from workbench.cli.installation import Installation
from workbench.cli.verb import Family
from workbench.db import now
from workbench.queries.projects import find_project
from workbench.services.keeping import MOST_DAYS, close_project, open_project, set_keeping
from workbench.services.remove_contents import due, remove_contents, would_remove

_RUN = ("workbench retention run --dry-run", "workbench retention run")
_KEEP = (
    "workbench retention keep prefs --days 365",
    "workbench retention keep prefs --for-good",
    "workbench retention keep prefs --hold",
)


@click.group("retention", cls=Family, examples=(*_KEEP, *_RUN))
def retention() -> None:
    """How long the contents of closed projects are kept, and their removal."""


@retention.command(examples=_KEEP)
@click.argument("slug")
@click.option("--days", type=click.IntRange(0, MOST_DAYS), help="Days after the project is closed.")
@click.option("--for-good", is_flag=True, help="Contents are never removed.")
@click.option("--hold/--no-hold", default=None, help="Legal hold: nothing is removed meanwhile.")
@click.pass_obj
def keep(
    installation: Installation, *, slug: str, days: int | None, for_good: bool, hold: bool | None
) -> None:
    """Say how long a project's contents are kept after it is closed."""
    if (days is not None and for_good) or (days is None and not for_good and hold is None):
        raise click.UsageError("Give --days, --for-good, --hold or --no-hold.")
    with installation.database() as database, database.write() as session:
        project = find_project(session, slug)
        wanted = project.keep_days if days is None and not for_good else days
        held = project.legal_hold if hold is None else hold
        set_keeping(session, project, keep_days=wanted, legal_hold=held, now=now(session))
    kept = "for good" if wanted is None else f"{wanted} days after it is closed"
    click.echo(f"{slug}: contents are kept {kept}{', on legal hold' if held else ''}.")


@retention.command(examples=("workbench retention close prefs",))
@click.argument("slug")
@click.pass_obj
def close(installation: Installation, slug: str) -> None:
    """Close a project: nobody is given its items any more. All can still be read."""
    with installation.database() as database, database.write() as session:
        close_project(session, find_project(session, slug), now(session))
    click.echo(f"{slug} is closed.")


@retention.command("open", examples=("workbench retention open prefs",))
@click.argument("slug")
@click.pass_obj
def open_again(installation: Installation, slug: str) -> None:
    """Open a closed project again."""
    with installation.database() as database, database.write() as session:
        open_project(session, find_project(session, slug), now(session))
    click.echo(f"{slug} is open.")


@retention.command(examples=_RUN)
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def run(installation: Installation, *, dry_run: bool, yes: bool) -> None:
    """Remove the contents of closed projects that are past their days. For good.

    Texts of items, quotes, what people wrote in their own words and the files of snapshots go. Ids,
    hashes, choices and the audit trail stay. Backups are yours to look after.
    """
    exports = installation.config().exports
    with installation.database() as database:
        with database.read() as session:
            found = [(each.slug, would_remove(session, each.id)) for each in
                     due(session, now(session))]  # fmt: skip
        if not found:
            click.echo("There is nothing to remove.")
            return
        head = ("project", "items", "judgments", "files")
        rows = [(slug, f"{n.items:,}", f"{n.judgments:,}", f"{n.files:,}") for slug, n in found]
        for line in table([head, *rows], right=frozenset({1, 2, 3})):
            click.echo(line)
        if dry_run:
            return
        if not yes:
            click.confirm("Remove these contents for good?", abort=True, err=True)
        for slug, _ in found:
            with database.write() as session:
                at = now(session)
                _, folders = remove_contents(session, find_project(session, slug), at)
            for folder in folders:
                shutil.rmtree(exports / folder, ignore_errors=True)
            click.echo(f"{slug}: removed.")


VERBS = {"retention": retention}
