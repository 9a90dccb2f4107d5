"""What is written down about a letter: it is being sent, it was taken, it was not."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from workbench.models import Mailbox, Notice, User
from workbench.queries.digests import Clock, Due, due_of

#: Another run leaves a person alone for so long; after that the first one has been killed.
HOLD = timedelta(minutes=10)


def hold(session: Session, user_id: int, now: datetime, clock: Clock) -> Due | None:
    """What is to be sent to that person, theirs alone for this run; None: nothing, or another run
    is at it. A day without a message ends here."""
    own = _own(session, user_id)
    person = session.get_one(User, user_id)
    held = own.held_until is not None and own.held_until >= now
    if held or own.address is None or not person.active:
        return None
    due = due_of(session, own, person, now, clock)
    if not due.ids:
        if due.daily:
            own.digest_at = now
            session.flush()
        return None
    own.held_until = now + HOLD
    session.flush()
    return due


def taken(session: Session, due: Due, now: datetime) -> None:
    """The server has the letter: nothing of it is sent again."""
    session.execute(
        update(Notice)
        .where(Notice.id.in_(due.ids))
        .values(mailed_at=now)
        .execution_options(synchronize_session=False)
    )
    own = _own(session, due.user_id)
    own.held_until = own.refused_at = None
    if due.daily:
        own.digest_at = now
    session.flush()


def not_taken(session: Session, due: Due, now: datetime, *, for_good: bool) -> None:
    """The letter stays to be sent: with the next run, or a day later where it was refused for
    good."""
    own = _own(session, due.user_id)
    own.held_until = None
    if for_good:
        own.refused_at = now
    session.flush()


def _own(session: Session, user_id: int) -> Mailbox:
    return session.get_one(Mailbox, user_id, with_for_update=True, populate_existing=True)
