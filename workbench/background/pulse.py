"""The pulse of one job: it says how far it is, and hears when it has to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Literal, Self

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from workbench.background.waker import Waker
from workbench.db import Database, now
from workbench.models import Unit
from workbench.queries import jobs as queries
from workbench.services import jobs
from workbench.services.jobs import Claim, Overtaken, Reached

#: Seconds between two looks whether to stop, and between two signs of life in the database.
LOOK, BEAT = 0.5, 2.0

_log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Somebody asked that it be given up."""


class Stopped(Exception):
    """Whoever works has to go: the job waits for the next one."""


class Pulse:
    """Runs beside a job, in a `with`. `reading` is what the job counts while it reads."""

    def __init__(
        self,
        database: Database,
        waker: Waker,
        claim: Claim,
        *,
        reading: Unit,
        stop: threading.Event,
    ) -> None:
        self._database, self._waker, self._claim, self._stop = database, waker, claim, stop
        self._units = {"read": reading, "store": Unit.LINES}
        self._reached: Reached | None = None
        self._step, self._since = "", 0.0
        self._why: Exception | None = None
        self._beaten = time.monotonic()
        #: Held while the row is written, and while the job stores on a database that takes one
        #: writer at a time: a sign of life would wait for the very transaction that it tells of.
        self._row = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def progress(self, step: Literal["read", "store"], done: int, of: int | None) -> None:
        """How far the job is, told after every line. Raises why it has to stop."""
        at = time.monotonic()
        if step != self._step:
            self._step, self._since = step, at
        self._reached = Reached(self._units[step], done, of, round(at - self._since))
        self.check()

    def check(self) -> None:
        """Raises Cancelled, Stopped or Overtaken where the job has to stop."""
        if self._why is not None:
            raise self._why

    @contextmanager
    def storing(self) -> Iterator[Session]:
        """The transaction that stores what the job brought."""
        if not self._database.is_sqlite:
            with self._database.write(patient=True) as session:
                yield session
            return
        with self._row, self._database.write(patient=True) as session:
            yield session

    def _run(self) -> None:
        while not self._over.wait(LOOK):
            try:
                self._look()
            except SQLAlchemyError:
                _log.exception("the pulse of job %s", self._claim.job_id)

    def _look(self) -> None:
        job_id = self._claim.job_id
        if self._stop.is_set():
            self._why = Stopped()
        elif self._waker.stop_asked(job_id) or self._asked():
            self._why = Cancelled()
        if self._reached is not None:
            self._waker.tell(job_id, self._reached)
        if time.monotonic() - self._beaten >= BEAT and self._row.acquire(blocking=False):
            try:
                self._beat()
            finally:
                self._row.release()

    def _asked(self) -> bool:
        with self._database.read() as session:
            return queries.cancel_asked(session, self._claim.job_id)

    def _beat(self) -> None:
        try:
            with self._database.write() as session:
                jobs.beat(session, self._claim, now(session), self._reached)
        except Overtaken as error:
            self._why = error
        self._beaten = time.monotonic()
