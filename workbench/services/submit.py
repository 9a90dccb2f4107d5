"""Store a judgment: once, whatever happens to the reply, and never over an item's overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from workbench.db import canonical
from workbench.errors import Conflict, NotFound
from workbench.messages import N_
from workbench.models import Copy, Item, Judgment, Kind, State, tables
from workbench.models.seals import digest
from workbench.services import audit, gold, overlap, slots
from workbench.services.tell import over
from workbench.statements import AnyRow, Query

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
    item = slots.lock_to_judge(session, submission.item_id)
    met = slots.lock_met(session, submission.item_id, submission.user_id)
    if met is None:
        raise NotFound("There is no such item here.")
    # Only now: another worker may have stored this very answer while the item was locked.
    said = _said(session, submission)
    if submission.idempotency_key in said:
        return _sent_before(session, said[submission.idempotency_key].id, submission)
    _refuse(item, met)
    latest = max((each.revision for each in said.values() if each.item_id == item.id), default=0)
    if latest != submission.base_revision:
        raise Conflict(_MOVED_ON.text)
    if met.state == State.RELEASED and not slots.take(session, item.id):
        raise Conflict(_FULL.text)
    try:
        stored = store(session, item.project_id, met.shown, submission, now)
    except IntegrityError:  # the same key came with another item at this very moment
        raise Conflict(_REUSED.text) from None
    _follow(session, item, stored, now)
    return stored


def _follow(session: Session, locked: AnyRow, stored: Judgment, now: datetime) -> None:
    """What an answer leads to: a mark against what is known, another judgment that is wanted."""
    if locked.copy_kind == Copy.GOLD:
        gold.check(session, session.get_one(Item, locked.id), stored, now)
    if locked.most_wanted is None:
        return
    item = slots.lock_item(session, locked.id)
    # With places left there is nothing to decide yet, unless an answer was changed.
    if item.slots_left == 0 or stored.revision > 1:
        overlap.settle(session, item)


_judgment = tables.judgment.c
_SAID = Query(
    select(_judgment.id, _judgment.item_id, _judgment.revision, _judgment.idempotency_key).where(
        or_(
            and_(
                _judgment.item_id == bindparam("item_id"), _judgment.user_id == bindparam("user_id")
            ),
            and_(
                _judgment.user_id == bindparam("user_id"),
                _judgment.idempotency_key == bindparam("key"),
            ),
        )
    )
)


def _said(session: Session, submission: Submission) -> Mapping[str, AnyRow]:
    """(id, item_id, revision) by their keys: what this reviewer has said of the item so far, and
    what came with this key, which may be of another item."""
    whose = {"item_id": submission.item_id, "user_id": submission.user_id}
    rows = _SAID.all(session, {**whose, "key": submission.idempotency_key})
    return {row.idempotency_key: row for row in rows}


def _sent_before(session: Session, judgment_id: int, submission: Submission) -> Judgment:
    """The judgment with this key, which must be this very answer. Raises Conflict."""
    found = session.get_one(Judgment, judgment_id)
    if found.item_id != submission.item_id or canonical(found.answer) != canonical(
        submission.answer
    ):
        raise Conflict(_REUSED.text)
    return found


def _refuse(item: AnyRow, met: slots.Met) -> None:
    if met.state in (State.SKIPPED, State.ESCALATED):
        raise Conflict(_LEFT.text)
    if not item.present:
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
    session: Session, project_id: int, shown: list[str], submission: Submission, now: datetime
) -> Judgment:
    """Write the next revision, of responses that were `shown` in this order; it is in no session.

    Item and assignment are locked by the caller, and a slot is held. Where an answer is taken back,
    what becomes of the assignment is the caller's.
    """
    judgment = Judgment(
        project_id=project_id,
        item_id=submission.item_id,
        user_id=submission.user_id,
        revision=submission.base_revision + 1,
        answer=submission.answer,
        type_version=submission.type_version,
        guideline_version=submission.guideline_version,
        shown=list(shown),
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
        f"item:{submission.item_id}",
        actor=submission.user_id,
        at=now,
        detail={"revision": judgment.revision, "digest": judgment.digest},
    )
    judgment.id = _INSERT.scalar(session, _columns(judgment))
    if submission.answer is not None:
        slots.change_met(
            session,
            submission.item_id,
            submission.user_id,
            state=State.JUDGED,
            expires_at=None,
            judgment_id=judgment.id,
            said=submission.said,
            updated_at=now,
        )
    if submission.base_revision:
        of = submission.user_id
        over(session, project_id, Kind.RETURNED, (submission.item_id,), now, of=of)
    return judgment


_INSERT = Query(insert(tables.judgment).returning(tables.judgment.c.id))
_COLUMNS = [column.name for column in tables.judgment.c if column.name != "id"]


def _columns(judgment: Judgment) -> dict[str, Any]:
    return {name: getattr(judgment, name) for name in _COLUMNS}
