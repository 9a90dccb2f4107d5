"""What one reviewer did of late: for their own eyes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.models import (
    Assignment,
    Escalation,
    Guideline,
    Judgment,
    Membership,
    Project,
    Role,
    State,
)
from workbench.queries.agreement import of_question, questions_of
from workbench.queries.agreement import table as table_of
from workbench.stats import reviewer_agreement

#: Agreement is told from so many items on that two others judged too: fewer would tell who said
#: what, and little about oneself.
ENOUGH_ITEMS = 10
ENOUGH_OTHERS = 2


@dataclass(frozen=True)
class Done:
    """Items judged, and seconds with the tab visible and focused."""

    judged: int = 0
    active_seconds: float = 0.0

    def __add__(self, other: Done) -> Done:
        return Done(self.judged + other.judged, self.active_seconds + other.active_seconds)


@dataclass(frozen=True)
class Week:
    """The last days, oldest first, and what of them fell to each project, by its id."""

    days: tuple[tuple[date, Done], ...]
    projects: dict[int, Done]

    @property
    def whole(self) -> Done:
        """All days together."""
        return sum((done for _, done in self.days), Done())


@dataclass(frozen=True)
class WithOthers:
    """How often others on the same items gave the same answer as this person (0..1)."""

    agreement: float
    items: int


def week(session: Session, user_id: int, now: datetime, zone: ZoneInfo, days: int = 7) -> Week:
    """What counts of this person's judgments of the last `days` days of their zone."""
    today = now.astimezone(zone).date()
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    by_day = dict.fromkeys(dates, Done())
    by_project: dict[int, Done] = {}
    for row in _judged_since(session, user_id, _midnight(dates[0], zone)):
        done = Done(1, (row.active_ms or 0) / 1000)
        day = row.made_at.astimezone(zone).date()
        if day in by_day:
            by_day[day] += done
            by_project[row.project_id] = by_project.get(row.project_id, Done()) + done
    return Week(tuple(by_day.items()), by_project)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _judged_since(session: Session, user_id: int, since: datetime) -> Sequence[Any]:
    return session.execute(
        select(Judgment.made_at, Judgment.active_ms, Judgment.project_id)
        .join(Assignment, Assignment.judgment_id == Judgment.id)
        .where(
            Assignment.user_id == user_id,
            Assignment.project_id.in_(
                select(Membership.project_id).where(Membership.user_id == user_id)
            ),
            Assignment.state == State.JUDGED,
            Assignment.updated_at >= since,
            Judgment.made_at >= since,
        )
    ).all()


def reviewed_projects(session: Session, user_id: int) -> Sequence[Project]:
    """The projects that this person reviews on now, by their names."""
    return session.scalars(
        select(Project)
        .join(Membership, Membership.project_id == Project.id)
        .where(
            Membership.user_id == user_id,
            Membership.role == Role.REVIEWER,
            Membership.left_at.is_(None),
        )
        .order_by(Project.slug)
    ).all()


def with_others(session: Session, project: Project, user_id: int) -> WithOthers | None:
    """Agreement with the others on the project's main question; None while too little is shared."""
    pseudonym = session.scalar(
        select(Membership.pseudonym).where(
            Membership.project_id == project.id, Membership.user_id == user_id
        )
    )
    question = questions_of(project)[0]
    table = table_of(session, project, question=question, judged_by=user_id)
    if table.empty:
        return None
    people = table.groupby("item", observed=True)["reviewer"].transform("nunique")
    figures = reviewer_agreement(of_question(table[people > ENOUGH_OTHERS], question))
    for row in figures[figures["reviewer"] == pseudonym].to_dict("records"):
        if row["n_items"] >= ENOUGH_ITEMS and not math.isnan(row["agreement"]):
            return WithOthers(row["agreement"], row["n_items"])
    return None


def answered(session: Session, user_id: int, since: datetime) -> Sequence[Any]:
    """(slug, title, item_id, outcome, note, at) of what leads settled for this person since then,
    the last first."""
    return session.execute(
        select(
            Project.slug,
            Project.title,
            Escalation.item_id,
            Escalation.outcome,
            Escalation.note,
            Escalation.resolved_at.label("at"),
        )
        .join(Project, Project.id == Escalation.project_id)
        .join(Membership, Membership.project_id == Project.id)
        .where(
            Escalation.user_id == user_id,
            Escalation.resolved_at >= since,
            Membership.user_id == user_id,
            Membership.left_at.is_(None),
        )
        .order_by(Escalation.resolved_at.desc(), Escalation.id)
    ).all()


def new_guidelines(session: Session, user_id: int, since: datetime) -> Sequence[Any]:
    """(slug, title, version, created_at) of guidelines of this person's projects since then,
    newest first."""
    return session.execute(
        select(Project.slug, Project.title, Guideline.version, Guideline.created_at)
        .join(Guideline, Guideline.project_id == Project.id)
        .join(Membership, Membership.project_id == Project.id)
        .where(
            Membership.user_id == user_id,
            Membership.role == Role.REVIEWER,
            Membership.left_at.is_(None),
            Guideline.created_at >= since,
        )
        .order_by(Guideline.created_at.desc(), Project.slug)
    ).all()
