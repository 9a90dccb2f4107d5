"""Work on what there is to do until told to stop: one process does, the others wait.

Jobs are taken up one after the other, in a thread of huey's. Beside it this looks from time to time
for what the line does not tell: jobs that were lost on the way to it, and jobs whose worker is
gone. What was kept for no one any more is deleted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from workbench.background.run import Bench, run
from workbench.background.waker import Waker
from workbench.config import Config
from workbench.db import Database, now
from workbench.only_one import Turn, only_one
from workbench.queries import jobs as queries
from workbench.services import jobs, kept_uploads
from workbench.services.tidy_exports import drop_unrecorded

#: Seconds between two looks, and between two for what is kept for no one.
EVERY, TIDY_EVERY = 2.0, 3600.0
#: After which what was kept is kept for no one: longer than anybody works at it.
KEPT = timedelta(days=1)
#: Held by whoever works, a file of the home folder. It only spares work; what keeps two from doing
#: the same is the claim.
LOCK = "work.lock"
#: Seconds that whoever stops gives its job to notice.
GRACE = 10.0

_log = logging.getLogger(__name__)


def keep_working(
    database: Database, config: Config, stop: threading.Event, every: float = EVERY
) -> None:
    """Work until told to stop; wait meanwhile while another process of the installation does."""
    while not stop.is_set():
        with only_one(config.home / LOCK, database) as mine:
            if mine:
                _work(database, config, stop, every, mine)
        stop.wait(every)


def _work(
    database: Database, config: Config, stop: threading.Event, every: float, mine: Turn
) -> None:
    bench = Bench(database, config, Waker.at(config.home), stop)
    waker = Waker.at(config.home, lambda job_id: run(bench, job_id))
    with _noted():
        # SQLite is of one machine, where nobody else works: whoever did is gone.
        silence = timedelta(0) if database.is_sqlite else jobs.SILENT
        look_after(database, config, waker, silence)
    consumer = waker.consumer()
    consumer.shutdown_timeout = GRACE
    consumer.start()
    tidied = -TIDY_EVERY
    try:
        while not stop.wait(every) and mine:
            consumer.check_worker_health()
            with _noted():
                look_after(database, config, waker)
                if time.monotonic() - tidied >= TIDY_EVERY:
                    tidy(database, config)
                    tidied = time.monotonic()
    finally:
        consumer.stop(graceful=True)


@contextmanager
def _noted() -> Iterator[None]:
    """A database that is busy or away for now: the next look finds all of it."""
    try:
        yield
    except (SQLAlchemyError, OSError):
        _log.exception("jobs could not be looked after")


def look_after(
    database: Database, config: Config, waker: Waker, silence: timedelta = jobs.SILENT
) -> None:
    """Put back what nobody works on any more, and wake for all that waits."""
    with database.read() as session:
        silent = queries.has_silent(session, now(session) - silence)
    if silent:
        with database.write() as session:
            ended = jobs.revive(session, now(session), silence)
        for job in ended:
            kept_uploads.drop(config.uploads, job.kept)
    with database.read() as session:
        waiting = queries.waiting(session)
    if waiting:
        waker.wake(*waiting)


def tidy(database: Database, config: Config) -> None:
    """Delete uploads and halves of exports that are kept for no one any more."""
    before = time.time() - KEPT.total_seconds()
    with database.read() as session:
        wanted = queries.kept_for(session)
        drop_unrecorded(session, config.exports, before)
    kept_uploads.drop_old(config.uploads, before, wanted)
