"""Work beside the requests: asked for, taken up, given up, ended. How it is done is not told here.

Whoever takes a job up gets a `Claim`, which counts: what is written by an older one is not written.
A job ends in the transaction that stores what it brought, so that it is done once or not at all,
whoever is killed when. Nothing of an item's content is in its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from workbench.errors import Conflict
from workbench.messages import N_, Message
from workbench.models import Job, JobKind, JobState, Kind, Project, Unit
from workbench.services import audit, slots
from workbench.services.tell import tell

#: A sign of life that is older: whoever worked on it is gone.
SILENT = timedelta(seconds=30)
#: A job whose worker was lost so often is what kills them.
MOST_LOST = 3
#: Jobs of one project that have not ended: each may keep an upload on the disk.
MOST = 10

LOST = N_("Whoever worked on it was stopped %(n)s times in the middle of it, so it was given up."
          " Cut it into smaller parts, or use the command line.", n=MOST_LOST)  # fmt: skip


class Overtaken(Exception):
    """Somebody else has taken the job up meanwhile: nothing of this may be stored."""


@dataclass(frozen=True)
class Wanted:
    """What somebody asks to have done. `kept` names the upload that it reads."""

    kind: JobKind
    parameters: Mapping[str, Any]
    kept: str = ""


@dataclass(frozen=True)
class Claim:
    """Whoever holds the newest one of a job may write what becomes of it."""

    job_id: int
    attempt: int


@dataclass(frozen=True)
class Ended:
    """How a job ended. `result` and `errors`: see `Job`."""

    state: JobState
    result: Mapping[str, Any] | None = None
    errors: Sequence[Message] = ()


def make(session: Session, project: Project, wanted: Wanted, *, now: datetime, actor: int) -> Job:
    """A job that waits. Raises Conflict where the project has enough of them."""
    slots.lock_project(session, project.id)
    live = select(func.count()).where(
        Job.project_id == project.id, Job.state.in_((JobState.WAITING, JobState.RUNNING))
    )
    if (session.scalar(live) or 0) >= MOST:
        raise Conflict(
            "%(n)s pieces of work of this project wait or are under way. Let one end first.",
            n=MOST,
        )
    job = Job(
        project_id=project.id,
        user_id=actor,
        kind=wanted.kind,
        state=JobState.WAITING,
        parameters=dict(wanted.parameters),
        kept=wanted.kept,
        made_at=now,
    )
    session.add(job)
    session.flush()
    _note(session, "job.start", job, actor, now)
    return job


def claim(session: Session, job_id: int, now: datetime) -> Claim | None:
    """Take a waiting job up; None: there is none, or another one was faster."""
    taken = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.WAITING)
        .values(
            state=JobState.RUNNING,
            attempt=Job.attempt + 1,
            started_at=func.coalesce(Job.started_at, now),
            beat_at=now,
            unit="",
            done=0,
            total=None,
            seconds=0,
        )
        .returning(Job.attempt)
    ).scalar_one_or_none()
    return None if taken is None else Claim(job_id, taken)


@dataclass(frozen=True)
class Reached:
    """How far a job is; `total` None: nobody knows of how much. `seconds`: how long at this."""

    unit: Unit
    done: int
    total: int | None
    seconds: int


def beat(session: Session, held: Claim, now: datetime, reached: Reached | None) -> None:
    """A sign of life, and how far it is. Raises Overtaken."""
    values: dict[str, Any] = {"beat_at": now}
    if reached is not None:
        values |= asdict(reached)
    _write(session, held, values)


def release(session: Session, held: Claim) -> None:
    """Put a job back in the line: whoever works on it has to go. Raises Overtaken."""
    _write(session, held, {"state": JobState.WAITING, "beat_at": None})


def end(session: Session, held: Claim, ended: Ended, now: datetime) -> None:
    """Write how it ended, in the transaction that stores what it brought. Raises Overtaken.

    The audit trail comes first: an import holds it already, and nobody may wait for it who holds
    the row.
    """
    job = session.get_one(Job, held.job_id, populate_existing=True)
    _note_end(session, job, ended.state, now)
    values = {
        "state": ended.state,
        "ended_at": now,
        "result": ended.result and dict(ended.result),
        "error": [error.as_dict() for error in ended.errors] or None,
    }
    _write(session, held, values)
    _tell(session, job, ended.state, now)


def _write(session: Session, held: Claim, values: Mapping[str, Any]) -> None:
    written = session.execute(
        update(Job)
        .where(
            Job.id == held.job_id,
            Job.attempt == held.attempt,
            Job.state == JobState.RUNNING,
        )
        .values(**values)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if written is None:
        raise Overtaken(held.job_id)


def cancel(session: Session, job_id: int, *, now: datetime, actor: int) -> bool:
    """Ask that it be given up, and whether it is by now: at once where nobody works on it, else
    when whoever does hears of it. What has ended stays as it is."""
    job = session.get_one(Job, job_id, with_for_update=True, populate_existing=True)
    if not job.live or job.cancel_at is not None:
        return not job.live
    job.cancel_at, job.cancel_by = now, actor
    if job.state == JobState.WAITING:
        _end_idle(session, job, JobState.CANCELLED, now)
    session.flush()
    return not job.live


def revive(session: Session, now: datetime) -> list[Job]:
    """Put jobs back in the line whose worker is gone without a word. One that was to be given up is
    given up, and so is one whose workers go again and again: these have ended, and are returned."""
    silent = (
        select(Job)
        .where(Job.state == JobState.RUNNING, Job.beat_at < now - SILENT)
        .order_by(Job.id)
        .with_for_update()
    )
    found = session.scalars(silent).all()
    for job in found:
        job.lost += 1
        job.state, job.beat_at = JobState.WAITING, None
        if job.cancel_at is not None:
            _end_idle(session, job, JobState.CANCELLED, now)
        elif job.lost >= MOST_LOST:
            job.error = [LOST.as_dict()]
            _end_idle(session, job, JobState.FAILED, now)
    session.flush()
    return [job for job in found if not job.live]


def _end_idle(session: Session, job: Job, state: JobState, now: datetime) -> None:
    """End a job that nobody works on, and whose row is locked."""
    job.state, job.ended_at = state, now
    _note_end(session, job, state, now)
    _tell(session, job, state, now)


def _tell(session: Session, job: Job, state: JobState, now: datetime) -> None:
    """Whoever asked for it. Not that it was given up, which somebody asked for."""
    if state is not JobState.CANCELLED:
        facts = {"job": job.id, "failed": int(state is JobState.FAILED)}
        tell(session, job.project_id, Kind.JOB, job.id, now, to=(job.user_id,), facts=facts)


def _note_end(session: Session, job: Job, state: JobState, now: datetime) -> None:
    actor = job.cancel_by if state is JobState.CANCELLED else job.user_id
    _note(session, "job.end", job, actor, now, state=state)


def _note(
    session: Session, action: str, job: Job, actor: int | None, now: datetime, **detail: str
) -> None:
    detail = {"project": str(job.project_id), "kind": job.kind, **detail}
    audit.append(session, action, f"job:{job.id}", actor=actor, at=now, detail=detail)
