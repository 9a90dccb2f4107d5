"""What the audit trail tells of a mere look: sensitive items that were seen, files that were taken.

It is written before the answer goes out: no look without its entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from flask import Blueprint, request

from workbench.services import audit
from workbench.services.view_sensitive import note_views, unseen
from workbench.web.access import Place, person
from workbench.web.language import at_time
from workbench.web.request import SAFE_METHODS, database, now, read_session, session

bp = Blueprint("looked", __name__)


def saw(item_ids: Sequence[int], *, apart: bool = False) -> None:
    """The page shows these items' texts. Writes once a person, item and day, for sensitive ones.

    `apart`: in a transaction of its own, as what the request wrote is rolled back.
    """
    if request.method not in SAFE_METHODS and not apart:
        note_views(session(), person().id, item_ids, now())
        return
    with ExitStack() as stack:
        new = unseen(read_session(stack), person().id, item_ids, now())
    if new:
        with database().write() as writing:
            note_views(writing, person().id, new, now())


@bp.app_template_global("stamp")
def stamp() -> str:
    """Who looks and when, for the watermark."""
    return f"{person().name} · {at_time(now())}"


def took(place: Place, what: str, snapshot: str | None, user_id: int) -> None:
    """A file of the project goes out: a snapshot's, or lines that an import left out."""
    detail = {"file": what} if snapshot is None else {"file": what, "snapshot": snapshot}
    with database().write() as writing:
        audit.append(writing, "export.download", f"project:{place.project.id}", actor=user_id,
                     at=now(), detail=detail)  # fmt: skip
