"""`workbench reliability`, `disputes` and `league`: who is reliable, what is disputed, which model
is better."""

from __future__ import annotations

import math
from typing import Any

import click
import orjson

from workbench.cli.console import table
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.messages import Message
from workbench.queries import agreement as figures
from workbench.queries import reliability as standing
from workbench.queries.decisions import settled_ids
from workbench.queries.projects import find_project
from workbench.stats import League

#: Disputes that are listed unless asked otherwise.
LISTED = 20


@click.command(
    cls=Verb,
    examples=("workbench reliability prefs", "workbench reliability prefs --json | jq .reviewers"),
)
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def reliability(installation: Installation, slug: str, as_json: bool) -> None:
    """How often each reviewer says what is likely true.

    By Dawid and Skene, over the project's main question. Few judgments are drawn towards what all
    reviewers do, so that they condemn nobody.
    """
    with installation.database() as database, database.read() as session:
        found = standing.reliability(session, find_project(session, slug))
    if as_json:
        click.echo(_json(slug, found.undefined, **found.as_dict()))
        return
    if found.undefined is not None:
        click.echo(f"Undefined: {found.undefined}")
        return
    head = ("reviewer", "accuracy", "95 % interval", "judged", "tells models apart")
    rows = [head, *map(_reviewer, found.reviewers)]
    if found.noise_undefined is not None:
        rows = [row[:-1] for row in rows]
    for text in table(rows, right=frozenset({1, 3})):
        click.echo(text)


def _reviewer(line: standing.ReviewerLine) -> tuple[str, ...]:
    judged = f"{line.n_judgments:,}"
    if line.accuracy is None or line.low is None or line.high is None:
        return (line.pseudonym, "–", "too few to tell", judged, "–")
    interval = f"{line.low:.3f} to {line.high:.3f}"
    return (line.pseudonym, f"{line.accuracy:.3f}", interval, judged, _noise(line.noise))


def _noise(noise: standing.Noise | None) -> str:
    if noise is None:
        return "–"
    return f"{noise.discrimination:.2f} ({noise.low:.2f} to {noise.high:.2f})"


@click.command(
    cls=Verb,
    examples=("workbench disputes prefs", "workbench disputes prefs --limit 100 --json"),
)
@click.argument("slug")
@click.option("--limit", type=click.IntRange(1, 100_000), default=LISTED, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def disputes(installation: Installation, slug: str, limit: int, as_json: bool) -> None:
    """The items that reviewers disagree about, the furthest apart first.

    Those that a lead has settled are left out.
    """
    with installation.database() as database, database.read() as session:
        project = find_project(session, slug)
        settled = settled_ids(session, project.id)
        found = figures.disputes(session, project, limit, without=settled)
    if as_json:
        lines = [
            {"item": each.external_id, "reviewers": each.n_reviewers, "share": each.share}
            for each in found
        ]
        click.echo(_json(slug, None, disputes=lines))
        return
    if not found:
        click.echo("No two reviewers disagree about an item that is not settled.")
        return
    rows = [(each.external_id, f"{each.n_reviewers:,}", f"{each.share:.0%}") for each in found]
    for text in table([("item", "reviewers", "apart"), *rows], right=frozenset({1, 2})):
        click.echo(text)


@click.command(
    cls=Verb, examples=("workbench league prefs", "workbench league prefs --json | jq .models")
)
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def league(installation: Installation, slug: str, as_json: bool) -> None:
    """The models by strength, from comparisons of their responses.

    Bradley-Terry with ties (Davidson); 0 is the mean of all models.
    """
    with installation.database() as database, database.read() as session:
        found = standing.model_league(session, find_project(session, slug))
    undefined = found if isinstance(found, Message) else found.undefined
    models = _models(found) if isinstance(found, League) else []
    if as_json:
        click.echo(_json(slug, undefined, models=models))
        return
    if undefined is not None:
        click.echo(f"Undefined: {undefined}")
        return
    head = ("model", "strength", "95 % interval", "rank", "won", "tied", "lost")
    rows = [_model(each) for each in models]
    for text in table([head, *rows], right=frozenset({1, 4, 5, 6})):
        click.echo(text)


def _models(found: League) -> list[dict[str, Any]]:
    """The rows of the league; None for what is undefined."""
    if found.models is None:
        return []
    return [
        {
            str(name): None if isinstance(value, float) and math.isnan(value) else value
            for name, value in row.items()
        }
        for row in found.models.to_dict("records")
    ]


def _model(row: dict[str, Any]) -> tuple[str, ...]:
    interval, rank = "–", "–"
    if row["low"] is not None:
        interval = f"{row['low']:+.2f} to {row['high']:+.2f}"
        best, worst = int(row["rank_low"]), int(row["rank_high"])
        rank = str(best) if best == worst else f"{best} to {worst}"
    counts = (f"{row[name]:,}" for name in ("wins", "ties", "losses"))
    return (str(row["model"]), f"{row['strength']:+.2f}", interval, rank, *counts)


def _json(slug: str, undefined: Message | None, **parts: Any) -> bytes:
    told = {"project": slug, **parts, "undefined": None if undefined is None else str(undefined)}
    return orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY)


VERBS = {"reliability": reliability, "disputes": disputes, "league": league}
