"""One job, from being taken up to its end."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.exc import OperationalError

from workbench import task_types
from workbench.background.pulse import Cancelled, Pulse, Stopped
from workbench.background.waker import Waker
from workbench.config import Config
from workbench.db import Database, disk_is_full, now
from workbench.errors import Refused
from workbench.export.formats import format_named
from workbench.export.policy import parse_policy
from workbench.messages import N_, Invalid, Message
from workbench.models import Job, JobKind, JobState, Project, Unit
from workbench.services import jobs, kept_uploads
from workbench.services.bring_in import Storing, bringing_in, from_parameters
from workbench.services.jobs import Claim, Ended, Overtaken
from workbench.services.make_export import Place, build, record
from workbench.services.spool import Rejected

_log = logging.getLogger(__name__)

FULL = N_("The server's disk is full. Nothing was stored; tell an admin.")
UNEXPECTED = N_("Something went wrong here. Nothing was stored; the fault was noted.")


@dataclass(frozen=True)
class Bench:
    """What whoever works has at hand, until `stop` is set."""

    database: Database
    config: Config
    waker: Waker
    stop: threading.Event


def run(bench: Bench, job_id: int) -> None:
    """Do that job, unless somebody else does or did. What becomes of it is in its row."""
    with bench.database.write() as session:
        claim = jobs.claim(session, job_id, now(session))
    if claim is None:
        return
    with bench.database.read() as session:
        job = session.get_one(Job, job_id)
        project = session.get_one(Project, job.project_id)
    try:
        _end(bench, claim, job, project)
    except Overtaken:
        _log.warning("job %s was taken up by somebody else", job_id)
        return
    kept_uploads.drop(bench.config.uploads, job.kept)
    bench.waker.forget(job_id)


def _end(bench: Bench, claim: Claim, job: Job, project: Project) -> None:
    """Do it, to an end that is in its row. Raises Overtaken where that is for somebody else."""
    try:
        ended = _try(bench, claim, job, project)
    except Stopped:
        with bench.database.write() as session:
            jobs.release(session, claim)
        raise Overtaken(job.id) from None
    if ended is not None:
        with bench.database.write() as session:
            jobs.end(session, claim, ended, now(session))


def _try(bench: Bench, claim: Claim, job: Job, project: Project) -> Ended | None:
    """Do it; how it ended, None where that is written already.

    Raises Stopped or Overtaken, and what a database says that is away for now: whoever looks after
    the jobs finds this one without a sign of life, and puts it back in the line.
    """
    snapshot = job.kind == JobKind.SNAPSHOT
    pulse = Pulse(
        bench.database,
        bench.waker,
        claim,
        reading=Unit.ITEMS if snapshot else Unit.BYTES,
        stop=bench.stop,
    )
    try:
        with pulse:
            (_make_snapshot if snapshot else _bring_in)(bench, claim, job, project, pulse)
    except (Stopped, Overtaken):
        raise
    except OperationalError as error:
        if not disk_is_full(error):
            raise
        return Ended(JobState.FAILED, errors=[FULL])
    except Cancelled:
        return Ended(JobState.CANCELLED)
    except Rejected as error:
        return Ended(JobState.FAILED, {"report": error.report.as_dict()})
    except Exception as error:  # noqa: BLE001 - whatever it is, the person is told
        return Ended(JobState.FAILED, errors=_why(error))
    return None


def _bring_in(bench: Bench, claim: Claim, job: Job, project: Project, pulse: Pulse) -> None:
    paths = kept_uploads.paths(bench.config.uploads, job.kept)
    storing = Storing(
        actor=job.user_id,
        exports=bench.config.exports,
        begin=pulse.storing,
        now=now,
        progress=pulse.progress,
    )
    upload = from_parameters(job.parameters, paths)
    with bringing_in(bench.database, project, upload, storing) as (session, brought):
        pulse.check()
        ended = Ended(JobState.DONE, {"source": brought.source.id})
        jobs.end(session, claim, ended, now(session))


def _make_snapshot(bench: Bench, claim: Claim, job: Job, project: Project, pulse: Pulse) -> None:
    said, place = job.parameters, Place(bench.config.exports, ZoneInfo(bench.config.timezone))
    fmt = format_named(said["format"], task_types.get(project.type))
    policy = parse_policy(said["options"])
    with (
        build(bench.database, project, fmt, policy, place, progress=pulse.progress) as built,
        pulse.storing() as session,
    ):
        pulse.check()
        at = now(session)
        row = record(session, project, built, name=said["name"], now=at, actor=job.user_id)
        jobs.end(session, claim, Ended(JobState.DONE, {"export": row.id}), at)


def _why(error: Exception) -> list[Message]:
    """What there is to say of a failure."""
    if isinstance(error, Invalid):
        return list(error.errors.values())
    if isinstance(error, Refused):
        return [error.message]
    if isinstance(error, OSError) and disk_is_full(error):
        return [FULL]
    _log.error("unexpected", exc_info=error)
    return [UNEXPECTED]
