"""When severe items rest for a person, and what a team was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from workbench.models import (
    Assignment,
    Item,
    Judgment,
    Membership,
    Project,
    ReviewerCare,
    Role,
    User,
)
from workbench.models.item import HARD
from workbench.queries.open_items import Spared, bases, declined, first_open

#: A group of fewer people is not told of: it would tell of them.
SMALLEST_GROUP = 3
EXPOSURE_DAYS = 7


@dataclass(frozen=True)
class Rest:
    """Severe items rest for a person."""

    #: The day's number is reached: they rest until tomorrow.
    all_day: bool
    #: When they come back; None: after other items, or tomorrow.
    until: datetime | None


def rest(project: Project, own: ReviewerCare | None, now: datetime, zone: ZoneInfo) -> Rest | None:
    """Whether this project's severe items rest for the person whose counts these are.

    Limits are of a day: what was shown yesterday holds nothing back.
    """
    today = now.astimezone(zone).date()
    if own is None or own.day != today or own.severe_at is None:
        return None
    if project.severe_per_day is not None and own.severe >= project.severe_per_day:
        tomorrow = datetime.combine(today + timedelta(days=1), time(), zone)
        return Rest(all_day=True, until=tomorrow)
    if project.severe_gap_items is None and project.severe_gap_minutes is None:
        return None
    if project.severe_gap_items is not None and own.others >= project.severe_gap_items:
        return None
    if project.severe_gap_minutes is None:
        return Rest(all_day=False, until=None)
    until = own.severe_at + timedelta(minutes=project.severe_gap_minutes)
    return Rest(all_day=False, until=until) if now < until else None


def only_resting(  # noqa: PLR0917 - whose, where and when
    session: Session,
    project: Project,
    user_id: int,
    speaks: Sequence[str],
    now: datetime,
    zone: ZoneInfo,
) -> Rest | None:
    """Why the queue, which gave them nothing, will give them something later; None: it is empty."""
    resting = rest(project, session.get(ReviewerCare, user_id), now, zone)
    if resting is None:
        return None
    seek = first_open(Spared(declined(session, user_id)))
    whose = {"project_id": project.id, "user_id": user_id, "passed": 0}
    left = any(seek.all(session, {**whose, "language": language}) for language in bases(speaks))
    return resting if left else None


def reviews(session: Session, user_id: int, role: str) -> bool:
    """Whether the person reviews, or is to."""
    member = select(Membership.user_id).where(
        Membership.user_id == user_id, Membership.role == Role.REVIEWER
    )
    return role == Role.REVIEWER or session.scalar(member.limit(1)) is not None


@dataclass(frozen=True)
class Exposure:
    """What the team was shown of one category and severity."""

    harm: str | None
    severity: int | None
    #: How often such an item was shown; None where too few people were for it to be told.
    shown: int | None


def exposure(session: Session, project_id: int, now: datetime) -> list[Exposure]:
    """What the whole team was shown in the last EXPOSURE_DAYS days, the hardest first.

    Of a group of fewer than SMALLEST_GROUP people no number is given, and there is no total that it
    could be told from. What was only kept ready, or judged elsewhere, was not shown.
    """
    hard = select(Item.id).where(Item.project_id == project_id, HARD)
    if session.scalar(hard.limit(1)) is None:
        return []
    severity = Item.severity_now
    rows = session.execute(
        select(Item.harm, severity, func.count(), func.count(Assignment.user_id.distinct()))
        .join(Assignment, Assignment.item_id == Item.id)
        .join(User, User.id == Assignment.user_id)
        .outerjoin(Judgment, Judgment.id == Assignment.judgment_id)
        .where(
            Assignment.project_id == project_id,
            Assignment.shown_at >= now - timedelta(days=EXPOSURE_DAYS),
            User.external.is_(False),
            or_(Judgment.id.is_(None), Judgment.origin != "import"),
            or_(Item.harm.is_not(None), severity > 0),
        )
        .group_by(Item.harm, severity)
    ).all()
    found = [
        Exposure(harm, level, shown if people >= SMALLEST_GROUP else None)
        for harm, level, shown, people in rows
    ]
    return sorted(found, key=lambda each: (-(each.severity or 0), each.harm or ""))
