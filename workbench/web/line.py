"""A line of a snapshot, back to its item, what was said of it and the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.export.formats import BY_NAME
from workbench.export.manifest import read_manifest
from workbench.messages import N_, Invalid, Message
from workbench.models import ExportFile, Settled
from workbench.permissions import Permission
from workbench.queries.trace import trace
from workbench.services.trace_line import item_of, name_in
from workbench.web.access import Place, requires
from workbench.web.data import path_of, stored_snapshot
from workbench.web.jobs import is_long
from workbench.web.language import said
from workbench.web.looked import saw
from workbench.web.quality import tabs
from workbench.web.request import Page, database, session
from workbench.web.settle import OUTCOMES

bp = Blueprint("line", __name__, url_prefix="/projects/<slug>/exports/<int:export_id>/lines")

#: How a judgment came in, and how a lead settled it.
HOW: dict[str, Message] = {
    "desk": N_("judged here"),
    "import": N_("brought in"),
    **OUTCOMES,
    Settled.REOPENED: N_("opened again"),
}

_DIGITS = 9
_NO_NUMBER = N_("Write a whole number.")
_BEYOND = N_("This file has lines 1 to %(rows)s.")
_EMPTY = N_("This file has no lines.")
_NO_SPLIT = N_("Choose one of the files.")
_NOT_FOUND = N_("No item gives this line: the project's settings are others now.")
_TOO_MANY = N_(
    "Lines of this format do not name their item, and there are too many items here for a page to "
    "look through. The command does:"
)


@dataclass(frozen=True)
class Line:
    """A line of one of the files, which are counted from 1."""

    number: int
    split: str
    #: As it lies in the file.
    raw: bytes
    #: What the shell calls it: the line of the file, of which an array has one more.
    in_file: int

    @property
    def whole(self) -> str:
        """For people."""
        row = orjson.loads(self.raw.strip().removesuffix(b","))
        return orjson.dumps(row, option=orjson.OPT_INDENT_2).decode()


@bp.get("")
@requires(Permission.EXPORT)
def find(place: Place, export_id: int) -> Page | ResponseReturnValue:
    """On to the line that a form asks for; or what is wrong with that."""
    row = stored_snapshot(place, export_id).export
    text = request.args.get("line", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        return _wrong(place, row, {"line": _NO_NUMBER})
    where: dict[str, Any] = {
        "slug": place.project.slug,
        "export_id": export_id,
        "number": int(text),
    }
    if request.args.get("split"):
        where["split"] = request.args["split"]
    return redirect(url_for("line.show", **where), 303)


@bp.get("/<int:number>")
@requires(Permission.EXPORT)
def show(place: Place, export_id: int, number: int) -> Page:
    """What a line rests on: `workbench trace` as a page."""
    row = stored_snapshot(place, export_id).export
    try:
        line = _line(row, number)
    except Invalid as error:
        return _wrong(place, row, error.errors)
    if name_in(line.raw) is None and is_long(place):
        return _page(place, row, line=line, why_not=_TOO_MANY)
    written = read_manifest(orjson.dumps(row.manifest))
    item_id = item_of(database(), place.project, written, line.raw)
    if item_id is None:
        return _page(place, row, line=line, why_not=_NOT_FOUND)
    with_decisions = written.policy.decisions != "ignore"
    saw([item_id])
    found = trace(session(), item_id, written.watermark, with_decisions=with_decisions)
    return _page(place, row, line=line, item_id=item_id, trace=found)


def _wrong(place: Place, row: ExportFile, errors: dict[str, Message]) -> Page:
    page = _page(place, row, errors={name: said(why) for name, why in errors.items()})
    page.status_code = 422
    return page


def _page(place: Place, row: ExportFile, **found: Any) -> Page:
    context = {
        "project": place.project,
        "tabs": tabs(place, "data"),
        "snapshot": row,
        "splits": [file["split"] for file in row.manifest["files"]],
        "asked": {
            "line": request.args.get("line") or (request.view_args or {}).get("number", ""),
            "split": request.args.get("split", ""),
        },
        "errors": {},
        "line": None,
        "trace": None,
        "why_not": None,
        "how_names": HOW,
    }
    return Page("data/line.html", context | found)


def _line(row: ExportFile, number: int) -> Line:
    """That line of the file that is asked for. Raises Invalid at "line" or "split", NotFound where
    the file is gone."""
    files = {str(file["split"]): file["rows"] for file in row.manifest["files"]}
    split = request.args.get("split") or (next(iter(files)) if len(files) == 1 else "")
    if split not in files:
        raise Invalid({"split": _NO_SPLIT})
    rows = files[split]
    if not 1 <= number <= rows:
        raise Invalid({"line": Message(_BEYOND.text, {"rows": rows}) if rows else _EMPTY})
    in_file = number + BY_NAME[row.format].array
    path = path_of(row, row.names[list(files).index(split)])
    with path.open("rb") as stream:
        raw = next(islice(stream, in_file - 1, None), b"")
    return Line(number, split, raw, in_file)


@bp.app_template_filter("moment")
def moment(text: str) -> datetime:
    """A time that is written as RFC 3339 has it."""
    return datetime.fromisoformat(text)
