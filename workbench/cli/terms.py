"""`workbench terms`: what people agree to before they work here."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.console import File
from workbench.cli.failures import Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Family
from workbench.db import now
from workbench.queries.api_tokens import refused_tokens
from workbench.queries.terms import agreed
from workbench.services.terms import publish as publish_terms

_PUBLISH = "workbench terms publish --es terminos.md --en terms.md"


@click.group("terms", cls=Family, examples=(_PUBLISH, "workbench terms show"))
def terms() -> None:
    """Terms, such as the treatment of personal data, that people agree to."""


@terms.command(examples=(_PUBLISH,))
@click.option("--es", "spanish", required=True, type=File, help="Markdown in Spanish.")
@click.option("--en", "english", required=True, type=File, help="Markdown in English.")
@click.pass_obj
def publish(installation: Installation, *, spanish: Path, english: Path) -> None:
    """Publish a version. From now on people see nothing else until they have agreed to it, and
    the tokens of their programs are refused (403) as long."""
    es, en = _text(spanish), _text(english)
    with installation.database() as database, database.write() as session:
        at = now(session)
        version = publish_terms(session, es=es, en=en, now=at).version
        refused = refused_tokens(session, at)
    click.echo(f"Version {version} is in force: everybody agrees to it at their next page.")
    _say_refused(refused)


def _say_refused(tokens: int) -> None:
    """Programs that stand still, where there are any: nobody sees them do it."""
    if tokens == 1:
        click.echo("1 token of a program is refused (403) until its owner has agreed.")
    elif tokens:
        click.echo(f"{tokens:,} tokens of programs are refused (403) until their owners have "
                   "agreed.")  # fmt: skip


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeError:
        raise Failure(f"{path}: this is no text in UTF-8") from None


@terms.command(examples=("workbench terms show",))
@click.pass_obj
def show(installation: Installation) -> None:
    """Which version is in force, how many have agreed to it, and how many tokens wait for that."""
    with installation.database() as database, database.read() as session:
        found, refused = agreed(session), refused_tokens(session, now(session))
    if found is None:
        click.echo("There are no terms.")
        return
    click.echo(f"Version {found.version}: {found.agreed} of {found.people} people have agreed.")
    _say_refused(refused)


VERBS = {"terms": terms}
