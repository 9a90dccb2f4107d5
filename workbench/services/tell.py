"""Tell people of a project something: a row each, which their page shows and a digest may mail."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from workbench.db import added
from workbench.models import ROLES_OF, Kind, Membership, Notice, User


def tell(
    session: Session,
    project_id: int,
    kind: Kind,
    subject: int | str,
    now: datetime,
    *,
    to: Collection[int] | None = None,
    besides: int | None = None,
    facts: Mapping[str, float] | None = None,
) -> int:
    """Tell those people, or all who have a role of the kind on the project; how many are new to it.

    `subject`: the id of what it is about, "" for the project. `besides`: who did it and knows.
    `facts`: numbers of the sentence and the link, never content of an item. Whoever was told and
    for whom it is not over is not told again.
    """
    people = _people(session, project_id, kind, to) - {besides}
    earlier = session.scalars(
        select(Notice).where(
            Notice.project_id == project_id,
            Notice.kind == kind,
            Notice.subject == str(subject),
            Notice.user_id.in_(people),
        )
    ).all()
    know = {row.user_id for row in earlier if row.over_at is None}
    made = 0
    for user_id in sorted(people - know):
        row = Notice(
            user_id=user_id,
            project_id=project_id,
            kind=kind,
            subject=str(subject),
            number=1 + sum(row.user_id == user_id for row in earlier),
            facts=dict(facts or {}),
            made_at=now,
        )
        made += added(session, row)
    return made


def _people(session: Session, project_id: int, kind: Kind, to: Collection[int] | None) -> set[int]:
    query = (
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.project_id == project_id,
            Membership.role.in_(ROLES_OF[kind]),
            Membership.left_at.is_(None),
            User.active,
            User.external.is_(False),
        )
    )
    if to is not None:
        query = query.where(Membership.user_id.in_(to))
    return set(session.scalars(query))


def over(
    session: Session,
    project_id: int,
    kind: Kind,
    subjects: Collection[int | str],
    now: datetime,
    *,
    of: int | None = None,
    besides: int | None = None,
) -> None:
    """What was told of these subjects is no longer so: nobody is asked to act on it any more.

    `of`: for that person alone. `besides`: for all others.
    """
    query = update(Notice).where(
        Notice.project_id == project_id,
        Notice.kind == kind,
        Notice.subject.in_([str(subject) for subject in subjects]),
        Notice.over_at.is_(None),
    )
    if of is not None:
        query = query.where(Notice.user_id == of)
    if besides is not None:
        query = query.where(Notice.user_id != besides)
    session.execute(query.values(over_at=now).execution_options(synchronize_session=False))


def tell_paused(
    session: Session, project_id: int, user_id: int, now: datetime, *, besides: int | None = None
) -> None:
    """A reviewer is given no live items of a project for now: tell them, and its leads.

    `besides`: the lead who did it. Told again only after `tell_goes_on`.
    """
    tell(session, project_id, Kind.PAUSED, user_id, now, to=(user_id,))
    facts = {"person": user_id}
    tell(session, project_id, Kind.REVIEWER_PAUSED, user_id, now, besides=besides, facts=facts)


def tell_goes_on(session: Session, project_id: int, user_id: int, now: datetime) -> None:
    """The reviewer is given live items again: what was told of the pause is over."""
    for kind in (Kind.PAUSED, Kind.REVIEWER_PAUSED):
        over(session, project_id, kind, (user_id,), now)


def mark_read(session: Session, user_id: int, notice_id: int, now: datetime) -> bool:
    """Mark a message as read, for the first time or again; False when it is not that person's."""
    row = session.get(Notice, notice_id)
    if row is None or row.user_id != user_id:
        return False
    row.read_at = row.read_at or now
    session.flush()
    return True


def mark_all_read(session: Session, user_id: int, newest: int, now: datetime) -> None:
    """Mark all of a person's messages as read, up to the newest that they have seen."""
    session.execute(
        update(Notice)
        .where(Notice.user_id == user_id, Notice.id <= newest, Notice.read_at.is_(None))
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )
