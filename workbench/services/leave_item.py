"""Ways to leave an item without judging it: skip it, ask a lead, or need a pause."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Invalid
from workbench.models import Assignment, Escalation, Kind, State
from workbench.services import audit, slots
from workbench.services.tell import tell

#: A lead answers within this time.
ESCALATION_DUE = timedelta(hours=24)
REASON_CHARS = 2_000

_NOT_YOURS = N_("You no longer hold this item.")


def skip(session: Session, item_id: int, user_id: int, reason: str, now: datetime) -> Assignment:
    """Not for this reviewer: they do not meet the item again, and its slot goes to another.

    Skipping what is skipped changes nothing. Raises Invalid without a reason, Conflict when the
    reviewer does not hold the item.
    """
    lease = _lease(session, item_id, user_id)
    if lease.state == State.SKIPPED:
        return lease
    _must_hold(lease)
    lease.reason = _reason(reason)
    slots.leave(session, lease, State.SKIPPED, now)
    audit.append(
        session,
        "item.skip",
        f"item:{item_id}",
        actor=user_id,
        at=now,
        detail={"reason_sha256": _sha256(lease.reason)},
    )
    return lease


def escalate(
    session: Session, item_id: int, user_id: int, reason: str, now: datetime
) -> Assignment:
    """Ask a lead. The item leaves the reviewer's desk until the lead has settled it.

    Raises like `skip`.
    """
    lease = _lease(session, item_id, user_id)
    if lease.state == State.ESCALATED:
        return lease
    _must_hold(lease)
    text = _reason(reason)
    slots.leave(session, lease, State.ESCALATED, now)
    asked = Escalation(
        project_id=lease.project_id,
        item_id=item_id,
        user_id=user_id,
        reason=text,
        created_at=now,
        due_at=now + ESCALATION_DUE,
    )
    session.add(asked)
    session.flush()
    tell(session, lease.project_id, Kind.ESCALATION, asked.id, now)
    audit.append(
        session,
        "item.escalate",
        f"item:{item_id}",
        actor=user_id,
        at=now,
        detail={"reason_sha256": _sha256(text)},
    )
    return lease


def pause(session: Session, item_id: int, user_id: int, now: datetime) -> None:
    """The reviewer needs a pause: the item goes back, and with it what else of its project they
    hold, shown or kept ready. It may come to them again.

    No reason is asked or noted. What they do not hold stays as it is: a pause is never refused.
    """
    met = session.get(Assignment, (item_id, user_id))
    if met is None:
        raise NotFound("There is no such item here.")
    if slots.release_all(session, user_id, now, met.project_id):
        audit.append(session, "item.pause", f"item:{item_id}", actor=user_id, at=now)


def _sha256(text: str) -> str:
    """In the trail, which keeps everything for good, for a text that may have to go one day."""
    return hashlib.sha256(text.encode()).hexdigest()


def _lease(session: Session, item_id: int, user_id: int) -> Assignment:
    slots.lock_item(session, item_id)
    lease = slots.lock_assignment(session, item_id, user_id)
    if lease is None:
        raise NotFound("There is no such item here.")
    return lease


def _must_hold(lease: Assignment) -> None:
    if lease.state != State.LEASED:
        raise Conflict(_NOT_YOURS.text)


def storable(text: str) -> str:
    """The text without space around it, and without NUL, which PostgreSQL cannot store."""
    return text.replace("\x00", "").strip()


def _reason(text: str) -> str:
    reason = storable(text)
    if not reason:
        raise Invalid.at("reason", "Say why in a few words.")
    if len(reason) > REASON_CHARS:
        raise Invalid.at("reason", "At most %(n)s characters.", n=REASON_CHARS)
    return reason
