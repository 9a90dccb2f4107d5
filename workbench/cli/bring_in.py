"""`workbench import` and `import-judgments`: files come in whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.cli import from_tool, matching
from workbench.cli.console import progress_of
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.db import Database, now
from workbench.export.files import replacing
from workbench.intake import Report, Source, open_source
from workbench.intake.tools import Gather, Together, Tool
from workbench.models import Project
from workbench.queries.projects import find_project
from workbench.services import import_from_tool, import_items, import_judgments
from workbench.services.check_judgments import PreparedJudgments
from workbench.services.import_from_tool import PreparedRecords, ToolCounts
from workbench.services.spool import ImportCounts, Prepared, Progress, Rejected

P = TypeVar("P", bound=Prepared)
C = TypeVar("C", ImportCounts, ToolCounts)

_Open = Callable[[Source, BinaryIO | None, Progress], P]
_Store = Callable[[Session, P, datetime], C]

_REJECTS = click.option(
    "--skip-bad",
    "rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="REJECTS.jsonl",
    help="Import the good lines and write the others there, with the reasons.",
)


@click.command(
    "import",
    cls=Verb,
    examples=(
        "workbench import prefs outputs.jsonl",
        "workbench import prefs monday.csv tuesday.parquet wednesday.jsonl.gz",
        "python generate.py | workbench import prefs -",
        "workbench import prefs outputs.jsonl --skip-bad rejects.jsonl",
        "workbench import prefs project-7.json --from label-studio --with language=es",
        f"workbench import prefs answers.csv {matching.EXAMPLE}",
        "workbench import prefs tuesday.csv --mapping crowd",
        "workbench import --list",
    ),
)
@click.argument("slug")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@_REJECTS
@click.option("--revise", is_flag=True, help="Replace what is here with other content.")
@from_tool.FROM
@from_tool.WITH
@from_tool.LIST
@matching.MAPPING
@matching.MAP
@matching.VALUE
@click.pass_obj
def items(
    installation: Installation,
    /,
    slug: str,
    files: tuple[str, ...],
    rejects: Path | None,
    revise: bool,
    **other: Any,
) -> None:
    """Bring model outputs in, as items to be judged.

    FILE is JSON lines, CSV or Parquet, packed with gzip or not; - is standard input. All files come
    in, or with one bad line none of them. An item that is here already, with the same content,
    stays as it is. A file of another tool (--from) is one JSON array or JSON lines, and brings the
    judgments in it as well. A table whose columns are called otherwise (CSV, TSV, Parquet, JSON
    lines) is matched by --map, or by a mapping that was saved.
    """
    tool: Tool | None = other["tool"]
    options: dict[str, str] = other["options"]
    asked = matching.asked(other, options, with_tool=tool is not None)
    with installation.database() as database:
        if asked is not None:
            tool, options = matching.tool_for(database, slug, asked), {}
        if tool is not None:
            _run_tool(database, slug, (files, rejects, revise), tool, options)
            return
        project = _project(database, slug)
        task_type = task_types.get(project.type)

        def prepare(source: Source, bad: BinaryIO | None, progress: Progress) -> Prepared:
            return import_items.prepare(source, task_type, project.config, bad, progress)

        def store(session: Session, prepared: Prepared, at: datetime) -> ImportCounts:
            return import_items.import_items(
                session, project, prepared, now=at, actor=None, revise=revise
            )

        _run(database, files, rejects, prepare, store)


@click.command(
    "import-judgments",
    cls=Verb,
    examples=(
        "workbench import-judgments prefs judgments.jsonl",
        "workbench import-judgments prefs more.jsonl.gz --revise",
    ),
)
@click.argument("slug")
@click.argument("file", metavar="FILE")
@_REJECTS
@click.option("--revise", is_flag=True, help="Replace answers that were given otherwise before.")
@click.pass_obj
def judgments(
    installation: Installation, slug: str, file: str, rejects: Path | None, revise: bool
) -> None:
    """Bring in judgments made elsewhere.

    FILE is JSON lines as `workbench export --format judgments` writes them; - is standard input.
    Reviewers are pseudonyms of this project; one that is new stands for somebody who never logs in.
    A file comes in as a whole, or with one bad line not at all.
    """
    with installation.database() as database:
        project = _project(database, slug)

        def prepare(source: Source, bad: BinaryIO | None, progress: Progress) -> PreparedJudgments:
            return import_judgments.prepare(database, project, source, bad, progress)

        def store(session: Session, prepared: PreparedJudgments, at: datetime) -> ImportCounts:
            return import_judgments.import_judgments(
                session, project, prepared, now=at, actor=None, revise=revise
            )

        _run(database, (file,), rejects, prepare, store)


def _run_tool(
    database: Database,
    slug: str,
    asked: tuple[tuple[str, ...], Path | None, bool],
    tool: Tool,
    options: dict[str, str],
) -> None:
    files, rejects, revise = asked
    project = _project(database, slug)

    def prepare(source: Source, bad: BinaryIO | None, progress: Progress) -> PreparedRecords:
        return import_from_tool.prepare(
            source, tool, project, options, reject_to=bad, progress=progress
        )

    def store(session: Session, prepared: PreparedRecords, at: datetime) -> ToolCounts:
        return import_from_tool.import_from_tool(
            session, project, prepared, now=at, actor=None, revise=revise
        )

    together = isinstance(tool.make, Gather)
    counts = _run(database, files, rejects, prepare, store, together=together)
    from_tool.say_left(tool, counts)


def _project(database: Database, slug: str) -> Project:
    with database.read() as session:
        return find_project(session, slug)


def _run(
    database: Database,
    files: Sequence[str],
    rejects: Path | None,
    prepare: _Open[P],
    store: _Store[P, C],
    *,
    together: bool = False,
) -> list[C]:
    """Read all files, then store them in one transaction, and print and return what came of each;
    of all of them where they are read as one, `together`.

    Raises Rejected where nothing may be stored.
    """
    _check_names(files, rejects)
    sources = [_source(name) for name in files]
    if together and len(sources) > 1:
        sources = [Together(sources)]
    with _writing(rejects) as bad, ExitStack() as stack:
        prepared: list[P] = []
        for source in sources:
            progress = stack.enter_context(progress_of(source.name))
            each = prepare(source, bad, progress)
            stack.enter_context(each)
            prepared.append(each)
        _refuse(prepared)
        with database.write(patient=True) as session:
            at = now(session)
            counts = [store(session, each, at) for each in prepared]
    for source, count in zip(sources, counts, strict=True):
        click.echo(_said(source.name, count))
    left_out = sum(count.rejected for count in counts)
    if left_out and rejects is not None:
        click.echo(f"Left out: {left_out:,} lines, with the reasons in {rejects}.", err=True)
    return counts


def _check_names(files: Sequence[str], rejects: Path | None) -> None:
    """Raises UsageError for files that cannot all be meant."""
    if files.count("-") > 1:
        raise click.UsageError("Standard input can be read once.")
    for name in files:
        if name != "-" and not Path(name).exists():
            raise click.UsageError(f"There is no file {name}.")
        if rejects is not None and rejects.exists() and name != "-" and rejects.samefile(name):
            raise click.UsageError(f"{name} cannot be read and be written to at once.")


@contextmanager
def _writing(rejects: Path | None) -> Iterator[BinaryIO | None]:
    """The file of rejected lines, in its place when all went well."""
    if rejects is None:
        yield None
        return
    with replacing([rejects]) as streams:
        yield streams[rejects]


def _source(name: str) -> Source:
    return open_source(sys.stdin.buffer, "-") if name == "-" else open_source(name)


def _refuse(prepared: Sequence[Prepared]) -> None:
    """Raises Rejected, with the problems of all files, where one of them may not be stored."""
    wrong = [each.report for each in prepared if each.refused]
    if wrong:
        together = Report()
        for report in wrong:
            together.add(report.problems)
        together.count = sum(report.count for report in wrong)
        together.lines = sum(report.lines for report in wrong)
        raise Rejected(together)


def _said(name: str, counts: ImportCounts | ToolCounts) -> str:
    if isinstance(counts, ToolCounts):
        said = _said(f"{name}: items", counts.items)
        if counts.judgments is None:
            return said
        return f"{said}\n{_said(f'{name}: judgments', counts.judgments)}"
    parts = [f"{counts.new:,} new", f"{counts.same:,} already there"]
    if counts.revised:
        parts.append(f"{counts.revised:,} revised")
    if counts.rejected:
        parts.append(f"{counts.rejected:,} left out")
    return f"{name}: {', '.join(parts)}"


VERBS = {"import": items, "import-judgments": judgments}
