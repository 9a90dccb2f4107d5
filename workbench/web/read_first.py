"""In the place of the next item: a version of the guideline that must be read before it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from workbench.messages import Message
from workbench.queries import guideline
from workbench.queries.desk import held
from workbench.web.access import Place, person
from workbench.web.guideline_changes import NAMES, changes, written_in
from workbench.web.language import language, said
from workbench.web.request import Page


def must_read(reading: Session, place: Place) -> bool:
    """Whether this reviewer is given no item before they have read the guideline."""
    return guideline.must_read(reading, place.project.id, person().id)


def read_first(reading: Session, place: Place, status: Message | None = None) -> Page | None:
    """The page with what is to be read; None when it has been. Leases stay as they are."""
    unread = guideline.unread(reading, place.project.id, person().id)
    if unread is None:
        return None
    shown_in = written_in(unread.now, language())
    context = {
        "project": place.project,
        "unread": unread,
        "shown_in": shown_in,
        "changes": changes(unread.before, unread.now, shown_in) if unread.before else None,
        "names": NAMES,
        "holds": held(reading, place.project.id, person().id) is not None,
        "status": said(status) if status else "",
    }
    return Page("desk/unread.html", context, "desk")
