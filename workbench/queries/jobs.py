"""Work that is under way beside the requests, and that has ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from workbench.models import Job, JobState, User

#: Lines of a list.
SHOWN = 10

_LIVE = (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True)
class JobLine:
    """A job and who asked for it."""

    job: Job
    by: str


def one_job(session: Session, project_id: int, job_id: int) -> JobLine | None:
    """That job of the project; None when there is none."""
    row = session.execute(_jobs().where(Job.project_id == project_id, Job.id == job_id)).first()
    return JobLine(row[0], row[1]) if row else None


def listed(session: Session, project_id: int, since: datetime) -> list[JobLine]:
    """What has not ended, and what has since then; the newest first."""
    rows = session.execute(
        _jobs()
        .where(
            Job.project_id == project_id,
            or_(Job.state.in_(_LIVE), Job.ended_at >= since),
        )
        .order_by(Job.id.desc())
        .limit(SHOWN)
    )
    return [JobLine(job, by) for job, by in rows]


def _jobs() -> Select[Job, str]:
    return select(Job, User.name).join(User, User.id == Job.user_id)


def waiting(session: Session) -> list[int]:
    """The jobs of all projects that nobody works on yet, the oldest first."""
    return list(
        session.scalars(select(Job.id).where(Job.state == JobState.WAITING).order_by(Job.id))
    )


def has_silent(session: Session, before: datetime) -> bool:
    """Whether somebody works on a job who has given no sign of life since then."""
    query = select(Job.id).where(Job.state == JobState.RUNNING, Job.beat_at < before).limit(1)
    return session.scalar(query) is not None


def cancel_asked(session: Session, job_id: int) -> bool:
    """Whether somebody asked that it be given up."""
    return session.scalar(select(Job.cancel_at).where(Job.id == job_id)) is not None


def kept_for(session: Session) -> set[str]:
    """The uploads that a job still reads or will."""
    return set(session.scalars(select(Job.kept).where(Job.state.in_(_LIVE), Job.kept != "")))
