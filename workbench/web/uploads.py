"""A file that was sent from a browser: what it is called, and bringing it in."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from flask import request

from workbench import task_types
from workbench.intake import open_source
from workbench.intake.problems import printable
from workbench.messages import N_, Invalid
from workbench.models import Project, Source
from workbench.queries.sources import newest_source
from workbench.services import import_items, import_judgments
from workbench.services.make_export import new_folder, record_rejects
from workbench.services.spool import ImportCounts
from workbench.web.access import person
from workbench.web.request import config, database, now, session

NAME_LENGTH = 120

_CHOOSE = N_("Choose a file first.")
_KIND = N_("A file holds items or judgments.")


@dataclass(frozen=True)
class Upload:
    """What the form of an upload says."""

    #: "items" or "judgments".
    kind: str
    #: Shown to people and stored; never the name of a file here.
    name: str
    stream: IO[bytes]
    #: Other content under a known id replaces what is there.
    revise: bool
    #: Lines that are wrong are left out instead of stopping the rest.
    skip_bad: bool


def sent() -> Upload:
    """The upload of this request. Raises Invalid at "file" or "kind"."""
    file, form = request.files.get("file"), request.form
    if file is None or not file.filename:
        raise Invalid({"file": _CHOOSE})
    kind = form.get("kind", "items")
    if kind not in {"items", "judgments"}:
        raise Invalid({"kind": _KIND})
    return Upload(
        kind=kind,
        name=plain_name(file.filename),
        stream=file.stream,
        revise="revise" in form,
        skip_bad="skip_bad" in form,
    )


def plain_name(given: str) -> str:
    """The last part of the name that a browser gave, fit to be shown: its end tells the format."""
    name = given.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return printable(name[-NAME_LENGTH:], 2 * NAME_LENGTH) or "-"


def bring_in(project: Project, upload: Upload) -> Source:
    """Check the file, then store it in this request's transaction.

    Raises Rejected when something is wrong and may not be left out.
    """
    if not upload.skip_bad:
        _import(project, upload, None)
        return newest_source(session(), project.id)
    with new_folder(config().exports) as folder:
        return _import_good_lines(project, upload, folder / f"{project.slug}-rejects.jsonl")


def _import_good_lines(project: Project, upload: Upload, rejects: Path) -> Source:
    with rejects.open("xb") as stream:
        counts = _import(project, upload, stream)
    source = newest_source(session(), project.id)
    if counts.rejected:
        record_rejects(session(), source, rejects, counts.rejected, person().id)
    else:
        shutil.rmtree(rejects.parent)
    return source


def _import(project: Project, upload: Upload, reject_to: BinaryIO | None) -> ImportCounts:
    """Read and check without the database's write lock, and store with it."""
    source = open_source(upload.stream, upload.name)
    at, actor, revise = now(), person().id, upload.revise
    if upload.kind == "items":
        task_type = task_types.get(project.type)
        with import_items.prepare(source, task_type, project.config, reject_to) as items:
            return import_items.import_items(
                session(), project, items, now=at, actor=actor, revise=revise
            )
    with import_judgments.prepare(database(), project, source, reject_to) as judgments:
        return import_judgments.import_judgments(
            session(), project, judgments, now=at, actor=actor, revise=revise
        )
