"""A lead settles an escalation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Invalid
from workbench.models import Assignment, Escalation, Item, Kind, Outcome, State
from workbench.services import audit, slots
from workbench.services.leave_item import REASON_CHARS, storable
from workbench.services.tell import over, tell

_SETTLED = N_("Someone has settled this escalation already.")


def resolve(  # noqa: PLR0917 - who settles what, how and when
    session: Session, escalation_id: int, lead_id: int, outcome: str, note: str, now: datetime
) -> Escalation:
    """Record how it was settled and do what follows from it.

    Answered: the item may be given to the reviewer again. Removed: the item leaves the queue and
    the exports. Kept: nothing else changes.
    """
    decided, note = _outcome(outcome), storable(note)
    if len(note) > REASON_CHARS:
        raise Invalid.at("note", "At most %(n)s characters.", n=REASON_CHARS)
    if decided is Outcome.ANSWERED and not note:
        raise Invalid.at("note", "Write the answer that the reviewer will read.")
    escalation = session.get(Escalation, escalation_id)
    if escalation is None:
        raise NotFound("There is no such escalation.")
    item = slots.lock_item(session, escalation.item_id)
    escalation = session.get_one(
        Escalation, escalation_id, with_for_update=True, populate_existing=True
    )
    if escalation.resolved_at is not None:
        raise Conflict(_SETTLED.text)
    escalation.outcome, escalation.note = decided, note
    escalation.resolved_at, escalation.resolved_by = now, lead_id
    _follow(session, escalation, item, decided, now)
    project_id, number = escalation.project_id, escalation.id
    over(session, project_id, Kind.ESCALATION, (number, f"{number}:overdue"), now)
    tell(session, project_id, Kind.ANSWERED, number, now, to=(escalation.user_id,))
    audit.append(
        session,
        "escalation.resolve",
        f"item:{item.id}",
        actor=lead_id,
        at=now,
        detail={"escalation": escalation.id, "outcome": decided, "note": escalation.note},
    )
    return escalation


def own(
    session: Session, escalation_id: int, lead_id: int, *, mine: bool, now: datetime
) -> Escalation:
    """A lead sees to it, or (`mine` False) leaves it to whoever comes first again.

    Anybody who may settle it may take it, also from another: who took it is away. Again changes
    nothing. Raises NotFound, and Conflict where it is settled.
    """
    escalation = session.get(
        Escalation, escalation_id, with_for_update=True, populate_existing=True
    )
    if escalation is None:
        raise NotFound("There is no such escalation.")
    if escalation.resolved_at is not None:
        raise Conflict(_SETTLED.text)
    owner = lead_id if mine else None
    if escalation.owner_id != owner:
        escalation.owner_id = owner
        session.flush()
        audit.append(session, "escalation.own", f"item:{escalation.item_id}", actor=lead_id, at=now,
                     detail={"escalation": escalation.id, "owner": owner})  # fmt: skip
    return escalation


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError:
        raise Invalid.at("outcome", "Choose how to settle it.") from None


def _follow(
    session: Session, escalation: Escalation, item: Item, outcome: Outcome, now: datetime
) -> None:
    if outcome is Outcome.REMOVED:
        retire(session, item, now)
    elif outcome is Outcome.ANSWERED:
        asked = slots.lock_assignment(session, item.id, escalation.user_id)
        if asked is not None and asked.state == State.ESCALATED:
            asked.state, asked.updated_at = State.RELEASED, now
            slots.requeue(session, item)
    session.flush()


def retire(session: Session, item: Item, now: datetime) -> None:
    """Take an item (locked by the caller) out of the queue: leases end, judgments stay."""
    leases = session.scalars(
        select(Assignment)
        .where(Assignment.item_id == item.id, Assignment.state == State.LEASED)
        .order_by(Assignment.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for lease in leases:
        lease.state, lease.expires_at, lease.updated_at = State.RELEASED, None, now
    judged = session.scalar(
        select(func.count())
        .select_from(Assignment)
        .where(Assignment.item_id == item.id, Assignment.state == State.JUDGED)
    )
    item.wanted, item.slots_left, item.retired_at = judged or 0, 0, now
    session.flush()
