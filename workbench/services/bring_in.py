"""Bring a file in that was sent to the server: items, judgments, or what another tool wrote.

with bringing_in(database, project, upload, storing) as (session, brought):
    ...  # in the transaction that stores it, which commits when the block ends
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from workbench import task_types
from workbench.db import Database
from workbench.intake import Report, open_source
from workbench.intake.mapping import NAME as MAPPING
from workbench.intake.mapping import parse_mapping, table_tool
from workbench.intake.source import ByteStream, Form
from workbench.intake.tools import BY_NAME, Together, Tool
from workbench.models import Project, Source
from workbench.queries.sources import newest_source
from workbench.services import import_from_tool, import_items, import_judgments
from workbench.services.check_judgments import PreparedJudgments
from workbench.services.import_from_tool import PreparedRecords
from workbench.services.make_export import new_folder, record_rejects
from workbench.services.spool import Prepared, Progress, no_progress


@dataclass(frozen=True)
class Upload:
    """A file, or several that are read together, and how it is to be read."""

    #: "items" or "judgments"; both, whatever it says, where a tool is named.
    kind: str
    #: The other tool that wrote the file. None: it is in Workbench's own format.
    tool: Tool | None
    #: What was said of that tool's file.
    options: dict[str, str]
    #: Names and contents. Names are shown to people and stored, and are never those of files here.
    files: tuple[tuple[str, Path | ByteStream], ...]
    #: Other content under a known id replaces what is there.
    revise: bool
    #: Lines that are wrong are left out instead of stopping the rest.
    skip_bad: bool
    #: What it is said to be; None: its name and its beginning tell.
    form: Form | None = None


def as_parameters(upload: Upload) -> dict[str, Any]:
    """All that was said of an upload, as JSON; what is in it is not."""
    return {
        "kind": upload.kind,
        "tool": upload.tool.name if upload.tool else "",
        "told": dict(upload.tool.told) if upload.tool else {},
        "options": upload.options,
        "names": [name for name, _ in upload.files],
        "revise": upload.revise,
        "skip_bad": upload.skip_bad,
    }


def from_parameters(said: Mapping[str, Any], paths: Sequence[Path]) -> Upload:
    """The upload that `as_parameters` was told of, with its files."""
    return Upload(
        kind=said["kind"],
        tool=_tool(said),
        options=said["options"],
        files=tuple(zip(said["names"], paths, strict=True)),
        revise=said["revise"],
        skip_bad=said["skip_bad"],
    )


def _tool(said: Mapping[str, Any]) -> Tool | None:
    told = said.get("told", {})
    if said["tool"] == MAPPING:
        return table_tool(parse_mapping(told["mapping"]), task_types.get(told["type"]))
    return BY_NAME[said["tool"]] if said["tool"] else None


@dataclass(frozen=True)
class Storing:
    """By whom and in which transaction an upload is stored, and who watches."""

    actor: int
    #: Where lines that are left out are kept.
    exports: Path
    #: Opens the transaction, when all has been read.
    begin: Callable[[], AbstractContextManager[Session]]
    now: Callable[[Session], datetime]
    progress: Progress = no_progress


@dataclass(frozen=True)
class Brought:
    """What came of an upload: its row, and what is wrong with the lines that were left out."""

    source: Source
    report: Report


@contextmanager
def bringing_in(
    database: Database, project: Project, upload: Upload, storing: Storing
) -> Iterator[tuple[Session, Brought]]:
    """Read and check the upload without the database's write lock, then store it with it.

    Raises Rejected when something is wrong and may not be left out; Invalid where a tool's file
    cannot be read for this project.
    """
    if not upload.skip_bad:
        with (
            _prepared(database, project, upload, None, storing.progress) as prepared,
            storing.begin() as session,
        ):
            _rejected, source = _store(session, project, upload, prepared, storing)
            yield session, Brought(source, prepared.report)
        return
    with new_folder(storing.exports) as folder:
        file = folder / f"{project.slug}-rejects.jsonl"
        with (
            file.open("xb") as stream,
            _prepared(database, project, upload, stream, storing.progress) as prepared,
            storing.begin() as session,
        ):
            rejected, source = _store(session, project, upload, prepared, storing)
            if rejected:
                stream.flush()
                record_rejects(session, source, file, rejected, storing.actor)
            yield session, Brought(source, prepared.report)
        if not rejected:
            shutil.rmtree(folder)


def _prepared(
    database: Database,
    project: Project,
    upload: Upload,
    reject_to: BinaryIO | None,
    progress: Progress,
) -> Prepared:
    """All of it, read and checked."""
    sources = [open_source(given, name, form=upload.form) for name, given in upload.files]
    source = sources[0] if len(sources) == 1 else Together(sources)
    if upload.tool is not None:
        return import_from_tool.prepare(
            source, upload.tool, project, upload.options, reject_to=reject_to, progress=progress
        )
    if upload.kind == "items":
        kind = task_types.get(project.type)
        return import_items.prepare(source, kind, project.config, reject_to, progress)
    return import_judgments.prepare(database, project, source, reject_to, progress)


def _store(
    session: Session, project: Project, upload: Upload, prepared: Prepared, storing: Storing
) -> tuple[int, Source]:
    """How many lines were left out, and the row of the import."""
    now, actor, revise = storing.now(session), storing.actor, upload.revise
    if isinstance(prepared, PreparedRecords):
        told = import_from_tool.import_from_tool(
            session, project, prepared, now=now, actor=actor, revise=revise
        )
        return told.rejected, told.source
    if isinstance(prepared, PreparedJudgments):
        counts = import_judgments.import_judgments(
            session, project, prepared, now=now, actor=actor, revise=revise
        )
    else:
        counts = import_items.import_items(
            session, project, prepared, now=now, actor=actor, revise=revise
        )
    return counts.rejected, newest_source(session, project.id)
