"""The audit trail as a page for whoever runs the installation, as a table and as a signed copy."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson
from flask import Blueprint, Response, request, send_file
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from workbench.messages import N_, Message
from workbench.models import Project
from workbench.permissions import Permission
from workbench.queries import trail
from workbench.queries.trail import Asked, Line
from workbench.services import audit as writing_trail
from workbench.services.trail_export import Wanted, export_trail
from workbench.services.trail_keys import public_key, signing_key
from workbench.web.access import person, requires
from workbench.web.actions import ACTIONS, in_words
from workbench.web.home import own_zone
from workbench.web.language import said
from workbench.web.request import Page, config, database, now, read_session, session
from workbench.web.spreadsheet import csv_file

bp = Blueprint("audit", __name__, url_prefix="/audit")

#: Rows of a table for a spreadsheet.
MOST_ROWS = 100_000
_NO_DAY = N_("Write a day as 2026-11-20.")
_NO_SUCH = N_("Choose one of these.")


@dataclass(frozen=True)
class Filter:
    """What was asked for, as it was written and as it is meant."""

    asked: Asked
    form: dict[str, str]
    errors: dict[str, str]


@bp.get("")
@requires(Permission.ADMINISTER)
def show() -> Page:
    """The newest entries that fit; `before` goes on from one of them."""
    return _page(_filter(request.args), request.args.get("before", type=int))


def _page(found: Filter, before: int | None = None) -> Page:
    with ExitStack() as stack:
        return _listed(read_session(stack), found, before)


def _listed(reading: Session, found: Filter, before: int | None) -> Page:
    lines = [] if found.errors else trail.listed(reading, found.asked, before, trail.LISTED + 1)
    context = {
        "lines": lines[: trail.LISTED],
        "older": lines[trail.LISTED - 1].seq if len(lines) > trail.LISTED else None,
        "first_page": before is None,
        "form": found.form,
        "errors": found.errors,
        "narrowed": any(found.form.values()),
        "actions": sorted(((name, said(text)) for name, text in ACTIONS.items()),
                          key=lambda pair: pair[1]),
        "people": trail.people(reading),
        "projects": trail.projects(reading),
        "words": in_words,
        "most_rows": MOST_ROWS,
    }  # fmt: skip
    return Page("audit/audit.html", context, status=422 if found.errors else 200)


@bp.post("/table")
@requires(Permission.ADMINISTER)
def table() -> Page | Response:
    """The entries that fit as CSV, the newest first. The trail tells that it was taken."""
    found = _filter(request.form)
    if found.errors:
        return _page(found)
    with database().read() as reading:  # a long look, while others write
        lines = trail.listed(reading, found.asked, most=MOST_ROWS)
    answer = csv_file("audit.csv", _rows(lines))
    writing_trail.append(session(), "audit.table", "trail", actor=person().id, at=now(),
                         detail={"rows": len(lines)})  # fmt: skip
    return answer


def _rows(lines: list[Line]) -> list[tuple[Any, ...]]:
    head = ("seq", "at", "person", "action", "subject", "project", "detail", "hash")
    return [
        head,
        *(
            (
                line.seq,
                line.at.astimezone(UTC).isoformat(),
                line.actor or "",
                line.action,
                line.subject,
                line.project or "",
                orjson.dumps(line.detail).decode(),
                line.hash,
            )
            for line in lines
        ),
    ]


@bp.post("/copy")
@requires(Permission.ADMINISTER)
def copy() -> Page | Response:
    """A signed copy for an auditor: what `workbench audit export` makes."""
    found = _filter(request.form)
    if found.errors:
        return _page(found)
    with ExitStack() as undone:
        stream = undone.enter_context(tempfile.TemporaryFile())
        private = signing_key(config().signing_key)
        with database().read() as reading:  # a long look, while others write
            project = reading.get(Project, found.asked.project) if found.asked.project else None
            wanted = Wanted(project, found.asked.since, found.asked.until)
            manifest = export_trail(reading, wanted, private, stream.write, now())
        wanted.note(session(), manifest, now(), actor=person().id)
        stream.seek(0)
        undone.pop_all()  # whoever sends it closes it
    name = f"audit-{project.slug if project else 'all'}.jsonl"
    return send_file(stream, "application/x-ndjson", as_attachment=True, download_name=name)


@bp.get("/key")
@requires(Permission.ADMINISTER)
def key() -> Response:
    """The public key by which copies are checked."""
    return Response(public_key(signing_key(config().signing_key)) + "\n", mimetype="text/plain")


def _filter(given: MultiDict[str, str]) -> Filter:
    """What is asked for; what cannot be is named by field, and then nothing is looked up."""
    form = {name: given.get(name, "").strip() for name in
            ("from", "to", "person", "action", "project")}  # fmt: skip
    errors: dict[str, Message] = {}
    asked = Asked(
        since=_midnight(form, "from", errors),
        until=_midnight(form, "to", errors, timedelta(days=1)),
        person=_number(form, "person", errors),
        action=form["action"],
        project=_number(form, "project", errors),
    )
    if form["action"] not in {"", *ACTIONS}:
        errors["action"] = _NO_SUCH
    return Filter(asked, form, {name: said(why) for name, why in errors.items()})


def _midnight(
    form: dict[str, str], name: str, errors: dict[str, Message], later: timedelta = timedelta()
) -> datetime | None:
    """The beginning of that day where the reader is."""
    if not form[name]:
        return None
    try:
        day = date.fromisoformat(form[name]) + later
        return datetime.combine(day, time(), tzinfo=own_zone())
    except (ValueError, OverflowError):
        errors[name] = _NO_DAY
        return None


def _number(form: dict[str, str], name: str, errors: dict[str, Message]) -> int | None:
    text = form[name]
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        errors[name] = _NO_SUCH
        return None
    return int(text)
