"""`workbench guideline`: publish a version of what reviewers are asked to do."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.console import File
from workbench.cli.failures import Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.db import now
from workbench.queries.guideline import version_text
from workbench.queries.projects import find_project
from workbench.services.guideline import Draft, publish


@click.command(
    cls=Verb,
    examples=(
        "workbench guideline prefs --es guia.md --en guide.md",
        "workbench guideline prefs --es guia.md --en guide.md --must-read --note 'Ties explained'",
        "workbench guideline prefs --es guia.md --one-language",
    ),
)
@click.argument("slug")
@click.option("--es", "spanish", type=File, help="Markdown in Spanish.")
@click.option("--en", "english", type=File, help="Markdown in English.")
@click.option("--note", default="", metavar="TEXT", help="What changed, in one line.")
@click.option("--must-read", is_flag=True, help="Reviewers read it before their next item.")
@click.option("--one-language", is_flag=True, help="The other language is missing on purpose.")
@click.pass_obj
def guideline(
    installation: Installation,
    *,
    slug: str,
    spanish: Path | None,
    english: Path | None,
    note: str,
    must_read: bool,
    one_language: bool,
) -> None:
    """Publish the next version of what reviewers are asked to do.

    Texts that did not change are no new version. Examples and the glossary, which are written in
    the browser, stay as they are in the present version.
    """
    es, en = _text(spanish), _text(english)
    if not (es and en) and not one_language:
        raise click.UsageError("Give --es and --en, or one of them with --one-language.")
    with installation.database() as database, database.write() as session:
        found = find_project(session, slug)
        present = version_text(session, found.id)
        draft = Draft(
            es=es,
            en=en,
            note=note,
            must_read=must_read,
            one_language=one_language,
            examples=present.examples if present else (),
            glossary=present.glossary if present else (),
        )
        version = publish(session, found, draft, now=now(session)).version
    if present and version == present.version:
        click.echo(f"Nothing has changed: the guideline of {slug} stays at version {version}.")
    else:
        click.echo(f"The guideline of {slug} is at version {version}.")


def _text(file: Path | None) -> str:
    """The text of a file, "" for none. Raises Failure."""
    if file is None:
        return ""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Failure(f"{file}: is not UTF-8") from None
    if "\x00" in text:
        raise Failure(f"{file}: has a NUL character")
    return text


VERBS = {"guideline": guideline}
