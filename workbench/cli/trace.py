"""`workbench trace`: from a line of a training set back to what people said."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path
from typing import Any

import click
import orjson

from workbench import task_types
from workbench.cli.console import File, table
from workbench.cli.failures import WRONG_CALL, WRONG_DATA, Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.db import Database
from workbench.export.manifest import Written, read_manifest
from workbench.export.write import Judged, item_of_line
from workbench.intake.problems import printable
from workbench.messages import Invalid
from workbench.models import Project
from workbench.queries.export import judged_items
from workbench.queries.projects import find_project
from workbench.queries.trace import Said, Trace, trace

_ENDING = ".manifest.json"


@click.command(
    "trace",
    cls=Verb,
    examples=(
        "workbench trace prefs.jsonl 17",
        "workbench trace prefs.train.jsonl 17 --json",
    ),
)
@click.argument("file", type=File)
@click.argument("line", type=click.IntRange(min=1))
@click.option("--manifest", type=File, help="The manifest, where it does not lie beside FILE.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def trace_line(
    installation: Installation, file: Path, line: int, manifest: Path | None, as_json: bool
) -> None:
    """What a line of an exported file rests on.

    Its item and where that came from; the judgments and decisions that counted, with the guideline
    on screen; and their entries in the audit trail, which `workbench verify` checks. FILE must be
    as it was written: it is held against the hash in its manifest.
    """
    written = _manifest(file, manifest)
    wanted = _line(file, line)
    with installation.database() as database:
        with database.read() as session:
            project = find_project(session, written.project)
        judged = _find(database, project, written, wanted)
        if judged is None:
            raise Failure(
                "No present item gives this line: it was replaced or taken out since, became gold, "
                "or the project's settings are others now",
                WRONG_DATA,
            )
        with database.read() as session:
            found = trace(
                session,
                project.id,
                judged.item.id,
                written.watermark,
                with_decisions=written.policy.decisions != "ignore",
            )
    if as_json:
        click.echo(orjson.dumps({"line": line, **found.as_dict()}, option=orjson.OPT_INDENT_2))
        return
    for text in _lines(found):
        click.echo(text)


def _manifest(file: Path, manifest: Path | None) -> Written:
    """The manifest, after the file was found to be the one that it tells of."""
    beside = manifest or _beside(file)
    if not beside.is_file():
        raise Failure(f"There is no manifest {printable(str(beside))}: name it with --manifest",
                      WRONG_CALL)  # fmt: skip
    try:
        written = read_manifest(beside.read_bytes())
    except Invalid as error:
        why = "; ".join(f"{name}: {text}" for name, text in error.errors.items())
        raise Failure(f"{printable(str(beside))} is no manifest of an export: {why}",
                      WRONG_DATA) from None  # fmt: skip
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest not in written.sha256:
        raise Failure(
            f"{printable(str(file))} is not as it was exported: its hash is not in the manifest",
            WRONG_DATA,
        )
    return written


def _beside(file: Path) -> Path:
    """prefs.jsonl.manifest.json, beside prefs.jsonl as beside prefs.train.jsonl."""
    own = file.with_name(file.name + _ENDING)
    whole = Path(file.stem).stem + file.suffix
    return own if own.is_file() else file.with_name(whole + _ENDING)


def _line(file: Path, number: int) -> bytes:
    with file.open("rb") as stream:
        found = next(islice(stream, number - 1, None), None)
    if found is None:
        raise Failure(f"{printable(str(file))} has fewer than {number:,} lines", WRONG_CALL)
    return found


def _find(database: Database, project: Project, written: Written, line: bytes) -> Judged | None:
    return item_of_line(
        judged_items(database, project.id, written.watermark),
        task_types.get(project.type),
        project.config,
        written.format,
        written.policy,
        line=line,
    )


def _lines(found: Trace) -> list[str]:
    came = "of no file"
    if found.source is not None:
        came = f"from {printable(found.source)}, line {found.source_line}"
    lines = [f"Item {printable(found.item)}, revision {found.revision}, {came}."]
    if found.source_sha256 is not None:
        lines.append(f"That file's sha256: {found.source_sha256}")
    for title, said in (("Judgments", found.judgments), ("Decisions", found.decisions)):
        if said:
            lines += ["", f"{title} up to entry {found.watermark} of the audit trail:"]
            lines += table([_HEAD, *map(_row, said)], right=frozenset({1, 4, 5}))
    if found.since:
        lines += ["", f"Judgments and decisions on it since: {found.since}. This set lacks them."]
    lines += ["", "Entries of the audit trail (workbench verify checks them all):"]
    return [*lines, *(f"  {e.seq}  {e.at}  {e.action}  {e.hash}" for e in found.entries)]


_HEAD = ("who", "revision", "when", "how", "guideline", "entry", "counted")


def _row(said: Said) -> tuple[Any, ...]:
    version = "–" if said.guideline_version is None else str(said.guideline_version)
    counted = "yes" if said.counted else "no"
    return said.who, str(said.revision), said.at, said.how, version, str(said.audit), counted


VERBS = {"trace": trace_line}
