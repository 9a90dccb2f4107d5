"""Failed log-ins in the audit trail: counted, and told once an interval, so that nobody who guesses
fills the disk."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.db import added
from workbench.models import FailedLogin, User
from workbench.services import audit

#: So long failures are counted until the trail tells of them.
INTERVAL = timedelta(minutes=15)
#: Whom tries are counted for that name no person.
NOBODY = "nobody"


def count_failure(session: Session, name: str, now: datetime) -> None:
    """Count a failed try at the account of that name, or at none."""
    user_id = session.scalar(select(User.id).where(User.name == name.strip().lower()[:100]))
    key = NOBODY if user_id is None else f"user:{user_id}"
    row = _locked(session, key) or _first(session, key, user_id, now)
    if row.tries and now - row.since >= INTERVAL:
        _tell(session, row)
    if not row.tries:
        row.since = now
    row.tries += 1
    row.last_at = now
    session.flush()


def tell_failures(session: Session, now: datetime, user_id: int | None = None) -> int:
    """Write into the trail what was counted: of intervals that are over, or all of one person's.

    Returns how many entries that took.
    """
    due = select(FailedLogin).where(FailedLogin.tries > 0).order_by(FailedLogin.key)
    if user_id is None:
        due = due.where(FailedLogin.since <= now - INTERVAL)
    else:
        due = due.where(FailedLogin.user_id == user_id)
    found = session.scalars(due.with_for_update()).all()
    for row in found:
        _tell(session, row)
    return len(found)


def has_failures(session: Session, now: datetime) -> bool:
    """Whether there is an interval that is over and not told of."""
    due = select(FailedLogin.key).where(FailedLogin.tries > 0, FailedLogin.since <= now - INTERVAL)
    return session.scalar(due.limit(1)) is not None


def _tell(session: Session, row: FailedLogin) -> None:
    subject = NOBODY if row.user_id is None else f"user:{row.user_id}"
    audit.append(session, "login.failed", subject, actor=None, at=row.last_at,
                 detail={"tries": row.tries, "since": row.since.isoformat()})  # fmt: skip
    row.tries = 0


def _locked(session: Session, key: str) -> FailedLogin | None:
    return session.get(FailedLogin, key, with_for_update=True, populate_existing=True)


def _first(session: Session, key: str, user_id: int | None, now: datetime) -> FailedLogin:
    added(session, FailedLogin(key=key, user_id=user_id, tries=0, since=now, last_at=now))
    return session.get_one(FailedLogin, key, with_for_update=True, populate_existing=True)
