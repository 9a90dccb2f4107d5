"""`workbench project overlap`: how many judgments items get, and what that has spent and saved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click
import orjson

from workbench.cli.failures import WRONG_CALL, Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.db import Database, now
from workbench.queries import overlap as queries
from workbench.queries.projects import find_project
from workbench.services.overlap import Rule, refit, set_rule

#: Up to how many judgments items may come to want, unless it is said.
_MOST = 5


@click.command(
    cls=Verb,
    examples=(
        "workbench project overlap prefs                 what holds, and what it has saved",
        "workbench project overlap prefs 3               three judgments an item",
        "workbench project overlap prefs 2 --most 5      two, and up to five where in doubt",
        "workbench project overlap prefs --confidence 0.998",
        "workbench project overlap prefs --off           the same number for all items again",
        "workbench project overlap prefs --refit --json",
    ),
)
@click.argument("slug")
@click.argument("judgments", type=int, required=False)
@click.option("--most", type=int, help="Ask for more where in doubt, up to so many.")
@click.option(
    "--confidence", type=float, help="No longer in doubt from this chance on, such as 0.98."
)
@click.option("--audit", type=float, help="Share of items that get two at least, such as 0.05.")
@click.option("--off", is_flag=True, help="The same number for all items; none given is lost.")
@click.option("--refit", "again", is_flag=True, help="Learn anew now how reliable reviewers are.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def overlap(  # noqa: PLR0913 - one an option
    installation: Installation,
    *,
    slug: str,
    judgments: int | None,
    most: int | None,
    confidence: float | None,
    audit: float | None,
    off: bool,
    again: bool,
    as_json: bool,
) -> None:
    """How many judgments items get: all the same, or more where the answer is in doubt.

    Items begin with JUDGMENTS. With --most, an item gets another one while the chance of its likely
    answer, by what is known of those who judged it, is below --confidence. Until anything is known
    each item gets three, or what it begins with if that is more. `workbench digest` learns anew as
    judgments come in.
    """
    if off and (most, confidence, audit) != (None, None, None):
        raise Failure("--off goes without --most, --confidence and --audit", WRONG_CALL)
    asked = {"start": judgments, "most": most, "confidence": confidence, "audit": audit}
    with installation.database() as database:
        changed = _change(database, slug, {k: v for k, v in asked.items() if v is not None}, off)
        if changed or again:
            _refit(database, slug)
        found = _standing(database, slug)
    if as_json:
        click.echo(orjson.dumps(found))
    else:
        for line in _lines(found):
            click.echo(line)


def _change(database: Database, slug: str, asked: dict[str, Any], off: bool) -> bool:
    """Whether anything was asked for that is another number now."""
    if not asked and not off:
        return False
    with database.write() as session:
        project = find_project(session, slug)
        before = Rule.of(project)
        rule = replace(before, **asked)
        if off:
            rule = replace(rule, most=None)
        elif rule.most is None and asked.keys() & {"confidence", "audit"}:
            rule = replace(rule, most=max(_MOST, rule.start + 1))
        set_rule(session, project, rule, now=now(session))
    return rule != before


def _refit(database: Database, slug: str) -> None:
    with database.read() as session:
        project = find_project(session, slug)
        has_rule = project.overlap_most is not None
    if has_rule:
        refit(database, project.id)


def _standing(database: Database, slug: str) -> dict[str, Any]:
    """What holds, what it rests on, and what it has spent and saved."""
    with database.read() as session:
        project = find_project(session, slug)
        rule, fixed = Rule.of(project), queries.why_fixed(project)
        last, spent = queries.newest(session, project.id), queries.spent(session, project)
        found: dict[str, Any] = {
            "project": slug,
            "start": rule.start,
            "most": rule.most,
            "confidence": rule.confidence,
            "audit": rule.audit,
            "cannot_adapt": None if fixed is None else str(fixed),
            "finished_items": spent.items,
            "judgments": spent.judgments,
            "beyond_start": spent.beyond(rule.start),
            "until_known": rule.until_known,
            "saved": None if rule.most is None else spent.saved(rule.most),
            "asked_again": spent.asked,
            "by_judgments": {str(n): items for n, items in spent.finished.items()},
            "learnt": None,
        }
        if last is not None:
            found["learnt"] = {
                "at": last.made_at,
                "judgments": last.judgments,
                "items": last.items,
                "reviewers": last.reviewers,
                "known": last.chances is not None,
            }
    return found


def _lines(found: dict[str, Any]) -> list[str]:
    finished = f"{found['finished_items']:,} items with {found['judgments']:,} judgments"
    if found["most"] is None:
        lines = [f"overlap     {found['start']}, the same for all items"]
        if found["cannot_adapt"]:
            lines.append(f"adapts      no: {found['cannot_adapt']}")
        return [*lines, f"finished    {finished}"]
    finished += f": {found['beyond_start']:,} beyond {found['start']} each, "
    finished += f"{found['saved']:,} fewer than {found['most']} each"
    return [
        f"overlap     from {found['start']} to {found['most']}",
        f"confidence  {found['confidence']:g}",
        f"audited     {found['audit']:g} of all items",
        f"rests on    {_learnt(found['learnt'], found['until_known'])}",
        f"finished    {finished}",
        f"asked on    {found['asked_again']:,} items want another judgment",
    ]


def _learnt(last: dict[str, Any] | None, until_known: int) -> str:
    if last is None:
        return f"nothing yet: each item gets {until_known}"
    rests = (
        f"{last['judgments']:,} judgments of {last['reviewers']:,} reviewers on "
        f"{last['items']:,} items, {last['at']:%Y-%m-%d %H:%M} UTC"
    )
    return rests if last["known"] else f"{rests}: too little to tell, each item gets {until_known}"
