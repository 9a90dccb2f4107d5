"""What takes long is done in the background: starting it, how far it is, giving it up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from workbench.background.keep import LOCK
from workbench.db import now as database_now
from workbench.errors import NotFound
from workbench.export.formats import Format
from workbench.export.policy import ExportPolicy
from workbench.intake import Report
from workbench.intake.tools import check_options
from workbench.messages import N_, Message
from workbench.models import Job, JobKind, JobState, Project, Unit
from workbench.only_one import only_one
from workbench.permissions import Permission
from workbench.queries import jobs as queries
from workbench.queries.export import has_more_rows
from workbench.queries.jobs import JobLine
from workbench.services import jobs as service
from workbench.services import kept_uploads
from workbench.services.bring_in import Upload, as_parameters
from workbench.services.jobs import Reached, Wanted
from workbench.services.kept_uploads import Readable
from workbench.services.make_export import as_options, name_for
from workbench.web.access import Place, person, requires
from workbench.web.export_form import filled_like
from workbench.web.quality import tabs
from workbench.web.request import Page, config, database, is_htmx, now, session, waker
from workbench.web.uploads import upload_form

bp = Blueprint("jobs", __name__, url_prefix="/projects/<slug>/jobs/<int:job_id>")

#: How long work that has ended stays in the list of the data page.
LISTED = timedelta(days=1)
#: After so long a wait it is asked whether anybody works at all.
PATIENCE = timedelta(seconds=10)
#: How long it must have been at it before anybody is told how long it will be.
TELLING = 3

STATES: dict[str, Message] = {
    JobState.WAITING: N_("waits"),
    JobState.RUNNING: N_("under way"),
    JobState.DONE: N_("done"),
    JobState.FAILED: N_("failed"),
    JobState.CANCELLED: N_("given up"),
}
#: How a state is coloured, beside its word.
COLOURS = {JobState.DONE: "good", JobState.FAILED: "danger", JobState.CANCELLED: "warning"}

_STEPS: dict[str, Message] = {
    "": N_("Begins"),
    Unit.BYTES: N_("Reading and checking"),
    Unit.LINES: N_("Storing"),
    Unit.ITEMS: N_("Writing the files"),
}
_NO_PAGE = N_("There is no such page, or it is not open to you.").text


def is_long(place: Place) -> bool:
    """Whether a snapshot takes longer than a page should be waited for."""
    with database().read() as reading:
        return has_more_rows(reading, place.project.id, config().at_once_rows)


def start_import(place: Place, upload: Upload) -> ResponseReturnValue:
    """Keep the upload, and have it brought in. Raises Invalid at "with"."""
    if upload.tool is not None:
        check_options(upload.tool, place.project.type, upload.options)
    kind = JobKind.TOOL if upload.tool is not None else JobKind(upload.kind)
    streams = [cast(Readable, stream) for _, stream in upload.files]
    kept = kept_uploads.keep(config().uploads, streams)
    try:
        return _start(place.project, Wanted(kind, as_parameters(upload), kept))
    except BaseException:
        kept_uploads.drop(config().uploads, kept)
        raise


def start_snapshot(
    place: Place, fmt: Format, policy: ExportPolicy, name: str
) -> ResponseReturnValue:
    """Have a snapshot made. Raises Invalid at "name"."""
    if name:
        with database().read() as reading:
            name_for(reading, place.project, name, free=False)
    said = {"format": fmt.name, "options": as_options(policy), "name": name}
    return _start(place.project, Wanted(JobKind.SNAPSHOT, said))


def _start(project: Project, wanted: Wanted) -> ResponseReturnValue:
    """In a transaction of its own: whoever works is woken when it is stored."""
    with database().write() as writing:
        at = database_now(writing)
        job = service.make(writing, project, wanted, now=at, actor=person().id)
    waker().wake(job.id)
    return redirect(url_for("jobs.show", slug=project.slug, job_id=job.id), 303)


@dataclass(frozen=True)
class Shown:
    """A job as a page shows it."""

    id: int
    kind: str
    #: Files, or the name that the snapshot is to have.
    names: list[str]
    by: str
    at: datetime
    state: str
    live: bool
    #: It is asked for, and nobody has heard yet.
    giving_up: bool
    step: Message
    #: How much is done, from 0 to 1; None: nobody knows.
    share: float | None
    left: timedelta | None
    #: Nobody works on this machine or another.
    nobody: bool
    errors: list[Message]


def _shown(line: JobLine, at: datetime) -> Shown:
    job = line.job
    reached = _reached(job)
    return Shown(
        id=job.id,
        kind=job.kind,
        names=job.parameters.get("names") or [job.parameters["name"] or job.parameters["format"]],
        by=line.by,
        at=job.ended_at or job.made_at,
        state=job.state,
        live=job.live,
        giving_up=job.live and job.cancel_at is not None,
        step=_STEPS[reached.unit if reached else ""],
        share=min(1.0, reached.done / reached.total) if reached and reached.total else None,
        left=_left(reached),
        nobody=job.state == JobState.WAITING and at - job.made_at > PATIENCE and _nobody_works(),
        errors=[Message.from_dict(each) for each in job.error or ()],
    )


def _reached(job: Job) -> Reached | None:
    """How far it is: as whoever works tells, or as the row says where that cannot be heard."""
    if job.state != JobState.RUNNING:
        return None
    told = waker().told(job.id)
    if told is None and job.unit:
        return Reached(Unit(job.unit), job.done, job.total, job.seconds)
    return told


def _left(reached: Reached | None) -> timedelta | None:
    """How long it will take, by how long it took."""
    if reached is None or not reached.total or not reached.done or reached.seconds < TELLING:
        return None
    return timedelta(seconds=reached.seconds * max(0, reached.total - reached.done) / reached.done)


def _nobody_works() -> bool:
    with only_one(config().home / LOCK, database()) as mine:
        return bool(mine)


def work_of(reading: Session, project_id: int) -> list[Shown]:
    """What is under way on the project, and what has ended of late."""
    at = now()
    return [_shown(line, at) for line in queries.listed(reading, project_id, at - LISTED)]


def _line(place: Place, job_id: int) -> JobLine:
    """A job of this project. Raises NotFound."""
    with database().read() as reading:
        line = queries.one_job(reading, place.project.id, job_id)
    if line is None:
        raise NotFound(_NO_PAGE)
    return line


def _context(place: Place, line: JobLine) -> dict[str, Any]:
    return {
        "project": place.project,
        "tabs": tabs(place, "data"),
        "job": _shown(line, now()),
        "state_names": STATES,
        "colours": COLOURS,
    }


@bp.get("")
@requires(Permission.EXPORT)
def show(place: Place, job_id: int) -> Page | ResponseReturnValue:
    """How far it is. What is done goes on to what came of it; htmx is sent on when it has ended."""
    line = _line(place, job_id)
    if is_htmx() and not line.job.live:
        here = url_for("jobs.show", slug=place.project.slug, job_id=job_id)
        return Response(headers={"HX-Redirect": here})
    if line.job.state == JobState.DONE:
        return redirect(_result(place, line.job), 303)
    return Page("data/job.html", _context(place, line) | _again(place, line.job), "progress")


def _result(place: Place, job: Job) -> str:
    """The page of what came of it."""
    result = job.result or {}
    if job.kind == JobKind.SNAPSHOT:
        return url_for("data.made", slug=place.project.slug, export_id=result["export"])
    return url_for("data.brought_in", slug=place.project.slug, source_id=result["source"])


def _again(place: Place, job: Job) -> dict[str, Any]:
    """What the page needs to have it done once more: the form of an upload, filled, with what was
    wrong; or the address of that of a snapshot."""
    told = job.parameters
    if job.kind == JobKind.SNAPSHOT:
        again = {**filled_like(told["format"], told["options"]), "name": told["name"]}
        return {"again": url_for("data.show", slug=place.project.slug, **again)}
    options = " ".join(f"{name}={value}" for name, value in told["options"].items())
    boxes = [name for name in ("revise", "skip_bad") if told[name]]
    form = upload_form(place.project, {"from": told["tool"], "kind": told["kind"],
                                       "with": options, **dict.fromkeys(boxes, "on")})  # fmt: skip
    if job.result and "report" in job.result:
        form["report"] = Report.from_dict(job.result["report"])
    return form


@bp.get("/giving-up")
@requires(Permission.EXPORT)
def ask_cancel(place: Place, job_id: int) -> Page | ResponseReturnValue:
    """Whether it is really to be given up."""
    line = _line(place, job_id)
    if not line.job.live:
        return redirect(url_for("jobs.show", slug=place.project.slug, job_id=job_id), 303)
    return Page("data/cancel_job.html", _context(place, line))


@bp.post("/cancel")
@requires(Permission.EXPORT)
def cancel(place: Place, job_id: int) -> ResponseReturnValue:
    """Have it given up. A job that stores lets nobody write to the database: it hears of it by the
    line first, and lets go."""
    job = _line(place, job_id).job
    if job.state == JobState.RUNNING:
        waker().ask_stop(job.id)
    if service.cancel(session(), job.id, now=now(), actor=person().id):
        kept_uploads.drop(config().uploads, job.kept)
    return redirect(url_for("jobs.show", slug=place.project.slug, job_id=job_id), 303)
