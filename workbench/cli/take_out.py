"""`workbench export`: training sets."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

import workbench
from workbench import task_types
from workbench.cli.failures import WRONG_CALL, Failure, said
from workbench.cli.installation import Installation
from workbench.cli.verb import Section, Verb
from workbench.db import Database, now
from workbench.export.formats import GROUPS, Format, format_named, formats_for, policy_for
from workbench.export.manifest import ExportMeta, summary_lines
from workbench.export.policy import ExportPolicy
from workbench.export.write import write_export
from workbench.messages import Invalid
from workbench.models import Project
from workbench.queries.export import judged_items, watermark
from workbench.queries.paused import and_paused
from workbench.queries.projects import find_project
from workbench.services.make_export import alike
from workbench.services.record_export import record_export
from workbench.services.trust import trusted

Command = Callable[..., Any]


def format_sections() -> list[Section]:
    """Every format by who reads it, with the types of project that can give it."""

    def told(fmt: Format) -> tuple[str, str]:
        types = [each.slug for each in task_types.TASK_TYPES if fmt in formats_for(each)]
        every = len(types) == len(task_types.TASK_TYPES)
        return fmt.name, f"{fmt.title} [{'any project' if every else ', '.join(types)}]"

    return [(f"Formats ({title})", [told(fmt) for fmt in formats]) for title, formats in GROUPS]


#: What an export decides, as options: their names are those of `parse_policy`.
_POLICY = (
    click.option("--languages", metavar="CODE,...", help="Items in these alone, such as es,en-GB."),
    click.option("--tags", metavar="TAG,...", help="Items with one of these tags alone."),
    click.option(
        "--since", metavar="DAY", help="What was said from that day on, as 2026-11-01 (UTC)."
    ),
    click.option("--until", metavar="DAY", help="What was said before that day (UTC)."),
    click.option(
        "--guideline", metavar="N", help="What was said under that version or a later one."
    ),
    click.option("--without", metavar="PSEUDONYM,...", help="Leave out what these reviewers said."),
    click.option(
        "--without-paused", is_flag=True, help="And what those said who are paused by gold now."
    ),
    click.option(
        "--decisions",
        metavar="first|only|ignore",
        help="What leads settled: in the place of judgments, alone, or not at all. [first]",
    ),
    click.option("--ties", metavar="drop|both", help="Leave ties out, or a row each way. [drop]"),
    click.option(
        "--all-bad",
        metavar="drop|tie",
        help="Rankings that find all bad: left out, or every pair a tie. [drop]",
    ),
    click.option(
        "--unranked",
        metavar="skip|last",
        help="Responses left unranked: in no pair, or below the others. [skip]",
    ),
    click.option(
        "--cycles",
        metavar="keep|drop",
        help="Pairs whose majorities run in a circle: kept, or left out. [keep]",
    ),
    click.option(
        "--min-strength", metavar="0-3", help="Least strength of a preference, in the mean. [0]"
    ),
    click.option(
        "--aggregate",
        metavar="each|majority|weighted",
        help="A row a judgment, what most say, or that with each judgment by how reliable its "
        "reviewer is. [majority]",
    ),
    click.option("--min-judgments", metavar="N", help="Items with fewer are left out. [1]"),
    click.option(
        "--min-agreement", metavar="SHARE", help="Least share of judgments on the winning side. [0]"
    ),
    click.option(
        "--min-posterior",
        metavar="CHANCE",
        help="Least chance of the likely answer, given who said it and how reliable they are. [0]",
    ),
    click.option("--criterion", metavar="NAME", help="The criterion, where a project has several."),
    click.option(
        "--split", metavar="NAME=SHARE,...", help="Files of their own, by prompt, such as test=0.1."
    ),
    click.option(
        "--near-duplicates",
        metavar="together|apart",
        help="Prompts that are nearly the same: in one split, or wherever. [together]",
    ),
    click.option(
        "--seed", metavar="WORD", help="Draws other splits; prompts alone decide without."
    ),
)


def policy_options(command: Command) -> Command:
    """Gives a command every option of the policy."""
    for option in reversed(_POLICY):
        command = option(command)
    return command


@click.command(
    "export",
    cls=Verb,
    sections=format_sections(),
    examples=(
        "workbench export prefs --format trl-preference -o prefs.jsonl",
        "workbench export prefs --format trl-preference --min-judgments 3 --min-agreement 0.66",
        "workbench export prefs --format trl-preference --aggregate weighted --min-posterior 0.9",
        "workbench export prefs --format openai-dpo --split test=0.1 -o prefs.jsonl",
        "workbench export prefs --format judgments | gzip > judgments.jsonl.gz",
        "workbench export prefs --format trl-preference --languages es --since 2026-11-01",
    ),
)
@click.argument("slug")
@click.option(
    "--format",
    "format_name",
    required=True,
    metavar="FORMAT",
    help="One of those below.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    default="-",
    metavar="FILE",
    help="Where to, with a manifest beside it.  [default: standard output]",
)
@policy_options
@click.option(
    "--watermark",
    "mark",
    type=click.IntRange(min=0),
    metavar="N",
    help="Judgments as they stood at the watermark of an earlier manifest.",
)
@click.pass_obj
def export(
    installation: Installation,
    /,
    slug: str,
    format_name: str,
    output: Path,
    mark: int | None,
    **options: Any,
) -> None:
    """Write what was decided as a file that a trainer reads.

    The policy and the counts are printed on standard error. The same data and policy give the same
    bytes.
    """
    with installation.database() as database, _target(output) as target:
        with database.read() as session:
            project = find_project(session, slug)
            mark = watermark(session, project.id) if mark is None else mark
        try:
            fmt, policy = asked(database, project, format_name, options)
            trust = trusted(database, project, fmt, policy, mark)
            manifest = write_export(
                judged_items(database, project.id, mark),
                task_types.get(project.type),
                project.config,
                fmt,
                policy,
                target=target,
                meta=ExportMeta(project.slug, workbench.__version__, mark, trust=trust),
                alike=alike(database, project, policy),
            )
        except Invalid as error:
            raise Failure(said(error, option_of), WRONG_CALL) from None
        with database.write() as session:
            record_export(session, project, manifest, now=now(session), actor=None)
    for line in summary_lines(manifest):
        click.echo(str(line), err=True)


@contextmanager
def _target(output: Path) -> Iterator[Path | BinaryIO]:
    """The file, or standard output as a stream that writes all it is given.

    Without its buffer (PYTHONUNBUFFERED, as in many containers) standard output takes a part.
    """
    stream = sys.stdout.buffer
    if str(output) != "-":
        yield output
    elif isinstance(stream, io.RawIOBase):
        with os.fdopen(os.dup(stream.fileno()), "wb") as whole:
            yield whole
    else:
        yield stream


def asked(
    database: Database, project: Project, format_name: str, options: dict[str, Any]
) -> tuple[Format, ExportPolicy]:
    """The format and the policy. Raises Invalid."""
    task_type = task_types.get(project.type)
    fmt = format_named(format_name, task_type)
    if options.pop("without_paused"):
        with database.read() as session:
            options["without"] = and_paused(session, project.id, options["without"] or "")
    return fmt, policy_for(fmt, task_type, options)


def option_of(field: str) -> str:
    """What a field of `Invalid` is called on the command line."""
    return "-o" if field == "output" else f"--{field.replace('_', '-')}"


VERBS = {"export": export}
