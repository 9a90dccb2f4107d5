"""`workbench tokens`: tokens by which programs use a project's API."""

from __future__ import annotations

import click

from workbench.cli.console import table
from workbench.cli.installation import Installation
from workbench.cli.verb import Family
from workbench.db import now
from workbench.models import Scope
from workbench.queries.api_tokens import open_tokens
from workbench.queries.projects import find_project
from workbench.services import accounts, api_tokens

_MAKE = (
    "workbench tokens make prefs --owner edu --name nightly --scope read --scope import",
    "workbench tokens make prefs --owner edu --name notebook --scope export --days 7",
)


@click.group(
    "tokens",
    cls=Family,
    examples=(*_MAKE, "workbench tokens list prefs", "workbench tokens revoke prefs wbk_abcd2345"),
)
def tokens() -> None:
    """Tokens by which scripts, notebooks and pipelines use the API."""


@tokens.command(examples=_MAKE)
@click.argument("slug")
@click.option("--owner", required=True, metavar="NAME",
              help="Whose token it is: an engineer or a lead of the project.")  # fmt: skip
@click.option("--name", required=True, help="What it is for.")
@click.option("--scope", "scopes", required=True, multiple=True,
              type=click.Choice([str(scope) for scope in Scope]),
              help="What it is good for; may be given several times.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, api_tokens.MOST_DAYS),
              default=api_tokens.DEFAULT_DAYS, show_default=True,
              help="Days after which it is good no more.")  # fmt: skip
@click.pass_obj
def make(
    installation: Installation,
    *,
    slug: str,
    owner: str,
    name: str,
    scopes: tuple[str, ...],
    days: int,
) -> None:
    """Make a token and print it, once: it is not stored.

    The token alone goes to standard output, so that it can be put where it belongs:
    TOKEN=$(workbench tokens make ...).
    """
    with installation.database() as database, database.write() as session:
        project, user = find_project(session, slug), accounts.find_user(session, owner)
        wanted = api_tokens.Wanted(name, scopes, days)
        row, secret = api_tokens.make(session, project, user, wanted, now=now(session), actor=None)
        said = (
            f"{row.prefix} of {user.name}: {', '.join(row.scopes)}, until {row.expires_at:%Y-%m-%d}"
        )
    click.echo(secret)
    click.echo(said, err=True)


@tokens.command("list", examples=("workbench tokens list prefs",))
@click.argument("slug")
@click.pass_obj
def list_tokens(installation: Installation, slug: str) -> None:
    """The project's tokens that are good, newest first."""
    with installation.database() as database, database.read() as session:
        found = open_tokens(session, find_project(session, slug).id, now(session))
    if not found:
        click.echo("There is no open token.")
        return
    head = ("token", "name", "owner", "scopes", "expires", "last used")
    rows = [
        (
            each.prefix,
            each.name,
            each.owner,
            ",".join(each.scopes),
            f"{each.expires_at:%Y-%m-%d}",
            f"{each.last_used_at:%Y-%m-%d %H:%M} UTC" if each.last_used_at else "never",
        )
        for each in found
    ]
    for text in table([head, *rows]):
        click.echo(text)


@tokens.command(examples=("workbench tokens revoke prefs wbk_abcd2345",))
@click.argument("slug")
@click.argument("prefix")
@click.pass_obj
def revoke(installation: Installation, slug: str, prefix: str) -> None:
    """End a token at once. PREFIX is its beginning, as `list` shows it."""
    with installation.database() as database, database.write() as session:
        project = find_project(session, slug)
        row = api_tokens.revoke(session, project.id, prefix, now=now(session), actor=None)
        known = row.prefix
    click.echo(f"{known} is good no more.")


VERBS = {"tokens": tokens}
