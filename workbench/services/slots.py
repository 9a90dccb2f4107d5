"""The one place where slots are taken and given back, and where rows are locked for it.

For every item, always: slots_left + leased + judged = wanted. Each function moves exactly one
slot, or none.

Locks are taken in this order everywhere: project, memberships, items, escalations, assignments,
audit head; several of one kind in the order of their keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from workbench.models import Assignment, Item, Membership, Project, QueueCursor, State


def take(session: Session, item_id: int) -> bool:
    """Take a slot of the item. False when none is left (or the item is retired)."""
    taken = session.execute(
        update(Item)
        .where(Item.id == item_id, Item.slots_left > 0)
        .values(slots_left=Item.slots_left - 1)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def give_back(session: Session, item_id: int, project_id: int) -> None:
    """Give a slot back and put the item at the tail, ahead of everybody's cursor."""
    session.execute(
        update(Item)
        .where(Item.id == item_id)
        .values(slots_left=Item.slots_left + 1, queue_key=next_key(session, project_id))
        .execution_options(synchronize_session=False)
    )


def next_key(session: Session, project_id: int) -> int:
    """The place behind the last one in the project's queue.

    Takes no lock: two who ask at once on a server may get the same place, and `claim` looks behind
    the cursor before it says that nothing is left.
    """
    last = session.scalar(select(func.max(Item.queue_key)).where(Item.project_id == project_id))
    return (last or 0) + 1


def requeue(session: Session, item: Item) -> None:
    """Put an open item at the tail without touching its slots."""
    if item.slots_left > 0:
        item.queue_key = next_key(session, item.project_id)


def leave(session: Session, lease: Assignment, state: State, now: datetime) -> None:
    """End a lease without a judgment: its slot goes back."""
    lease.state, lease.expires_at, lease.updated_at = state, None, now
    session.flush()
    give_back(session, lease.item_id, lease.project_id)


def _expired(project_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Assignment.project_id == project_id,
        Assignment.state == State.LEASED,
        Assignment.expires_at <= now,
    )


def first_expired(session: Session, project_id: int, now: datetime) -> int | None:
    """Id of an item of the project with a lease that has run out and still holds its slot."""
    return session.scalar(select(Assignment.item_id).where(*_expired(project_id, now)).limit(1))


def release_expired(session: Session, project_id: int, now: datetime, limit: int = 50) -> int:
    """Give back the slots of leases that have run out; how many were.

    Waits for no lock: what another transaction is at work on is left for the next time.
    """
    expired = _expired(project_id, now)
    oldest = select(Assignment.item_id).where(*expired).order_by(Assignment.expires_at).limit(limit)
    candidates = session.scalars(oldest).all()
    if not candidates:
        return 0
    items = session.scalars(
        select(Item.id).where(Item.id.in_(candidates)).with_for_update(skip_locked=True)
    ).all()
    leases = session.scalars(
        select(Assignment)
        .where(*expired, Assignment.item_id.in_(items))
        .order_by(Assignment.item_id, Assignment.user_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for lease in leases:
        leave(session, lease, State.RELEASED, now)
    return len(leases)


def release_all(
    session: Session, user_id: int, now: datetime, project_id: int | None = None
) -> int:
    """Give back every lease of a person (on one project, or on all); how many there were."""
    lock_members(session, project_id=project_id, user_id=user_id)
    held = [Assignment.user_id == user_id, Assignment.state == State.LEASED]
    if project_id is not None:
        held.append(Assignment.project_id == project_id)
    ids = session.scalars(select(Assignment.item_id).where(*held)).all()
    lock_items(session, ids)
    leases = session.scalars(
        select(Assignment)
        .where(*held, Assignment.item_id.in_(ids))
        .order_by(Assignment.item_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for lease in leases:
        leave(session, lease, State.RELEASED, now)
    return len(leases)


def lock_project(session: Session, project_id: int) -> Project:
    """The project as it is now, locked against other changes of it but not against judgments.

    A judgment refers to its project, so a full lock would make it wait, with its item locked, for
    someone who may be waiting for that item.
    """
    return session.get_one(
        Project, project_id, with_for_update={"key_share": True}, populate_existing=True
    )


def lock_member(session: Session, project_id: int, user_id: int, wait: bool) -> bool:
    """Lock a person's place on the project, so that their claims come one after the other.

    False when they are not on it (any more), or when it is locked and `wait` is false.
    """
    return (
        session.scalar(
            select(Membership.user_id)
            .where(
                Membership.project_id == project_id,
                Membership.user_id == user_id,
                Membership.left_at.is_(None),
            )
            .with_for_update(skip_locked=not wait)
        )
        is not None
    )


def lock_members(
    session: Session, *, project_id: int | None = None, user_id: int | None = None
) -> None:
    """Lock the places of all people on a project, of one person on all, or that one place."""
    query = select(Membership.user_id).order_by(Membership.project_id, Membership.user_id)
    if project_id is not None:
        query = query.where(Membership.project_id == project_id)
    if user_id is not None:
        query = query.where(Membership.user_id == user_id)
    session.execute(query.with_for_update()).all()


def lock_items(session: Session, ids: Sequence[int]) -> list[Item]:
    """The items, locked and as they are now."""
    query = select(Item).where(Item.id.in_(ids)).order_by(Item.id).with_for_update()
    return list(session.scalars(query.execution_options(populate_existing=True)))


def lock_item(session: Session, item_id: int, project_id: int, wait: bool) -> bool:
    """Lock one present item of the project; False without it, or when it is locked and `wait` is
    false."""
    query = select(Item.id).where(
        Item.id == item_id, Item.project_id == project_id, Item.retired_at.is_(None)
    )
    return session.scalar(query.with_for_update(skip_locked=not wait)) is not None


def lock_assignment(session: Session, item_id: int, user_id: int) -> Assignment | None:
    """What is between the item (locked by the caller) and the reviewer, locked and as it is now."""
    return session.get(Assignment, (item_id, user_id), with_for_update=True, populate_existing=True)


def reset_cursors(
    session: Session, *, project_id: int | None = None, user_id: int | None = None
) -> None:
    """Make reviewers look from the head of the queue again: what they passed may be open now.

    Waits for claims that are moving these cursors.
    """
    lock_members(session, project_id=project_id, user_id=user_id)
    query = delete(QueueCursor)
    if project_id is not None:
        query = query.where(QueueCursor.project_id == project_id)
    if user_id is not None:
        query = query.where(QueueCursor.user_id == user_id)
    session.execute(query.execution_options(synchronize_session=False))
