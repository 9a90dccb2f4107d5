"""`workbench user`: accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import click
from sqlalchemy.orm import Session

from workbench.cli.console import with_article
from workbench.cli.installation import Installation
from workbench.cli.verb import Family
from workbench.db import now
from workbench.models import Role, User
from workbench.services import accounts, provider_accounts, second_factor
from workbench.services.erase import erase_user
from workbench.services.provider_accounts import Identity


@click.group(
    "user",
    cls=Family,
    examples=(
        "workbench user create ana --role reviewer --locale es --speaks es,en",
        "workbench user code ana",
        "workbench user log-out ana",
        "workbench user reset-factor ana",
        "workbench user link ana --subject 8f2c41d0",
        "workbench user disable ana",
    ),
)
def user() -> None:
    """Accounts of people."""


@user.command(
    examples=(
        "workbench user create ana --role reviewer --locale es --speaks es,en",
        "workbench user create luz --role lead",
    )
)
@click.argument("name")
@click.option(
    "--role",
    required=True,
    type=click.Choice([str(role) for role in Role]),
    help="What the person is.",
)
@click.option(
    "--locale",
    default="es",
    show_default=True,
    type=click.Choice(accounts.LOCALES),
    help="Language of the pages.",
)
@click.option(
    "--speaks",
    default="es,en",
    show_default=True,
    metavar="LANGUAGES",
    help="Languages whose items the person may be given.",
)
@click.option("--site", default="", help="Where the person works; agreement can be split by it.")
@click.pass_obj
def create(
    installation: Installation, *, name: str, role: str, locale: str, speaks: str, site: str
) -> None:
    """Make an account and print the one-time code to choose its password with."""
    languages = tuple(part.strip() for part in speaks.split(",") if part.strip())
    with installation.database() as database, database.write() as session:
        at = now(session)
        made = accounts.create_user(
            session, name=name, role=role, now=at, locale=locale, speaks=languages, site=site
        )
        issued = accounts.issue_code(session, made, at)
        found = made.name
    click.echo(f"{found} is {with_article(role)} now.")
    say_code(issued, found, "72 hours")


def say_code(code: str, name: str, valid: str) -> None:
    """What to do with a one-time code."""
    click.echo(f"With this code {name} chooses a password, once, within {valid}:")
    click.echo(f"  code     {code}")
    click.echo(f"  address  /welcome?code={code}  (on the server's own address)")


@user.command(examples=("workbench user code ana",))
@click.argument("name")
@click.pass_obj
def code(installation: Installation, name: str) -> None:
    """Print a new one-time code to choose a password with. Earlier codes end."""
    with installation.database() as database, database.write() as session:
        found = accounts.find_user(session, name)
        issued = accounts.issue_code(session, found, now(session))
        known = found.name
    say_code(issued, known, "72 hours")


@user.command(examples=("workbench user site ana Medellín", "workbench user site ana --none"))
@click.argument("name")
@click.argument("site", required=False)
@click.option("--none", "clear", is_flag=True, help="The person works at no site.")
@click.pass_obj
def site(installation: Installation, name: str, site: str | None, *, clear: bool) -> None:
    """Say where a person works. Agreement can be split by site."""
    if (not site) is not clear:
        raise click.UsageError("Give a site, or --none.")
    with installation.database() as database, database.write() as session:
        found = accounts.find_user(session, name)
        accounts.change_site(session, found, site or "", now(session))
        said = f"{found.name} works in {found.site}." if found.site else f"{found.name}: no site."
    click.echo(said)


def _done_to(
    installation: Installation, name: str, do: Callable[[Session, User, datetime], object]
) -> str:
    """Do it to the person of that name; what they are called."""
    with installation.database() as database, database.write() as session:
        found = accounts.find_user(session, name)
        do(session, found, now(session))
        return found.name


@user.command(examples=("workbench user disable ana",))
@click.argument("name")
@click.pass_obj
def disable(installation: Installation, name: str) -> None:
    """End a person's access at once. What they judged stays."""
    known = _done_to(installation, name, accounts.disable_user)
    click.echo(f"{known} is logged out and cannot log in.")


@user.command(examples=("workbench user enable ana",))
@click.argument("name")
@click.pass_obj
def enable(installation: Installation, name: str) -> None:
    """Let a disabled person in again."""
    known = _done_to(installation, name, accounts.enable_user)
    click.echo(f"{known} can log in again.")


@user.command("log-out", examples=("workbench user log-out ana",))
@click.argument("name")
@click.pass_obj
def log_out(installation: Installation, name: str) -> None:
    """End all of a person's sessions. They can log in again."""
    known = _done_to(installation, name, accounts.log_out)
    click.echo(f"{known} is logged out everywhere.")


@user.command("reset-factor", examples=("workbench user reset-factor ana",))
@click.argument("name")
@click.pass_obj
def reset_factor(installation: Installation, name: str) -> None:
    """Take a person's second factor away: app, passkeys, recovery codes. They are logged out."""
    known = _done_to(installation, name, second_factor.reset)
    click.echo(f"{known} has no second factor now, and is logged out everywhere.")


@user.command(examples=("workbench user erase ana", "workbench user erase ana --yes"))
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase(installation: Installation, name: str, *, yes: bool) -> None:
    """Erase a person for good: name, password, factors, sessions, tokens, mail address, site.

    What they judged stays, under the pseudonyms that exports have for them. The audit trail keeps
    their number.
    """
    with installation.database() as database, database.read() as session:
        known = accounts.find_user(session, name).name
    if not yes:
        click.confirm(f"Erase {known} for good?", abort=True, err=True)
    with installation.database() as database, database.write() as session:
        shown = erase_user(session, accounts.find_user(session, name), now(session))
    click.echo(f"{known} is erased and appears as {shown}.")


@user.command(examples=("workbench user link ana --subject 8f2c41d0",))
@click.argument("name")
@click.option(
    "--subject",
    required=True,
    help="The person's subject (sub) at the provider, letter for letter.",
)
@click.pass_obj
def link(installation: Installation, name: str, subject: str) -> None:
    """Let a person log in by the organisation's OpenID provider."""
    issuer = _issuer(installation)
    with installation.database() as database, database.write() as session:
        found = accounts.find_user(session, name)
        provider_accounts.link(session, found, Identity(issuer, subject), now(session))
        known = found.name
    click.echo(f"{known} can log in by {issuer} now.")


@user.command(examples=("workbench user unlink ana",))
@click.argument("name")
@click.pass_obj
def unlink(installation: Installation, name: str) -> None:
    """End that a person logs in by the provider. They are logged out."""
    issuer = _issuer(installation)
    with installation.database() as database, database.write() as session:
        found = accounts.find_user(session, name)
        provider_accounts.unlink(session, found, issuer, now(session))
        accounts.log_out(session, found, now(session))
        known = found.name
    click.echo(f"{known} cannot log in by {issuer} any more, and is logged out everywhere.")


def _issuer(installation: Installation) -> str:
    issuer = installation.config().oidc_issuer
    if not issuer:
        raise click.UsageError("There is no provider: set WORKBENCH_OIDC_ISSUER.")
    return issuer


VERBS = {"user": user}
