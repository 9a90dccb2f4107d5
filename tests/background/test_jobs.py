"""Jobs: each is done once or not at all, whoever works on it, stops it or dies. Both databases."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tests.background.conftest import MakeJob, lines, row
from tests.cast import Cast
from workbench.background import run as running
from workbench.background.keep import look_after
from workbench.background.pulse import Pulse
from workbench.background.run import FULL, Bench, run
from workbench.db import Database, now
from workbench.errors import Conflict
from workbench.intake import Report
from workbench.messages import Message
from workbench.models import AuditEntry, ExportFile, Item, Job, Notice
from workbench.queries import jobs as queries
from workbench.queries.verify import verify
from workbench.services import jobs, kept_uploads
from workbench.services.jobs import Claim, Ended, JobState, Overtaken


def _count(database: Database, table: type = Item) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _age(database: Database, job_id: int) -> None:
    """As if whoever works on it had given no sign of life for long."""
    with database.write() as session:
        old = now(session) - 2 * jobs.SILENT
        session.execute(update(Job).where(Job.id == job_id).values(beat_at=old))


def _claim(database: Database, job_id: int) -> Claim | None:
    with database.write() as session:
        return jobs.claim(session, job_id, now(session))


def test_a_file_is_brought_in_once_and_what_was_kept_of_it_goes(
    bench: Bench, make_job: MakeJob, cast: Cast
) -> None:
    job_id = make_job(lines("one", "two"))
    run(bench, job_id)
    run(bench, job_id)
    job = row(bench.database, job_id)
    assert (job.state, job.attempt, job.error) == ("done", 1, None)
    assert _count(bench.database) == 2
    assert not list(bench.config.uploads.iterdir())
    with bench.database.read() as session:
        told = session.scalars(select(Notice)).one()
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
        assert verify(session, session.info["key"]) == []
    assert (told.user_id, told.facts) == (cast.edu.id, {"job": job_id, "failed": 0})
    assert actions[-3:] == ["job.start", "items.import", "job.end"]


def test_one_of_many_who_are_woken_takes_it_up(bench: Bench, make_job: MakeJob) -> None:
    job_id = make_job(lines("one"))
    start, taken = threading.Barrier(4), []

    def take() -> None:
        start.wait()
        taken.append(_claim(bench.database, job_id))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each for each in taken if each] == [Claim(job_id, 1)]


def test_what_is_wrong_with_a_file_waits_to_be_read(bench: Bench, make_job: MakeJob) -> None:
    wrong = make_job(lines("one") + b'{"id": 7}\n')
    partly = make_job(lines("two") + b'{"id": 7}\n', skip_bad=True)
    gone = make_job(lines("three"))
    kept_uploads.drop(bench.config.uploads, row(bench.database, gone).kept)
    for job_id in (wrong, partly, gone):
        run(bench, job_id)
    job = row(bench.database, wrong)
    assert job.state == "failed"
    report = Report.from_dict(job.result["report"])
    assert report.problems[0].where.startswith("items.jsonl:2")
    assert isinstance(report.problems[0].why, Message)
    assert row(bench.database, partly).state == "done"
    assert _count(bench.database) == _count(bench.database, ExportFile) == 1
    [said] = row(bench.database, gone).error
    assert "no longer on the server" in said["text"]


@pytest.mark.parametrize("how", ["asked of the row", "asked by the line", "stopped", "overtaken"])
def test_a_job_that_is_stopped_in_the_middle_changes_nothing(
    bench: Bench, make_job: MakeJob, cast: Cast, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """In the very middle of its writing transaction on SQLite, which lets nobody else write."""
    monkeypatch.setattr("workbench.background.pulse.LOOK", 0.02)
    monkeypatch.setattr("workbench.services.spool.BATCH", 1)
    job_id = make_job(lines("one", "two"))
    stops: dict[str, Callable[[], object]] = {
        "asked by the line": lambda: bench.waker.ask_stop(job_id),
        "stopped": bench.stop.set,
    }
    real = Pulse.progress

    def progress(pulse: Pulse, step: str, done: int, of: int | None) -> None:
        if how in stops and step == "store":
            stops.pop(how)()
        elif how not in stops and step == "read" and done:
            _meanwhile(bench, job_id, cast, how)
        until = time.monotonic() + 5
        while pulse._why is None and (step == "store" or how not in stops):
            assert time.monotonic() < until, "it never heard of it"
            if how == "overtaken":
                pulse._beat()
            time.sleep(0.01)
        real(pulse, step, done, of)

    monkeypatch.setattr(Pulse, "progress", progress)
    run(bench, job_id)
    job = row(bench.database, job_id)
    assert _count(bench.database) == 0
    stays = how in {"stopped", "overtaken"}
    assert job.state == ("waiting" if stays else "cancelled")
    assert len(list(bench.config.uploads.iterdir())) == stays
    if stays:
        monkeypatch.setattr(Pulse, "progress", real)
        bench.stop.clear()
        run(bench, job_id)
        assert _count(bench.database) == 2
        assert row(bench.database, job_id).lost == (how == "overtaken")


def _meanwhile(bench: Bench, job_id: int, cast: Cast, how: str) -> None:
    if how == "overtaken":
        _age(bench.database, job_id)
        look_after(bench.database, bench.config, bench.waker)
        return
    with bench.database.write() as session:
        assert not jobs.cancel(session, job_id, now=now(session), actor=cast.luz.id)


def test_what_nobody_works_on_is_given_up_at_once_and_nothing_is_twice(
    bench: Bench, make_job: MakeJob, cast: Cast
) -> None:
    job_id = make_job(lines("one"))
    for _ in range(2):
        with bench.database.write() as session:
            assert jobs.cancel(session, job_id, now=now(session), actor=cast.luz.id)
    run(bench, job_id)
    assert (row(bench.database, job_id).state, _count(bench.database)) == ("cancelled", 0)
    with bench.database.read() as session:
        ends = session.scalars(select(AuditEntry).where(AuditEntry.action == "job.end")).all()
    assert [(entry.actor_id, entry.detail["state"]) for entry in ends] == [
        (cast.luz.id, "cancelled")
    ]


def test_a_job_whose_worker_is_gone_is_taken_up_again_but_not_for_ever(
    bench: Bench, make_job: MakeJob
) -> None:
    job_id = make_job(lines("one"))
    for lost in range(1, jobs.MOST_LOST + 1):
        held = _claim(bench.database, job_id)
        assert held == Claim(job_id, lost)
        look_after(bench.database, bench.config, bench.waker)
        assert row(bench.database, job_id).state == "running", "it has just given a sign of life"
        _age(bench.database, job_id)
        look_after(bench.database, bench.config, bench.waker)
        with pytest.raises(Overtaken), bench.database.write() as session:
            jobs.end(session, held, Ended(JobState.DONE, {"source": 1}), now(session))
    job = row(bench.database, job_id)
    assert (job.state, job.lost) == ("failed", jobs.MOST_LOST)
    assert not list(bench.config.uploads.iterdir())
    with bench.database.read() as session:
        assert session.scalars(select(Notice)).one().facts["failed"] == 1
        assert queries.waiting(session) == []


def test_a_full_disk_is_said_and_a_fault_is_no_secret(
    bench: Bench, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(running, "_bring_in", full)
    first = make_job()
    run(bench, first)
    monkeypatch.setattr(running, "_bring_in", lambda *_: 1 / 0)
    second = make_job()
    run(bench, second)
    assert row(bench.database, first).error == [FULL.as_dict()]
    assert row(bench.database, second).error == [running.UNEXPECTED.as_dict()]


def test_a_project_has_so_many_at_once(
    bench: Bench, make_job: MakeJob, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST", 1)
    job_id = make_job(lines("one"))
    with pytest.raises(Conflict):
        make_job(lines("two"))
    run(bench, job_id)
    make_job(lines("two"))
    with bench.database.read() as session:
        listed = queries.listed(session, cast.project.id, now(session) - timedelta(hours=1))
    assert [line.job.state for line in listed] == ["waiting", "done"]
