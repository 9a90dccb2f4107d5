"""`workbench mapping`: which columns of the tables that come into a project are read for what."""

from __future__ import annotations

import click

from workbench import task_types
from workbench.cli import from_tool, matching
from workbench.cli.console import table
from workbench.cli.installation import Installation
from workbench.cli.verb import Family
from workbench.db import now
from workbench.intake.mapping import ColumnMapping, check_mapping, parse_mapping
from workbench.queries.mappings import mapping_named, mappings_of
from workbench.queries.projects import find_project
from workbench.services import mappings as service

_SAVE = (f"workbench mapping save prefs crowd {matching.EXAMPLE}",)


@click.group(
    "mapping",
    cls=Family,
    examples=(*_SAVE, "workbench mapping list prefs", "workbench mapping show prefs crowd"),
)
def mapping() -> None:
    """Mappings of columns that a project keeps for tables that come again."""


@mapping.command("list", examples=("workbench mapping list prefs",))
@click.argument("slug")
@click.pass_obj
def list_mappings(installation: Installation, slug: str) -> None:
    """The project's mappings."""
    with installation.database() as database, database.read() as session:
        lines = mappings_of(session, find_project(session, slug).id)
    if not lines:
        click.echo("There is none yet.")
        return
    rows = [(each.name, f"{each.at:%Y-%m-%d}", ", ".join(each.mapping.read)) for each in lines]
    for text in table([("mapping", "saved", "columns"), *rows]):
        click.echo(text)


@mapping.command("show", examples=("workbench mapping show prefs crowd",))
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def show(installation: Installation, slug: str, name: str) -> None:
    """The command that says the same as the mapping; FILE stands for the table."""
    with installation.database() as database, database.read() as session:
        found = mapping_named(session, find_project(session, slug).id, name)
    click.echo(service.shell_command(slug, "FILE", found.mapping))


@mapping.command("save", examples=_SAVE)
@click.argument("slug")
@click.argument("name")
@matching.MAP
@from_tool.WITH
@matching.VALUE
@click.pass_obj
def save(
    installation: Installation,
    *,
    slug: str,
    name: str,
    columns: dict[str, str],
    options: dict[str, str],
    words: dict[str, str],
) -> None:
    """Keep a mapping under a name, in the place of the one that had it."""
    wanted = parse_mapping(ColumnMapping(columns, options, words).as_dict())
    with installation.database() as database, database.write() as session:
        project = find_project(session, slug)
        check_mapping(wanted, task_types.get(project.type))
        row = service.save(session, project, name, wanted, now=now(session), actor=None)
        said = f"Saved: {row.name}"
    click.echo(said)


@mapping.command("remove", examples=("workbench mapping remove prefs crowd",))
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def remove(installation: Installation, slug: str, name: str) -> None:
    """Keep a mapping no longer. What was brought in by it stays."""
    with installation.database() as database, database.write() as session:
        project = find_project(session, slug)
        service.remove(session, project.id, name, now=now(session), actor=None)
    click.echo(f"Removed: {name}")


VERBS = {"mapping": mapping}
