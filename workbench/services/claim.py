"""The next item for a reviewer: shown now, or kept ready while they are at another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, insert, select
from sqlalchemy.orm import Session

from workbench.models import Item, Project, ReviewerCare, State, tables
from workbench.queries.care import rest
from workbench.queries.desk import Lease
from workbench.queries.items import shown_order
from workbench.queries.open_items import Spared
from workbench.queries.practice import must_practise
from workbench.services import care, hidden, slots
from workbench.services.cursors import Found, Reviewer, Search, next_open
from workbench.statements import Query, Write

__all__ = ["ATTEMPTS", "Reviewer", "claim", "keep_ready", "show", "shown_order"]

#: How often a claim looks again after it waited for another transaction, or gave leases back.
ATTEMPTS = 100

#: Under this name a session, which is one transaction, knows whom it has let at an item just now:
#: (project, reviewer, their row of care). What is kept ready after it need not ask again.
_SHOWING = "showing"

#: (item_id, shown_at, harm, severity) of a lease.
Held = Row[int, datetime | None, str | None, int | None]


@dataclass(frozen=True)
class _Claim:
    project: Project
    reviewer: Reviewer
    now: datetime
    lease: timedelta
    search: Search
    #: The reviewer's own row, locked: the item comes on the screen now, and is counted there.
    #: None: it is only kept ready.
    own: ReviewerCare | None
    #: Items that were kept ready for them and are not for them (any more).
    unfit: tuple[int, ...] = ()

    @property
    def shown_at(self) -> datetime | None:
        return self.now if self.own is not None else None

    def fits(self, harm: str | None, severity: int | None) -> bool:
        """Whether such an item may come on their screen."""
        return self.search.spared.lets(harm, severity)


def claim(
    session: Session,
    project: Project,
    reviewer: Reviewer,
    now: datetime,
    lease: timedelta,
    *,
    wait: bool = True,
) -> Lease | None:
    """Show this reviewer an item: the one they hold (what was on the screen before what was only
    kept ready), else the next open one. None: nothing left, no longer on the project, or it
    asks them to practise first.

    After a submit in the same transaction, which holds the audit trail's lock, pass `wait=False`:
    no row lock is waited for then, and None may also mean that something was locked.

    Takes the item's slot and writes the lease in one transaction. The cost is an index seek for
    each language: a cursor for each reviewer skips what they have passed, and a slot that comes
    back puts its item ahead of every cursor. Nobody is shown what they declined, nor a severe item
    while those rest for them; what was kept ready and is such an item by now is given back.
    """
    asked = _to_show(session, project, reviewer, now=now, lease=lease, wait=wait)
    return _give(session, asked, None, wait) if asked is not None else None


def keep_ready(
    session: Session,
    project: Project,
    reviewer: Reviewer,
    now: datetime,
    keep: timedelta,
    *,
    showing: int | None,
    wait: bool = True,
) -> Lease | None:
    """What this reviewer is to be shown after the item `showing`: theirs for `keep`, from now on.

    Another item that they hold, else the next open one that they may be shown. It takes a slot, so
    that it is still there when they come to it; its lease begins when `show` is called, and only
    then is it counted. `wait` is as for `claim`.
    """
    if project.closed_at is not None:
        return None
    at_project, at_reviewer, own = session.info.get(_SHOWING, (None, None, None))
    if (at_project, at_reviewer) != (project.id, reviewer.id):
        if not slots.lock_member(session, project.id, reviewer.id, wait):
            return None
        if must_practise(session, project, reviewer.id):
            return None
        own = session.get(ReviewerCare, reviewer.id)
    search = _search(project, reviewer, now, own)
    return _give(session, _Claim(project, reviewer, now, keep, search, None), showing, wait)


def show(
    session: Session,
    project: Project,
    reviewer: Reviewer,
    now: datetime,
    lease: timedelta,
    *,
    item_id: int,
    wait: bool = True,
) -> Lease | None:
    """Begin the lease of an item that was kept ready and is on the reviewer's screen now.

    Where it was given back meanwhile, its slot is taken again. None when that is not possible, or
    when it is spared them by now: then the reviewer needs another item. `wait` is as for `claim`.
    """
    asked = _to_show(session, project, reviewer, now=now, lease=lease, wait=wait)
    item = asked and slots.lock_present(session, item_id, project.id, wait)
    if not asked or not item:
        return None
    met = slots.lock_met(session, item_id, reviewer.id)
    if met is None or met.state not in (State.LEASED, State.RELEASED):
        return None
    there_already = met.state == State.LEASED and met.shown_at is not None
    if not there_already and not asked.fits(item.harm, item.severity):
        return None
    if met.state == State.RELEASED and not slots.take(session, item_id):
        return None
    if not there_already:
        _count(asked, item.severity)
    slots.change_met(session, item_id, reviewer.id, **_begun(asked))
    return _leased(asked, item_id, met.shown)


def _to_show(
    session: Session,
    project: Project,
    reviewer: Reviewer,
    *,
    now: datetime,
    lease: timedelta,
    wait: bool,
) -> _Claim | None:
    """None: closed, no longer on the project, or to practise first, or something is locked."""
    if project.closed_at is not None or not slots.lock_member(
        session, project.id, reviewer.id, wait
    ):
        return None
    if must_practise(session, project, reviewer.id):
        return None
    own = care.lock(session, reviewer.id, wait)
    if own is None:
        return None
    session.info[_SHOWING] = (project.id, reviewer.id, own)
    return _Claim(project, reviewer, now, lease, _search(project, reviewer, now, own), own)


def _search(
    project: Project, reviewer: Reviewer, now: datetime, own: ReviewerCare | None
) -> Search:
    resting = rest(project, own, now, reviewer.zone)
    declined = tuple(own.declined) if own is not None else ()
    spared = Spared(declined, project.severe_from if resting is not None else None)
    return Search(project.id, reviewer, spared, lane=project.pairs_ahead is not None)


def _count(claim: _Claim, severity: int | None) -> None:
    if claim.own is not None:
        care.count(claim.own, claim.project, severity, claim.now, claim.reviewer.zone)


def _give(session: Session, claim: _Claim, showing: int | None, wait: bool) -> Lease | None:
    """An item that the reviewer holds, other than `showing`, else the next open one."""
    theirs = _held(session, claim, showing)
    # What is on the screen stays, whatever it is; what was only kept ready must still be for them.
    first = next(
        (row for row in theirs if row.shown_at or claim.fits(row.harm, row.severity)), None
    )
    if first is not None:
        attempt = session.begin_nested()
        held = _renew(session, first, claim, wait)
        if held is not None:
            attempt.commit()
            return held
        # A server keeps a row locked that it waited for and then found to be another's by now, and
        # who waits for that row may hold the item that is waited for next.
        attempt.rollback()
        if not wait:
            return None
    elif theirs:
        claim = replace(claim, unfit=tuple(row.item_id for row in theirs))
    return _insist(session, claim) if wait else _take_next(session, claim)[0]


_item, _met = tables.item.c, tables.assignment.c
_HELD = Query(
    select(
        _met.item_id,
        _met.shown_at,
        _item.harm,
        tables.severity_now.label("severity"),
    )
    .join(tables.item, _item.id == _met.item_id)
    .where(
        _met.user_id == bindparam("user_id"),
        _met.project_id == bindparam("project_id"),
        _met.state == State.LEASED,
        _met.item_id != bindparam("showing"),
    )
    .order_by(_met.shown_at.is_(None), _met.updated_at.desc(), _met.item_id)
)


def _held(session: Session, claim: _Claim, showing: int | None) -> Sequence[Held]:
    """What this reviewer holds, the item that they were shown last before all others."""
    whose = {"user_id": claim.reviewer.id, "project_id": claim.project.id}
    return _HELD.all(session, {**whose, "showing": showing or 0})


#: By whether it waits for the lock.
_STILL_HELD = {
    wait: Query(
        select(_met.expires_at, _met.shown_at, _met.shown)
        .where(
            _met.item_id == bindparam("item_id"),
            _met.user_id == bindparam("user_id"),
            _met.state == State.LEASED,
        )
        .with_for_update(skip_locked=not wait)
    )
    for wait in (True, False)
}


def _renew(session: Session, theirs: Held, claim: _Claim, wait: bool) -> Lease | None:
    """The held item with a lease from now; None when another transaction ended it."""
    which = {"item_id": theirs.item_id, "user_id": claim.reviewer.id}
    held = _STILL_HELD[wait].one_or_none(session, which)
    if held is None:
        return None
    if held.shown_at is None:
        _count(claim, theirs.severity)
    until = max(held.expires_at or claim.now, claim.now + claim.lease)
    shown_at = held.shown_at or claim.shown_at
    slots.change_met(session, *which.values(), expires_at=until, shown_at=shown_at)
    return _leased(claim, theirs.item_id, held.shown)


def _insist(session: Session, claim: _Claim) -> Lease | None:
    """A lease on the next open item, waiting for what other transactions have locked.

    Before it waits for one of their items it lets go of every item that it locked itself: two that
    hold one item and wait for another's would wait for ever.
    """
    for _ in range(ATTEMPTS):
        attempt = session.begin_nested()
        lease, released = _take_next(session, claim)
        busy = _locked_by_another(session, claim, released) if lease is None else None
        if busy is None:
            attempt.commit()
            if lease is not None or not released:
                return lease
        else:
            attempt.rollback()
            _wait_for(session, busy)
    return None


def _locked_by_another(session: Session, claim: _Claim, released: int) -> int | None:
    """Id of an item that this reviewer may get, or whose lease has run out, and that was passed."""
    for language in claim.reviewer.languages:
        found = claim.search.first(session, language)
        if found is not None:
            return int(found.id)
    return None if released else slots.first_expired(session, claim.project.id, claim.now)


def _wait_for(session: Session, item_id: int) -> None:
    """Return when no other transaction holds the item; nor does this one then."""
    waiting = session.begin_nested()
    session.execute(select(Item.id).where(Item.id == item_id).with_for_update())
    waiting.rollback()


def _take_next(session: Session, claim: _Claim) -> tuple[Lease | None, int]:
    """A lease on the next open item that nobody has locked, and how many were released for it."""
    released = slots.release_expired(session, claim.project.id, claim.now)
    if claim.unfit:
        released += slots.release_kept(session, claim.reviewer.id, claim.unfit, claim.now)
    copy = hidden.due(session, claim.project, claim.search, claim.now)
    found = copy or next_open(session, claim.search)
    return (_lease(session, claim, found) if found is not None else None), released


_NEW = Write(insert(tables.assignment))


def _lease(session: Session, claim: _Claim, found: Found | hidden.Due) -> Lease | None:
    """Take a slot of the item (locked) and write the lease.

    None when this reviewer met the item after the seek began: a server compares an item that
    changed meanwhile with the assignments of before.
    """
    user_id, item_id = claim.reviewer.id, found.id
    met = slots.lock_met(session, item_id, user_id)
    if met is not None and met.state != State.RELEASED:
        return None
    if not slots.take(session, item_id):
        return None
    _count(claim, found.severity)
    if met is not None:
        slots.change_met(session, item_id, user_id, **_begun(claim))
        return _leased(claim, item_id, met.shown)
    shown = hidden.shown_order(session, claim.project, item_id, user_id)
    new = {"item_id": item_id, "user_id": user_id, "project_id": claim.project.id, "shown": shown}
    _NEW.run(session, {**new, "reason": "", "created_at": claim.now, **_begun(claim)})
    return _leased(claim, item_id, shown, new=True)


def _begun(claim: _Claim) -> dict[str, Any]:
    """What an assignment says of a lease that begins now."""
    return {
        "state": State.LEASED,
        "expires_at": claim.now + claim.lease,
        "shown_at": claim.shown_at,
        "updated_at": claim.now,
    }


def _leased(claim: _Claim, item_id: int, shown: list[str], *, new: bool = False) -> Lease:
    return Lease(item_id, claim.reviewer.id, claim.project.id, State.LEASED, shown, new)
