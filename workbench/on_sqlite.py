"""What is SQLite's own: how it is opened, the gate before every write, and its log.

It is opened so that "saved" means on disk and so that writers queue fairly: WAL, synchronous=FULL,
BEGIN IMMEDIATE for writers, and a gate (a lock in the process and a file lock between processes,
which the kernel frees when a process is killed) before every write. SQLite's own busy handler is
unfair; the gate is what bounds the wait.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

try:  # the wheel bundles an SQLite without the WAL-reset bug; one SQLite library a process
    import pysqlite3.dbapi2 as _library
except ImportError:  # pragma: no cover - platforms without the wheel
    import sqlite3 as _library

sqlite = _library

#: What a writer waits for the others, all in all.
BUSY_MS = 15_000
#: Seconds between two looks at the gate: a commit takes some milliseconds.
PAUSE, LONGEST_PAUSE = 0.0002, 0.002
#: Execution option: the milliseconds that a writer may still wait for SQLite's own lock.
LEFT_MS = "left_ms"
#: Execution option: a commit is only written, and the log is forced afterwards.
FORCED_LATER = "forced_later"
_PRAGMAS = (
    f"busy_timeout={BUSY_MS}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
    "cache_size=-16000",
    "temp_store=MEMORY",
    "trusted_schema=OFF",
)


def has_wal_reset_bug(version: tuple[int, int, int] | None = None) -> bool:
    """Whether this SQLite can lose commits when two connections checkpoint at once.

    Source: sqlite.org/wal.html#walresetbug; fixed in 3.51.3, 3.50.7 and 3.44.6.
    """
    v = version or sqlite.sqlite_version_info
    return not (v >= (3, 51, 3) or (3, 50, 7) <= v < (3, 51) or (3, 44, 6) <= v < (3, 45))


class Gate:
    """One writer at a time, across threads and processes."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._path = path

    @contextmanager
    def __call__(self, wait: float | None) -> Iterator[float | None]:
        """Gives the seconds of `wait` that are left; None where there is no end to it.

        Raises OperationalError, as SQLite does, when `wait` is over.
        """
        end = None if wait is None else time.monotonic() + wait
        if not self._lock.acquire(timeout=-1 if wait is None else wait):
            raise _locked()
        try:
            handle = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                _lock_file(handle, end)
                yield None if end is None else end - time.monotonic()
            finally:
                os.close(handle)
        finally:
            self._lock.release()


def _lock_file(handle: int, end: float | None) -> None:
    """The kernel waits without an end or not at all; so this looks again and again until `end`."""
    if end is None:
        fcntl.flock(handle, fcntl.LOCK_EX)
        return
    pause = PAUSE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise _locked() from None
        else:
            return
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _locked() -> OperationalError:
    return OperationalError("BEGIN IMMEDIATE", None, sqlite.OperationalError("database is locked"))


class Log:
    """The log (-wal) of a database, which is forced to disk for all who have written meanwhile.

    SQLite would force it at every commit, and others could not write until that is done: with
    synchronous=NORMAL it only writes, in the order of commits, and forces the log before anything
    of it goes into the database.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}-wal"
        self._counting, self._forcing = threading.Lock(), threading.Lock()
        self._asked = self._done = 0
        self._broken: OSError | None = None

    def force(self) -> None:
        """Returns when all is on disk that had been committed.

        Raises OSError. The system tells of what could not be written once, and forgets it: so
        this process believes the log no more.
        """
        with self._counting:
            self._asked += 1
            mine = self._asked
        with self._forcing:
            if self._broken is not None:
                raise OSError(*self._broken.args)
            if self._done >= mine:
                return
            covers = self._asked
            try:
                _force(self._path)
            except OSError as error:
                self._broken = error
                raise
            self._done = covers


def _force(path: str) -> None:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # whoever closed the database last has put all of it into the database
    try:
        os.fdatasync(handle)
    finally:
        os.close(handle)


def prepare(engine: Engine) -> None:
    """Have its connections opened, and its transactions begun, as this module says."""
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkin", _as_opened)


def _prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # No implicit BEGIN by the driver: the "begin" event sends the right one.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
        cursor.fetchall()
    cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    left: int | None = options.get(LEFT_MS)
    if left is not None:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={left}")
    if options.get(FORCED_LATER):
        connection.connection.cursor().execute("PRAGMA synchronous=NORMAL")
        connection.info[FORCED_LATER] = True
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("write") else "BEGIN")
    finally:
        if left is not None:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_MS}")


def _as_opened(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    if record.info.pop(FORCED_LATER, False) and connection is not None:
        connection.execute("PRAGMA synchronous=FULL")
