"""`workbench agreement` and `workbench verify`: how far what is stored can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import orjson

from workbench.cli.console import File, table
from workbench.cli.failures import WRONG_CALL, WRONG_DATA, Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.db import Database
from workbench.intake.problems import printable
from workbench.queries.agreement import Agreement, Measure
from workbench.queries.anchors import Anchor, read_anchors
from workbench.queries.passage_parts import PassagesSplit, split_passages
from workbench.queries.passages import QUESTION
from workbench.queries.projects import find_project
from workbench.queries.splits import WAYS, By, Part, Split, question_named, split
from workbench.queries.verify import Finding
from workbench.queries.verify import verify as findings_in
from workbench.queries.whole_agreement import whole_agreement

_NAMES = {
    "krippendorff_alpha": "Krippendorff's alpha",
    "percent_agreement": "percent agreement",
    "gwet_ac": "Gwet's AC1/AC2",
    "kendall_w": "Kendall's W",
    "kendall_tau_b": "Kendall's tau-b",
    "first_bad_distance": "steps apart",
    "gamma": "gamma",
    "span_f1": "soft F1",
    "span_f1_any_category": "soft F1, any category",
}


#: What a figure is called at the head of its column, beside the three of every question.
_HEADS = {
    "kendall_w": "W",
    "kendall_tau_b": "tau-b",
    "first_bad_distance": "steps apart",
}


@click.command(
    cls=Verb,
    examples=(
        "workbench agreement prefs",
        "workbench agreement prefs --json | jq .measures",
        "workbench agreement prefs --by week",
        "workbench agreement prefs --by tag --question helpful --json",
    ),
)
@click.argument("slug")
@click.option("--by", type=click.Choice(WAYS), help="One question, part by part.")
@click.option("--question", metavar="KEY", help="With --by: which one.  [default: the main one]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def agreement(
    installation: Installation, slug: str, by: By | None, question: str | None, as_json: bool
) -> None:
    """How far reviewers agree, with 95 % intervals.

    1 is perfect; an alpha or AC of 0 is what chance would give. Where one answer is given nearly
    always, alpha is low although people agree, and AC is not. Where passages are marked, gamma
    tells beyond chance whether these are the same, and soft F1 how much of them is. Where three
    responses or more are ranked, Kendall's W and tau-b tell how alike the orders are. Where steps
    are judged, the first bad step is a question of its own: the percentage is of pairs who name the
    same one, and "steps apart" tells how far from each other they are.
    """
    if question is not None and by is None:
        raise Failure("--question goes with --by", WRONG_CALL)
    found: Agreement | Split
    marked: PassagesSplit | None = None
    with installation.database() as database, database.read() as session:
        project = find_project(session, slug)
        if by is None:
            found = whole_agreement(session, project)
        else:
            zone = ZoneInfo(installation.config().timezone)
            found = split(session, project, question_named(project, question), by, zone)
            marked = split_passages(session, project, by, zone)
    if as_json:
        more_of = {} if marked is None else {"passages": marked.as_dict()}
        click.echo(orjson.dumps(found.as_dict() | more_of))
        return
    for line in _lines(found) if isinstance(found, Agreement) else _split_lines(found):
        click.echo(line)
    for line in [] if marked is None else _passages_lines(marked):
        click.echo(line)


def _lines(found: Agreement) -> list[str]:
    summary = (
        f"{found.project}: {found.items:,} judged items, {found.judgments:,} judgments, "
        f"{found.reviewers:,} reviewers"
    )
    head = ("question", "measure", "value", "95 % interval", "items", "judgments")
    defined = [measure for measure in found.measures if measure.value is not None]
    lines = [summary, "", *table([head, *map(_row, defined)], right=frozenset({2, 4, 5}))]
    undefined = [measure for measure in found.measures if measure.value is None]
    if undefined:
        lines += ["", "Undefined:"]
        lines += [f"  {m.title}, {_NAMES[m.measure]}: {m.undefined}" for m in undefined]
    notes = dict.fromkeys(str(m.note) for m in found.measures if m.note is not None)
    return [*lines, "", *notes] if notes else lines


def _split_lines(found: Split) -> list[str]:
    parts = [("all", found.whole), *((_named(part.key), part) for part in found.parts)]
    head = (found.by, *(cell for name in _heads(found.whole) for cell in (name, "95 % interval")),
            "items", "judgments")  # fmt: skip
    rows = [_part_row(name, part) for name, part in parts]
    lines = [f"{found.project}: {found.question.title} by {found.by}", ""]
    lines += table([head, *rows], right=_numbers(head))
    lines += _why([(name, part.all_measures) for name, part in parts])
    return [*lines, *_left_off(found.left_off)]


def _passages_lines(found: PassagesSplit) -> list[str]:
    parts = [("all", found.whole), *((_named(each.key), each.passages) for each in found.parts)]
    names = ("gamma", "soft F1", "any category")
    head = (found.by, *(cell for name in names for cell in (name, "95 % interval")),
            "items", "judgments")  # fmt: skip
    rows = [
        (name, *_cells(each.measures), f"{each.gamma.n_items:,}", f"{each.gamma.n_judgments:,}")
        for name, each in parts
    ]
    lines = ["", f"{QUESTION.title} by {found.by}", "", *table([head, *rows], right=_numbers(head))]
    lines += _why([(name, each.measures) for name, each in parts])
    return [*lines, *_left_off(found.left_off)]


def _left_off(n: int) -> list[str]:
    return ["", f"{n:,} more are left off."] if n else []


def _heads(part: Part) -> tuple[str, ...]:
    return ("alpha", "AC", "percent", *(_HEADS[each.measure] for each in part.all_measures[3:]))


def _numbers(head: tuple[str, ...]) -> frozenset[int]:
    """Columns of numbers: all but the first and the intervals."""
    return frozenset(at for at, name in enumerate(head) if at and name != "95 % interval")


def _why(parts: Sequence[tuple[str, Sequence[Measure]]]) -> list[str]:
    """Why what is undefined is, and what figures leave out."""
    named = [(name, each) for name, measures in parts for each in measures]
    undefined = [
        f"  {name}, {_NAMES[each.measure]}: {each.undefined}"
        for name, each in named
        if each.undefined is not None
    ]
    notes = dict.fromkeys(f"{name}: {each.note}" for name, each in named if each.note is not None)
    lines = ["", "Undefined:", *undefined] if undefined else []
    return [*lines, "", *notes] if notes else lines


def _named(key: str | None) -> str:
    return "(none)" if key is None else printable(key)


def _part_row(name: str, part: Part) -> tuple[str, ...]:
    values = _cells((part.alpha, part.gwet, part.equal, *part.all_measures[3:]))
    return (name, *values, f"{part.alpha.n_items:,}", f"{part.alpha.n_judgments:,}")


def _cells(measures: Sequence[Measure]) -> list[str]:
    return [
        cell
        for each in measures
        for cell in ("–" if each.value is None else f"{each.value:.3f}", _interval(each))
    ]


def _interval(measure: Measure) -> str:
    if measure.low is None or measure.high is None:
        return "–"
    return f"{measure.low:.3f} to {measure.high:.3f}"


def _row(measure: Measure) -> tuple[str, ...]:
    return (
        str(measure.title),
        _NAMES[measure.measure],
        f"{measure.value:.3f}",
        _interval(measure),
        f"{measure.n_items:,}",
        f"{measure.n_judgments:,}",
    )


@click.command(
    cls=Verb,
    examples=("workbench verify", "workbench verify --anchors /mnt/elsewhere/anchors.jsonl"),
)
@click.option("--anchors", "kept", type=File,
              help="Anchors kept elsewhere.  [default: those of this installation]")  # fmt: skip
@click.pass_obj
def verify(installation: Installation, kept: Path | None) -> None:
    """Check that nothing was lost, doubled or changed.

    Looks up the rules of slots and judgments, the database file and the audit trail, and holds its
    end against the anchors that were written outside the database. Prints what is broken, a row a
    line, and ends with 1.
    """
    config = installation.config()
    try:
        anchors = read_anchors(kept or config.anchors)
    except ValueError as error:
        raise Failure(str(error)) from None
    with installation.database() as database:
        broken = _findings(database, config.read_key(), anchors)
    for finding in broken:
        click.echo(f"{finding.rule}: {finding.subject}: {finding.text}")
    if broken:
        raise Failure(f"{len(broken):,} things are not as they must be", WRONG_DATA)
    click.echo("Everything is as it must be.")


def _findings(database: Database, key: str, anchors: Sequence[Anchor]) -> list[Finding]:
    with database.read() as session:
        return findings_in(session, key, anchors)


VERBS = {"agreement": agreement, "verify": verify}
