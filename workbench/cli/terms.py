"""`workbench terms`: what people agree to before they work here."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.console import File
from workbench.cli.failures import Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Family
from workbench.db import now
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
        version = publish_terms(session, es=es, en=en, now=now(session)).version
    click.echo(f"Version {version} is in force: everybody agrees to it at their next page.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeError:
        raise Failure(f"{path}: this is no text in UTF-8") from None


@terms.command(examples=("workbench terms show",))
@click.pass_obj
def show(installation: Installation) -> None:
    """Which version is in force, and how many have agreed to it."""
    with installation.database() as database, database.read() as session:
        found = agreed(session)
    if found is None:
        click.echo("There are no terms.")
        return
    click.echo(f"Version {found.version}: {found.agreed} of {found.people} people have agreed.")


VERBS = {"terms": terms}
