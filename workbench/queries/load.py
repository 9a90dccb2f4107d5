"""How much there is to do and how much waits: figures for those who watch the server.

Each comes from an index or from a few rows, for it is asked for every few seconds, at any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, select
from sqlalchemy.orm import Session

from workbench.db import kept
from workbench.models import (
    Assignment,
    AuditEntry,
    Item,
    Job,
    JobState,
    Judgment,
    Project,
    Sending,
    State,
    Webhook,
    WebhookDelivery,
)

#: Of how many jobs, the newest, those that failed are counted.
JOBS = 1_000


@dataclass(frozen=True)
class Load:
    """What holds at one moment. Ages in seconds; 0 where nothing waits."""

    judgments: int
    leases: int
    #: Items with a free slot, by "open" and "closed" projects.
    open_items: dict[str, int]
    #: Jobs by "waiting" and "running", and those that failed within a day.
    jobs: dict[str, int]
    jobs_failed: int
    oldest_job: float
    deliveries: int
    oldest_delivery: float
    #: Webhooks whose next delivery was tried in vain, and those that were given up.
    webhooks_retrying: int
    webhooks_given_up: int


def load(session: Session, now: datetime) -> Load:
    """All figures of the database, at this moment."""
    waiting, running, oldest_job = _jobs(session, now)
    deliveries, oldest_delivery, retrying = _deliveries(session, now)
    return Load(
        judgments=_judgments(session),
        leases=_leases(session, now),
        open_items=_open_items(session),
        jobs={"waiting": waiting, "running": running},
        jobs_failed=_failed(session, now),
        oldest_job=oldest_job,
        deliveries=deliveries,
        oldest_delivery=oldest_delivery,
        webhooks_retrying=retrying,
        webhooks_given_up=_given_up(session),
    )


def unanchored_seconds(session: Session, anchored: int, now: datetime) -> float:
    """How long the entry behind that one has been waiting for an anchor; 0 when there is none."""
    at = session.scalar(select(AuditEntry.at).where(AuditEntry.seq == anchored + 1))
    return _age(at, now)


def _written(value: Any) -> ColumnElement[Any]:
    """Of a condition as the index of some rows alone has it: one with a parameter in it would have
    every row looked at."""
    return literal(value, literal_execute=True)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _judgments(session: Session) -> int:
    """Rows, which are never deleted: those since the last look are added to what was counted."""

    def bring(old: dict[int, tuple[int, int]] | None) -> dict[int, tuple[int, int]]:
        found = dict(old or {})
        for project_id in session.scalars(select(Project.id)):
            count, seq = found.get(project_id, (0, -1))
            more, last = session.execute(
                select(func.count(), func.max(Judgment.audit_seq)).where(
                    Judgment.project_id == project_id, Judgment.audit_seq > seq
                )
            ).one()
            found[project_id] = (count + more, seq if last is None else last)
        return found

    counted = kept(session, "judgments in all", bring, len)
    return sum(count for count, _ in counted.values())


def _leases(session: Session, now: datetime) -> int:
    query = select(func.count()).where(
        Assignment.state == _written(str(State.LEASED)), Assignment.expires_at > now
    )
    return session.scalar(query) or 0


def _open_items(session: Session) -> dict[str, int]:
    # What was taken out has no free slot.
    counts = (
        select(Item.project_id, func.count().label("number"))
        .where(Item.slots_left > _written(0), Item.copy_of.is_(None))
        .group_by(Item.project_id)
        .subquery()
    )
    rows = session.execute(
        select(Project.closed_at.is_(None), counts.c.number).join(
            counts, counts.c.project_id == Project.id
        )
    )
    found = {"open": 0, "closed": 0}
    for is_open, items in rows:
        found["open" if is_open else "closed"] += items
    return found


def _jobs(session: Session, now: datetime) -> tuple[int, int, float]:
    live = Job.state.in_([_written(str(each)) for each in (JobState.WAITING, JobState.RUNNING)])
    rows = session.execute(select(Job.state, Job.made_at).where(live)).all()
    running = sum(state == JobState.RUNNING for state, _ in rows)
    return len(rows) - running, running, _age(min((at for _, at in rows), default=None), now)


def _failed(session: Session, now: datetime) -> int:
    newest = select(Job.state, Job.ended_at).order_by(Job.id.desc()).limit(JOBS).subquery()
    query = select(func.count()).where(
        newest.c.state == JobState.FAILED, newest.c.ended_at > now - timedelta(days=1)
    )
    return session.scalar(query) or 0


def _deliveries(session: Session, now: datetime) -> tuple[int, float, int]:
    """How many wait, how long the oldest has, and how many webhooks are tried again.

    Those of a webhook go one after the other: its first tells of the others. Nothing is sent to
    those that somebody has paused.
    """
    firsts = (
        select(
            WebhookDelivery.webhook_id,
            func.min(WebhookDelivery.number).label("number"),
            func.count().label("waiting"),
        )
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(
            WebhookDelivery.state == _written(str(Sending.PENDING)),
            Webhook.paused_at.is_(None),
            Webhook.failing_at.is_(None),
            Webhook.removed_at.is_(None),
        )
        .group_by(WebhookDelivery.webhook_id)
        .subquery()
    )
    behind = and_(
        WebhookDelivery.webhook_id == firsts.c.webhook_id,
        WebhookDelivery.number == firsts.c.number,
    )
    rows = session.execute(
        select(firsts.c.waiting, WebhookDelivery.made_at, WebhookDelivery.tries).join(
            firsts, behind
        )
    ).all()
    oldest = min((made_at for _, made_at, _ in rows), default=None)
    return sum(row[0] for row in rows), _age(oldest, now), sum(row[2] > 0 for row in rows)


def _given_up(session: Session) -> int:
    query = select(func.count()).where(
        Webhook.failing_at.is_not(None), Webhook.removed_at.is_(None)
    )
    return session.scalar(query) or 0
