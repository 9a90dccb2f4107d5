"""The line to whoever works: which job to look at, and what cannot wait for the database.

By huey on an SQLite file of its own. Nothing of worth is in it: what there is to do, and what came
of it, are rows of the database, and whoever works looks there by itself from time to time. So what
fails here is noted and goes no further, and a file that is damaged is thrown away.

A job that stores holds SQLite's one write transaction until it is done: meanwhile nobody can write
to its row how far it is, or that it should be given up. That goes through here.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import orjson
from huey import SqliteHuey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer

from workbench.models import Unit
from workbench.services.jobs import Reached

#: Most seconds until whoever works hears that it was woken.
HEARD = 0.5

_log = logging.getLogger(__name__)


class _Json(Serializer):  # type: ignore[misc]
    """huey would pickle: whoever could write to the file could have anything run."""

    def _serialize(self, data: Any) -> bytes:
        return orjson.dumps({"task": list(data)} if isinstance(data, Message) else {"data": data})

    def _deserialize(self, data: bytes) -> Any:
        read = orjson.loads(data)
        return Message(*read["task"]) if "task" in read else read["data"]


class _Beside(Consumer):  # type: ignore[misc]
    """A consumer in a thread: signals are for whoever it runs beside."""

    def _set_signal_handlers(self) -> None:
        """None are set."""


class Waker:
    """`work` is called with the id of a job; None: for who only wakes."""

    def __init__(self, file: Path, work: Callable[[int], None] | None = None) -> None:
        self._file = file
        self._work = work
        self._lock = threading.Lock()

    @classmethod
    def at(cls, home: Path, work: Callable[[int], None] | None = None) -> Self:
        """The line of that home folder."""
        return cls(home / "jobs.db", work)

    @cached_property
    def _huey(self) -> SqliteHuey:
        with self._lock:
            os.close(os.open(self._file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            try:
                return self._open()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                _log.warning("%s is damaged, and made anew", self._file)
                self._file.unlink()
                return self._open()

    def _open(self) -> SqliteHuey:
        # No WAL: huey uses the SQLite of Python, which may have the WAL-reset bug.
        return SqliteHuey(
            "workbench",
            filename=str(self._file),
            journal_mode="delete",
            fsync=True,
            results=False,
            serializer=_Json(),
        )

    @cached_property
    def _task(self) -> Any:
        def job(job_id: int) -> None:
            if self._work is not None:
                self._work(job_id)

        return self._huey.task()(job)

    def wake(self, *job_ids: int) -> None:
        """Have these looked at, unless they are in the line already."""
        with _noted():
            task = self._task
            there = {each.args[0] for each in self._huey.pending()}
            for job_id in job_ids:
                if job_id not in there:
                    task(job_id)

    def tell(self, job_id: int, reached: Reached) -> None:
        """How far it is."""
        with _noted():
            self._huey.put(f"reached-{job_id}", asdict(reached))

    def told(self, job_id: int) -> Reached | None:
        """What was told last; None: nothing."""
        with _noted():
            said = self._huey.get(f"reached-{job_id}", peek=True)
            return said and Reached(**{**said, "unit": Unit(said["unit"])})
        return None

    def ask_stop(self, job_id: int) -> None:
        """Ask whoever works on it to give it up."""
        with _noted():
            self._huey.put(f"stop-{job_id}", True)

    def stop_asked(self, job_id: int) -> bool:
        """Whether somebody asked."""
        with _noted():
            return bool(self._huey.get(f"stop-{job_id}", peek=True))
        return False

    def forget(self, job_id: int) -> None:
        """It has ended."""
        with _noted():
            for key in (f"reached-{job_id}", f"stop-{job_id}"):
                self._huey.delete(key)

    def consumer(self) -> Consumer:
        """What calls `work` in a thread of its own, one job after the other, when it is started."""
        _ = self._task
        return _Beside(
            self._huey, workers=1, periodic=False, max_delay=HEARD, scheduler_interval=60
        )


@contextmanager
def _noted() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError):
        _log.warning("the line to whoever works is broken", exc_info=True)
