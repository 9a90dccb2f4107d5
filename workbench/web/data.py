"""The engineer's pages: training sets out, model outputs in."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO

from flask import Blueprint, Response, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from workbench import task_types
from workbench.errors import NotFound
from workbench.export.formats import BY_NAME, formats_for
from workbench.export.manifest import Manifest, warnings
from workbench.export.reasons import reason
from workbench.intake import Problem, Report, Source, open_source
from workbench.intake.problems import printable
from workbench.messages import N_, Invalid
from workbench.models import ExportFile
from workbench.permissions import Permission
from workbench.queries.sources import (
    newest_source,
    one_export,
    one_import,
    past_exports,
    past_imports,
    rejects_of,
    standing,
)
from workbench.services import import_items, import_judgments
from workbench.services.make_export import (
    REJECTS,
    as_options,
    build,
    in_words,
    new_folder,
    record,
    record_rejects,
    shell_command,
    stored_manifest,
)
from workbench.services.spool import ImportCounts, Prepared, Rejected
from workbench.web import export_form
from workbench.web.access import Place, person, requires
from workbench.web.language import number, said
from workbench.web.quality import tabs
from workbench.web.request import (
    Page,
    config,
    database,
    is_htmx,
    now,
    read_session,
    roll_back,
    session,
)

bp = Blueprint("data", __name__, url_prefix="/projects/<slug>")

#: What is sent to a browser, by the ending of a name that was made here.
TYPES = {".jsonl": "application/x-ndjson", ".json": "application/json"}

NAME_LENGTH = 120

_NO_PAGE = N_("There is no such page, or it is not open to you.")
_NO_FILE = N_("This file is no longer on the server. Make the export again.")
_NO_UPLOAD = N_("Choose a file first.")


@bp.app_template_filter("file_size")
def file_size(size: int) -> str:
    """Bytes as people read them, e.g. 1.2 MB."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{number(size, 0 if unit == 'B' or size >= 10 else 1)} {unit}"
        size = size / 1000  # type: ignore[assignment]
    return f"{number(size, 1)} GB"


@bp.get("/data")
@requires(Permission.EXPORT)
def show(place: Place) -> Page:
    """What can be exported now, what was, and what came in. htmx gets the command alone."""
    form = export_form.filled(request.args, place.project)
    if is_htmx():
        return Page("data/data.html", _command(place, form), "command")
    return _page(place, form)


def _page(
    place: Place, form: export_form.Form, errors: dict[str, str] | None = None, status: int = 200
) -> Page:
    with ExitStack() as stack:
        context = _context(read_session(stack), place)
    context |= _command(place, form)
    if errors is not None:
        context["errors"] = errors
    return Page("data/data.html", context, "command", status)


def _context(reading: Session, place: Place) -> dict[str, Any]:
    exports = past_exports(reading, place.project.id)
    return {
        "project": place.project,
        "tabs": tabs(place, "data"),
        "standing": standing(reading, place.project.id),
        "formats": formats_for(task_types.get(place.project.type)),
        "criteria": place.project.config.get("criteria", []),
        "exports": [_line(past.export, past.by) for past in exports],
        "imports": past_imports(reading, place.project.id),
        "upload_mib": config().upload_mib,
        "report": None,
    }
