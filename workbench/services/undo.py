"""Take back the last thing a reviewer did on a project."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.errors import Conflict
from workbench.messages import N_
from workbench.models import Assignment, Item, Judgment, Project, State
from workbench.queries.practice import must_practise
from workbench.services import audit, overlap, slots
from workbench.services.submit import Submission, latest_revision, store

UNDOABLE = (State.JUDGED, State.SKIPPED)

_NOTHING = N_("There is nothing to undo.")
_GONE = N_("This item was replaced or taken out meanwhile, so it cannot be opened again.")
_PRACTISE = N_("You practise first: nothing can be undone before.")
_FULL = N_("Others have taken this item meanwhile, so it cannot be opened again.")


def undo(
    session: Session, project_id: int, user_id: int, now: datetime, lease: timedelta
) -> Assignment:
    """The item of the reviewer's last judgment or skip, theirs again.

    A judgment taken back stays in the history: a revision without an answer follows it.
    Raises Conflict when there is nothing, when the item is gone or full, or when the reviewer is to
    practise before they are given an item.
    """
    if must_practise(session, session.get_one(Project, project_id), user_id):
        raise Conflict(_PRACTISE.text)
    item_id = _last(session, project_id, user_id)
    item = slots.lock_item(session, item_id)
    last = slots.lock_assignment(session, item_id, user_id)
    if last is None or last.state not in UNDOABLE:
        raise Conflict(_NOTHING.text)
    if item.retired_at is not None:
        raise Conflict(_GONE.text)
    withdraws = last.state == State.JUDGED
    if withdraws:
        _withdraw(session, item, last, now)
    elif not slots.take(session, item.id):
        raise Conflict(_FULL.text)
    else:
        audit.append(session, "item.unskip", f"item:{item.id}", actor=user_id, at=now)
    last.state, last.judgment_id, last.said, last.reason = State.LEASED, None, None, ""
    last.expires_at, last.shown_at, last.updated_at = now + lease, now, now
    session.flush()
    if withdraws and item.slots_left > 0:
        # A place that was opened for what is taken back, and that nobody has taken, closes again.
        overlap.settle(session, item)
    return last


def _last(session: Session, project_id: int, user_id: int) -> int:
    last = session.scalars(
        select(Assignment.item_id)
        .where(
            Assignment.user_id == user_id,
            Assignment.project_id == project_id,
            Assignment.state.in_(UNDOABLE),
        )
        .order_by(Assignment.updated_at.desc(), Assignment.item_id.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        raise Conflict(_NOTHING.text)
    return last


def _withdraw(session: Session, item: Item, assignment: Assignment, now: datetime) -> None:
    current = session.get_one(Judgment, assignment.judgment_id)
    revision = latest_revision(session, assignment.item_id, assignment.user_id)
    store(
        session,
        item.project_id,
        assignment.shown,
        Submission(
            item_id=assignment.item_id,
            user_id=assignment.user_id,
            answer=None,
            type_version=current.type_version,
            # Nobody can have used this key before, by chance or on purpose.
            idempotency_key=f"undo:{secrets.token_hex(16)}",
            base_revision=revision,
            guideline_version=current.guideline_version,
            locale=current.locale,
        ),
        now,
    )
