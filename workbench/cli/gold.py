"""`workbench gold`: items whose answer is known, and how much is hidden among reviewers' items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import orjson

from workbench.cli.console import File, progress_of, table
from workbench.cli.installation import Installation
from workbench.cli.verb import Family
from workbench.db import now
from workbench.intake import open_source
from workbench.queries.gold import PersonLine, lines, people
from workbench.queries.projects import find_project
from workbench.queries.repeats import with_oneself
from workbench.services import load_gold
from workbench.services.gold import MOST_DAYS, MOST_PERCENT, Settings, change_settings
from workbench.stats import Share

_PERCENT = click.IntRange(0, MOST_PERCENT)


@click.group(
    "gold",
    cls=Family,
    examples=(
        "workbench gold load prefs gold.jsonl",
        "workbench gold rates prefs --gold 5 --floor 60",
        "workbench gold list prefs",
        "workbench gold people prefs --json",
    ),
)
def gold() -> None:
    """Items whose answer is known, hidden among those of reviewers."""


@gold.command(examples=("workbench gold load prefs gold.jsonl",))
@click.argument("slug")
@click.argument("file", type=File)
@click.pass_obj
def load(installation: Installation, slug: str, file: Path) -> None:
    """Say what the answers to items are.

    FILE is JSON lines: `item`, the id of an item that is here; `answer`, as `workbench export
    --format judgments` writes answers; and, if you like, `note`, which says why. It comes in as a
    whole, or with one bad line not at all. Items that are gold leave the queue and all exports.
    """
    with installation.database() as database:
        with progress_of(str(file)) as progress:
            prepared = load_gold.prepare(open_source(str(file)), progress)
        with prepared, database.write() as session:
            project = find_project(session, slug)
            counts = load_gold.load_gold(session, project, prepared, now=now(session), actor=None)
    click.echo(
        f"{file}: {counts.new:,} new, {counts.same:,} already there, "
        f"{counts.revised:,} with another answer than before"
    )


_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")


@gold.command("list", examples=("workbench gold list prefs",))
@click.argument("slug")
@_JSON
@click.pass_obj
def list_items(installation: Installation, *, slug: str, as_json: bool) -> None:
    """The items whose answer is known, what is found least often first."""
    with installation.database() as database, database.read() as session:
        found = lines(session, find_project(session, slug).id)
    if as_json:
        items = [
            {"item": line.item.id, "answer": line.answer, "note": line.note} | _score(line.score)
            for line in found
        ]
        _print(slug, items=items)
    elif not found:
        click.echo("Nothing is gold here. Bring answers in: workbench gold load.")
    else:
        rows = [(line.item.id, line.item.language, *_cells(line.score)) for line in found]
        _table(("item", "language", *_HEAD), rows)


@gold.command("people", examples=("workbench gold people prefs --json",))
@click.argument("slug")
@_JSON
@click.pass_obj
def list_people(installation: Installation, *, slug: str, as_json: bool) -> None:
    """How often reviewers find the known answer, and say the same again to a repeat.

    Reviewers go by the pseudonyms of the project.
    """
    with installation.database() as database, database.read() as session:
        project = find_project(session, slug)
        found = people(session, project.id, named=False)
        again = with_oneself(session, project, named=False)
    if as_json:
        repeats = [
            {"reviewer": line.who.pseudonym if line.who else None, **_score(line.score)}
            for line in again
        ]
        _print(slug, gold=[_person(line) for line in found], repeats=repeats)
        return
    if not found and not again:
        click.echo("Nobody has met gold or a repeat yet.")
    if found:
        click.echo("Known answers found")
        rows = [(line.who.pseudonym, *_cells(line.score), _since(line)) for line in found]
        _table(("reviewer", *_HEAD, "practises since"), rows)
    if again:
        click.echo("The same said again")
        same = [(each.who.pseudonym if each.who else "all", *_cells(each.score)) for each in again]
        _table(("reviewer", *_HEAD), same)


@gold.command(
    examples=(
        "workbench gold rates prefs",
        "workbench gold rates prefs --gold 5 --repeats 2 --after-days 7",
        "workbench gold rates prefs --floor 60 --feedback",
        "workbench gold rates prefs --gold 0 --repeats 0 --no-floor",
    )
)
@click.argument("slug")
@click.option("--gold", "gold_percent", type=_PERCENT, help="Gold in a hundred items.")
@click.option("--repeats", "repeat_percent", type=_PERCENT, help="Repeats in a hundred items.")
@click.option(
    "--after-days",
    "repeat_after_days",
    type=click.IntRange(1, MOST_DAYS),
    help="Days before an item is repeated.",
)
@click.option(
    "--floor",
    "gold_floor",
    type=click.IntRange(1, 100),
    help="Percent of known answers below which one practises again.",
)
@click.option("--no-floor", is_flag=True, help="Nobody is sent to practice for gold.")
@click.option(
    "--feedback/--no-feedback",
    "gold_feedback",
    default=None,
    help="Whether reviewers are told after their answer.",
)
@click.pass_obj
def rates(installation: Installation, /, *, slug: str, no_floor: bool, **given: Any) -> None:
    """Say how much is hidden, or without options show it."""
    if no_floor and given["gold_floor"] is not None:
        raise click.UsageError("Give --floor or --no-floor.")
    changes = {name: value for name, value in given.items() if value is not None}
    if no_floor:
        changes["gold_floor"] = None
    with installation.database() as database:
        if changes:
            with database.write() as session:
                project = find_project(session, slug)
                settings = replace(Settings.of(project), **changes)
                change_settings(session, project, settings, now=now(session), actor=None)
        with database.read() as session:
            stands = Settings.of(find_project(session, slug))
    click.echo(f"Gold in a hundred items: {stands.gold_percent}")
    click.echo(f"Repeats in a hundred items: {stands.repeat_percent}, "
               f"after {stands.repeat_after_days} days")  # fmt: skip
    click.echo(f"Floor: {f'{stands.gold_floor} %' if stands.gold_floor else 'none'}")
    click.echo(f"Reviewers are told: {'yes' if stands.gold_feedback else 'no'}")


_HEAD = ("right", "of", "share", "95 % interval")


def _cells(found: Share) -> tuple[str, str, str, str]:
    if found.value is None:
        return "0", "0", "–", "–"
    return str(found.hits), str(found.n), f"{found.value:.3f}", f"{found.low:.3f} {found.high:.3f}"


def _score(found: Share) -> dict[str, Any]:
    return {
        "right": found.hits,
        "n": found.n,
        "share": found.value,
        "low": found.low,
        "high": found.high,
    }


def _person(line: PersonLine) -> dict[str, Any]:
    fell = line.fell_at.isoformat() if line.fell_at else None
    return {"reviewer": line.who.pseudonym, **_score(line.score), "practises_since": fell}


def _since(line: PersonLine) -> str:
    return f"{line.fell_at:%Y-%m-%d %H:%M} UTC" if line.fell_at else ""


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    right = frozenset(head.index(name) for name in ("right", "of", "share"))
    click.echo("\n".join(table([head, *rows], right=right)))


def _print(slug: str, **parts: Any) -> None:
    click.echo(orjson.dumps({"project": slug, **parts}))


VERBS = {"gold": gold}
