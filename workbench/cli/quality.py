"""`workbench agreement` and `workbench verify`: how far what is stored can be trusted."""

from __future__ import annotations

import click
import orjson

from workbench.cli.console import table
from workbench.cli.failures import WRONG_DATA, Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.db import Database
from workbench.queries.agreement import Agreement, Measure
from workbench.queries.agreement import agreement as agreement_of
from workbench.queries.projects import find_project
from workbench.queries.verify import Finding
from workbench.queries.verify import verify as findings_in

_NAMES = {"krippendorff_alpha": "Krippendorff's alpha", "percent_agreement": "percent agreement"}


@click.command(
    cls=Verb,
    examples=("workbench agreement prefs", "workbench agreement prefs --json | jq .measures"),
)
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def agreement(installation: Installation, slug: str, as_json: bool) -> None:
    """How far reviewers agree, with 95 % intervals.

    1 is perfect; an alpha of 0 is what chance would give.
    """
    with installation.database() as database, database.read() as session:
        found = agreement_of(session, find_project(session, slug))
    if as_json:
        click.echo(orjson.dumps(found.as_dict()))
        return
    click.echo(
        f"{found.project}: {found.items:,} judged items, {found.judgments:,} judgments, "
        f"{found.reviewers:,} reviewers"
    )
    for line in _lines(found):
        click.echo(line)


def _lines(found: Agreement) -> list[str]:
    head = ("question", "measure", "value", "95 % interval", "items", "judgments")
    defined = [measure for measure in found.measures if measure.value is not None]
    lines = ["", *table([head, *map(_row, defined)], right=frozenset({2, 4, 5}))]
    undefined = [measure for measure in found.measures if measure.value is None]
    if undefined:
        lines += ["", "Undefined:"]
        lines += [f"  {m.title}, {_NAMES[m.measure]}: {m.undefined}" for m in undefined]
    return lines


def _row(measure: Measure) -> tuple[str, ...]:
    interval = "–"
    if measure.low is not None and measure.high is not None:
        interval = f"{measure.low:.3f} to {measure.high:.3f}"
    return (
        str(measure.title),
        _NAMES[measure.measure],
        f"{measure.value:.3f}",
        interval,
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
