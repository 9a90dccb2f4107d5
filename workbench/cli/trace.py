"""`workbench trace`: from a line of a training set back to what people said."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path
from typing import Any

import click
import orjson

from workbench.cli.console import File, table
from workbench.cli.failures import WRONG_CALL, WRONG_DATA, Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.export.manifest import Written, read_manifest
from workbench.intake.problems import printable
from workbench.messages import Invalid
from workbench.queries.projects import find_project
from workbench.queries.sources import snapshot_of
from workbench.queries.trace import Said, Trace, trace
from workbench.services.trace_line import item_of

_ENDING = ".manifest.json"


@click.command(
    "trace",
    cls=Verb,
    examples=(
        "workbench trace prefs.jsonl 17",
        "workbench trace prefs.train.jsonl 17 --json",
        "workbench trace prefs/november 17 --split train",
    ),
)
@click.argument("training_set", metavar="FILE|PROJECT/SNAPSHOT")
@click.argument("line", type=click.IntRange(min=1))
@click.option("--split", metavar="NAME", help="Which file of a snapshot that has several.")
@click.option("--manifest", type=File, help="The manifest, where it does not lie beside FILE.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def trace_line(
    installation: Installation,
    *,
    training_set: str,
    line: int,
    split: str | None,
    manifest: Path | None,
    as_json: bool,
) -> None:
    """What a line of an exported file rests on.

    Its item and where that came from; the judgments and decisions that counted, with the guideline
    on screen; and their entries in the audit trail, which `workbench verify` checks. FILE must be
    as it was written: it is held against the hash in its manifest.
    """
    file = _file(installation, training_set, split)
    written = _manifest(file, manifest)
    wanted = _line(file, line)
    with installation.database() as database:
        with database.read() as session:
            project = find_project(session, written.project)
        item_id = item_of(database, project, written, wanted)
        if item_id is None:
            raise Failure("No item gives this line: the project's settings are others now",
                          WRONG_DATA)  # fmt: skip
        with database.read() as session:
            found = trace(
                session,
                item_id,
                written.watermark,
                with_decisions=written.policy.decisions != "ignore",
            )
    if as_json:
        click.echo(orjson.dumps({"line": line, **found.as_dict()}, option=orjson.OPT_INDENT_2))
        return
    for text in _lines(found):
        click.echo(text)


def _file(installation: Installation, training_set: str, split: str | None) -> Path:
    """The file of that path, else of that snapshot."""
    slug, slash, name = training_set.partition("/")
    if Path(training_set).exists() or not slash or "/" in name:
        found: Path = File.convert(training_set, None, None)
        return found
    with installation.database() as database, database.read() as session:
        row = snapshot_of(session, slug, name)
    if row is None:
        raise Failure(f"There is no file {printable(training_set)}, and no snapshot of that name",
                      WRONG_CALL)  # fmt: skip
    splits = [str(each["split"]) for each in row.manifest["files"]]
    if split is None and len(splits) == 1:
        split = splits[0]
    if split not in splits:
        raise Failure(f"{training_set} has several files: say --split, one of {', '.join(splits)}",
                      WRONG_CALL)  # fmt: skip
    return installation.config().exports / row.folder / str(row.names[splits.index(split)])


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


def _lines(found: Trace) -> list[str]:
    came = "of no file"
    if found.source is not None:
        came = f"from {printable(found.source)}, line {found.source_line}"
    lines = [f"Item {printable(found.item)}, revision {found.revision}, {came}."]
    if found.left:
        lines.append("It was replaced, taken out or made gold since this set was made.")
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
