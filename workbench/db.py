"""The database: one engine a process, and a transaction for reading or for writing.

SQLite is opened so that "saved" means on disk and so that writers queue fairly: WAL,
synchronous=FULL, BEGIN IMMEDIATE for writers, and a gate (a lock in the process and a file lock
between processes, which the kernel frees when a process is killed) before every write. SQLite's
own busy handler is unfair; the gate is what bounds the wait.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import (
    JSON,
    Connection,
    Engine,
    TypeDecorator,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import IntegrityError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from workbench.kept import Kept
from workbench.sealing import Sealer

try:  # the wheel bundles an SQLite without the WAL-reset bug; one SQLite library a process
    import pysqlite3.dbapi2 as _library
except ImportError:  # pragma: no cover - platforms without the wheel
    import sqlite3 as _library

sqlite = _library

T = TypeVar("T")

BUSY_MS = 15_000
#: How long a connection to a server may rest before it is asked whether it is still one.
REST_SECONDS = 1.0
#: Rows that a process remembers, of all projects together: some hundred megabytes.
KEPT_ROWS = 4_000_000
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
#: A machine that was cut off closes no connection. Each side notices after 11 seconds: ours, so
#: that no request waits on, the server's, so that no lock of ours stays. The address may say else.
_ALIVE: dict[str, int | str] = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 11_000,
    "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2"
    " -c tcp_keepalives_count=3 -c tcp_user_timeout=11000",
}


def has_wal_reset_bug(version: tuple[int, int, int] | None = None) -> bool:
    """Whether this SQLite can lose commits when two connections checkpoint at once.

    Source: sqlite.org/wal.html#walresetbug; fixed in 3.51.3, 3.50.7 and 3.44.6.
    """
    v = version or sqlite.sqlite_version_info
    return not (v >= (3, 51, 3) or (3, 50, 7) <= v < (3, 51) or (3, 44, 6) <= v < (3, 45))


class _Gate:
    """One writer at a time, across threads and processes."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._path = path

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            handle = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)


class Database:
    """An engine with `read()` and `write()` transactions.

    `key` is the installation's secret; services find it in `session.info["key"]`, and what seals
    by it and by `keys_file` in `session.info["sealer"]`. What this process remembers of what it
    read is in `session.info["kept"]`.
    """

    def __init__(self, url: str, *, key: str = "", keys_file: Path | None = None,
                 threads: int = 16) -> None:  # fmt: skip
        sealer = Sealer(key, keys_file)
        self._info = {"key": key, "sealer": sealer, "kept": Kept(KEPT_ROWS)}
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._sqlite(threads) if self.is_sqlite else self._server(threads)
        self._writer = self.engine.execution_options(write=True)
        # A server gives each statement its own view unless it is asked for one of the transaction.
        self._reader = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )
        self._gate = _Gate(f"{self.url.database}.wlock") if self.is_sqlite else nullcontext

    def _sqlite(self, threads: int) -> Engine:
        engine = create_engine(
            self.url,
            module=sqlite,
            hide_parameters=True,
            pool_size=threads + 2,
            max_overflow=4,
            pool_timeout=30,
            connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False},
            json_serializer=dump_json,
            json_deserializer=orjson.loads,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _server(self, threads: int) -> Engine:
        engine = create_engine(
            self.url,
            hide_parameters=True,
            pool_size=threads + 2,
            max_overflow=4,
            connect_args={k: v for k, v in _ALIVE.items() if k not in self.url.query},
            json_serializer=dump_json,
            json_deserializer=orjson.loads,
        )
        _ask_after_a_rest(engine)
        return engine

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads: one consistent view, nothing is written."""
        with Session(
            self._reader, expire_on_commit=False, autoflush=False, info=self._info
        ) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that writes: committed (to disk) when the block ends, else rolled back."""
        with (
            self._gate(),
            Session(self._writer, expire_on_commit=False, info=self._info) as session,
        ):
            yield session
            session.commit()

    @contextmanager
    def exclusive(self) -> Iterator[Connection]:
        """A connection for changing the schema, in one transaction.

        SQLite checks no foreign keys meanwhile: rebuilding a parent table with them on would take
        its children along.
        """
        with self._gate(), self._writer.connect() as connection:
            if self.is_sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                if self.is_sqlite:
                    connection.connection.cursor().execute("PRAGMA foreign_keys=ON")

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def now(session: Session) -> datetime:
    """The time in UTC by the one clock that counts: the database host's."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    moment: datetime = session.scalars(select(func.clock_timestamp())).one()
    return moment.astimezone(UTC)


def disk_is_full(error: OperationalError | OSError) -> bool:
    """Whether that is what it says: SQLite, PostgreSQL and the system have words of their own."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return any(words in str(error.orig) for words in ("full", "No space left"))


def added(session: Session, row: object) -> bool:
    """Write a new row at once. False when another transaction has written the same at this very
    moment: what this one has done before stays."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def dump_json(value: Any) -> str:
    """JSON as it is stored: UTF-8, no spaces, keys in the order given."""
    return orjson.dumps(value).decode()


class WrittenJson(TypeDecorator[str]):
    """For a bulk INSERT into a JSON column: text that `dump_json` made, stored as it is."""

    impl = JSON
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> None:
        """Nothing is to be done to it."""


def kept(
    session: Session, key: Hashable, bring: Callable[[T | None], T], size: Callable[[T], int]
) -> T:
    """What this process remembers under the key, brought up to date: see `Kept.get`.

    What a transaction that writes has read is not kept, since it may be rolled back.
    """
    writes = session.get_bind().get_execution_options().get("write", False)
    remembered: Kept = session.info["kept"]
    return remembered.get(key, bring, size, keep=not writes)


def canonical(value: Any) -> bytes:
    """JSON for hashing: the same value gives the same bytes, whatever the order of its keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _prepare_sqlite(connection: DBAPIConnection, _record: Any) -> None:
    # No implicit BEGIN by the driver: the "begin" event sends the right one.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
        cursor.fetchall()
    cursor.close()


def _ask_after_a_rest(engine: Engine) -> None:
    """Before a connection is used again that has rested, ask whether the server is still there: it
    may have been started anew, or a firewall may have cut it off. At work each would be asked a
    hundred times a second, several times a request; there an error says it, and the request is
    told 503 and sent again."""

    def note(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    def ask(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
        since = record.info.get("rests_since")
        if since is None or time.monotonic() - since < REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise InvalidatePoolError from error  # which makes a new one, and others anew too

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ask)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
