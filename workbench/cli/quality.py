"""`workbench agreement` and `workbench verify`: how far what is stored can be trusted."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click
import orjson

from workbench.cli.console import table
from workbench.cli.failures import WRONG_CALL, WRONG_DATA, Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.db import Database
from workbench.intake.problems import printable
from workbench.queries.agreement import Agreement, Measure
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
    "gamma": "gamma",
    "span_f1": "soft F1",
    "span_f1_any_category": "soft F1, any category",
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
    responses or more are ranked, Kendall's W and tau-b tell how alike the orders are.
    """
    if question is not None and by is None:
        raise Failure("--question goes with --by", WRONG_CALL)
    found: Agreement | Split
    with installation.database() as database, database.read() as session:
        project = find_project(session, slug)
        if by is None:
            found = whole_agreement(session, project)
        else:
            zone = ZoneInfo(installation.config().timezone)
            found = split(session, project, question_named(project, question), by, zone)
    if as_json:
        click.echo(orjson.dumps(found.as_dict()))
        return
    for line in _lines(found) if isinstance(found, Agreement) else _split_lines(found):
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
    parts = [("all", found.whole), *((_name(part), part) for part in found.parts)]
    figures = ("alpha", "AC", "percent")
    head = (found.by, *(cell for name in figures for cell in (name, "95 % interval")), "items",
            "judgments")  # fmt: skip
    rows = [_part_row(name, part) for name, part in parts]
    lines = [f"{found.project}: {found.question.title} by {found.by}", ""]
    lines += table([head, *rows], right=frozenset({1, 3, 5, 7, 8}))
    undefined = [
        f"  {name}, {_NAMES[each.measure]}: {each.undefined}"
        for name, part in parts
        for each in part.measures
        if each.undefined is not None
    ]
    if undefined:
        lines += ["", "Undefined:", *undefined]
    if found.left_off:
        lines += ["", f"{found.left_off:,} more are left off."]
    return lines


def _name(part: Part) -> str:
    return "(none)" if part.key is None else printable(part.key)


def _part_row(name: str, part: Part) -> tuple[str, ...]:
    values = [
        cell
        for each in (part.alpha, part.gwet, part.equal)
        for cell in ("–" if each.value is None else f"{each.value:.3f}", _interval(each))
    ]
    return (name, *values, f"{part.alpha.n_items:,}", f"{part.alpha.n_judgments:,}")


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


@click.command(cls=Verb, examples=("workbench verify", "workbench verify && make-backup"))
@click.pass_obj
def verify(installation: Installation) -> None:
    """Check that nothing was lost, doubled or changed.

    Looks up the rules of slots and judgments, the database file and the audit trail. Prints what is
    broken, a row a line, and ends with 1.
    """
    key = installation.config().read_key()
    with installation.database() as database:
        broken = _findings(database, key)
    for finding in broken:
        click.echo(f"{finding.rule}: {finding.subject}: {finding.text}")
    if broken:
        raise Failure(f"{len(broken):,} things are not as they must be", WRONG_DATA)
    click.echo("Everything is as it must be.")


def _findings(database: Database, key: str) -> list[Finding]:
    with database.read() as session:
        return findings_in(session, key)


VERBS = {"agreement": agreement, "verify": verify}
