"""The one place where slots are taken and given back, and where rows are locked for it.

For every item, always: slots_left + leased + judged = wanted. Each function moves exactly one
slot, or none.

Locks are taken in this order everywhere: project, memberships, a person's own row (`care.lock`),
items, escalations, assignments, audit head; several of one kind in the order of their keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, func, select, update
from sqlalchemy.orm import Session, defer, undefer

from workbench.errors import NotFound
from workbench.models import Assignment, Item, Membership, Project, QueueCursor, State, tables
from workbench.statements import AnyRow, Query, Write

_item, _met, _member = tables.item.c, tables.assignment.c, tables.membership.c

_TAKE = Write(
    update(tables.item)
    .where(_item.id == bindparam("item_id"), _item.slots_left > 0)
    .values(slots_left=_item.slots_left - 1)
)


def take(session: Session, item_id: int) -> bool:
    """Take a slot of the item. False when none is left (or the item is retired)."""
    return bool(_TAKE.run(session, {"item_id": item_id}))


def give_back(session: Session, item_id: int, project_id: int) -> None:
    """Give a slot back and put the item at the tail, ahead of everybody's cursor."""
    session.execute(
        update(Item)
        .where(Item.id == item_id)
        .values(slots_left=Item.slots_left + 1, queue_key=next_key(session, project_id))
        .execution_options(synchronize_session=False)
    )


def next_key(session: Session, project_id: int) -> int:
    """The place behind the last one in the project's queue, above 0.

    Takes no lock: two who ask at once on a server may get the same place, and `claim` looks behind
    the cursor before it says that nothing is left.
    """
    last = session.scalar(select(func.max(Item.queue_key)).where(Item.project_id == project_id))
    # Where every item stands in the lane ahead of the queue, the last place is a negative one.
    return max(last or 0, 0) + 1


def requeue(session: Session, item: Item) -> None:
    """Put an open item at the tail without touching its slots."""
    if item.slots_left > 0:
        item.queue_key = next_key(session, item.project_id)


def leave(session: Session, lease: Assignment, state: State, now: datetime) -> None:
    """End a lease without a judgment: its slot goes back."""
    lease.state, lease.expires_at, lease.updated_at = state, None, now
    session.flush()
    give_back(session, lease.item_id, lease.project_id)


#: Leases of a project that have run out.
_EXPIRED: tuple[ColumnElement[bool], ...] = (
    _met.project_id == bindparam("project_id"),
    _met.state == State.LEASED,
    _met.expires_at <= bindparam("now"),
)
_FIRST_EXPIRED = Query(select(_met.item_id).where(*_EXPIRED).limit(1))
_OLDEST_EXPIRED = Query(
    select(_met.item_id).where(*_EXPIRED).order_by(_met.expires_at).limit(bindparam("limit"))
)


def first_expired(session: Session, project_id: int, now: datetime) -> int | None:
    """Id of an item of the project with a lease that has run out and still holds its slot."""
    found: int | None = _FIRST_EXPIRED.scalar(session, {"project_id": project_id, "now": now})
    return found


def release_expired(session: Session, project_id: int, now: datetime, limit: int = 50) -> int:
    """Give back the slots of leases that have run out; how many were.

    Waits for no lock: what another transaction is at work on is left for the next time.
    """
    where = {"project_id": project_id, "now": now}
    candidates = [row.item_id for row in _OLDEST_EXPIRED.all(session, {**where, "limit": limit})]
    if not candidates:
        return 0
    return _release(session, _EXPIRED, candidates, now, wait=False, where=where)


def release_kept(
    session: Session, user_id: int, item_ids: Sequence[int], now: datetime, *, wait: bool = False
) -> int:
    """Give back those of these items that a person holds and was not shown; how many there were.

    Without `wait`, what another transaction is at work on stays until its lease runs out.
    """
    kept = (
        Assignment.user_id == user_id,
        Assignment.state == State.LEASED,
        Assignment.shown_at.is_(None),
    )
    return _release(session, kept, item_ids, now, wait=wait)


def release_all(
    session: Session, user_id: int, now: datetime, project_id: int | None = None
) -> int:
    """Give back every lease of a person (on one project, or on all); how many there were."""
    lock_members(session, project_id=project_id, user_id=user_id)
    held = [Assignment.user_id == user_id, Assignment.state == State.LEASED]
    if project_id is not None:
        held.append(Assignment.project_id == project_id)
    ids = session.scalars(select(Assignment.item_id).where(*held)).all()
    return _release(session, held, ids, now, wait=True)


def _release(
    session: Session,
    which: Sequence[ColumnElement[bool]],
    item_ids: Sequence[int],
    now: datetime,
    *,
    wait: bool,
    where: Mapping[str, Any] | None = None,
) -> int:
    """Give back the leases of these items for which `which` holds (with `where` for its
    parameters); how many there were."""
    items = session.scalars(
        select(Item.id)
        .where(Item.id.in_(item_ids))
        .order_by(Item.id)
        .with_for_update(skip_locked=not wait)
    ).all()
    leases = session.scalars(
        select(Assignment)
        .where(*which, Assignment.item_id.in_(items))
        .order_by(Assignment.item_id, Assignment.user_id)
        .with_for_update(skip_locked=not wait)
        .execution_options(populate_existing=True),
        where,
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


#: By whether it waits for the lock.
_MEMBER = {
    wait: Query(
        select(_member.user_id)
        .where(
            _member.project_id == bindparam("project_id"),
            _member.user_id == bindparam("user_id"),
            _member.left_at.is_(None),
        )
        .with_for_update(skip_locked=not wait)
    )
    for wait in (True, False)
}


def lock_member(session: Session, project_id: int, user_id: int, wait: bool) -> bool:
    """Lock a person's place on the project, so that their claims come one after the other.

    False when they are not on it (any more), or when it is locked and `wait` is false.
    """
    whose = {"project_id": project_id, "user_id": user_id}
    return _MEMBER[wait].scalar(session, whose) is not None


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


_ITEM = (
    select(Item)
    .where(Item.id == bindparam("item_id"))
    .options(defer(Item.prompt), defer(Item.responses), defer(Item.meta), undefer(Item.most_wanted))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_item(session: Session, item_id: int) -> Item:
    """The item, locked and as it is now. Raises NotFound."""
    item = session.scalars(_ITEM, {"item_id": item_id}).one_or_none()
    if item is None:
        raise NotFound("There is no such item here.")
    return item


_TO_JUDGE = Query(
    select(
        _item.id,
        _item.project_id,
        _item.copy_kind,
        _item.retired_at.is_(None).label("present"),
        # Up to how many judgments its project's rule may have it want; None: there is no rule.
        select(tables.project.c.overlap_most)
        .where(tables.project.c.id == _item.project_id)
        .scalar_subquery()
        .label("most_wanted"),
    )
    .where(_item.id == bindparam("item_id"))
    .with_for_update(of=tables.item)
)


def lock_to_judge(session: Session, item_id: int) -> AnyRow:
    """(id, project_id, copy_kind, present, most_wanted) of the item, locked and as it
    is now. Raises NotFound."""
    item = _TO_JUDGE.one_or_none(session, {"item_id": item_id})
    if item is None:
        raise NotFound("There is no such item here.")
    return item


#: By whether it waits for the lock. By its id alone: a server that has not counted its rows yet, as
#: after a first import, would go through a whole project's by the index of those that are present.
_PRESENT = {
    wait: Query(
        select(
            _item.id,
            _item.harm,
            tables.severity_now.label("severity"),
            _item.project_id,
            _item.retired_at.is_(None).label("present"),
        )
        .where(_item.id == bindparam("item_id"))
        .with_for_update(skip_locked=not wait)
    )
    for wait in (True, False)
}


def lock_present(
    session: Session, item_id: int, project_id: int, wait: bool
) -> Row[int, str | None, int | None, int, bool] | None:
    """(id, harm, severity, ...) of a present item of the project, locked; None without it, or when
    it is locked and `wait` is false."""
    item = _PRESENT[wait].one_or_none(session, {"item_id": item_id})
    return item if item and item.present and item.project_id == project_id else None


_ASSIGNMENT = (
    select(Assignment)
    .where(Assignment.item_id == bindparam("item_id"), Assignment.user_id == bindparam("user_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_assignment(session: Session, item_id: int, user_id: int) -> Assignment | None:
    """What is between the item (locked by the caller) and the reviewer, locked and as it is now."""
    return session.scalars(_ASSIGNMENT, {"item_id": item_id, "user_id": user_id}).one_or_none()


#: (state, expires_at, shown_at, shown) of an assignment.
Met = Row[State, datetime | None, datetime | None, list[str]]
_MET = Query(
    select(_met.state, _met.expires_at, _met.shown_at, _met.shown)
    .where(_met.item_id == bindparam("item_id"), _met.user_id == bindparam("user_id"))
    .with_for_update()
)


def lock_met(session: Session, item_id: int, user_id: int) -> Met | None:
    """The same as a row, which costs less: to be changed by `change_met`."""
    return _MET.one_or_none(session, {"item_id": item_id, "user_id": user_id})


_CHANGE = Write(
    update(tables.assignment).where(
        _met.item_id == bindparam("of_item"), _met.user_id == bindparam("of_user")
    )
)


def change_met(session: Session, item_id: int, user_id: int, **values: Any) -> None:
    """Write these columns of the assignment, which the caller has locked."""
    _CHANGE.run(session, {"of_item": item_id, "of_user": user_id, **values})


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
