"""The next item for a reviewer: shown now, or kept ready while they are at another."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, exists, select
from sqlalchemy.orm import Session

from workbench.models import Assignment, Item, Project, QueueCursor, State
from workbench.services import slots

#: How often a claim looks again after it waited for another transaction, or gave leases back.
ATTEMPTS = 100

Found = Row[int, int, str]


@dataclass(frozen=True)
class Reviewer:
    """Who claims, and what they may be given."""

    id: int
    speaks: tuple[str, ...]

    @property
    def languages(self) -> list[str]:
        """What this person speaks without regions, which is how items are matched."""
        return list(dict.fromkeys(code.partition("-")[0] for code in self.speaks))


@dataclass(frozen=True)
class _Claim:
    project: Project
    reviewer: Reviewer
    now: datetime
    lease: timedelta
    #: Whether it comes on the screen now; else it is kept ready.
    show: bool = True

    @property
    def shown_at(self) -> datetime | None:
        return self.now if self.show else None


def claim(
    session: Session,
    project: Project,
    reviewer: Reviewer,
    now: datetime,
    lease: timedelta,
    *,
    wait: bool = True,
) -> Assignment | None:
    """Show this reviewer an item: the one they hold (what was on the screen before what was only
    kept ready), else the next open one. None: nothing left, or no longer on the project.

    After a submit in the same transaction, which holds the audit trail's lock, pass `wait=False`:
    no row lock is waited for then, and None may also mean that something was locked.

    Takes the item's slot and writes the lease in one transaction. The cost is an index seek for
    each language: a cursor for each reviewer skips what they have passed, and a slot that comes
    back puts its item ahead of every cursor.
    """
    return _give(session, _Claim(project, reviewer, now, lease), None, wait)


def keep_ready(
    session: Session,
    project: Project,
    reviewer: Reviewer,
    now: datetime,
    keep: timedelta,
    *,
    showing: int | None,
    wait: bool = True,
) -> Assignment | None:
    """What this reviewer is to be shown after the item `showing`: theirs for `keep`, from now on.

    Another item that they hold, else the next open one. It takes a slot, so that it is still there
    when they come to it; its lease begins when `show` is called. `wait` is as for `claim`.
    """
    return _give(session, _Claim(project, reviewer, now, keep, show=False), showing, wait)


def show(
    session: Session,
    project: Project,
    reviewer: Reviewer,
    now: datetime,
    lease: timedelta,
    *,
    item_id: int,
    wait: bool = True,
) -> Assignment | None:
    """Begin the lease of an item that was kept ready and is on the reviewer's screen now.

    Where it was given back meanwhile, its slot is taken again. None when that is not possible:
    then the reviewer needs another item. `wait` is as for `claim`.
    """
    if not slots.lock_member(session, project.id, reviewer.id, wait):
        return None
    if not slots.lock_item(session, item_id, project.id, wait):
        return None
    assignment = slots.lock_assignment(session, item_id, reviewer.id)
    if assignment is None or assignment.state not in (State.LEASED, State.RELEASED):
        return None
    if assignment.state == State.RELEASED and not slots.take(session, item_id):
        return None
    _begin(assignment, _Claim(project, reviewer, now, lease))
    session.flush()
    return assignment


def _give(session: Session, claim: _Claim, showing: int | None, wait: bool) -> Assignment | None:
    """An item that the reviewer holds, other than `showing`, else the next open one."""
    if not slots.lock_member(session, claim.project.id, claim.reviewer.id, wait):
        return None
    theirs = _held(session, claim, showing)
    if theirs is not None:
        attempt = session.begin_nested()
        held = _renew(session, theirs, claim, wait)
        if held is not None:
            attempt.commit()
            return held
        # A server keeps a row locked that it waited for and then found to be another's by now, and
        # who waits for that row may hold the item that is waited for next.
        attempt.rollback()
        if not wait:
            return None
    return _insist(session, claim) if wait else _take_next(session, claim)[0]


def _held(session: Session, claim: _Claim, showing: int | None) -> tuple[int, int] | None:
    """Key of the assignment that this reviewer was shown last and still holds."""
    user_id = claim.reviewer.id
    query = (
        select(Assignment.item_id)
        .where(
            Assignment.user_id == user_id,
            Assignment.project_id == claim.project.id,
            Assignment.state == State.LEASED,
        )
        .order_by(Assignment.shown_at.is_(None), Assignment.updated_at.desc(), Assignment.item_id)
        .limit(1)
    )
    if showing is not None:
        query = query.where(Assignment.item_id != showing)
    item_id = session.scalar(query)
    return (item_id, user_id) if item_id is not None else None


def _renew(session: Session, key: tuple[int, int], claim: _Claim, wait: bool) -> Assignment | None:
    """The held assignment with a lease from now; None when another transaction ended it."""
    held = session.scalars(
        select(Assignment)
        .where(
            Assignment.item_id == key[0],
            Assignment.user_id == key[1],
            Assignment.state == State.LEASED,
        )
        .with_for_update(skip_locked=not wait)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if held is not None:
        held.expires_at = max(held.expires_at or claim.now, claim.now + claim.lease)
        held.shown_at = held.shown_at or claim.shown_at
        session.flush()
    return held


def _insist(session: Session, claim: _Claim) -> Assignment | None:
    """A lease on the next open item, waiting for what other transactions have locked.

    Before it waits for one of their items it lets go of every item that it locked itself: two that
    hold one item and wait for another's would wait for ever.
    """
    for _ in range(ATTEMPTS):
        attempt = session.begin_nested()
        assignment, released = _take_next(session, claim)
        busy = _locked_by_another(session, claim, released) if assignment is None else None
        if busy is None:
            attempt.commit()
            if assignment is not None or not released:
                return assignment
        else:
            attempt.rollback()
            _wait_for(session, busy)
    return None


def _locked_by_another(session: Session, claim: _Claim, released: int) -> int | None:
    """Id of an item that this reviewer may get, or whose lease has run out, and that was passed."""
    for language in claim.reviewer.languages:
        item_id = session.scalar(_open_to(claim.project.id, claim.reviewer.id, language))
        if item_id is not None:
            return int(item_id)
    return None if released else slots.first_expired(session, claim.project.id, claim.now)


def _wait_for(session: Session, item_id: int) -> None:
    """Return when no other transaction holds the item; nor does this one then."""
    waiting = session.begin_nested()
    session.execute(select(Item.id).where(Item.id == item_id).with_for_update())
    waiting.rollback()


def _take_next(session: Session, claim: _Claim) -> tuple[Assignment | None, int]:
    """A lease on the next open item that nobody has locked, and how many were released for it."""
    released = slots.release_expired(session, claim.project.id, claim.now)
    found = _next_open(session, claim.project.id, claim.reviewer)
    return (_lease(session, claim, found.id) if found is not None else None), released


def _next_open(session: Session, project_id: int, reviewer: Reviewer) -> Found | None:
    """(id, queue_key, language_base) of the next open item that no other transaction has locked.

    Locks it, and moves the reviewer's cursor to it.
    """
    cursors = _cursors(session, project_id, reviewer.id)
    ahead = [
        row
        for language in reviewer.languages
        if (row := _seek(session, project_id, reviewer.id, language, cursors.get(language)))
    ]
    if ahead:
        found = min(ahead, key=lambda row: row.queue_key)
        _move_cursor(session, project_id, reviewer.id, found, cursors)
        return found
    # The cursor also passed what another transaction had locked at that moment.
    behind = [
        row
        for language in reviewer.languages
        if (row := _seek(session, project_id, reviewer.id, language, None))
    ]
    return min(behind, key=lambda row: row.queue_key) if behind else None


def _cursors(session: Session, project_id: int, user_id: int) -> dict[str, QueueCursor]:
    rows = session.scalars(
        select(QueueCursor).where(
            QueueCursor.project_id == project_id, QueueCursor.user_id == user_id
        )
    )
    return {row.language: row for row in rows}


def _seek(
    session: Session, project_id: int, user_id: int, language: str, cursor: QueueCursor | None
) -> Found | None:
    query = _open_to(project_id, user_id, language).with_for_update(of=Item, skip_locked=True)
    if cursor is not None:
        query = query.where(Item.queue_key > cursor.queue_key)
    return session.execute(query).one_or_none()


def _open_to(project_id: int, user_id: int, language: str) -> Select[int, int, str]:
    """The first open item in that language that this reviewer has not met."""
    met = exists().where(
        Assignment.item_id == Item.id,
        Assignment.user_id == user_id,
        Assignment.state != State.RELEASED,
    )
    return (
        select(Item.id, Item.queue_key, Item.language_base)
        .where(
            Item.project_id == project_id,
            Item.language_base == language,
            Item.slots_left > 0,
            ~met,
        )
        .order_by(Item.queue_key)
        .limit(1)
    )


def _move_cursor(
    session: Session,
    project_id: int,
    user_id: int,
    found: Found,
    cursors: dict[str, QueueCursor],
) -> None:
    cursor = cursors.get(found.language_base)
    if cursor is None:
        session.add(
            QueueCursor(
                project_id=project_id,
                user_id=user_id,
                language=found.language_base,
                queue_key=found.queue_key,
            )
        )
    else:
        cursor.queue_key = found.queue_key
    session.flush()


def _lease(session: Session, claim: _Claim, item_id: int) -> Assignment | None:
    """Take a slot of the item (locked) and write the lease.

    None when this reviewer met the item after the seek began: a server compares an item that
    changed meanwhile with the assignments of before.
    """
    user_id = claim.reviewer.id
    assignment = slots.lock_assignment(session, item_id, user_id)
    if assignment is not None and assignment.state != State.RELEASED:
        return None
    if not slots.take(session, item_id):
        return None
    if assignment is None:
        item = session.get_one(Item, item_id)
        assignment = Assignment(
            item_id=item_id,
            user_id=user_id,
            project_id=claim.project.id,
            shown=shown_order(claim.project.seed, item, user_id),
            reason="",
            created_at=claim.now,
        )
        session.add(assignment)
    _begin(assignment, claim)
    session.flush()
    return assignment


def _begin(assignment: Assignment, claim: _Claim) -> None:
    assignment.state = State.LEASED
    assignment.expires_at = claim.now + claim.lease
    assignment.shown_at = claim.shown_at
    assignment.updated_at = claim.now


def shown_order(seed: str, item: Item, user_id: int) -> Sequence[str]:
    """Response ids in an order that is random for each (item, reviewer) and can be told again."""
    ids = [response["id"] for response in item.responses]
    digest = hashlib.sha256(f"{seed}|{item.id}|{user_id}".encode()).digest()
    random.Random(digest).shuffle(ids)  # noqa: S311 - a shuffle, not a secret
    return ids
