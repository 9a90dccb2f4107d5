"""`workbench snapshot`: named training sets that never change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import orjson
from sqlalchemy.orm import Session

from workbench.cli.console import table
from workbench.cli.failures import WRONG_CALL, WRONG_DATA, Failure, said
from workbench.cli.installation import Installation
from workbench.cli.take_out import asked, format_sections, option_of, policy_options
from workbench.cli.verb import Family
from workbench.config import Config
from workbench.db import now
from workbench.export.card import TOLD
from workbench.export.files import replacing
from workbench.export.folder import Folder
from workbench.export.manifest import summary_lines
from workbench.intake.problems import printable
from workbench.messages import Invalid
from workbench.models import ExportFile, Project
from workbench.queries.export import rfc3339
from workbench.queries.projects import find_project
from workbench.queries.sources import all_snapshots, snapshot_named
from workbench.services.card_text import tell_card
from workbench.services.changed_since import Changed, changed_since, has_rows_of
from workbench.services.make_export import Place, build, record, stored_manifest

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")


@click.group(
    "snapshot",
    cls=Family,
    examples=(
        "workbench snapshot make prefs november --format trl-preference --split test=0.1",
        "workbench snapshot list prefs",
        "workbench snapshot get prefs november -o november",
        "workbench snapshot changed prefs november",
        "workbench trace prefs/november 17",
    ),
)
def snapshot() -> None:
    """Named training sets that never change.

    Each is kept on the server with its rows, its manifest and its card.
    """


@snapshot.command(
    sections=format_sections(),
    examples=(
        "workbench snapshot make prefs november --format trl-preference --split test=0.1",
        "workbench snapshot make prefs es-only --format openai-dpo --languages es --decisions only",
    ),
)
@click.argument("slug")
@click.argument("name")
@click.option(
    "--format", "format_name", required=True, metavar="FORMAT", help="One of those below."
)
@policy_options
@click.pass_obj
def make(
    installation: Installation, /, slug: str, name: str, format_name: str, **options: Any
) -> None:
    """Keep what is decided now under a name."""
    with installation.database() as database:
        with database.read() as session:
            project = find_project(session, slug)
        try:
            fmt, policy = asked(database, project, format_name, options)
            with (
                build(database, project, fmt, policy, place_of(installation.config())) as built,
                database.write(patient=True) as session,
            ):
                row = record(session, project, built, name=name, now=now(session), actor=None)
        except Invalid as error:
            raise Failure(said(error, _argument), WRONG_CALL) from None
    for line in summary_lines(built.manifest):
        click.echo(str(line), err=True)
    click.echo(f"{slug}/{row.name}: {built.manifest.rows:,} rows. "
               f"Fetch it: workbench snapshot get {slug} {row.name} -o {row.name}")  # fmt: skip


def _argument(field: str) -> str:
    return "NAME" if field == "name" else option_of(field)


def place_of(config: Config) -> Place:
    """Where snapshots of an installation lie."""
    return Place(config.exports, ZoneInfo(config.timezone))


@snapshot.command(
    "list",
    examples=(
        "workbench snapshot list prefs --with r-k4m2p7",
        "workbench snapshot list prefs --item mt-81",
    ),
)
@click.argument("slug")
@click.option(
    "--with", "who", metavar="PSEUDONYM", help="Those with judgments of this reviewer alone."
)
@click.option("--item", metavar="ID", help="Those with rows of this item alone.")
@_JSON
@click.pass_obj
def list_snapshots(
    installation: Installation, *, slug: str, who: str | None, item: str | None, as_json: bool
) -> None:
    """All snapshots of a project, the newest first."""
    with installation.database() as database, database.read() as session:
        project = find_project(session, slug)
        found = all_snapshots(session, project.id)
        if item is not None:
            found = [row for row in found if has_rows_of(session, project, row, item)]
    if who is not None:
        found = [row for row in found if who in row.manifest["read"].get("judged_by", {})]
    if as_json:
        _print({"project": slug, "snapshots": [_told(row) for row in found]})
    elif not found:
        click.echo("There is no such snapshot. Make one: workbench snapshot make.")
    else:
        rows = [
            (row.name or "", row.format, f"{row.manifest['rows']:,}", rfc3339(row.created_at))
            for row in found
        ]
        for line in table([("name", "format", "rows", "made"), *rows], right=frozenset({2})):
            click.echo(line)


def _told(row: ExportFile) -> dict[str, Any]:
    return {
        "name": row.name,
        "made_at": rfc3339(row.created_at),
        "files": row.names,
        "manifest": row.manifest,
    }


def _print(said: dict[str, Any]) -> None:
    click.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2))


@snapshot.command(examples=("workbench snapshot show prefs november",))
@click.argument("slug")
@click.argument("name")
@_JSON
@click.pass_obj
def show(installation: Installation, *, slug: str, name: str, as_json: bool) -> None:
    """What it was made of, and its files."""
    with _found(installation, slug, name) as (_, _, row):
        if as_json:
            _print(_told(row))
            return
        click.echo(f"{slug}/{name}, {row.format}, made {rfc3339(row.created_at)}")
        for line in summary_lines(stored_manifest(row)):
            click.echo(f"  {line}")
        for file, made in zip(row.names, row.manifest["files"], strict=False):
            click.echo(f"{made['sha256']}  {file}")


@snapshot.command(
    examples=(
        "workbench snapshot get prefs november -o november",
        "workbench snapshot get prefs november -o november --parquet",
    )
)
@click.argument("slug")
@click.argument("name")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where to; it is made where it is missing.",
)
@click.option("--parquet", is_flag=True, help="The rows as Parquet.")
@click.pass_obj
def get(installation: Installation, *, slug: str, name: str, output: Path, parquet: bool) -> None:
    """Put its files into a folder.

    `datasets.load_dataset` takes the folder as it is.
    """
    with _found(installation, slug, name) as (_, _, row):
        folder = installation.config().exports / row.folder
        if not folder.is_dir():
            raise Failure(f"The files of {slug}/{name} are no longer on the server", WRONG_DATA)
        output.mkdir(parents=True, exist_ok=True)
        files = Folder(folder, row.names, row.row_names, parquet)
        targets = {old: output / each for old, each in files.called().items()}
        with replacing(list(targets.values())) as streams:
            for old, target in targets.items():
                files.write(old, streams[target])
    for target in targets.values():
        click.echo(printable(str(target)))


@snapshot.command(examples=("workbench snapshot changed prefs november --json",))
@click.argument("slug")
@click.argument("name")
@_JSON
@click.pass_obj
def changed(installation: Installation, *, slug: str, name: str, as_json: bool) -> None:
    """What was said of its items since.

    Corrections, judgments taken back, decisions of leads, items replaced; and whether the rows
    would be others today.
    """
    with _found(installation, slug, name) as (session, project, row):
        found = changed_since(session, project, row)
    if as_json:
        _print({"snapshot": f"{slug}/{name}", **found.as_dict()})
        return
    for line in _changed_lines(found):
        click.echo(line)


def _changed_lines(found: Changed) -> Iterator[str]:
    if not found.changes:
        yield "Nothing was said of its items since."
    else:
        yield (f"{len(found.changes):,} of its items have news, "
               f"and {found.others:,} would give other rows today.")  # fmt: skip
        rows = [(printable(each.item), ", ".join(each.news), each.rows) for each in found.changes]
        yield from table([("item", "since then", "rows today"), *rows])
    if found.unseen:
        yield f"{found.unseen:,} further items of the project have news and were not looked at."


@snapshot.command(
    examples=(
        "workbench snapshot card prefs",
        "workbench snapshot card prefs --licence CC-BY-4.0 --use 'DPO of chat models in Spanish'",
    )
)
@click.argument("slug")
@click.option("--summary", metavar="TEXT", help="What the data set is, in a few sentences.")
@click.option("--licence", metavar="TEXT", help="Under which terms it may be used, as CC-BY-4.0.")
@click.option("--use", metavar="TEXT", help="What it is meant for, and what not.")
@click.option("--pay", metavar="TEXT", help="What reviewers are paid, as the card tells it.")
@click.pass_obj
def card(installation: Installation, /, *, slug: str, **told: str | None) -> None:
    """What cards say beside figures.

    Texts for the card of every snapshot to come; those that are there stay as they are.
    """
    given = {name: text for name, text in told.items() if text is not None}
    with installation.database() as database, database.write() as session:
        found = find_project(session, slug)
        if given:
            tell_card(session, found, given, now=now(session), actor=None)
        texts = dict(found.card or {})
    for name in TOLD:
        click.echo(f"{name:8}  {printable(texts.get(name, 'not told'))}")


@contextmanager
def _found(
    installation: Installation, slug: str, name: str
) -> Iterator[tuple[Session, Project, ExportFile]]:
    """The snapshot of that name, where it was read and its project."""
    with installation.database() as database, database.read() as session:
        project = find_project(session, slug)
        row = snapshot_named(session, project.id, name)
        if row is None:
            raise Failure(f"There is no snapshot {printable(name)} of {slug}", WRONG_CALL)
        yield session, project, row


VERBS = {"snapshot": snapshot}
