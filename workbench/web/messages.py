"""What one was told: the page, and how many wait, in the head of every whole page."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.errors import NotFound
from workbench.models import Role
from workbench.permissions import Permission
from workbench.queries import notices
from workbench.services import tell
from workbench.web.access import person, requires
from workbench.web.language import number, said
from workbench.web.request import Page, now, read_session, session
from workbench.web.veil import veil

bp = Blueprint("messages", __name__)


@dataclass(frozen=True)
class OfProject:
    """The messages of one project on a page, the newest first."""

    slug: str
    title: dict[str, str]
    lines: list[notices.Line]


@bp.app_template_global("unread_messages")
def unread_messages() -> int | None:
    """How many messages wait for the reader; None for who gets none, or where nobody can say."""
    if person().role not in {Role.REVIEWER, Role.LEAD, Role.ENGINEER} or g.get("failed"):
        return None
    with ExitStack() as stack:
        return notices.count_unread(read_session(stack), person().id)


@bp.app_template_filter("message_text")
def message_text(line: notices.Line) -> str:
    """What a message says, in the reader's language."""
    return said(notices.sentence(line.kind, line.facts, number))


@bp.app_template_filter("message_path")
def message_path(line: notices.Line) -> str:
    """Where to act on a message."""
    return line.path(veil())


@bp.get("/messages")
@requires(Permission.OWN_ACCOUNT)
def show() -> Page:
    """My messages; nobody else's."""
    reading = session()
    before = request.args.get("before", type=int)
    found = notices.listed(reading, person().id, before)
    context = {
        "projects": _by_project(found),
        "newest": max((line.id for line in found), default=0),
        "older": found[-1].id if len(found) == notices.LISTED else None,
        "first_page": before is None,
        "unread": notices.count_unread(reading, person().id),
    }
    return Page("home/messages.html", context)


def _by_project(found: list[notices.Line]) -> list[OfProject]:
    """The project with the newest message first."""
    projects: dict[str, OfProject] = {}
    for line in found:
        projects.setdefault(line.slug, OfProject(line.slug, line.title, [])).lines.append(line)
    return list(projects.values())


@bp.post("/messages/<int:message_id>/read")
@requires(Permission.OWN_ACCOUNT)
def read(message_id: int) -> ResponseReturnValue:
    """Mark one as read."""
    if not tell.mark_read(session(), person().id, message_id, now()):
        raise NotFound("There is no such page, or it is not open to you.")
    return redirect(url_for("messages.show"), 303)


@bp.post("/messages/read")
@requires(Permission.OWN_ACCOUNT)
def read_all() -> ResponseReturnValue:
    """Mark as read what stood on the page, and what is older: what came since stays new."""
    newest = request.form.get("newest", type=int)
    if newest is not None and 0 < newest < 2**31:
        tell.mark_all_read(session(), person().id, newest, now())
    return redirect(url_for("messages.show"), 303)
