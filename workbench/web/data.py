"""The engineer's pages: training sets out, model outputs in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from flask import Blueprint, Response, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.export.card import NAME as CARD
from workbench.export.formats import BY_NAME
from workbench.export.manifest import Manifest, in_words, warnings
from workbench.export.reasons import reason
from workbench.intake.tools import BY_NAME as TOOLS_BY_NAME
from workbench.messages import N_, Invalid, Message
from workbench.models import ExportFile
from workbench.permissions import Permission
from workbench.queries.export import rows_of
from workbench.queries.news import News
from workbench.queries.overlap import why_fixed
from workbench.queries.paused import and_paused, paused
from workbench.queries.sources import (
    PastExport,
    one_export,
    one_import,
    past_exports,
    past_imports,
    rejects_of,
    standing,
)
from workbench.services.as_code import export_command
from workbench.services.changed_since import changed_since
from workbench.services.make_export import (
    REJECTS,
    build,
    options_of,
    record,
    stored_manifest,
    words_of,
)
from workbench.services.make_export import Place as FilesPlace
from workbench.services.make_export import preview as previewed
from workbench.services.spool import Rejected
from workbench.web.access import Place, person, requires
from workbench.web.code import fetching, making
from workbench.web.export_form import Form, chosen, filled, filled_like, groups
from workbench.web.jobs import COLOURS, STATES, is_long, start_import, start_snapshot, work_of
from workbench.web.language import number, said
from workbench.web.looked import saw, took
from workbench.web.mapping import keep_to_match
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
from workbench.web.uploads import bring_in, is_large, sent, upload_form

bp = Blueprint("data", __name__, url_prefix="/projects/<slug>")

#: Rows of a preview, and bytes of each that stand in its one line.
PREVIEWED, BEGINNING = 20, 120
#: Items with news that the page of a snapshot looks at; the command looks at more.
LOOKED_AT = 500
#: What a browser is told that a file is, by the ending of a name that was made here.
TYPES = {
    ".jsonl": "application/x-ndjson",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".xml": "application/xml",
}

#: What became of an item since a snapshot was made, and of its rows.
NEWS: dict[News, Message] = {
    "withdrawn": N_("a judgment was taken back"),
    "corrected": N_("a judgment was corrected"),
    "judged": N_("a judgment came"),
    "settled": N_("a lead decided"),
    "replaced": N_("it was replaced or taken out"),
    "gold": N_("it became gold"),
}
ROWS = {"same": N_("the same rows"), "other": N_("other rows"), "gone": N_("no rows")}

_NO_PAGE = N_("There is no such page, or it is not open to you.").text
_NO_LINES = N_("This file is no longer on the server. Bring the lines in again.").text
NO_FILE = N_("This file is no longer on the server. Make the snapshot again.").text


@bp.get("/data")
@requires(Permission.EXPORT)
def show(place: Place) -> Page:
    """What can be exported now, what was, and what came in. htmx gets the command alone."""
    form = _asked(request.args, place)
    if is_htmx():
        return Page("data/data.html", _command(place, form) | {"live": True}, "command")
    return _page(place, form)


def _asked(values: Mapping[str, str], place: Place) -> Form:
    """The form as it was sent, with the names of those who are paused where they are to go."""
    form = filled(values, place.project)
    if "without_paused" in values:
        form["without"] = and_paused(session(), place.project.id, form["without"])
    return form


def _page(place: Place, form: Form, errors: dict[str, str] | None = None) -> Page:
    with ExitStack() as stack:
        context = _context(read_session(stack), place)
    context |= {"groups": groups(form, place.project), **_command(place, form)}
    if errors:
        context["errors"] = errors
    return Page("data/data.html", context, status=422 if errors else 200)


def _context(reading: Session, place: Place) -> dict[str, Any]:
    project = place.project
    return {
        "project": project,
        "tabs": tabs(place, "data"),
        "standing": standing(reading, project.id),
        "criteria": project.config.get("criteria", []),
        "by_reliability": why_fixed(project) is None,
        "paused": paused(reading, project.id),
        "exports": [_export_line(past) for past in past_exports(reading, project.id)],
        "imports": past_imports(reading, project.id),
        "work": work_of(reading, project.id),
        "state_names": STATES,
        "colours": COLOURS,
        **upload_form(place.project, request.form),
    }


def _command(place: Place, form: Form) -> dict[str, Any]:
    """The code that does what the form asks for, or what is wrong with the form."""
    found: dict[str, Any] = {"form": form, "code": None, "errors": {}, "live": False}
    try:
        fmt, policy = chosen(form, place.project)
        found["code"] = making(place.project.slug, form["name"], fmt, policy)
    except Invalid as error:
        found["errors"] = _said(error)
    return found


def _said(error: Invalid) -> dict[str, str]:
    return {name: said(why) for name, why in error.errors.items()}


def _export_line(past: PastExport) -> dict[str, Any]:
    """What a list, or the page of one export, shows of it."""
    row = past.export
    files = [
        {"name": name, **file} for name, file in zip(row.names, row.manifest["files"], strict=False)
    ]
    return {
        "id": row.id,
        "name": row.name,
        "format": BY_NAME[row.format],
        "rows": row.manifest["rows"],
        "words": words_of(row),
        "files": files,
        "companions": [name for name in row.names[len(files) : -1] if name != CARD],
        "card": CARD if CARD in row.names else None,
        "manifest_name": row.names[-1],
        "again": filled_like(row.format, options_of(row)),
        "at": row.created_at,
        "after": past.said_at and row.created_at - past.said_at,
        "by": past.by,
    }


@bp.post("/exports")
@requires(Permission.EXPORT)
def make(place: Place) -> Page | ResponseReturnValue:
    """Build an export, note it, and go on to its page; in the background where it takes long."""
    form = _asked(request.form, place)
    try:
        fmt, policy = chosen(form, place.project)
        if is_long(place):
            return start_snapshot(place, fmt, policy, form["name"])
        with build(database(), place.project, fmt, policy, files_place()) as built:
            row = record(
                session(), place.project, built, name=form["name"], now=now(), actor=person().id
            )
    except Invalid as error:
        return _page(place, form, _said(error))
    where = url_for("data.made", slug=place.project.slug, export_id=row.id)
    return redirect(where, 303)


@bp.post("/exports/preview")
@requires(Permission.EXPORT)
def preview(place: Place) -> Page:
    """What the export would be now: its funnel and its first rows. It is noted who looked."""
    form = _asked(request.form, place)
    try:
        fmt, policy = chosen(form, place.project)
        code = making(place.project.slug, form["name"], fmt, policy)
        found = previewed(database(), place.project, fmt, policy, PREVIEWED)
    except Invalid as error:
        return _page(place, form, _said(error))
    saw(rows_of(session(), place.project.id, found.items))
    context = {
        "project": place.project,
        "tabs": tabs(place, "data"),
        "form": form,
        "fmt": fmt,
        "manifest": found.manifest,
        "dropped": [(reason(code), count) for code, count in found.manifest.dropped.items()],
        "warnings": warnings(found.manifest),
        "words": in_words(fmt, policy),
        "code": code,
        "rows": [_row(line) for line in found.rows],
    }
    return Page("data/preview.html", context)


def _row(line: bytes) -> dict[str, str]:
    """A row for people: its beginning in one line, and all of it indented."""
    whole = orjson.dumps(orjson.loads(line), option=orjson.OPT_INDENT_2).decode()
    return {"beginning": line[:BEGINNING].decode("utf-8", "ignore"), "whole": whole}


@bp.get("/exports/<int:export_id>")
@requires(Permission.EXPORT)
def made(place: Place, export_id: int) -> Page:
    """An export: where its rows come from, what was left out, and its files."""
    past = stored_snapshot(place, export_id)
    manifest = stored_manifest(past.export)
    slug, fmt = place.project.slug, BY_NAME[past.export.format]
    context = {
        "project": place.project,
        "tabs": tabs(place, "data"),
        "export": _export_line(past),
        "manifest": manifest,
        "dropped": [(reason(code), count) for code, count in manifest.dropped.items()],
        "warnings": _warnings(past.export, manifest),
        "command": export_command(slug, fmt, options_of(past.export)),
        "code": fetching(slug, past.export.name or ""),
        "news_names": NEWS,
        "rows_names": ROWS,
        "card_text": _card_text(past.export),
        "changed": changed_since(session(), place.project, past.export, most=LOOKED_AT),
    }
    return Page("data/export.html", context)


def _card_text(row: ExportFile) -> str:
    """The card without its head for machines; "" where there is none any more."""
    path = config().exports / row.folder / CARD
    if CARD not in row.names or not path.is_file():
        return ""
    return path.read_text(encoding="utf-8").split("\n---\n", 1)[-1]


def _warnings(row: ExportFile, manifest: Manifest) -> list[Message]:
    """What to mind, with the names of files in the place of those of splits."""
    names = {file.split: name for file, name in zip(manifest.files, row.names, strict=False)}
    return [
        Message(each.text, {**each.values, "split": names[each.values["split"]]})
        for each in warnings(manifest)
    ]


def files_place() -> FilesPlace:
    """Where files of exports lie here."""
    return FilesPlace(config().exports, ZoneInfo(config().timezone))


def stored_snapshot(place: Place, export_id: int) -> PastExport:
    """A snapshot of this project. Raises NotFound."""
    past = _stored(place, export_id)
    if past.export.format == REJECTS:
        raise NotFound(_NO_PAGE)
    return past


def _stored(place: Place, export_id: int) -> PastExport:
    """A snapshot, or the lines that an import left out. Raises NotFound."""
    past = one_export(session(), place.project.id, export_id)
    if past is None:
        raise NotFound(_NO_PAGE)
    return past


@bp.get("/exports/<int:export_id>/<name>")
@requires(Permission.EXPORT)
def download(place: Place, export_id: int, name: str) -> Response:
    """One file of an export, as an attachment."""
    row = _stored(place, export_id).export
    answer = as_file(row, name)
    took(place, name, row.name, person().id)
    return answer


def as_file(row: ExportFile, name: str, sha256: str | None = None) -> Response:
    """A file of an export as an attachment, with its hash as ETag where it is given: the whole, or
    what Range asks for. Raises NotFound."""
    return send_file(
        path_of(row, name),
        TYPES[PurePath(name).suffix],
        as_attachment=True,
        download_name=name,
        etag=sha256 or True,
    )


def path_of(row: ExportFile, name: str) -> Path:
    """Where a file of an export lies. Raises NotFound."""
    if name not in row.names:
        raise NotFound(_NO_PAGE)
    path = config().exports / row.folder / name
    if not path.is_file():
        raise NotFound(_NO_LINES if row.format == REJECTS else NO_FILE)
    return path


@bp.post("/import")
@requires(Permission.IMPORT)
def upload(place: Place) -> Page | ResponseReturnValue:
    """Store what a file holds and go on to its page; or say what is wrong with it. What takes long
    goes on in the background; a table with other columns than ours has them matched first."""
    try:
        given = sent()
        to_match = keep_to_match(place, given, wanted=request.form.get("do") == "match")
        if to_match is not None:
            return redirect(to_match, 303)
        if is_large(given):
            return start_import(place, given)
        source = bring_in(place.project, given, person().id).source
    except Invalid as error:
        return _refused(place, errors=_said(error))
    except Rejected as error:
        return _refused(place, report=error.report)
    where = url_for("data.brought_in", slug=place.project.slug, source_id=source.id)
    return redirect(where, 303)


def _refused(place: Place, **why: Any) -> Page:
    """422: nothing was stored, why, and the form again."""
    roll_back()
    context = {
        **upload_form(place.project, request.form),
        "project": place.project,
        "tabs": tabs(place, "data"),
        **why,
    }
    return Page("data/import.html", context, status=422)


@bp.get("/imports/<int:source_id>")
@requires(Permission.IMPORT)
def brought_in(place: Place, source_id: int) -> Page:
    """What came of an import."""
    past = one_import(session(), place.project.id, source_id)
    if past is None:
        raise NotFound(_NO_PAGE)
    context = {
        **upload_form(place.project, request.form),
        "project": place.project,
        "tabs": tabs(place, "data"),
        "past": past,
        "tool": TOOLS_BY_NAME.get(past.counts.get("tool", "")),
        "left": [(Message(what), n) for what, n in past.counts.get("left", {}).items()],
        "rejects": rejects_of(session(), place.project.id, source_id),
    }
    return Page("data/import.html", context)


@bp.app_template_filter("clock")
def clock(length: timedelta) -> str:
    """A length of time as minutes and seconds, with hours where there are any: 04:05, 1:04:05."""
    minutes, seconds = divmod(max(0, round(length.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


@bp.app_template_filter("file_size")
def file_size(size: float) -> str:
    """Bytes as people read them, e.g. 1.2 MB."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{number(size, 0 if unit == 'B' or size >= 10 else 1)} {unit}"
        size /= 1000
    return f"{number(size, 1)} GB"
