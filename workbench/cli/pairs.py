"""`workbench project pairs`: items that tell most of the models stand ahead of the queue."""

from __future__ import annotations

from typing import Any

import click
import orjson

from workbench.cli.console import table
from workbench.cli.failures import WRONG_CALL, Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.db import Database, now
from workbench.queries import pairs as queries
from workbench.queries.projects import find_project
from workbench.services.pairs import choose, set_ahead


@click.command(
    cls=Verb,
    examples=(
        "workbench project pairs prefs                   what holds, and which order is in doubt",
        "workbench project pairs prefs --ahead 50        fifty items ahead of the queue",
        "workbench project pairs prefs --refit --json    choose anew now",
        "workbench project pairs prefs --off             the queue in its own order again",
    ),
)
@click.argument("slug")
@click.option("--ahead", type=int, help="Up to so many items stand ahead.")
@click.option("--off", is_flag=True, help="None stand ahead; these go to the end of the queue.")
@click.option("--refit", "again", is_flag=True, help="Choose anew now which items tell most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def pairs(
    installation: Installation,
    *,
    slug: str,
    ahead: int | None,
    off: bool,
    again: bool,
    as_json: bool,
) -> None:
    """Give reviewers first what is expected to tell most of which model is better.

    With --ahead, up to so many items stand ahead of the queue: those whose comparisons take most
    from the doubt about the models' strengths, by all judgments so far. When they are done or met,
    the queue goes on as ever. `workbench digest` chooses anew as judgments come in.
    """
    if off and ahead is not None:
        raise Failure("--off goes without --ahead", WRONG_CALL)
    with installation.database() as database:
        changed = (off or ahead is not None) and _change(database, slug, ahead)
        if changed or again:
            _choose(database, slug)
        found = _standing(database, slug)
    if as_json:
        click.echo(orjson.dumps(found))
    else:
        for line in _lines(found):
            click.echo(line)


def _change(database: Database, slug: str, ahead: int | None) -> bool:
    """Whether it is another number now."""
    with database.write() as session:
        project = find_project(session, slug)
        before = project.pairs_ahead
        set_ahead(session, project, ahead, now=now(session))
    return ahead != before


def _choose(database: Database, slug: str) -> None:
    with database.read() as session:
        project = find_project(session, slug)
        has_lane = project.pairs_ahead is not None
    if has_lane:
        choose(database, project.id)


def _standing(database: Database, slug: str) -> dict[str, Any]:
    """What holds, and what it was chosen by."""
    with database.read() as session:
        project = find_project(session, slug)
        why, last = queries.why_not(project), queries.newest(session, project.id)
        found: dict[str, Any] = {
            "project": slug,
            "most_ahead": project.pairs_ahead,
            "ahead": queries.count_ahead(session, project.id),
            "cannot": None if why is None else str(why),
            "chosen": None,
        }
        if last is not None:
            found["chosen"] = {
                "at": last.made_at,
                "comparisons": last.comparisons,
                "models": last.models,
                "looked_at": last.looked_at,
                "ahead": last.ahead,
                "in_doubt": last.doubts,
            }
    return found


def _lines(found: dict[str, Any]) -> list[str]:
    if found["cannot"]:
        return [f"ahead       none: {found['cannot']}"]
    if found["most_ahead"] is None:
        return ["ahead       none: the queue goes in its own order"]
    lines = [f"ahead       {found['ahead']:,} items of at most {found['most_ahead']:,}"]
    last = found["chosen"]
    if last is None:
        return [*lines, "chosen      not yet: with --refit, or by workbench digest"]
    lines.append(
        f"chosen      {last['at']:%Y-%m-%d %H:%M} UTC, of {last['looked_at']:,} items that waited, "
        f"by {last['comparisons']:,} comparisons of {last['models']:,} models"
    )
    if last["models"] < 2:
        return [*lines, f"            none: {queries.TOO_FEW}"]
    return [*lines, "", *_in_doubt(last["in_doubt"])]


def _in_doubt(doubts: list[dict[str, Any]]) -> list[str]:
    """The pairs of models whose order is least sure."""
    head = ("ahead", "behind", "sure", "comparisons", "items that wait")
    rows = [
        (each["ahead"], each["behind"], f"{100 * each['sure']:.0f} %",
         f"{each['n_judgments']:,}", f"{each['open']:,}")
        for each in doubts
    ]  # fmt: skip
    return table([head, *rows], right=frozenset({2, 3, 4}))
