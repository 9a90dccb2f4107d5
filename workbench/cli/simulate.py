"""`workbench simulate`: what other rules would have cost, on judgments that are there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from workbench.cli.console import File, steps_of, table
from workbench.cli.failures import WRONG_CALL, Failure
from workbench.cli.long_table import Columns, LongTable, read_long
from workbench.cli.simulate_pairs import judged, main_values, pairs
from workbench.cli.verb import Family
from workbench.stats import OverlapSettings, Simulation
from workbench.stats import simulate as simulate_overlap
from workbench.stats.simulation import CONFIDENCES, SEEDS
from workbench.task_types.ranking.agreement import is_forward

_AGAINST = {
    "gold": "Against gold",
    "full": "Against the majority of all judgments (favours fixed overlap: its votes are in it)",
    "held out": "Against one judgment held out (favours nobody, but is wrong itself at times)",
}
#: By this much an answer may be less often right and still count as right as often.
MARGIN = 0.005
_HEAD = ("overlap", "answer by", "judgments an item", "right", "95 % interval", "saved", "lead")


@click.group(
    "simulate",
    cls=Family,
    examples=(
        "workbench simulate overlap --data judgments.csv",
        "workbench simulate pairs --data comparisons.csv",
    ),
)
def simulate() -> None:
    """What other rules would have cost."""


@simulate.command(
    "overlap",
    examples=(
        "workbench simulate overlap --data judgments.csv",
        "workbench simulate overlap --data raters.jsonl --item text_id --reviewer rater \\",
        "    --value label --gold truth",
        "workbench simulate overlap --data judgments.jsonl --items outputs.jsonl",
        "workbench simulate overlap --data judgments.csv --json | jq '.curve[0]'",
    ),
)
@click.option("--data", type=File, required=True, metavar="FILE", help="CSV or JSON lines.")
@judged
@click.option("--item", metavar="COLUMN", help="What was judged.  [default: item]")
@click.option(
    "--reviewer",
    metavar="COLUMN",
    help="Who judged.  [default: reviewer; without such a column nobody is told apart]",
)
@click.option("--value", metavar="COLUMN", help="What was said.  [default: value]")
@click.option(
    "--gold", metavar="COLUMN", help="What is true, if it is known.  [default: gold, if there]"
)
@click.option(
    "--confidence",
    "confidences",
    type=click.FloatRange(0, 1, min_open=True),
    multiple=True,
    help="Stop at this chance of the likely value; several may be given.",
)
@click.option(
    "--most", type=click.IntRange(1), default=5, show_default=True, help="Judgments of an item."
)
@click.option(
    "--seeds", type=click.IntRange(1), default=SEEDS, show_default=True, help="Random orders."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def overlap(
    *,
    data: Path,
    confidences: tuple[float, ...],
    most: int,
    seeds: int,
    as_json: bool,
    items: Path | None,
    type_slug: str,
    config: Path | None,
    **columns: str | None,
) -> None:
    """Adaptive overlap beside fixed overlap.

    FILE has one judgment a line, several of an item. They are spent again in random order: with 1,
    2, 3 and 5 judgments of every item, and with as many as each item needs until its likely value
    is sure enough. Reliability is learnt only from what was spent before.

    With --items FILE has judgments as `workbench export --format judgments` writes them, and what
    they say to the main question of their type is looked at.
    """
    found_in = (
        read_long(data, Columns(**columns))
        if items is None
        else _exported(data, items, (type_slug, config), columns)
    )
    with steps_of(str(data)) as progress:
        found = simulate_overlap(
            found_in.judgments,
            found_in.gold,
            confidences=sorted(set(confidences)) or CONFIDENCES,
            settings=OverlapSettings(most=most),
            seeds=seeds,
            anonymous=found_in.anonymous,
            progress=progress,
        )
    if as_json:
        click.echo(orjson.dumps(_as_dict(data, found, found_in.anonymous)))
        return
    who = "reviewers not told apart" if found_in.anonymous else f"{found.n_reviewers:,} reviewers"
    click.echo(
        f"{data}: {found.n_items:,} items, {found.n_judgments:,} judgments, {who}; "
        f"means over {seeds:,} random orders"
    )
    for line in _lines(found):
        click.echo(line)


def _exported(
    data: Path, items: Path, how: tuple[str, Path | None], columns: Mapping[str, str | None]
) -> LongTable:
    """What exported judgments say to the main question. Raises Failure, naming file, line and
    field."""
    named = [name for name, column in columns.items() if column is not None]
    if named:
        raise Failure(f"--{named[0]}: exported judgments have no columns; leave it out", WRONG_CALL)
    main, values = main_values(data, items, *how)
    if values.empty:
        raise Failure(f"{data}: there are no judgments")
    if main.paired:
        # Each pair of responses is there both ways; one of them says it all.
        values = values[[is_forward(unit) for unit in values["unit"]]]
    return LongTable(values[["item", "reviewer", "unit", "value"]], None, anonymous=False)


def _as_dict(data: Path, found: Simulation, anonymous: bool) -> dict[str, Any]:
    curve = [] if found.curve is None else found.curve.to_dict("records")
    return {
        "file": str(data),
        "items": found.n_items,
        "judgments": found.n_judgments,
        "reviewers": None if anonymous else found.n_reviewers,
        "seeds": found.seeds,
        "curve": curve,
        "undefined": None if found.undefined is None else str(found.undefined),
    }


def _lines(found: Simulation) -> list[str]:
    if found.curve is None:
        return ["", f"Undefined: {found.undefined}"]
    lines = []
    for reference, curve in found.curve.groupby("reference", sort=False):
        rows: list[Any] = list(curve.itertuples())
        n_items, beside = rows[0].n_items, rows[0].baseline
        lines += ["", f"{_AGAINST[str(reference)]}, {n_items:,} items:", ""]
        lines += table([_HEAD, *map(_row, rows)], right=frozenset({2, 3, 5, 6}))
        lines += ["", _cheapest(rows, beside)]
    beside = f"Saved and lead are beside a fixed overlap of {found.curve['baseline'].max()}"
    return [*lines, "", f"{beside}, or of as many judgments as there are."]


def _row(point: Any) -> Sequence[str]:
    name = (
        f"fixed {point.setting:.0f}" if point.rule == "fixed" else f"until {point.setting:.4g} sure"
    )
    return (
        name,
        point.answer_by,
        f"{point.spent:.2f}",
        f"{100 * point.accuracy:.2f} %",
        f"{100 * point.accuracy_low:.2f} to {100 * point.accuracy_high:.2f}",
        f"{100 * point.saved:.0f} %",
        _lead(point),
    )


def _lead(point: Any) -> str:
    low, high = 100 * point.difference_low, 100 * point.difference_high
    return f"{100 * point.difference:+.2f} [{low:+.2f}, {high:+.2f}]"


def _cheapest(rows: Sequence[Any], beside: int) -> str:
    """The point with fewest judgments that is not less right: neither surely nor by much."""
    level = [
        each
        for each in rows
        if each.rule == "adaptive" and each.difference_high >= 0 and each.difference_low >= -MARGIN
    ]
    if not level:
        return (
            f"For no confidence tried it is plain that it is as right as a fixed overlap of "
            f"{beside}, within {100 * MARGIN:g} points."
        )
    best = min(level, key=lambda each: each.spent)
    return (
        f"As right as a fixed overlap of {beside}, within {100 * MARGIN:g} points: until "
        f"{best.setting:.4g} sure, {best.spent:.2f} judgments an item, "
        f"{100 * best.saved:.0f} % saved."
    )


simulate.add_command(pairs)

VERBS = {"simulate": simulate}
