"""What protects reviewers: what they decline, how much of the severe they are given in a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from workbench.db import added
from workbench.messages import Invalid
from workbench.models import Assignment, Item, Project, ReviewerCare, State, User
from workbench.services import audit, slots

#: 0: no reminder.
BREAK_MINUTES = (0, 25, 50, 90)
SEVERE_FROM = (2, 3)
MOST_A_DAY = 1_000
MOST_OTHERS = 100
MOST_MINUTES = 480


#: By whether it waits for the lock.
_OWN = {
    wait: select(ReviewerCare)
    .where(ReviewerCare.user_id == bindparam("user_id"))
    .with_for_update(skip_locked=not wait)
    .execution_options(populate_existing=True)
    for wait in (True, False)
}


def lock(session: Session, user_id: int, wait: bool) -> ReviewerCare | None:
    """A person's row, locked and as it is now. None when it is locked, or not there yet, and `wait`
    is false.

    The caller has locked the person's place on a project; items are locked after it.
    """
    found = session.scalars(_OWN[wait], {"user_id": user_id}).one_or_none()
    if found is not None or not wait:
        return found
    added(session, ReviewerCare(user_id=user_id, declined=[], severe=0, others=0))
    return session.scalars(_OWN[wait], {"user_id": user_id}).one()


def count(
    own: ReviewerCare, project: Project, severity: int | None, now: datetime, zone: ZoneInfo
) -> None:
    """Note in the person's row (locked by the caller) that they are shown an item."""
    today = now.astimezone(zone).date()
    if (severity or 0) >= project.severe_from:
        own.severe = own.severe + 1 if own.day == today else 1
        own.day, own.severe_at, own.others = today, now, 0
    elif own.day == today and own.others < MOST_OTHERS:
        own.others += 1


def set_care(
    session: Session,
    user_id: int,
    *,
    declined: Collection[str],
    known: Collection[str],
    break_minutes: int,
    now: datetime,
) -> None:
    """What a person does not want to be given, and when the desk reminds them of a break.

    It holds from the next item on: what was kept ready for them and is declined now is given back.
    The queue looks again from its head, so that what was passed over comes back. Nothing of it is
    written into the audit trail, which others read.
    """
    if not set(declined) <= set(known):
        raise Invalid.at("declined", "Choose among the categories on the page.")
    if break_minutes not in BREAK_MINUTES:
        raise Invalid.at("break_minutes", "Choose one of the times on the page.")
    slots.reset_cursors(session, user_id=user_id)
    own = lock(session, user_id, wait=True)
    if own is None:
        raise RuntimeError("a row that was waited for is there")
    own.declined = sorted(set(declined))
    session.get_one(User, user_id).break_minutes = break_minutes
    session.flush()
    slots.release_kept(session, user_id, _declined_now(session, own), now, wait=True)


def _declined_now(session: Session, own: ReviewerCare) -> Sequence[int]:
    """Items that are theirs for now and that they decline."""
    return session.scalars(
        select(Item.id)
        .join(Assignment, Assignment.item_id == Item.id)
        .where(
            Assignment.user_id == own.user_id,
            Assignment.state == State.LEASED,
            Item.harm.in_(own.declined),
        )
    ).all()


@dataclass(frozen=True)
class Limits:
    """How much of the severe a project gives to a person. None: no limit."""

    severe_from: int
    severe_per_day: int | None
    severe_gap_items: int | None
    severe_gap_minutes: int | None


def set_limits(
    session: Session, project: Project, limits: Limits, *, now: datetime, actor: int | None
) -> None:
    """Change what is severe on a project, and how much of it a person is given."""
    _check(limits)
    project = slots.lock_project(session, project.id)
    if limits.severe_from != project.severe_from:
        # Cursors that left the severe aside passed other items than they would now.
        slots.reset_cursors(session, project_id=project.id)
    for name, value in asdict(limits).items():
        setattr(project, name, value)
    audit.append(
        session, "project.care", f"project:{project.id}", actor=actor, at=now, detail=asdict(limits)
    )


def _check(limits: Limits) -> None:
    if limits.severe_from not in SEVERE_FROM:
        raise Invalid.at("severe_from", "Severe begins at 2 or at 3.")
    for name, most in (
        ("severe_per_day", MOST_A_DAY),
        ("severe_gap_items", MOST_OTHERS),
        ("severe_gap_minutes", MOST_MINUTES),
    ):
        value = getattr(limits, name)
        if value is not None and not 1 <= value <= most:
            raise Invalid.at(name, "From 1 to %(most)s, or nothing for no limit.", most=most)
