"""Tell leads where their project stands, when it comes to that; and from what on they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from workbench.db import Database
from workbench.db import now as database_now
from workbench.messages import Invalid
from workbench.models import AGREEMENT_BELOW, Kind, Project, Watch
from workbench.queries import watch as states
from workbench.services import audit, slots
from workbench.services.tell import over, tell

MOST_DAYS = 60


@dataclass(frozen=True)
class Look:
    """Where all projects stood at that time."""

    now: datetime
    found: list[states.Found]
    looked: list[states.Looked]


def look(database: Database, zone: ZoneInfo) -> Look:
    """Look at every project. Nothing is locked meanwhile: agreement may take seconds."""
    with database.read() as session:
        now = database_now(session)
        found = states.overdue(session, now) + states.queues(session, now, zone)
        below, looked = states.agreement(session, now)
    return Look(now, found + below, looked)


def note(session: Session, seen: Look) -> int:
    """Tell the leads of what is new, and that it is over where it is; how many messages are new.

    What one of them sees to is over for the others.
    """
    new, now = 0, seen.now
    for each in seen.found:
        if each.holds:
            to = None if each.of is None else (each.of,)
            new += tell(session, each.project_id, each.kind, each.subject, now, to=to,
                        facts=each.facts)  # fmt: skip
            if each.of is not None:
                over(session, each.project_id, each.kind, (each.subject,), now, besides=each.of)
        else:
            over(session, each.project_id, each.kind, (each.subject,), now)
    for done in seen.looked:
        watch = session.get_one(Watch, done.project_id)
        watch.looked_at, watch.looked_seq = now, done.seq
    session.flush()
    for each in seen.found:
        if each.kind is Kind.AGREEMENT:
            _note_agreement(session, each, now)
    return new


def _note_agreement(session: Session, each: states.Found, now: datetime) -> None:
    """Since when agreement is below its floor. That it fell is in the audit trail, once."""
    watch = session.get_one(Watch, each.project_id, with_for_update=True, populate_existing=True)
    fell = each.holds and watch.below_at is None
    if fell or not each.holds:
        watch.below_at = now if fell else None
        session.flush()
    if fell:
        audit.append(session, AGREEMENT_BELOW, f"project:{each.project_id}", actor=None, at=now,
                     detail=dict(each.facts))  # fmt: skip


def set_watch(
    session: Session,
    project: Project,
    *,
    agreement_floor: float | None,
    queue_days: int,
    now: datetime,
    actor: int | None,
) -> None:
    """From what on the leads are told. None, and 0 days: not of that. Raises Invalid by field."""
    if agreement_floor is not None and not 0 < agreement_floor <= 1:
        raise Invalid.at("agreement_floor", "A number above 0, up to 1; or nothing.")
    if not 0 <= queue_days <= MOST_DAYS:
        raise Invalid.at("queue_days", "From 0 to %(most)s.", most=MOST_DAYS)
    slots.lock_project(session, project.id)
    watch = session.get(Watch, project.id)
    if watch is None:
        watch = Watch(project_id=project.id, queue_days=queue_days, looked_seq=0)
        session.add(watch)
    if watch.agreement_floor != agreement_floor:
        # Looked at anew with the next run, and told anew if it is below the new one.
        watch.looked_at, watch.looked_seq, watch.below_at = None, 0, None
        over(session, project.id, Kind.AGREEMENT, ("",), now)
    watch.agreement_floor, watch.queue_days = agreement_floor, queue_days
    session.flush()
    detail = {"agreement_floor": agreement_floor, "queue_days": queue_days}
    audit.append(session, "project.watch", f"project:{project.id}", actor=actor, at=now,
                 detail=detail)  # fmt: skip
