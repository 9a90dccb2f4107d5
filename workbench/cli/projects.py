"""`workbench project`: projects, who is on them, and overlap."""

from __future__ import annotations

from pathlib import Path

import click

from workbench import task_types
from workbench.cli.console import File, table, with_article
from workbench.cli.installation import Installation
from workbench.cli.overlap import overlap
from workbench.cli.pairs import pairs
from workbench.cli.settings import read_settings
from workbench.cli.verb import Family
from workbench.db import now
from workbench.models import Role
from workbench.queries.projects import all_projects, find_project
from workbench.queries.watch import settings
from workbench.services import accounts, projects
from workbench.services.watch import set_watch

_ROLES = [str(role) for role in (Role.REVIEWER, Role.LEAD, Role.ENGINEER)]


@click.group(
    "project",
    cls=Family,
    examples=(
        "workbench project create prefs --type ranking --title 'Preferencias' --overlap 3",
        "workbench project add prefs ana",
    ),
)
def project() -> None:
    """Projects, who is on them, and overlap."""


@project.command(
    examples=(
        "workbench project create prefs --type ranking --title 'Preferencias'",
        "workbench project create bias-1 --type bias --title-es Sesgos --title-en Bias --overlap 5",
        "workbench project create prefs-3 --type ranking --title Tres --config criteria.json",
    )
)
@click.argument("slug")
@click.option(
    "--type",
    "type_slug",
    required=True,
    type=click.Choice(list(task_types.BY_SLUG)),
    help="How items are judged.",
)
@click.option("--title", default="", help="Title in both languages.")
@click.option("--title-es", default="", help="Title in Spanish, where it is another one.")
@click.option("--title-en", default="", help="Title in English, where it is another one.")
@click.option("--overlap", default=3, show_default=True, help="Judgments that each item wants.")
@click.option(
    "--config", "config_file", type=File, help="Criteria, taxonomy, scales: one JSON object."
)
@click.pass_obj
def create(
    installation: Installation,
    *,
    slug: str,
    type_slug: str,
    title: str,
    title_es: str,
    title_en: str,
    overlap: int,
    config_file: Path | None,
) -> None:
    """Make a new, empty project."""
    if not (title or (title_es and title_en)):
        raise click.UsageError("Give --title, or both --title-es and --title-en.")
    config = read_settings(config_file, type_slug) if config_file else {}
    with installation.database() as database, database.write() as session:
        projects.create_project(
            session,
            slug=slug,
            type_slug=type_slug,
            title={"es": title_es or title, "en": title_en or title},
            overlap=overlap,
            config=config,
            now=now(session),
        )
    click.echo(f"{slug} is there. Next: workbench project add {slug} NAME")


@project.command(
    examples=("workbench project add prefs ana", "workbench project add prefs luz --role lead")
)
@click.argument("slug")
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), help="[default: what the person is]")
@click.pass_obj
def add(installation: Installation, slug: str, name: str, role: str | None) -> None:
    """Put a person on a project, or change what they are there."""
    with installation.database() as database, database.write() as session:
        found = find_project(session, slug)
        person = accounts.find_user(session, name)
        if role is None and person.role not in _ROLES:
            raise click.UsageError(f"Say what {person.name} is there: --role {'|'.join(_ROLES)}.")
        member = projects.add_member(
            session, found, person, role=role or person.role, now=now(session)
        )
        what = with_article(member.role)
        told = f"{person.name} is {what} on {slug}, as {member.pseudonym} in its exports."
    click.echo(told)


@project.command(examples=("workbench project remove prefs ana",))
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def remove(installation: Installation, slug: str, name: str) -> None:
    """Take a person off a project. What they judged stays."""
    with installation.database() as database, database.write() as session:
        found = find_project(session, slug)
        person = accounts.find_user(session, name)
        projects.remove_member(session, found, person, now=now(session))
        known = person.name
    click.echo(f"{known} is no longer on {slug}.")


@project.command(
    examples=(
        "workbench project alerts prefs",
        "workbench project alerts prefs --agreement-floor 0.6 --queue-days 3",
        "workbench project alerts prefs --agreement-floor none",
    )
)
@click.argument("slug")
@click.option(
    "--agreement-floor",
    metavar="ALPHA",
    help="Tell leads when Krippendorff's alpha of the main question is below; none: never.",
)
@click.option(
    "--queue-days", type=int, help="Tell leads when so many days of work are left; 0: never."
)
@click.pass_obj
def alerts(
    installation: Installation, slug: str, agreement_floor: str | None, queue_days: int | None
) -> None:
    """Say from what on the leads of a project are told of agreement and the queue."""
    with installation.database() as database, database.write() as session:
        found = find_project(session, slug)
        now_set = settings(session, found.id)
        floor, days = now_set.agreement_floor, now_set.queue_days
        if agreement_floor is not None:
            floor = _floor(agreement_floor)
        if queue_days is not None:
            days = queue_days
        if (agreement_floor, queue_days) != (None, None):
            set_watch(session, found, agreement_floor=floor, queue_days=days,
                      now=now(session), actor=None)  # fmt: skip
    click.echo(f"agreement floor  {'none' if floor is None else f'{floor:g}'}")
    click.echo(f"days of work     {days or 'never'}")


def _floor(text: str) -> float | None:
    try:
        return None if text == "none" else float(text)
    except ValueError:
        raise click.UsageError("--agreement-floor wants a number such as 0.6, or none.") from None


@project.command("list", examples=("workbench project list",))
@click.pass_obj
def list_(installation: Installation) -> None:
    """All projects, with their items and judgments."""
    with installation.database() as database, database.read() as session:
        found = all_projects(session)
    head = ("project", "type", "overlap", "items", "judgments", "title")
    rows = [
        (p.slug, p.type, str(p.overlap), f"{p.items:,}", f"{p.judgments:,}", p.title["en"])
        for p in found
    ]
    for line in table([head, *rows], right=frozenset({2, 3, 4})):
        click.echo(line)


project.add_command(overlap)
project.add_command(pairs)

VERBS = {"project": project}
