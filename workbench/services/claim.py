"""The next item for a reviewer."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from workbench.models import Assignment, Item, Project, QueueCursor, ReviewerCare, State
from workbench.queries.care import rest
from workbench.queries.open_items import Spared, bases, first_open
from workbench.services import care, slots

#: How often a claim looks again after it waited for another transaction, or gave leases back.
ATTEMPTS = 100

Found = Row[int, int, str, int | None]


@dataclass(frozen=True)
class Reviewer:
    """Who claims, and what they may be given."""

    id: int
    speaks: tuple[str, ...]
    #: Time zone of their day.
    timezone: str = "America/Bogota"

    @property
    def languages(self) -> list[str]:
        """What this person speaks without regions, which is how items are matched."""
        return bases(self.speaks)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class _Claim:
    project: Project
    reviewer: Reviewer
    now: datetime
    lease: timedelta
    #: The reviewer's own row, locked.
    own: ReviewerCare
    spared: Spared


def claim(
    session: Session,
    project: Project,
    reviewer: Reviewer,
    now: datetime,
    lease: timedelta,
    *,
    wait: bool = True,
) -> Assignment | None:
    """Show this reviewer an item: the one they hold, else the next open one. None: nothing left,
    or no longer on the project.

    After a submit in the same transaction, which holds the audit trail's lock, pass `wait=False`:
    no row lock is waited for then, and None may also mean that something was locked.

    Takes the item's slot and writes the lease in one transaction. The cost is an index seek for
    each language: a cursor for each reviewer skips what they have passed, and a slot that comes
    back puts its item ahead of every cursor. Nobody is given what they declined, nor a severe item
    while those rest for them.
    """
    if not slots.lock_member(session, project.id, reviewer.id, wait):
        return None
    theirs = _held(session, project.id, reviewer.id)
    if theirs is not None:
        held = _renew(session, theirs, now, lease, wait)
        if held is not None or not wait:
            return held
    own = care.lock(session, reviewer.id, wait)
    if own is None:
        return None
    resting = rest(project, own, now, reviewer.zone)
    spared = Spared(tuple(own.declined), project.severe_from if resting is not None else None)
    claim = _Claim(project, reviewer, now, lease, own, spared)
    return _insist(session, claim) if wait else _take_next(session, claim)[0]


def _held(session: Session, project_id: int, user_id: int) -> tuple[int, int] | None:
    """Key of the assignment that this reviewer was shown last and still holds."""
    item_id = session.scalar(
        select(Assignment.item_id)
        .where(
            Assignment.user_id == user_id,
            Assignment.project_id == project_id,
            Assignment.state == State.LEASED,
        )
        .order_by(Assignment.updated_at.desc(), Assignment.item_id)
        .limit(1)
    )
    return (item_id, user_id) if item_id is not None else None


def _renew(
    session: Session, key: tuple[int, int], now: datetime, lease: timedelta, wait: bool
) -> Assignment | None:
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
        held.expires_at = now + lease
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
        item_id = session.scalar(
            first_open(claim.project.id, claim.reviewer.id, language, claim.spared)
        )
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
    found = _next_open(session, claim)
    return (_lease(session, claim, found) if found is not None else None), released


def _next_open(session: Session, claim: _Claim) -> Found | None:
    """The next open item that no other transaction has locked.

    Locks it, and moves the reviewer's cursor to it.
    """
    cursors = _cursors(session, claim)
    ahead = {
        language: _seek(session, claim, language, _passed(claim, cursors.get(language)))
        for language in claim.reviewer.languages
    }
    first = _first(ahead.values())
    if first is not None:
        _move_cursor(session, claim, cursors, first.language_base, first.queue_key)
    if claim.spared:
        _pass_over(session, claim, cursors, ahead)
    if first is not None:
        return first
    # The cursor also passed what another transaction had locked at that moment.
    return _first(_seek(session, claim, language, 0) for language in claim.reviewer.languages)


def _first(rows: Iterable[Found | None]) -> Found | None:
    there = (row for row in rows if row is not None)
    return min(there, key=lambda row: row.queue_key, default=None)


def _cursors(session: Session, claim: _Claim) -> dict[str, QueueCursor]:
    rows = session.scalars(
        select(QueueCursor).where(
            QueueCursor.project_id == claim.project.id, QueueCursor.user_id == claim.reviewer.id
        )
    )
    return {row.language: row for row in rows}


def _passed(claim: _Claim, cursor: QueueCursor | None) -> int:
    """The place behind which the reviewer has nothing left of what they are given now."""
    if cursor is None:
        return 0
    if claim.spared.severe_from is None:
        return cursor.queue_key
    return max(cursor.queue_key, cursor.calm_key or 0)


def _seek(session: Session, claim: _Claim, language: str, passed: int) -> Found | None:
    query = first_open(claim.project.id, claim.reviewer.id, language, claim.spared)
    query = query.where(Item.queue_key > passed).with_for_update(of=Item, skip_locked=True)
    return session.execute(query).one_or_none()


def _move_cursor(
    session: Session, claim: _Claim, cursors: dict[str, QueueCursor], language: str, key: int
) -> None:
    """Move the cursor of what the reviewer is given now: severe items that rest are not passed."""
    cursor = cursors.get(language)
    if cursor is None:
        cursor = cursors[language] = QueueCursor(
            project_id=claim.project.id,
            user_id=claim.reviewer.id,
            language=language,
            queue_key=0,
        )
        session.add(cursor)
    if claim.spared.severe_from is None:
        cursor.queue_key = key
    else:
        cursor.calm_key = key
    session.flush()


def _pass_over(
    session: Session,
    claim: _Claim,
    cursors: dict[str, QueueCursor],
    ahead: dict[str, Found | None],
) -> None:
    """Bring the cursors of the other languages up to what the seek found there, or to the tail.

    A seek that leaves items aside walks over them; no two may walk over the same ones.
    """
    first = _first(ahead.values())
    for language, row in ahead.items():
        if row is None:
            _move_cursor(
                session, claim, cursors, language, slots.next_key(session, claim.project.id) - 1
            )
        elif row is not first:
            _move_cursor(session, claim, cursors, language, row.queue_key - 1)


def _lease(session: Session, claim: _Claim, found: Found) -> Assignment | None:
    """Take a slot of the item (locked) and write the lease.

    None when this reviewer met the item after the seek began: a server compares an item that
    changed meanwhile with the assignments of before.
    """
    user_id, item_id = claim.reviewer.id, found.id
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
    assignment.state = State.LEASED
    assignment.expires_at = claim.now + claim.lease
    assignment.updated_at = claim.now
    care.count(claim.own, claim.project, found.severity, claim.now, claim.reviewer.zone)
    session.flush()
    return assignment


def shown_order(seed: str, item: Item, user_id: int) -> Sequence[str]:
    """Response ids in an order that is random for each (item, reviewer) and can be told again."""
    ids = [response["id"] for response in item.responses]
    digest = hashlib.sha256(f"{seed}|{item.id}|{user_id}".encode()).digest()
    random.Random(digest).shuffle(ids)  # noqa: S311 - a shuffle, not a secret
    return ids
