"""`workbench simulate pairs`: what it is worth to choose the next pair of models by information."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import orjson
import pandas as pd

from workbench import task_types
from workbench.cli.console import File, steps_of, table
from workbench.cli.failures import Failure, said
from workbench.cli.long_table import fault, records
from workbench.cli.settings import read_settings
from workbench.cli.verb import Verb
from workbench.intake.long_table import long_table
from workbench.intake.read import read_items
from workbench.intake.source import open_source
from workbench.messages import Invalid
from workbench.queries.reliability import compared
from workbench.stats import PairSimulation, simulate_pairs
from workbench.stats.pair_simulation import BY_INFORMATION
from workbench.stats.simulation import SEEDS
from workbench.task_types.base import Config, Question
from workbench.task_types.ranking.agreement import is_forward

_NEEDED = ("item", "model_a", "model_b", "value")
_VALUES = {"1": 1, "0": 0, "-1": -1}
_HEAD = ("judgments", "error by information", "as they come", "difference", "95 % interval",
         "in order", "as they come", "worth")  # fmt: skip

#: For a file of judgments as they are exported.
_JUDGED = (
    click.option(
        "--items",
        type=File,
        metavar="FILE",
        help="The items, where --data has judgments as `workbench export --format judgments` "
        "writes them.",
    ),
    click.option(
        "--type",
        "type_slug",
        default="ranking",
        show_default=True,
        type=click.Choice(list(task_types.BY_SLUG)),
        help="How the items were judged.",
    ),
    click.option("--config", type=File, metavar="FILE", help="The project's settings, as JSON."),
)


def judged(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that `main_values` needs."""
    for option in reversed(_JUDGED):
        command = option(command)
    return command


@click.command(
    "pairs",
    cls=Verb,
    examples=(
        "workbench simulate pairs --data comparisons.csv",
        "workbench simulate pairs --data judgments.jsonl --items outputs.jsonl",
        "workbench simulate pairs --data comparisons.csv --json | jq '.curve[0]'",
    ),
)
@click.option("--data", type=File, required=True, metavar="FILE", help="CSV or JSON lines.")
@judged
@click.option(
    "--seeds", type=click.IntRange(1), default=SEEDS, show_default=True, help="Random orders."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def pairs(
    *,
    data: Path,
    items: Path | None,
    type_slug: str,
    config: Path | None,
    seeds: int,
    as_json: bool,
) -> None:
    """Pairs of models chosen by information, beside taking them as they come.

    FILE has one comparison a line: item, model_a, model_b, value (1: a is better, 0: a tie, -1),
    and reviewer if it is known. They are spent again, item by item: in random order, and in that of
    `workbench project pairs`, which learns only from what was spent before. The error is that of
    the log-strengths, beside those of the whole file.
    """
    comparisons = _comparisons(data) if items is None else _judged(data, items, type_slug, config)
    with steps_of(str(data)) as progress:
        found = simulate_pairs(comparisons, seeds=seeds, progress=progress)
    if as_json:
        click.echo(orjson.dumps(_as_dict(data, found)))
        return
    click.echo(
        f"{data}: {found.n_items:,} items, {found.n_judgments:,} comparisons of "
        f"{found.n_models:,} models; means over {seeds:,} random orders"
    )
    for line in _lines(found):
        click.echo(line)


def _comparisons(path: Path) -> pd.DataFrame:
    """A file of comparisons. Raises Failure, naming file, line and column."""
    rows = []
    for line, record in records(path):
        for name in _NEEDED:
            if name not in record:
                there = ", ".join(map(str, record)) or "none"
                raise fault(path, line, name, f"there is no such column; there are: {there}")
        item, a, b, value = (str(record[name]).strip() for name in _NEEDED)
        if value not in _VALUES:
            raise fault(path, line, "value", "is 1 (a is better), 0 (a tie) or -1 (b is better)")
        rows.append((item, str(record.get("reviewer") or ""), a, b, _VALUES[value]))
    if not rows:
        raise fault(path, 1, "value", "there are no comparisons")
    return pd.DataFrame(rows, columns=["item", "reviewer", "model_a", "model_b", "value"])


def main_values(
    data: Path, items: Path, type_slug: str, config: Path | None
) -> tuple[Question, pd.DataFrame]:
    """The main question of a type, and what exported judgments say to it. Raises Failure, naming
    file, line and field."""
    try:
        settings = {} if config is None else read_settings(config, type_slug)
        values = long_table(type_slug, items, data, settings)
        main = task_types.get(type_slug).questions(_parsed(type_slug, settings))[0]
    except Invalid as error:
        raise Failure(said(error)) from None
    return main, values[values["question"] == main.key]


def _judged(data: Path, items: Path, type_slug: str, config: Path | None) -> pd.DataFrame:
    """The comparisons in a file of judgments, with the models of a file of items."""
    main, values = main_values(data, items, type_slug, config)
    if not main.paired:
        raise Failure(f"{type_slug} compares no two responses")
    settings = {} if config is None else read_settings(config, type_slug)
    with open_source(items) as source:
        lines = read_items(source, task_types.get(type_slug), _parsed(type_slug, settings))
        parsed = [line.parsed for line in lines]
    models = {(each.id, response.id): response.model or ""
              for each in parsed if each is not None for response in each.responses}  # fmt: skip
    values = values[[is_forward(unit) for unit in values["unit"]]]
    return compared(values, models)


def _parsed(type_slug: str, settings: Mapping[str, Any]) -> Config:
    return task_types.get(type_slug).parse_config(settings)


def _as_dict(data: Path, found: PairSimulation) -> dict[str, Any]:
    curve = [] if found.curve is None else found.curve.to_dict("records")
    return {
        "file": str(data),
        "items": found.n_items,
        "comparisons": found.n_judgments,
        "models": found.n_models,
        "seeds": found.seeds,
        "curve": curve,
        "undefined": None if found.undefined is None else str(found.undefined),
    }


def _lines(found: PairSimulation) -> list[str]:
    if found.curve is None:
        return ["", f"Undefined: {found.undefined}"]
    chosen = found.curve["rule"] == BY_INFORMATION
    rows: list[Any] = list(found.curve[chosen].itertuples())
    plain: list[Any] = list(found.curve[~chosen].itertuples())
    lines = table(
        [_HEAD, *(_row(one, other) for one, other in zip(rows, plain, strict=True))],
        right=frozenset(range(len(_HEAD))),
    )
    return [
        "",
        *lines,
        "",
        "Worth: the share of the judgments as they come after which the error is as small.",
        "Intervals are over the random orders, of the same judgments.",
    ]


def _row(point: Any, plain: Any) -> tuple[str, ...]:
    return (
        f"{100 * point.share:.0f} %",
        f"{point.rmse:.3f}",
        f"{plain.rmse:.3f}",
        f"{point.difference:+.3f}",
        _between(point.difference_low, point.difference_high),
        f"{100 * point.in_order:.1f} %",
        f"{100 * plain.in_order:.1f} %",
        "" if pd.isna(point.worth) else f"{100 * point.worth:.0f} %",
    )


def _between(low: float, high: float) -> str:
    return "" if pd.isna(low) else f"{low:+.3f} to {high:+.3f}"
