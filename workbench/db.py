"""The database: one engine a process, and a transaction for reading or for writing.

"Saved" means on disk, and writers queue fairly: `on_sqlite` says how SQLite does that.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import (
    JSON,
    BindParameter,
    Connection,
    Engine,
    TypeDecorator,
    bindparam,
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

from workbench import on_sqlite
from workbench.kept import Kept
from workbench.on_sqlite import BUSY_MS, FORCED_LATER, LEFT_MS
from workbench.sealing import Sealer
from workbench.turns import resting

T = TypeVar("T")

#: How long a connection to a server may rest before it is asked whether it is still one.
REST_SECONDS = 1.0
#: On a server: what it may wait for one more lock although that is over, which is longer than those
#: hold one who wait for nobody; and how long it has to be at work before any of this is said.
LEAST_MS, WORTH_MS = 200, 1_000
_LOCK_TIMEOUT = "SET LOCAL lock_timeout ="
#: What begins so waits for no lock; where a statement has failed, a server takes a rollback alone.
_WAITS_FOR_NONE = (_LOCK_TIMEOUT, "ROLLBACK")
#: Rows that a process remembers, of all projects together: some hundred megabytes.
KEPT_ROWS = 4_000_000
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


@contextmanager
def _no_gate(_wait: float | None) -> Iterator[None]:
    """A server has locks of its own."""
    yield


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
        self._patient = self._writer.execution_options(patient=True)
        # A server gives each statement its own view unless it is asked for one of the transaction.
        self._reader = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )
        self._together = self._writer.execution_options(**{FORCED_LATER: self.is_sqlite})
        self._gate = on_sqlite.Gate(f"{self.url.database}.wlock") if self.is_sqlite else _no_gate
        self._log = on_sqlite.Log(str(self.url.database)) if self.is_sqlite else None

    def _sqlite(self, threads: int) -> Engine:
        engine = create_engine(
            self.url,
            module=on_sqlite.sqlite,
            hide_parameters=True,
            pool_size=threads + 2,
            max_overflow=4,
            pool_timeout=30,
            connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False},
            json_serializer=dump_json,
            json_deserializer=orjson.loads,
        )
        on_sqlite.prepare(engine)
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
        event.listen(engine, "connect", _prepare_server)
        event.listen(engine, "begin", _begin_server)
        event.listen(engine, "before_cursor_execute", _wait_less)
        return engine

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads: one consistent view, nothing is written."""
        with Session(
            self._reader, expire_on_commit=False, autoflush=False, info=self._info
        ) as session:
            yield session

    @contextmanager
    def write(self, *, patient: bool = False, together: bool = False) -> Iterator[Session]:
        """A transaction that writes: committed (to disk) when the block ends, else rolled back.

        Raises OperationalError when others have not let it write for BUSY_MS; `patient` ones, with
        long work behind them that would be lost, wait for the other writers as long as it takes.
        `together` is for many small ones: others can write while the commit is forced to disk,
        which is done for all of them at once. A server does so anyway.
        """
        engine = self._patient if patient else self._together if together else self._writer
        with self._written(engine, None if patient else BUSY_MS / 1000) as session:
            yield session
        if together:
            self.settle()

    def settle(self) -> None:
        """Returns when all that can be read is on disk, which what others have written `together`
        may not be yet. Raises OSError.
        """
        if self._log is not None:
            with resting():
                self._log.force()

    @contextmanager
    def _written(self, engine: Engine, wait: float | None) -> Iterator[Session]:
        with (
            self._gate(wait) as left,
            Session(engine, expire_on_commit=False, info=self._info) as session,
        ):
            if left is not None and left < BUSY_MS / 1000 - 1:
                session.connection(execution_options={LEFT_MS: max(1, int(left * 1000))})
            yield session
            session.commit()

    @contextmanager
    def exclusive(self) -> Iterator[Connection]:
        """A connection for changing the schema, in one transaction.

        SQLite checks no foreign keys meanwhile: rebuilding a parent table with them on would take
        its children along.
        """
        with self._gate(None), self._patient.connect() as connection:
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


def listed(name: str) -> BindParameter[Any]:
    """A list that a statement is given when it is executed: `column.in_(listed("ids"))`.

    For statements that many batches execute. One that is built anew around its list refers to
    itself; so it keeps the list until Python looks for such circles, which is after some hundred
    batches.
    """
    return bindparam(name, expanding=True)


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


def _prepare_server(connection: DBAPIConnection, _record: Any) -> None:
    """Saved means on disk, whatever the server's settings say, and no lock is waited for without
    an end."""
    connection.autocommit = True  # what is set in a transaction goes with it
    cursor = connection.cursor()
    cursor.execute(
        f"SELECT set_config('lock_timeout', '{BUSY_MS}ms', false),"
        " CASE current_setting('synchronous_commit') WHEN 'off'"
        " THEN set_config('synchronous_commit', 'on', false) END"
    )
    cursor.fetchall()
    cursor.close()
    connection.autocommit = False


def _begin_server(connection: Connection) -> None:
    connection.info["since"] = time.monotonic()
    if connection.get_execution_options().get("patient"):
        connection.exec_driver_sql(f"{_LOCK_TIMEOUT} 0")


def _wait_less(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    """A server's `lock_timeout` is that of one lock: who has waited for the first would wait as
    long for the second, and those behind them longer still. Each has what is left of its time."""
    options = connection.get_execution_options()
    if not options.get("write") or options.get("patient") or statement.startswith(_WAITS_FOR_NONE):
        return
    waited = 1000 * (time.monotonic() - connection.info["since"])
    if waited > WORTH_MS:
        connection.exec_driver_sql(f"{_LOCK_TIMEOUT} {max(LEAST_MS, round(BUSY_MS - waited))}")
