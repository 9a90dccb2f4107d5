"""Store a judgment: once, whatever happens to the reply, and never over an item's overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from workbench.db import canonical
from workbench.errors import Conflict, NotFound
from workbench.messages import N_
from workbench.models import Assignment, Item, Judgment, Kind, State
from workbench.models.seals import digest
from workbench.services import audit, gold, overlap, slots
from workbench.services.tell import over

__all__ = ["Submission", "digest", "latest_revision", "store", "submit"]

_MOVED_ON = N_(
    "This judgment was changed elsewhere since you opened it. Your answer was not stored; "
    "it is still in the form. Open the item again to see what is stored."
)
_FULL = N_(
    "Your time on this item ran out and others have judged it meanwhile. "
    "Your answer was not stored; it is still in the form."
)
_GONE = N_("This item was replaced or taken out meanwhile. Your answer was not stored.")
_LEFT = N_("You skipped or escalated this item. Your answer was not stored.")
_REUSED = N_("This answer was sent before with other content. Open the item again.")


@dataclass(frozen=True)
class Submission:
    """What the reviewer sends."""

    item_id: int
    user_id: int
    #: The answer, already checked by the task type; None (for `store` alone) takes it back.
    answer: dict[str, Any] | None
    type_version: int
    #: Made by the client, the same for every try.
    idempotency_key: str
    #: Latest revision when the form was opened; 0 when there was none.
    base_revision: int
    guideline_version: int | None = None
    active_ms: int | None = None
    locale: str = "es"
    #: What the answer says, as `task_types.said` has it; None: worked out when it is asked for.
    said: int | None = None


def submit(session: Session, submission: Submission, now: datetime) -> Judgment:
    """The stored judgment; the one stored before when this is a repeat.

    Raises Conflict when the slot is gone or the judgment was changed elsewhere, NotFound when this
    reviewer was never shown the item, and ValueError without an answer (`undo` takes one back).
    """
    if submission.answer is None:
        raise ValueError("a submission needs an answer")
    item = slots.lock_item(session, submission.item_id)
    assignment = slots.lock_assignment(session, submission.item_id, submission.user_id)
    if assignment is None:
        raise NotFound("There is no such item here.")
    # Only now: another worker may have stored this very answer while the item was locked.
    said = _said(session, submission)
    before = _sent_before(said, submission)
    if before is not None:
        return before
    _refuse(item, assignment)
    latest = max((each.revision for each in said if each.item_id == item.id), default=0)
    if latest != submission.base_revision:
        raise Conflict(_MOVED_ON.text)
    if assignment.state == State.RELEASED:
        _take_again(session, item)
    try:
        stored = store(session, item, assignment, submission, now)
    except IntegrityError:  # the same key came with another item at this very moment
        raise Conflict(_REUSED.text) from None
    gold.check(session, item, stored, now)
    # With places left there is nothing to decide yet, unless an answer was changed.
    if item.slots_left == 0 or submission.base_revision:
        overlap.settle(session, item)
    return stored


_SAID = select(Judgment).where(
    or_(
        and_(Judgment.item_id == bindparam("item_id"), Judgment.user_id == bindparam("user_id")),
        and_(
            Judgment.user_id == bindparam("user_id"),
            Judgment.idempotency_key == bindparam("key"),
        ),
    )
)


def _said(session: Session, submission: Submission) -> Sequence[Judgment]:
    """What this reviewer has said of the item so far, and what came with this key, which
    may be of another item."""
    whose = {"item_id": submission.item_id, "user_id": submission.user_id}
    return session.scalars(_SAID, {**whose, "key": submission.idempotency_key}).all()


def _sent_before(said: Sequence[Judgment], submission: Submission) -> Judgment | None:
    key = submission.idempotency_key
    found = next((each for each in said if each.idempotency_key == key), None)
    if found is None:
        return None
    same = found.item_id == submission.item_id and canonical(found.answer) == canonical(
        submission.answer
    )
    if not same:
        raise Conflict(_REUSED.text)
    return found


def _take_again(session: Session, item: Item) -> None:
    if not slots.take(session, item.id):
        raise Conflict(_FULL.text)
    session.refresh(item, ["slots_left"])


def _refuse(item: Item, assignment: Assignment) -> None:
    if assignment.state in (State.SKIPPED, State.ESCALATED):
        raise Conflict(_LEFT.text)
    if item.retired_at is not None:
        raise Conflict(_GONE.text)


def latest_revision(session: Session, item_id: int, user_id: int) -> int:
    """Number of the newest revision of this reviewer's judgment of the item; 0 for none."""
    return (
        session.scalar(
            select(func.max(Judgment.revision)).where(
                Judgment.item_id == item_id, Judgment.user_id == user_id
            )
        )
        or 0
    )


def store(
    session: Session, item: Item, assignment: Assignment, submission: Submission, now: datetime
) -> Judgment:
    """Write the next revision (item and assignment are locked by the caller, a slot is held)."""
    judgment = Judgment(
        project_id=item.project_id,
        item_id=item.id,
        user_id=submission.user_id,
        revision=submission.base_revision + 1,
        answer=submission.answer,
        type_version=submission.type_version,
        guideline_version=submission.guideline_version,
        shown=list(assignment.shown),
        active_ms=submission.active_ms,
        locale=submission.locale,
        origin="desk",
        idempotency_key=submission.idempotency_key,
        made_at=now,
    )
    judgment.digest = digest(judgment)
    judgment.audit_seq = audit.append(
        session,
        "judgment.submit" if submission.answer is not None else "judgment.withdraw",
        f"item:{item.id}",
        actor=submission.user_id,
        at=now,
        detail={"revision": judgment.revision, "digest": judgment.digest},
    )
    session.add(judgment)
    session.flush()
    if submission.answer is not None:
        assignment.state, assignment.expires_at = State.JUDGED, None
        assignment.judgment_id, assignment.said = judgment.id, submission.said
    if submission.base_revision:
        over(session, item.project_id, Kind.RETURNED, (item.id,), now, of=submission.user_id)
    assignment.updated_at = now
    session.flush()
    return judgment
