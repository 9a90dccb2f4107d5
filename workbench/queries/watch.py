"""Where projects stand that leads want to be told of: overdue answers, agreement, the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from workbench.models import (
    ROLES_OF,
    Escalation,
    Judgment,
    Kind,
    Membership,
    Project,
    User,
    Watch,
)
from workbench.queries.agreement import by_question, of_items, questions_of
from workbench.queries.counted import counted, last_seq
from workbench.queries.pace import by_day
from workbench.queries.progress import missing

#: Days of work left from which on leads are told, unless they say otherwise.
QUEUE_DAYS = 2
#: Pace is that of the days with work among so many.
PACE_DAYS = 7
#: Agreement is that of the items that somebody judged in this time: a bad week does not show in the
#: figure of a whole year.
LATELY = timedelta(days=14)
#: Alpha of fewer items than these is chance, and nobody is called for it.
ENOUGH_ITEMS = 20
#: Agreement of a large project takes seconds, so it is not asked with every run.
LOOK_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Found:
    """Something that leads of a project are told of while it `holds`, and not any more after.

    `of`: the lead who sees to it, and is told alone; None: all are.
    """

    project_id: int
    kind: Kind
    subject: str
    holds: bool
    facts: Mapping[str, float] = field(default_factory=dict)
    of: int | None = None


@dataclass(frozen=True)
class Looked:
    """Agreement of a project was looked at, up to that entry of the audit trail."""

    project_id: int
    seq: int


def settings(session: Session, project_id: int) -> Watch:
    """From what on the project's leads are told; a row that is not stored where there is none."""
    found = session.get(Watch, project_id)
    return found or Watch(
        project_id=project_id, agreement_floor=None, queue_days=QUEUE_DAYS, looked_seq=0
    )


def overdue(session: Session, now: datetime) -> list[Found]:
    """Escalations of all projects that should have been settled by now.

    Of an owner while they lead the project still; of nobody where they left, so that it is not
    forgotten with them.
    """
    leads = and_(
        Membership.project_id == Escalation.project_id,
        Membership.user_id == Escalation.owner_id,
        Membership.role.in_(ROLES_OF[Kind.ESCALATION]),
        Membership.left_at.is_(None),
    )
    there = and_(User.id == Membership.user_id, User.active, User.external.is_(False))
    rows = session.execute(
        select(Escalation.project_id, Escalation.id, User.id)
        .outerjoin(Membership, leads)
        .outerjoin(User, there)
        .where(Escalation.resolved_at.is_(None), Escalation.due_at < now)
        .order_by(Escalation.id)
    )
    return [
        Found(project_id, Kind.ESCALATION, f"{number}:overdue", holds=True, facts={"overdue": 1},
              of=owner)
        for project_id, number, owner in rows
    ]  # fmt: skip


def queues(session: Session, now: datetime, zone: ZoneInfo) -> list[Found]:
    """Whether little is left to judge, of every project that was worked on of late.

    Days of work left: judgments that items want yet, by the mean of the days with work among the
    last PACE_DAYS at the desk: a file of judgments is nobody's pace. Where nobody worked there is
    none, and nothing is said.
    """
    found = []
    for project in session.scalars(select(Project).order_by(Project.id)):
        wanted = settings(session, project.id).queue_days
        totals = by_day(session, project.id, now, zone).totals[-PACE_DAYS:]
        worked = [judgments for judgments in totals if judgments]
        if not worked:
            continue
        left = missing(session, project.id)
        days = left * len(worked) / sum(worked)
        facts = {"left": left, "days": round(days, 1)}
        found.append(Found(project.id, Kind.QUEUE, "", days < wanted, facts))
    return found


def agreement(session: Session, now: datetime) -> tuple[list[Found], list[Looked]]:
    """Whether alpha of the main question is below its floor, of every project that has a floor and
    judgments newer than the last look; and what was looked at. See `alpha`."""
    found, looked = [], []
    for watch in session.scalars(select(Watch).where(Watch.agreement_floor.is_not(None))):
        newest = last_seq(session, watch.project_id)
        rests = watch.looked_at is not None and now - watch.looked_at < LOOK_EVERY
        if newest <= watch.looked_seq or rests or watch.agreement_floor is None:
            continue
        looked.append(Looked(watch.project_id, newest))
        project = session.get_one(Project, watch.project_id)
        value, is_late = alpha(session, project, now - LATELY)
        if value is not None:
            facts = {"value": value, "floor": watch.agreement_floor, "lately": is_late}
            below = value < watch.agreement_floor
            found.append(Found(watch.project_id, Kind.AGREEMENT, "", below, facts))
    return found, looked


def alpha(session: Session, project: Project, since: datetime) -> tuple[float | None, bool]:
    """Krippendorff's alpha of the main question, and whether it is that of late.

    It is of the items that somebody judged `since` then, with all their judgments; of all items
    where too few were. None while it is undefined or of few items.
    """
    main = questions_of(project)[0]
    found = counted(session, project)
    judged = select(Judgment.item_id).where(
        Judgment.project_id == project.id, Judgment.made_at >= since
    )
    lately = of_items(found, main, session.scalars(judged.distinct()).all())[0]
    if lately.n_items >= ENOUGH_ITEMS:
        return lately.value, True
    figure = by_question(found, [main])[main.key][0]
    return (figure.value if figure.n_items >= ENOUGH_ITEMS else None), False
