"""A file that was sent from a browser: what it is called, and bringing it in."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypedDict

from flask import request

from workbench import task_types
from workbench.intake import open_source
from workbench.intake.problems import Report, printable
from workbench.intake.source import ByteStream, Form
from workbench.intake.tools import BY_NAME, Gather, Together, Tool
from workbench.messages import N_, Invalid
from workbench.models import Project, Source
from workbench.queries.sources import newest_source
from workbench.services import import_from_tool, import_items, import_judgments
from workbench.services.import_from_tool import ToolCounts
from workbench.services.make_export import new_folder, record_rejects
from workbench.services.spool import ImportCounts
from workbench.web.request import config, database, now, session

NAME_LENGTH = 120

_CHOOSE = N_("Choose a file first.")
_ONE = N_(
    "Choose one file. Several are read together only where a tool keeps what belongs together in"
    " files of its own."
)
_KIND = N_("A file holds items or judgments.")
_FROM = N_("No tool of this name can be read.")
_WITH = N_("Write each as name=value, with a space between two of them.")


class _How(TypedDict):
    """What every import is told of this request."""

    now: datetime
    actor: int
    revise: bool


@dataclass(frozen=True)
class Upload:
    """What the form of an upload says."""

    #: "items" or "judgments"; both, whatever it says, where a tool is named.
    kind: str
    #: The other tool that wrote the file. None: it is in Workbench's own format.
    tool: Tool | None
    #: What was said of that tool's file.
    options: dict[str, str]
    #: Names and contents; several where they are read together. Names are shown to people and
    #: stored, and are never those of files here.
    files: tuple[tuple[str, ByteStream], ...]
    #: Other content under a known id replaces what is there.
    revise: bool
    #: Lines that are wrong are left out instead of stopping the rest.
    skip_bad: bool
    #: What it is said to be; None: its name and its beginning tell.
    form: Form | None = None


@dataclass(frozen=True)
class Brought:
    """What came of an upload: its row, and what is wrong with the lines that were left out."""

    source: Source
    report: Report


def sent() -> Upload:
    """The upload of this request. Raises Invalid at "file", "kind", "from" or "with"."""
    files, form = request.files.getlist("file"), request.form
    if not files or not all(file.filename for file in files):
        raise Invalid({"file": _CHOOSE})
    kind = form.get("kind", "items")
    if kind not in {"items", "judgments"}:
        raise Invalid({"kind": _KIND})
    tool = form.get("from", "")
    if tool and tool not in BY_NAME:
        raise Invalid({"from": _FROM})
    if len(files) > 1 and not (tool and isinstance(BY_NAME[tool].make, Gather)):
        raise Invalid({"file": _ONE})
    return Upload(
        kind=kind,
        tool=BY_NAME.get(tool),
        options=_options(form.get("with", "")) if tool else {},
        files=tuple((plain_name(file.filename or ""), file.stream) for file in files),
        revise="revise" in form,
        skip_bad="skip_bad" in form,
    )


def _options(written: str) -> dict[str, str]:
    """`language=es left=one` as a mapping. Raises Invalid at "with"."""
    found = {}
    for each in written.split():
        name, _equals, value = each.partition("=")
        if not (name and value):
            raise Invalid({"with": _WITH})
        found[name] = value
    return found


def plain_name(given: str) -> str:
    """The last part of the name that a browser gave, fit to be shown: its end tells the format."""
    name = given.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return printable(name[-NAME_LENGTH:], 2 * NAME_LENGTH) or "-"


def bring_in(project: Project, upload: Upload, actor: int) -> Brought:
    """Check the file, then store it in this request's transaction.

    Raises Rejected when something is wrong and may not be left out.
    """
    if not upload.skip_bad:
        return _import(project, upload, actor, None)[1]
    with new_folder(config().exports) as folder:
        rejects = folder / f"{project.slug}-rejects.jsonl"
        return _import_good_lines(project, upload, actor, rejects)


def _import_good_lines(project: Project, upload: Upload, actor: int, rejects: Path) -> Brought:
    with rejects.open("xb") as stream:
        rejected, brought = _import(project, upload, actor, stream)
    if rejected:
        record_rejects(session(), brought.source, rejects, rejected, actor)
    else:
        shutil.rmtree(rejects.parent)
    return brought


def _import(
    project: Project, upload: Upload, actor: int, reject_to: BinaryIO | None
) -> tuple[int, Brought]:
    """Read and check without the database's write lock, and store with it. How many lines were left
    out, and what came of it."""
    sources = [open_source(stream, name, form=upload.form) for name, stream in upload.files]
    source = sources[0] if len(sources) == 1 else Together(sources)
    how = _How(now=now(), actor=actor, revise=upload.revise)
    counts: ImportCounts | ToolCounts
    if upload.tool is not None:
        with import_from_tool.prepare(
            source, upload.tool, project, upload.options, reject_to=reject_to
        ) as records:
            counts = import_from_tool.import_from_tool(session(), project, records, **how)
        return counts.rejected, Brought(counts.source, records.report)
    if upload.kind == "items":
        task_type = task_types.get(project.type)
        with import_items.prepare(source, task_type, project.config, reject_to) as items:
            counts = import_items.import_items(session(), project, items, **how)
        report = items.report
    else:
        with import_judgments.prepare(database(), project, source, reject_to) as judgments:
            counts = import_judgments.import_judgments(session(), project, judgments, **how)
        report = judgments.report
    return counts.rejected, Brought(newest_source(session(), project.id), report)
