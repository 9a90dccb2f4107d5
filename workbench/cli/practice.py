"""`workbench practice`: what reviewers practise on, and from when on they judge live items."""

from __future__ import annotations

from pathlib import Path

import click

from workbench import task_types
from workbench.cli.console import File, progress_of, table
from workbench.cli.installation import Installation
from workbench.cli.verb import Family
from workbench.db import now
from workbench.intake import open_source
from workbench.queries.practice_team import item_lines
from workbench.queries.projects import find_project
from workbench.services import practice_items, qualify


@click.group(
    "practice",
    cls=Family,
    examples=(
        "workbench practice load prefs practice.jsonl",
        "workbench practice pass-mark prefs 70",
        "workbench practice list prefs",
    ),
)
def practice() -> None:
    """Practice before live items."""


@practice.command(examples=("workbench practice load prefs practice.jsonl",))
@click.argument("slug")
@click.argument("file", type=File)
@click.pass_obj
def load(installation: Installation, slug: str, file: Path) -> None:
    """Bring practice items in.

    FILE is JSON lines: items, each with `expected`, the answer as `workbench export --format
    judgments` writes answers, and `why`, an object with es and en. It comes in as a whole, or with
    one bad line not at all. An item that is here already, with the same content, stays as it is.
    """
    with installation.database() as database:
        with database.read() as session:
            project = find_project(session, slug)
        task_type = task_types.get(project.type)
        with progress_of(str(file)) as progress:
            prepared = practice_items.prepare(
                open_source(str(file)), task_type, project.config, progress
            )
        with prepared, database.write() as session:
            counts = practice_items.add_items(
                session, project, prepared, now=now(session), actor=None
            )
    click.echo(f"{file}: {counts.new:,} new, {counts.same:,} already there")


@practice.command("list", examples=("workbench practice list prefs",))
@click.argument("slug")
@click.pass_obj
def list_items(installation: Installation, slug: str) -> None:
    """The practice items, with how often they were answered and how often rightly."""
    with installation.database() as database, database.read() as session:
        project = find_project(session, slug)
        lines = item_lines(session, project.id)
    mark = project.practice_pass_mark
    click.echo(f"Pass mark: {mark} %" if mark else "Nobody is asked to practise.")
    if lines:
        rows = [
            (line.external_id, line.language, str(line.answers), str(line.right)) for line in lines
        ]
        head = ("item", "language", "answers", "right")
        click.echo("\n".join(table([head, *rows], right=frozenset({2, 3}))))


@practice.command(
    "pass-mark",
    examples=(
        "workbench practice pass-mark prefs 70",
        "workbench practice pass-mark prefs 70 --everyone",
        "workbench practice pass-mark prefs --none",
    ),
)
@click.argument("slug")
@click.argument("percent", type=click.IntRange(1, 100), required=False)
@click.option("--none", "clear", is_flag=True, help="Ask nobody to practise.")
@click.option("--everyone", is_flag=True, help="Ask those too who have judged here already.")
@click.pass_obj
def pass_mark(
    installation: Installation, *, slug: str, percent: int | None, clear: bool, everyone: bool
) -> None:
    """Ask for practice: PERCENT of a round must be right before live items are given."""
    if (percent is None) is not clear:
        raise click.UsageError("Give a percentage, or --none.")
    with installation.database() as database, database.write() as session:
        project = find_project(session, slug)
        excused = qualify.set_pass_mark(
            session, project, percent, now=now(session), actor=None, excuse=not everyone
        )
    if percent is None:
        click.echo(f"{slug} asks nobody to practise.")
    else:
        click.echo(f"{slug} asks for {percent} % of a round of practice.")
        click.echo(f"Let in because they have judged there already: {excused:,}.")


VERBS = {"practice": practice}
