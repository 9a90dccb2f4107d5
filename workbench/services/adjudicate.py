"""A lead decides what the answer to an item is, where reviewers disagree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.errors import Conflict
from workbench.messages import N_, Invalid
from workbench.models import Adjudication, Assignment, Item, Judgment, Settled, State
from workbench.models.seals import decision_digest
from workbench.services import audit, slots
from workbench.services.leave_item import REASON_CHARS, storable

_GONE = N_("This item was replaced or taken out meanwhile, so there is nothing to settle.")
_SETTLED = N_("Someone settled this item since you opened it. Look at what is decided now.")
_CHANGED = N_("That judgment was changed or taken back since you opened it. Look at it again.")
_OWN = N_("You have judged this item yourself: another lead settles it.")
_NOT_SETTLED = N_("This item is not settled, so there is nothing to take back.")


@dataclass(frozen=True)
class Decision:
    """What the lead sends."""

    item_id: int
    lead_id: int
    outcome: Settled
    #: The lead's own answer, checked by the task type; for `Settled.ANSWERED` alone.
    answer: dict[str, Any] | None = None
    type_version: int = 1
    #: The judgment that is taken; for `Settled.TAKEN` alone.
    taken_from: int | None = None
    note: str = ""
    guideline_version: int | None = None
    #: Number of the decision on the item when the page was opened; 0 when there was none.
    base_revision: int = 0


def adjudicate(session: Session, decision: Decision, now: datetime) -> Adjudication:
    """The stored decision; the one stored before when this is a repeat.

    Raises Conflict when the item is gone, the lead judged it, someone settled it since, or the
    judgment to take does not count any more; Invalid for a note that is too long.
    """
    note = storable(decision.note)
    if len(note) > REASON_CHARS:
        raise Invalid.at("note", "At most %(n)s characters.", n=REASON_CHARS)
    item = slots.lock_item(session, decision.item_id)
    latest = latest_decision(session, item.id)
    if latest is not None and _is_repeat(latest, decision, note):
        return latest
    _refuse(session, item, decision, latest)
    answer, version = _answer(session, item, decision)
    return _store(session, item, decision, note, answer, version, now)


def latest_decision(session: Session, item_id: int) -> Adjudication | None:
    """What was decided last on an item; None for nothing yet."""
    return session.scalars(
        select(Adjudication)
        .where(Adjudication.item_id == item_id)
        .order_by(Adjudication.revision.desc())
        .limit(1)
    ).one_or_none()


def has_judged(session: Session, item_id: int, user_id: int) -> bool:
    """Whether a judgment of this person counts on the item: they are no second pair of eyes."""
    found = session.get(Assignment, (item_id, user_id))
    return found is not None and found.state == State.JUDGED


def _is_repeat(latest: Adjudication, decision: Decision, note: str) -> bool:
    return (
        latest.revision == decision.base_revision + 1
        and latest.user_id == decision.lead_id
        and latest.outcome == decision.outcome
        and latest.note == note
        and latest.taken_from == decision.taken_from
        and (decision.outcome == Settled.TAKEN or latest.answer == decision.answer)
    )


def _refuse(session: Session, item: Item, decision: Decision, latest: Adjudication | None) -> None:
    if item.retired_at is not None:
        raise Conflict(_GONE.text)
    if (latest.revision if latest else 0) != decision.base_revision:
        raise Conflict(_SETTLED.text)
    if has_judged(session, item.id, decision.lead_id):
        raise Conflict(_OWN.text)
    is_settled = latest is not None and latest.outcome != Settled.REOPENED
    if decision.outcome == Settled.REOPENED and not is_settled:
        raise Conflict(_NOT_SETTLED.text)


def _answer(session: Session, item: Item, decision: Decision) -> tuple[dict[str, Any] | None, int]:
    """The answer that is decided, with the version of its shape."""
    if decision.outcome != Settled.TAKEN:
        if (decision.answer is None) == (decision.outcome == Settled.ANSWERED):
            raise ValueError("an answer of the lead's own comes with that outcome alone")
        return decision.answer, decision.type_version
    taken = session.scalars(
        select(Judgment)
        .join(Assignment, Assignment.judgment_id == Judgment.id)
        .where(Judgment.id == decision.taken_from, Judgment.item_id == item.id)
    ).one_or_none()
    if taken is None:
        raise Conflict(_CHANGED.text)
    return taken.answer, taken.type_version


def _store(  # noqa: PLR0917 - the parts of one row
    session: Session,
    item: Item,
    decision: Decision,
    note: str,
    answer: dict[str, Any] | None,
    version: int,
    now: datetime,
) -> Adjudication:
    row = Adjudication(
        project_id=item.project_id,
        item_id=item.id,
        revision=decision.base_revision + 1,
        outcome=decision.outcome,
        answer=answer,
        type_version=version,
        taken_from=decision.taken_from,
        note=note,
        guideline_version=decision.guideline_version,
        user_id=decision.lead_id,
        made_at=now,
    )
    row.digest = decision_digest(row)
    row.audit_seq = audit.append(
        session,
        "item.adjudicate",
        f"item:{item.id}",
        actor=decision.lead_id,
        at=now,
        detail={"revision": row.revision, "outcome": row.outcome, "digest": row.digest},
    )
    session.add(row)
    session.flush()
    return row
